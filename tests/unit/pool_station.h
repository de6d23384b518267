/* pool_station.h: reports as they arrive, and a base station's pool that decodes them, for tests.
 */
#ifndef POOL_STATION_H
#define POOL_STATION_H

#include "bs-server/pool.h"
#include "chain/bs.h"
#include "chain/ue.h"
#include "harness.h"
#include "uplink/air.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UES = 5, REPORTS = 14, ENTRIES = 32 * 32 };
static const double snr_db = 10;

/* What a base station serves: link 0 is a codec without memory, link 1 one with. */
enum { PLAIN, DIFFERENTIAL, LINKS };
static const char *const names[LINKS] = {"onnx:csilink-net-cr8-indoor,precision=float", "dpcm"};

typedef struct burst {
    uplink_burst burst;
    uint32_t builds_on;
} burst;

/* Reports of UES UEs over a link, as they arrive at the base station. Those with memory build on
 * the one before. */
typedef struct traffic {
    burst at[LINKS][UES][REPORTS];
} traffic;

static inline void keep_burst(burst *b, const chain_report *r, const chain_ue *ue)
{
    const uplink_burst *from = &r->burst;
    uplink_burst *to = &b->burst;
    uint8_t *side;
    float complex *symbol;
    size_t bytes = chain_ue_uplink(ue)->side_bits_max / 8 + 1;
    symbol = malloc(from->symbols * sizeof *symbol);
    side = malloc(bytes);
    REQUIRE(symbol && side);
    memcpy(symbol, from->symbol, from->symbols * sizeof *symbol);
    memcpy(side, from->side, bytes);
    *to = *from;
    to->symbol = symbol;
    to->side = side;
    b->builds_on = r->payload.builds_on;
    air_add_noise(1, r->ue, r->seq, snr_db, symbol, from->symbols);
}

static inline void make_reports(traffic *t, int link, uint32_t number, chain_ue *ue,
                                fading *channel)
{
    static unsigned char before[ENTRIES * sizeof(float complex)];
    fading_ue *place = fading_ue_create(channel, number, NULL);
    chain_report r;
    REQUIRE(place && chain_report_init(&r, ue, NULL) == 0);
    for (uint32_t seq = 0; seq < REPORTS; seq++) {
        bool builds = r.after && seq > 0;
        chain_acknowledged known = {
            .memory = builds ? before : NULL, .builds_on = builds ? seq : 0, .snr_db = (double)NAN};
        REQUIRE(chain_ue_report(ue, place, number, seq, seq * 0.005, &known, &r, NULL) == 0);
        if (r.after)
            memcpy(before, r.after, sizeof before);
        keep_burst(&t->at[link][number][seq], &r, ue);
    }
    chain_report_free(&r);
    fading_ue_free(place);
}

static inline traffic *create_traffic(void)
{
    traffic *t = calloc(1, sizeof *t);
    fading_config settings = FADING_CONFIG_DEFAULT;
    chain_ue_config config = {
        .dims = CSI_DIMS_DEFAULT, .dl_snr_db = INFINITY, .uplink = "analog", .seed = 1};
    settings.speed_kmh = 3;
    fading *channel = fading_open("rayleigh:exponential", &settings, NULL);
    REQUIRE(t && channel);
    for (int link = 0; link < LINKS; link++) {
        codec *encoder = codec_load(CODEC_ENCODER, names[link], NULL);
        chain_ue *ue = encoder ? chain_ue_create(&config, encoder, NULL) : NULL;
        REQUIRE(ue != NULL);
        for (uint32_t number = 0; number < UES; number++)
            make_reports(t, link, number, ue, channel);
        chain_ue_free(ue);
        codec_unload(encoder);
    }
    fading_close(channel);
    return t;
}

static inline void free_traffic(traffic *t)
{
    for (size_t i = 0; i < LINKS * UES * REPORTS; i++)
        uplink_burst_free(&((burst *)t->at)[i].burst);
    free(t);
}

/* A base station's pool, and what comes out of it. */
typedef struct station {
    uv_loop_t loop;
    codec *decoder[LINKS];
    pool_link links[LINKS];
    pool *pool;
    ue_memory memory[UES]; /* of link DIFFERENTIAL */
    ue_memory plain[UES];  /* of link PLAIN, of a station that holds CSI */
    bool holds;
    job *done[LINKS * UES * REPORTS + 8];
    size_t count;
} station;

