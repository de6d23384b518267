#include "pool_station.h"

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

static const harness_test tests[] = {
    {"a burst in outage is not decoded, and forgotten", a_burst_in_outage_is_not_decoded},
    {"after a failed report the base station holds the last CSI that passed",
     hold_brings_the_last_csi_that_passed},
    {"or goes on with zeros", zero_is_zero},
    {"or uses what the payload decodes to, and forgets it", use_is_what_the_payload_decodes_to},
    {"what is held is the same on several threads", what_is_held_is_the_same_on_several_threads},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "pool: failed reports", tests, sizeof tests / sizeof tests[0]);
}
