#include "pool_station.h"

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
        CHECK(j->report.seq == 0 || at[-1] != NULL); /* in order, with memory and without */
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
    {"what no uplink of this link sends is refused with a reason, and forgotten",
     what_no_uplink_sends_is_refused},
    {"what goes into a pool comes out once, also at its end", what_goes_in_comes_out_once},
    {"a pool for an unknown uplink is refused", a_link_that_is_none_is_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "pool", tests, sizeof tests / sizeof tests[0]);
}