static inline void on_done(void *user, job *j)
{
    station *s = user;
    REQUIRE(s->count < sizeof s->done / sizeof s->done[0]);
    s->done[s->count++] = j;
}

static inline void hold_csi(station *s)
{
    for (int i = 0; i < UES; i++) {
        s->memory[i].held = calloc(ENTRIES, sizeof(float complex));
        s->plain[i].held = calloc(ENTRIES, sizeof(float complex));
        REQUIRE(s->memory[i].held && s->plain[i].held);
    }
}

static inline void open_station_that(station *s, const char *over, chain_on_failure on_failure,
                                     size_t workers)
{
    *s = (station){.holds = strcmp(over, "analog") != 0 && on_failure != CHAIN_ZERO};
    if (s->holds)
        hold_csi(s);
    REQUIRE(uv_loop_init(&s->loop) == 0);
    for (int i = 0; i < LINKS; i++) {
        s->decoder[i] = codec_load(CODEC_DECODER, names[i], NULL);
        REQUIRE(s->decoder[i] != NULL);
        s->links[i] = (pool_link){s->decoder[i], over, NULL};
    }
    for (int i = 0; i < UES; i++) {
        size_t bytes = codec_memory_bytes(s->decoder[DIFFERENTIAL]);
        REQUIRE((s->memory[i].reports = chain_memory_create(bytes, NULL)) != NULL);
    }
    pool_options options = {.memory_max = (size_t)64 << 20,
                            .links = s->links,
                            .link_count = LINKS,
                            .workers = workers,
                            .on_failure = on_failure,
                            .done = on_done,
                            .user = s};
    REQUIRE((s->pool = pool_create(&s->loop, &options, NULL)) != NULL);
}

static inline void open_station(station *s, size_t workers)
{
    open_station_that(s, "analog", CHAIN_HOLD, workers);
}

/* Frees what came out, and forgets it. */
static inline void clear_done(station *s)
{
    for (size_t i = 0; i < s->count; i++)
        job_free(s->done[i]);
    s->count = 0;
}

static inline void close_station(station *s)
{
    if (s->pool)
        pool_close(s->pool);
    uv_run(&s->loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&s->loop) == 0);
    clear_done(s);
    for (int i = 0; i < UES; i++) {
        chain_memory_free(s->memory[i].reports);
        free(s->memory[i].held);
        free(s->plain[i].held);
    }
    for (int i = 0; i < LINKS; i++)
        codec_unload(s->decoder[i]);
}

/* The job of a report, not yet in the pool. */
static inline void add_job(pool *p, job *j)
{
    REQUIRE(pool_reserve(p, j, NULL) == ERR_NONE);
    pool_add(p, j);
}

static inline job *job_of(station *s, const traffic *t, int link, uint32_t ue, uint32_t seq)
{
    const burst *b = &t->at[link][ue][seq];
    wire_report r = {.ue = ue,
                     .seq = seq,
                     .symbols = b->burst.symbols,
                     .symbol = b->burst.symbol,
                     .side_bits = b->burst.side_bits,
                     .side = b->burst.side,
                     .builds_on = b->builds_on,
                     .want_reconstruction = true};
    job *j = job_create(NULL, 0, &r);
    REQUIRE(j != NULL);
    j->link = (size_t)link;
    j->memory = link == DIFFERENTIAL ? &s->memory[ue] : s->holds ? &s->plain[ue] : NULL;
    j->snr_db = snr_db;
    return j;
}

static inline void run_until_empty(station *s)
{
    while (pool_in_flight(s->pool) > 0)
        uv_run(&s->loop, UV_RUN_ONCE);
}

/* Puts one job in and waits for it. */
static inline job *run_one(station *s, job *j)
{
    add_job(s->pool, j);
    run_until_empty(s);
    REQUIRE(s->count > 0 && s->done[s->count - 1] == j);
    return j;
}

static inline wire_status run_report(station *s, const traffic *t, uint32_t ue, uint32_t seq)
{
    job *j = run_one(s, job_of(s, t, DIFFERENTIAL, ue, seq));
    CHECK((j->reconstruction != NULL) == (j->status == WIRE_RECONSTRUCTED || s->holds));
    return j->status;
}

#endif
