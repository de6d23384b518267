/* ledger_agent.h: an agent without its sockets, for tests of its ledger. */
#ifndef LEDGER_AGENT_H
#define LEDGER_AGENT_H

#include "base/rng.h"
#include "chain/memory.h"
#include "harness.h"
#include "ue-agent/ledger.h"
#include <math.h>
#include <string.h>

enum { UES = 3, FIRST_UE = 7, ENTRIES = 32 * 32, MS = 1000000 };

/* An agent without its sockets: reports are made by hand and answered by hand. */
typedef struct agent {
    uv_loop_t loop;
    agent_config config;
    codec *encoder;
    report_pool *pool;
    chain_ue *ue;
    fading_ue *channel[UES];
    chain_report report;
    ledger *ledger;
    unsigned ended;
} agent;

static const uint64_t start_ns = 1000ull * MS;

static inline void on_made(void *user, size_t ue_index, chain_report *report, const err *e)
{
    (void)user, (void)ue_index, (void)report, (void)e;
}

static inline void on_ready(void *user)
{
    (void)user;
}

static inline void on_report_ended(void *user, size_t ue_index)
{
    agent *a = user;
    CHECK(ue_index < UES);
    a->ended++;
}

static inline void open_agent_over(agent *a, const char *codec_name, bool genie, uint32_t ack_delay,
                                   bool adaptive)
{
    *a = (agent){0};
    agent_config *c = &a->config;
    c->timeout_s = 1000;
    fading_config settings = FADING_CONFIG_DEFAULT;
    settings.speed_kmh = 3;
    c->first_ue = FIRST_UE;
    c->schedule = (chain_schedule){.period_s = {0.01}, .periods = 1, .cell_ues = 10};
    c->workers = 2;
    c->ack_delay = ack_delay;
    c->chain = (chain_ue_config){.dims = CSI_DIMS_DEFAULT,
                                 .dl_snr_db = INFINITY,
                                 .uplink = "analog",
                                 .seed = 1,
                                 .genie = genie};
    REQUIRE(uv_loop_init(&a->loop) == 0);
    REQUIRE(chain_cell_add(&c->cell, UES, "rayleigh:eva", &settings, NULL) == 0);
    REQUIRE((c->encoder = a->encoder = codec_load(CODEC_ENCODER, codec_name, NULL)) != NULL);
    report_pool_options making = {.chain = c->chain,
                                  .encoder = a->encoder,
                                  .cell = &c->cell,
                                  .first_ue = FIRST_UE,
                                  .workers = c->workers,
                                  .made = on_made,
                                  .ready = on_ready,
                                  .user = a};
    REQUIRE((a->pool = report_pool_create(&a->loop, &making, NULL)) != NULL);
    REQUIRE((a->ue = chain_ue_create(&c->chain, a->encoder, NULL)) != NULL);
    REQUIRE(chain_report_init(&a->report, a->ue, NULL) == 0);
    for (uint32_t i = 0; i < UES; i++) {
        a->channel[i] = fading_ue_create(chain_cell_group(&c->cell, i)->open, FIRST_UE + i, NULL);
        REQUIRE(a->channel[i] != NULL);
    }
    ledger_options keeping = {.config = c,
                              .pool = a->pool,
                              .adaptive = adaptive,
                              .report_ended = on_report_ended,
                              .user = a};
    REQUIRE((a->ledger = ledger_create(&a->loop, &keeping, NULL)) != NULL);
    ledger_start(a->ledger, start_ns);
}

static inline void open_agent(agent *a, const char *codec_name, bool genie, uint32_t ack_delay)
{
    open_agent_over(a, codec_name, genie, ack_delay, false);
}

static inline void close_agent(agent *a)
{
    CHECK(ledger_busy(a->ledger) == 0 && ledger_in_flight(a->ledger) == 0);
    CHECK(chain_counts_close(&ledger_tally(a->ledger)->counts));
    ledger_free(a->ledger);
    chain_report_free(&a->report);
    for (int i = 0; i < UES; i++)
        fading_ue_free(a->channel[i]);
    chain_ue_free(a->ue);
    report_pool_free(a->pool);
    CHECK(uv_loop_close(&a->loop) == 0);
    codec_unload(a->encoder);
    chain_cell_close(&a->config.cell);
}

/* Makes a UE's next report on what the ledger says it builds on, and enters it as sent after `ms`.
 */
static inline uint32_t send_report(agent *a, size_t ue, unsigned ms)
{
    uint32_t seq = ledger_next_seq(a->ledger, ue);
    chain_acknowledged known = ledger_acknowledged(a->ledger, ue, seq);
    CHECK((known.memory == NULL) == (known.builds_on == 0));
    REQUIRE(chain_ue_report(a->ue, a->channel[ue], FIRST_UE + (uint32_t)ue, seq, seq * 0.01, &known,
                            &a->report, NULL) == 0);
    CHECK(ledger_sent(a->ledger, ue, &a->report, start_ns + (uint64_t)ms * MS, 100));
    return seq;
}

/* An answer that comes after 50 ms, with a reconstruction of so many entries. */
static inline void answer_with(agent *a, size_t ue, uint32_t seq, wire_status status,
                               const float complex *known, uint32_t entries)
{
    wire_answer w = {.ue = FIRST_UE + (uint32_t)ue,
                     .seq = seq,
                     .status = status,
                     .reason = "",
                     .snr_estimated_db = 9,
                     .impaired = true,
                     .impairment = {.snr_db = 10, .noise_power = 0.1},
                     .entries = entries,
                     .reconstruction = known};
    ledger_answer(a->ledger, &w, start_ns + 50ull * MS);
}

/* A channel's reconstruction where `known` is not NULL. */
static inline void answer(agent *a, size_t ue, uint32_t seq, wire_status status,
                          const float complex *known)
{
    answer_with(a, ue, seq, status, known, known ? ENTRIES : 0);
}

#endif
