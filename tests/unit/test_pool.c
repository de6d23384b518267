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

static void keep_burst(burst *b, const chain_report *r, const chain_ue *ue)
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

static void make_reports(traffic *t, int link, uint32_t number, chain_ue *ue, fading *channel)
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

static traffic *create_traffic(void)
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

static void free_traffic(traffic *t)
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

static void on_done(void *user, job *j)
{
    station *s = user;
    REQUIRE(s->count < sizeof s->done / sizeof s->done[0]);
    s->done[s->count++] = j;
}

static void hold_csi(station *s)
{
    for (int i = 0; i < UES; i++) {
        s->memory[i].held = calloc(ENTRIES, sizeof(float complex));
        s->plain[i].held = calloc(ENTRIES, sizeof(float complex));
        REQUIRE(s->memory[i].held && s->plain[i].held);
    }
}

static void open_station_that(station *s, const char *over, chain_on_failure on_failure,
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

static void open_station(station *s, size_t workers)
{
    open_station_that(s, "analog", CHAIN_HOLD, workers);
}

/* Frees what came out, and forgets it. */
static void clear_done(station *s)
{
    for (size_t i = 0; i < s->count; i++)
        job_free(s->done[i]);
    s->count = 0;
}

static void close_station(station *s)
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
static void add_job(pool *p, job *j)
{
    REQUIRE(pool_reserve(p, j, NULL) == ERR_NONE);
    pool_add(p, j);
}

static job *job_of(station *s, const traffic *t, int link, uint32_t ue, uint32_t seq)
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

static void run_until_empty(station *s)
{
    while (pool_in_flight(s->pool) > 0)
        uv_run(&s->loop, UV_RUN_ONCE);
}

/* Puts one job in and waits for it. */
static job *run_one(station *s, job *j)
{
    add_job(s->pool, j);
    run_until_empty(s);
    REQUIRE(s->count > 0 && s->done[s->count - 1] == j);
    return j;
}

/* --- what is decoded
 * ------------------------------------------------------------------------------
 */

/* The UE's reports through the chain of the base station, one after the other. */
static void check_directly(const station *s, const traffic *t, int link, uint32_t ue,
                           job *const got[REPORTS])
{
    static float complex before[ENTRIES], after[ENTRIES];
    chain_bs *bs = chain_bs_create(s->decoder[link], "analog", NULL);
    REQUIRE(bs != NULL);
    for (uint32_t seq = 0; seq < REPORTS; seq++) {
        const burst *b = &t->at[link][ue][seq];
        bool intact;
        CHECK(chain_bs_receive(bs, ue, &b->burst, snr_db, &intact, NULL) == 0);
        CHECK(chain_bs_decode(bs, b->builds_on ? before : NULL, link == DIFFERENTIAL ? after : NULL,
                              NULL) == 0);
        memcpy(before, after, sizeof before);
        REQUIRE(got[seq] && got[seq]->reconstruction && got[seq]->entries == ENTRIES);
        CHECK(memcmp(got[seq]->reconstruction, chain_bs_reconstruction(bs),
                     ENTRIES * sizeof(float complex)) == 0);
    }
    chain_bs_free(bs);
}

/* All reports at once, UE after UE in turn. Every report builds on the one before, so that a single
 * one out of turn would be a NEEDS_KEY or another reconstruction. */
static void workers_decode_as_one_would(size_t workers)
{
    traffic *t = create_traffic();
    station s;
    job *got[LINKS][UES][REPORTS] = {0};
    open_station(&s, workers);
    for (uint32_t seq = 0; seq < REPORTS; seq++)
        for (uint32_t ue = 0; ue < UES; ue++)
            for (int link = 0; link < LINKS; link++)
                add_job(s.pool, job_of(&s, t, link, ue, seq));
    CHECK(pool_in_flight(s.pool) == LINKS * UES * REPORTS);
    run_until_empty(&s);
    CHECK(s.count == LINKS * UES * REPORTS);
    for (size_t i = 0; i < s.count; i++) {
        job *j = s.done[i], **at = &got[j->link][j->report.ue][j->report.seq];
        CHECK(*at == NULL && j->status == WIRE_RECONSTRUCTED);
        CHECK(j->decode_start_ns <= j->uplink_decoded_ns &&
              j->uplink_decoded_ns <= j->decode_end_ns);
        /* In order, where there is memory. */
        CHECK(j->link == PLAIN || j->report.seq == 0 || at[-1] != NULL);
        *at = j;
    }
    for (int link = 0; link < LINKS; link++)
        for (uint32_t ue = 0; ue < UES; ue++)
            check_directly(&s, t, link, ue, got[link][ue]);
    close_station(&s);
    free_traffic(t);
}

static void one_worker_is_the_chain(void)
{
    workers_decode_as_one_would(1);
}

static void several_workers_are_one(void)
{
    for (int i = 0; i < 5; i++) /* threads meet differently each time */
        workers_decode_as_one_would(4);
}

static void a_reconstruction_goes_to_who_asked(void)
{
    traffic *t = create_traffic();
    station s;
    open_station(&s, 1);
    job *j = job_of(&s, t, PLAIN, 0, 0);
    j->report.want_reconstruction = false;
    run_one(&s, j);
    CHECK(j->status == WIRE_RECONSTRUCTED && j->reconstruction == NULL && j->entries == 0);
    close_station(&s);
    free_traffic(t);
}

/* --- what is not decoded
 * --------------------------------------------------------------------------
 */

static wire_status run_report(station *s, const traffic *t, uint32_t ue, uint32_t seq)
{
    job *j = run_one(s, job_of(s, t, DIFFERENTIAL, ue, seq));
    CHECK((j->reconstruction != NULL) == (j->status == WIRE_RECONSTRUCTED || s->holds));
    return j->status;
}

/* Report 1 is lost: 2 builds on it and cannot be decoded, nor can those that build on 2. Another
 * UE's memory is none of this one's. */
static void a_report_whose_base_is_missing_needs_a_key(void)
{
    traffic *t = create_traffic();
    station s;
    open_station(&s, 2);
    CHECK(run_report(&s, t, 0, 1) == WIRE_NEEDS_KEY); /* the first ever */
    CHECK(run_report(&s, t, 0, 0) == WIRE_RECONSTRUCTED);
    CHECK(run_report(&s, t, 1, 2) == WIRE_NEEDS_KEY);
    CHECK(run_report(&s, t, 0, 2) == WIRE_NEEDS_KEY);
    CHECK(run_report(&s, t, 0, 3) == WIRE_NEEDS_KEY); /* what was not decoded is not kept */
    CHECK(run_report(&s, t, 0, 1) == WIRE_RECONSTRUCTED);
    CHECK(run_report(&s, t, 0, 2) == WIRE_RECONSTRUCTED);
    job *j = job_of(&s, t, DIFFERENTIAL, 1, 2);
    j->report.builds_on = 0; /* a key: it builds on nothing */
    CHECK(run_one(&s, j)->status == WIRE_RECONSTRUCTED);
    CHECK(run_report(&s, t, 1, 3) == WIRE_RECONSTRUCTED);
    close_station(&s);
    free_traffic(t);
}

/* The base station keeps the last CHAIN_MEMORY_REPORTS. */
static void what_is_kept_ends(void)
{
    traffic *t = create_traffic();
    station s;
    open_station(&s, 1);
    for (uint32_t seq = 0; seq < CHAIN_MEMORY_REPORTS; seq++)
        CHECK(run_report(&s, t, 0, seq) == WIRE_RECONSTRUCTED);
    job *j = job_of(&s, t, DIFFERENTIAL, 0, CHAIN_MEMORY_REPORTS);
    j->report.builds_on = 1; /* the oldest, still there and not overwritten by this one */
    CHECK(run_one(&s, j)->status == WIRE_RECONSTRUCTED);
    j = job_of(&s, t, DIFFERENTIAL, 0, CHAIN_MEMORY_REPORTS + 1);
    j->report.builds_on = 2; /* it gave way instead */
    CHECK(run_one(&s, j)->status == WIRE_NEEDS_KEY);
    close_station(&s);
    free_traffic(t);
}

static bool is_zero(const job *j)
{
    bool zero = j->reconstruction && j->entries == ENTRIES;
    for (size_t i = 0; zero && i < ENTRIES; i++)
        zero = j->reconstruction[i] == 0;
    return zero;
}

/* A burst in outage is not decoded. Nothing is remembered of it: a report that builds on it needs a
 * key, one that builds on the one before is reconstructed as if it had not been. */
static void a_burst_in_outage_is_not_decoded(void)
{
    traffic *t = create_traffic();
    station s, undisturbed;
    open_station_that(&s, "analog:outage=0", CHAIN_HOLD, 2);
    open_station(&undisturbed, 1);
    for (int link = 0; link < LINKS; link++) {
        job *j = job_of(&s, t, link, 0, 0);
        j->snr_db = -0.01;
        CHECK(run_one(&s, j)->status == WIRE_NOT_DECODED && j->failure.code == ERR_NONE);
        CHECK(is_zero(j)); /* nothing has passed yet */
        CHECK(j->decode_start_ns > 0 && j->decode_start_ns <= j->uplink_decoded_ns &&
              j->uplink_decoded_ns <= j->decode_end_ns);
    }
    CHECK(run_report(&s, t, 0, 1) == WIRE_NEEDS_KEY);
    CHECK(run_report(&s, t, 0, 0) == WIRE_RECONSTRUCTED);
    CHECK(run_report(&undisturbed, t, 0, 0) == WIRE_RECONSTRUCTED);
    job *j = job_of(&s, t, DIFFERENTIAL, 0, 1);
    j->snr_db = -5;
    CHECK(run_one(&s, j)->status == WIRE_NOT_DECODED);
    CHECK(run_report(&s, t, 0, 2) == WIRE_NEEDS_KEY);
    j = job_of(&s, t, DIFFERENTIAL, 0, 3);
    j->report.builds_on = 1;
    job *same = job_of(&undisturbed, t, DIFFERENTIAL, 0, 3);
    same->report.builds_on = 1;
    CHECK(run_one(&s, j)->status == WIRE_RECONSTRUCTED);
    CHECK(run_one(&undisturbed, same)->status == WIRE_RECONSTRUCTED);
    CHECK(memcmp(j->reconstruction, same->reconstruction, ENTRIES * sizeof(float complex)) == 0);
    close_station(&undisturbed);
    close_station(&s);
    free_traffic(t);
}

/* A report as it arrives below the outage threshold of 0 dB. */
static job *in_outage(station *s, const traffic *t, int link, uint32_t ue, uint32_t seq)
{
    job *j = job_of(s, t, link, ue, seq);
    j->snr_db = -3;
    return j;
}

static bool brings_the_same(const job *a, const job *b)
{
    return a->reconstruction && b->reconstruction && a->entries == ENTRIES &&
           b->entries == ENTRIES &&
           memcmp(a->reconstruction, b->reconstruction, ENTRIES * sizeof(float complex)) == 0;
}

/* Reports fail between others: the answer brings the bits of the last one that passed, of the same
 * UE and link, also where the report that fails builds on something or a key is missing. */
static void hold_brings_the_last_csi_that_passed(void)
{
    traffic *t = create_traffic();
    station s;
    open_station_that(&s, "analog:outage=0", CHAIN_HOLD, 2);
    for (int link = 0; link < LINKS; link++) {
        const job *last[2] = {0};
        for (uint32_t ue = 0; ue < 2; ue++)
            last[ue] = run_one(&s, job_of(&s, t, link, ue, 0));
        CHECK(!brings_the_same(last[0], last[1]));
        for (uint32_t seq = 1; seq < 4; seq++)
            for (uint32_t ue = 0; ue < 2; ue++) {
                const job *j = run_one(&s, in_outage(&s, t, link, ue, seq));
                CHECK(j->status == WIRE_NOT_DECODED && brings_the_same(j, last[ue]));
            }
        job *passing = job_of(&s, t, link, 0, 4);
        passing->report.builds_on = 0;
        run_one(&s, passing);
        CHECK(passing->status == WIRE_RECONSTRUCTED && !brings_the_same(passing, last[0]));
        CHECK(brings_the_same(run_one(&s, in_outage(&s, t, link, 0, 5)), passing));
        CHECK(brings_the_same(run_one(&s, in_outage(&s, t, link, 1, 5)), last[1]));
    }
    job *key = run_one(&s, job_of(&s, t, DIFFERENTIAL, 1, 3)); /* report 2 failed */
    CHECK(key->status == WIRE_NEEDS_KEY);
    CHECK(brings_the_same(key, run_one(&s, in_outage(&s, t, DIFFERENTIAL, 1, 6))));
    close_station(&s);
    free_traffic(t);
}

static void zero_is_zero(void)
{
    traffic *t = create_traffic();
    station s;
    open_station_that(&s, "analog:outage=0", CHAIN_ZERO, 2);
    for (int link = 0; link < LINKS; link++) {
        CHECK(run_one(&s, job_of(&s, t, link, 0, 0))->status == WIRE_RECONSTRUCTED);
        const job *j = run_one(&s, in_outage(&s, t, link, 0, 1));
        CHECK(j->status == WIRE_NOT_DECODED && is_zero(j));
        job *silent = in_outage(&s, t, link, 0, 2);
        silent->report.want_reconstruction = false;
        CHECK(!run_one(&s, silent)->reconstruction);
    }
    close_station(&s);
    free_traffic(t);
}

/* The same payload decoded with the same memory gives the same bits, passed or not. A failed report
 * leaves no memory and is not held; one that cannot be decoded gives way to what is held. */
static void use_is_what_the_payload_decodes_to(void)
{
    traffic *t = create_traffic();
    station s, trusting;
    open_station_that(&s, "analog:outage=0", CHAIN_USE, 2);
    open_station(&trusting, 1);
    for (int link = 0; link < LINKS; link++) {
        job *first = run_one(&s, job_of(&s, t, link, 0, 0));
        run_one(&trusting, job_of(&trusting, t, link, 0, 0));
        job *failed = run_one(&s, in_outage(&s, t, link, 0, 1));
        job *same = job_of(&trusting, t, link, 0, 1);
        same->snr_db = failed->snr_db;
        run_one(&trusting, same);
        CHECK(failed->status == WIRE_NOT_DECODED && brings_the_same(failed, same));
        CHECK(!brings_the_same(failed, first));
        job *baseless = in_outage(&s, t, link, 0, 2); /* PLAIN: has no base; dpcm: lacks it */
        baseless->report.builds_on = 2;
        CHECK(run_one(&s, baseless)->status == WIRE_NOT_DECODED);
        CHECK(brings_the_same(baseless, first));
    }
    CHECK(run_report(&s, t, 0, 2) == WIRE_NEEDS_KEY);
    close_station(&trusting);
    close_station(&s);
    free_traffic(t);
}

/* Every second report fails, all at once on several threads: each answer of a failed report brings
 * the CSI of the report before it. */
static void what_is_held_is_the_same_on_several_threads(void)
{
    traffic *t = create_traffic();
    for (int turn = 0; turn < 5; turn++) {
        station s;
        job *got[UES][REPORTS] = {0};
        open_station_that(&s, "analog:outage=0", CHAIN_HOLD, 4);
        for (uint32_t seq = 0; seq < REPORTS; seq++)
            for (uint32_t ue = 0; ue < UES; ue++)
                add_job(s.pool,
                        seq % 2 ? in_outage(&s, t, PLAIN, ue, seq) : job_of(&s, t, PLAIN, ue, seq));
        run_until_empty(&s);
        REQUIRE(s.count == UES * REPORTS);
        for (size_t i = 0; i < s.count; i++)
            got[s.done[i]->report.ue][s.done[i]->report.seq] = s.done[i];
        for (uint32_t ue = 0; ue < UES; ue++)
            for (uint32_t seq = 1; seq < REPORTS; seq += 2) {
                CHECK(got[ue][seq]->status == WIRE_NOT_DECODED);
                CHECK(brings_the_same(got[ue][seq], got[ue][seq - 1]));
            }
        close_station(&s);
    }
    free_traffic(t);
}

static void check_refused(const job *j, const char *what)
{
    CHECK(j->status == WIRE_REFUSED && j->failure.code != ERR_NONE);
    CHECK(!j->reconstruction && j->entries == 0);
    CHECK(strstr(j->failure.text, what) != NULL);
}

/* A refused report is not remembered, does not hold up its UE and spoils no other's. */
static void what_no_uplink_sends_is_refused(void)
{
    traffic *t = create_traffic();
    station s;
    open_station(&s, 2);
    for (int link = 0; link < LINKS; link++) {
        burst *b = &t->at[link][0][0];
        float complex kept = b->burst.symbol[12];
        b->burst.symbol[12] = NAN;
        check_refused(run_one(&s, job_of(&s, t, link, 0, 0)), "symbol 12 of the burst");
        b->burst.symbol[12] = kept;
        job *j = job_of(&s, t, link, 0, 0);
        j->report.symbols--;
        check_refused(run_one(&s, j), "symbols");
        j = job_of(&s, t, link, 0, 0);
        j->report.side_bits -= 13; /* the rms is there, the codec's bits are not all */
        j->report.side[j->report.side_bits / 8] &= (uint8_t)((1u << j->report.side_bits % 8) - 1);
        check_refused(run_one(&s, j), "side bits");
    }
    CHECK(run_report(&s, t, 0, 1) == WIRE_NEEDS_KEY);
    job *j = job_of(&s, t, PLAIN, 2, 3);
    j->report.builds_on = 3;
    check_refused(run_one(&s, j), "its codec has no memory");
    CHECK(run_report(&s, t, 1, 0) == WIRE_RECONSTRUCTED);
    CHECK(run_report(&s, t, 1, 1) == WIRE_RECONSTRUCTED);
    close_station(&s);
    free_traffic(t);
}

/* Closed while everything waits: what went in comes out, once, whatever became of it. */
static void what_goes_in_comes_out_once(void)
{
    for (size_t workers = 1; workers <= 3; workers++) {
        traffic *t = create_traffic();
        station s;
        bool seen[LINKS][UES][REPORTS] = {0};
        open_station(&s, workers);
        for (uint32_t seq = 0; seq < REPORTS; seq++)
            for (uint32_t ue = 0; ue < UES; ue++)
                for (int link = 0; link < LINKS; link++) {
                    job *j = job_of(&s, t, link, ue, seq);
                    j->report.symbols -= (seq + ue) % 3 == 0; /* refused */
                    add_job(s.pool, j);
                }
        pool_close(s.pool);
        CHECK(s.count == LINKS * UES * REPORTS && pool_in_flight(s.pool) == 0);
        s.pool = NULL;
        for (size_t i = 0; i < s.count; i++) {
            const job *j = s.done[i];
            bool *at = &seen[j->link][j->report.ue][j->report.seq];
            CHECK(!*at);
            *at = true;
            bool refused = (j->report.seq + j->report.ue) % 3 == 0;
            CHECK((j->status == WIRE_REFUSED) == refused);
            /* dpcm builds on the report before: there unless that was refused or lacked its own. */
            if (!refused)
                CHECK(j->link == PLAIN
                          ? j->status == WIRE_RECONSTRUCTED
                          : j->status == WIRE_RECONSTRUCTED || j->status == WIRE_NEEDS_KEY);
        }
        for (int i = 0; i < UES; i++)
            CHECK(!s.memory[i].busy);
        close_station(&s);
        free_traffic(t);
    }
}

static void a_link_that_is_none_is_refused(void)
{
    uv_loop_t loop;
    station s = {0};
    err e = {0};
    REQUIRE(uv_loop_init(&loop) == 0);
    codec *decoder = codec_load(CODEC_DECODER, "dpcm", NULL);
    REQUIRE(decoder != NULL);
    const pool_link links[] = {{decoder, "analog:r4", NULL}, {decoder, "smoke", NULL}};
    pool_options options = {.memory_max = (size_t)64 << 20,
                            .links = links,
                            .link_count = 2,
                            .workers = 2,
                            .done = on_done,
                            .user = &s};
    CHECK(pool_create(&loop, &options, &e) == NULL && e.code == ERR_INVALID);
    CHECK(strstr(e.text, "smoke") != NULL);
    CHECK(pool_create(&loop, &options, NULL) == NULL);
    options.link_count = 1;
    pool *p = pool_create(&loop, &options, &e);
    REQUIRE(p != NULL);
    CHECK(strcmp(pool_uplink(p, 0)->name, "analog:r4") == 0 && pool_in_flight(p) == 0);
    pool_close(p);
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(uv_loop_close(&loop) == 0);
    codec_unload(decoder);
}

static const harness_test tests[] = {
    {"one worker decodes what the chain decodes, report after report", one_worker_is_the_chain},
    {"several workers decode the bits of one, a UE's reports in order", several_workers_are_one},
    {"a reconstruction goes to who asked for it", a_reconstruction_goes_to_who_asked},
    {"a report whose base is missing needs a key", a_report_whose_base_is_missing_needs_a_key},
    {"the base station keeps the last reports, and what a report is decoded with",
     what_is_kept_ends},
    {"a burst in outage is not decoded, and forgotten", a_burst_in_outage_is_not_decoded},
    {"after a failed report the base station holds the last CSI that passed",
     hold_brings_the_last_csi_that_passed},
    {"or goes on with zeros", zero_is_zero},
    {"or uses what the payload decodes to, and forgets it", use_is_what_the_payload_decodes_to},
    {"what is held is the same on several threads", what_is_held_is_the_same_on_several_threads},
    {"what no uplink of this link sends is refused with a reason, and forgotten",
     what_no_uplink_sends_is_refused},
    {"what goes into a pool comes out once, also at its end", what_goes_in_comes_out_once},
    {"a pool for an unknown uplink is refused", a_link_that_is_none_is_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "pool", tests, sizeof tests / sizeof tests[0]);
}
