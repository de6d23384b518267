/* Points of a tally over SNR: NMSE at each SNR that was in force, for each group of UEs. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "tally_tools.h"

/* A measured report over an SNR. */
static void count_quality(chain_tally *t, double snr_db, double nmse)
{
    chain_outcome o = {.snr_db = snr_db, .measured = true, .quality = {.nmse = nmse}};
    chain_tally_answered(t, 0, &o);
}

static uint64_t reports_of_points(const chain_tally *t)
{
    uint64_t n = 0;
    for (size_t i = 0; i < t->snr_points; i++)
        n += t->snr[i].reports;
    return n;
}

static void more_snrs_than_points_lose_no_report(void)
{
    enum { SNRS = 3 * CHAIN_SNR_POINTS };
    chain_tally *t = chain_tally_create(0, 1), *other = chain_tally_create(1, 1);
    REQUIRE(t && other);
    for (int i = 0; i < SNRS; i++)
        count_quality(t, i * 0.1, 1);
    count_quality(t, INFINITY, 1);
    CHECK(t->snr_points <= CHAIN_SNR_POINTS && isinf(t->snr[t->snr_points - 1].snr_db));
    CHECK(reports_of_points(t) == SNRS + 1);
    for (size_t i = 0; i + 2 < t->snr_points; i++) /* a report's point is within half a dB */
        CHECK(t->snr[i].reports <= 11 && t->snr[i + 1].snr_db - t->snr[i].snr_db < 1.01);
    CHECK(t->snr[0].reports == 1); /* a point far from the rest gets none of theirs */
    for (int i = 0; i < SNRS; i++)
        count_quality(other, -i * 0.1, 1);
    CHECK(chain_tally_merge(t, other, NULL) == ERR_NONE);
    CHECK(t->snr_points <= CHAIN_SNR_POINTS && reports_of_points(t) == 2 * SNRS + 1);
    for (int i = 0; i < 4 * SNRS; i++)
        count_quality(t, 100 + i, 1);
    CHECK(t->snr_points == CHAIN_SNR_POINTS && reports_of_points(t) == 6 * SNRS + 1);
    chain_tally_free(t);
    chain_tally_free(other);
}

/* Each group has its curve, whoever its neighbours are; groups that meet no more than a few SNRs
 * keep them while another one's ramp is rounded. */
static void groups_have_points_of_their_own(void)
{
    chain_tally *t = chain_tally_create(10, 3), *all = chain_tally_create(0, 0);
    REQUIRE(t && all);
    chain_tally_group(t, 10, 2);
    chain_tally_group(t, 12, 5); /* the rest of it is another agent's */
    for (int i = 0; i < 1000; i++) {
        chain_outcome o = {.snr_db = i * 0.03, .measured = true, .quality = {.nmse = 1}};
        chain_tally_answered(t, (size_t)i % 2, &o);
        o.snr_db = 0.3;
        o.quality.nmse = 0.25;
        chain_tally_answered(t, 2, &o);
    }
    CHECK(chain_tally_merge(all, t, NULL) == ERR_NONE && all->snr_points == t->snr_points);
    char *text = to_text(all);
    chain_tally *back = from_text(text, NULL);
    REQUIRE(back && back->snr_points == t->snr_points);
    uint64_t ramp = 0, fixed = 0;
    for (size_t i = 0; i < back->snr_points; i++) {
        const chain_snr_point *p = &back->snr[i];
        CHECK(p->group == 10 || (p->group == 12 && p->snr_db == 0.3 && fabs(p->nmse - 250) < 1e-9));
        *(p->group == 10 ? &ramp : &fixed) += p->reports;
    }
    CHECK(ramp == 1000 && fixed == 1000);
    free(text);
    chain_tally_free(back);
    chain_tally_free(all);
    chain_tally_free(t);
}

static void equal_snrs_share_a_point(void)
{
    chain_tally *t = chain_tally_create(0, 1);
    REQUIRE(t != NULL);
    for (int i = 0; i < 10; i++) {
        count_quality(t, INFINITY, 0.1);
        count_quality(t, 10, 0.2);
    }
    CHECK(t->snr_points == 2 && t->snr[0].reports == 10 && t->snr[1].reports == 10);
    CHECK_NEAR(chain_tally_nmse_db(t), db_of_power(0.15), 1e-12);
    /* The median is one of the two values, within the histogram's 0.8 % (0.035 dB). */
    CHECK_NEAR(chain_tally_nmse_median_db(t), -10, 0.035);
    chain_tally_free(t);
}

static void too_many_points_in_json_are_refused(void)
{
    chain_tally *t = chain_tally_create(0, 1);
    REQUIRE(t != NULL);
    char *text = to_text(t);
    cJSON *json = cJSON_Parse(text);
    cJSON *points = cJSON_GetObjectItemCaseSensitive(json, "snr");
    err e = {0};
    for (int i = 0; i <= CHAIN_SNR_POINTS; i++)
        cJSON_AddItemToArray(points, cJSON_Parse("{\"snr_db\":1,\"reports\":1,\"nmse\":1}"));
    CHECK(!chain_tally_from_json(json, &e) && strstr(e.text, "snr"));
    cJSON_Delete(json);
    free(text);
    chain_tally_free(t);
}

static const harness_test tests[] = {
    {"more SNRs than there is room for lose no report", more_snrs_than_points_lose_no_report},
    {"each group has points over SNR of its own", groups_have_points_of_their_own},
    {"equal SNRs share a point; mean and median are over the reports", equal_snrs_share_a_point},
    {"more SNR points than a tally holds are refused", too_many_points_in_json_are_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "tally_points", tests, sizeof tests / sizeof tests[0]);
}
