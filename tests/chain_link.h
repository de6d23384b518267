/* chain_link.h: one UE and one base station of a chain, for the tests of the chain. */
#ifndef TESTS_CHAIN_LINK_H
#define TESTS_CHAIN_LINK_H

#include <math.h>
#include <stdbool.h>

#include "chain/bs.h"
#include "chain/ue.h"
#include "harness.h"

static const char channel_name[] = "rayleigh:exponential",
                  onnx_name[] = "onnx:csilink-net-cr8-indoor,precision=float";
enum { NT = 32, ENTRIES = 32 * 32, CODEWORD = 256, SAMPLES = 20 };

typedef struct link {
    chain_ue_config config;
    codec *encoder, *decoder;
    fading *channel;
    fading_ue *channel_ue;
    chain_ue *ue;
    chain_bs *bs;
    measurer *measurer;
    chain_report report;
} link;

static inline chain_ue_config default_config(void)
{
    return (chain_ue_config){.dims = CSI_DIMS_DEFAULT,
                             .estimate = false,
                             .dl_snr_db = INFINITY,
                             .uplink = "analog",
                             .seed = 3,
                             .genie = true};
}

static inline link open_codec(const char *spec, double speed_kmh, chain_ue_config config,
                              uint32_t ue)
{
    link l = {.config = config};
    err e = {0};
    fading_config settings = FADING_CONFIG_DEFAULT;
    settings.dims = config.dims;
    settings.seed = config.seed;
    settings.speed_kmh = speed_kmh;
    l.encoder = codec_load(CODEC_ENCODER, spec, &e);
    l.decoder = codec_load(CODEC_DECODER, spec, &e);
    l.channel = fading_open(channel_name, &settings, &e);
    REQUIRE(l.encoder && l.decoder && l.channel);
    measurer_config measuring = chain_measuring(&config, codec_info_of(l.decoder));
    l.channel_ue = fading_ue_create(l.channel, ue, &e);
    l.ue = chain_ue_create(&config, l.encoder, &e);
    l.bs = chain_bs_create(l.decoder, config.uplink, &e);
    l.measurer = measurer_create(&measuring, &e);
    REQUIRE(l.channel_ue && l.ue && l.bs && l.measurer);
    REQUIRE(chain_report_init(&l.report, l.ue, &e) == 0);
    return l;
}

static inline link open_link(chain_ue_config config, uint32_t ue)
{
    return open_codec(onnx_name, 30, config, ue);
}

static inline void close_link(link *l)
{
    chain_report_free(&l->report);
    measurer_free(l->measurer);
    chain_bs_free(l->bs);
    chain_ue_free(l->ue);
    fading_ue_free(l->channel_ue);
    fading_close(l->channel);
    codec_unload(l->decoder);
    codec_unload(l->encoder);
}

static inline int report(link *l, uint32_t ue, uint32_t seq)
{
    return chain_ue_report(l->ue, l->channel_ue, ue, seq, seq * 0.01, &CHAIN_NOTHING_ACKNOWLEDGED,
                           &l->report, NULL);
}

/* The report's burst to the base station, without memory. */
static inline int decode(link *l, double snr_db)
{
    bool intact = false;
    int rc = chain_bs_receive(l->bs, l->report.ue, &l->report.burst, snr_db, &intact, NULL);
    CHECK(rc != 0 || intact); /* the analog uplink has no check that could fail */
    return rc == 0 ? chain_bs_decode(l->bs, NULL, NULL, NULL) : rc;
}

#endif
