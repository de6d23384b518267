#include "base/decibel.h"
#include "base/rng.h"
#include "harness.h"
#include "measure/tally.h"
#include "tally_tools.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { UES = 6, REPORTS = 400 };

/* One report's outcome and figures, a function of its number alone. */
static void count_report(chain_tally *t, size_t ue_index, int number)
{
    rng g = rng_at(11, RNG_LOSS, t->ue[ue_index].ue, (uint32_t)number);
    chain_counts *both[] = {&t->counts, &t->ue[ue_index].counts};
    double draw = rng_uniform(&g);
    for (int i = 0; i < 2; i++) {
        both[i]->sent++;
        *(draw < 0.7    ? &both[i]->acked
          : draw < 0.8  ? &both[i]->lost_channel
          : draw < 0.85 ? &both[i]->timed_out
          : draw < 0.9  ? &both[i]->refused
                        : &both[i]->not_decoded) += 1;
        both[i]->needs_key += draw >= 0.95; /* of those not decoded */
        both[i]->compared += draw < 0.7 && number % 4 != 0;
        both[i]->undetected += draw < 0.7 && number % 20 == 3;
        both[i]->keys += number % 2 && number % 6 == 1; /* of UEs whose codec has a memory */
        both[i]->innovations += number % 2 && number % 6 != 1;
    }
    if (draw >= 0.7 && draw < 0.9)
        return;
    chain_outcome o = {
        .failed = draw >= 0.9,
        .snr_db = number % 3 ? (double)(number % 5) * 2.5 : INFINITY,
        .noise_power = rng_uniform(&g),
        .snr_estimated_db = -10 * rng_uniform(&g),
        .bits = 1000 + (uint32_t)(1e4 * rng_uniform(&g)),
        .channel_uses = 100 + rng_uniform(&g),
        .remembers = number % 2,
        .key = number % 2 && number % 6 == 1,
        .measured = number % 7 != 0, /* the others did not ask for the reconstruction */
        .quality = {.nmse = 0.01 + rng_uniform(&g),
                    .rho = rng_uniform(&g),
                    .sgcs = rng_uniform(&g) / 3,
                    .se = 7 * rng_uniform(&g)},
        .se_perfect = 9 * rng_uniform(&g),
        .se_ls = 8 * rng_uniform(&g),
        .ls_nmse = rng_uniform(&g) / 7,
        .age_s = 0.01 + rng_uniform(&g),
        .used = {.nmse = 0.2 + rng_uniform(&g),
                 .rho = rng_uniform(&g),
                 .sgcs = rng_uniform(&g),
                 .se = rng_uniform(&g)},
    };
    if (o.failed) {
        chain_tally_failed(t, &o);
        return;
    }
    chain_tally_answered(t, ue_index, &o);
    if (o.measured && number % 4 == 0)
        chain_tally_aged(t, ue_index, &o);
    for (int i = 0; i < CHAIN_STAGES; i++)
        hist_add(number % 10 ? &t->latency[i] : &t->warm_up[i], (uint64_t)(1e6 * rng_uniform(&g)));
    t->uplink_bytes += 321;
}

/* A tally of UEs first .. first + ues - 1. */
static chain_tally *tally_of(uint32_t first, size_t ues)
{
    chain_tally *t = chain_tally_create(first, ues);
    REQUIRE(t != NULL);
    for (size_t ue = 0; ue < ues; ue++)
        for (int n = 0; n < REPORTS; n++)
            count_report(t, ue, n);
    t->late = 3 * ues;
    t->elapsed_s = 1.0 / 3 + first;
    t->lateness_max_s = 0.1 / (1 + first);
    t->access_error_s = 1e-5 / (1 + first);
    t->core_error_s = 1e-6 * first;
    t->unsplit = 2 * ues;
    return t;
}

static bool near(double a, double b)
{
    return fabs(a - b) <= 1e-12 * fabs(b); /* sums of 2400 doubles in another order */
}

static bool same_sums(const chain_sums *a, const chain_sums *b)
{
    bool same = a->reports == b->reports && a->aged == b->aged && a->answered == b->answered &&
                a->all == b->all;
#define COMPARE(field) same = same && near(a->field, b->field);
    CHAIN_SUMS_FIELDS(COMPARE)
    CHAIN_SUMS_LATER_FIELDS(COMPARE)
#undef COMPARE
    return same;
}

static void parts_merge_to_the_whole(void)
{
    chain_tally *whole = tally_of(0, UES), *all = chain_tally_create(0, 0);
    REQUIRE(all != NULL);
    static const uint32_t first[] = {0, 1, 4, UES};
    for (int i = 0; i < 3; i++) {
        chain_tally *part = tally_of(first[i], first[i + 1] - first[i]);
        CHECK(chain_tally_merge(all, part, NULL) == ERR_NONE);
        chain_tally_free(part);
    }
    CHECK(memcmp(&all->counts, &whole->counts, sizeof all->counts) == 0);
    CHECK(chain_counts_close(&all->counts) && all->counts.sent == UES * REPORTS);
    CHECK(all->counts.undetected > 0 && all->counts.undetected < all->counts.compared);
    CHECK(all->counts.not_decoded > 0 && all->counts.needs_key > 0 &&
          all->counts.needs_key < all->counts.not_decoded);
    CHECK(same_sums(&all->sums, &whole->sums));
    CHECK(all->sums.answered == all->counts.acked && all->sums.reports < all->sums.answered);
    CHECK(all->sums.all > all->sums.reports && all->sums.nmse_all > all->sums.nmse);
    CHECK(all->late == whole->late && all->uplink_bytes == whole->uplink_bytes);
    CHECK_NEAR(all->elapsed_s, 1.0 / 3 + 4, 0); /* the longest */
    CHECK_NEAR(all->lateness_max_s, 0.1, 0);    /* the worst */
    CHECK_NEAR(all->access_error_s, 1e-5, 0);   /* the worst */
    CHECK_NEAR(all->core_error_s, 4e-6, 0);
    CHECK(all->unsplit == whole->unsplit);
    CHECK(memcmp(all->nmse.bucket, whole->nmse.bucket, sizeof all->nmse.bucket) == 0);
    CHECK(memcmp(all->nmse_used.bucket, whole->nmse_used.bucket, sizeof all->nmse.bucket) == 0);
    for (int i = 0; i < CHAIN_STAGES; i++) {
        size_t size = sizeof all->nmse.bucket;
        CHECK(memcmp(all->latency[i].bucket, whole->latency[i].bucket, size) == 0);
        CHECK(memcmp(all->warm_up[i].bucket, whole->warm_up[i].bucket, size) == 0);
    }
    REQUIRE(all->ues == UES && all->snr_points == whole->snr_points);
    CHECK(memcmp(all->ue, whole->ue, UES * sizeof *all->ue) == 0);
    for (size_t i = 0; i < all->snr_points; i++)
        CHECK(all->snr[i].reports == whole->snr[i].reports &&
              near(all->snr[i].nmse, whole->snr[i].nmse));
    CHECK_NEAR(chain_tally_nmse_db(all), chain_tally_nmse_db(whole), 1e-11);
    chain_tally_free(all);
    chain_tally_free(whole);
}

static void json_brings_back_every_bit(void)
{
    for (size_t ues = 0; ues <= UES; ues += 3) {
        chain_tally *t = tally_of(5, ues);
        char *text = to_text(t);
        chain_tally *back = from_text(text, NULL);
        REQUIRE(back && back->ues == ues);
        CHECK(memcmp(back->ue, t->ue, ues * sizeof *t->ue) == 0);
        chain_ue_tally *mine = t->ue, *its = back->ue;
        t->ue = back->ue = NULL;
        CHECK(memcmp(back, t, sizeof *t) == 0);
        t->ue = mine;
        back->ue = its;
        free(text);
        chain_tally_free(back);
        chain_tally_free(t);
    }
}

static void awkward_numbers_survive_json(void)
{
    static const double awkward[] = {0.1,
                                     1.0 / 3,
                                     2.0 / 3e10,
                                     1e300,
                                     5e-324,
                                     123456789.123456789,
                                     1.0000000000000002,
                                     0.99999999999999989};
    for (size_t i = 0; i < sizeof awkward / sizeof awkward[0]; i++) {
        chain_tally *t = chain_tally_create(0, 1);
        REQUIRE(t != NULL);
        t->sums.nmse = t->elapsed_s = awkward[i];
        t->sums.snr_estimated_db = -awkward[i];
        t->counts.sent = (1ull << 52) + 1;
        char *text = to_text(t);
        chain_tally *back = from_text(text, NULL);
        REQUIRE(back != NULL);
        CHECK_NEAR(back->sums.nmse, awkward[i], 0);
        CHECK_NEAR(back->elapsed_s, awkward[i], 0);
        CHECK_NEAR(back->sums.snr_estimated_db, -awkward[i], 0);
        CHECK(back->counts.sent == (1ull << 52) + 1);
        free(text);
        chain_tally_free(back);
        chain_tally_free(t);
    }
}

/* Whole bits add up to the last one, channel uses to rounding. */
static void keys_and_innovations_are_what_codecs_with_memory_send(void)
{
    chain_tally *t = chain_tally_create(0, 1);
    REQUIRE(t != NULL);
    for (uint32_t i = 0; i < 60; i++) {
        chain_outcome o = {.bits = 100 + i, .channel_uses = 10 + i / 3.0, .remembers = true};
        o.key = i % 5 == 0;
        chain_tally_answered(t, 0, &o);
    }
    const chain_sums *s = &t->sums;
    CHECK(s->keys == 12 && s->innovations == 48);
    CHECK(s->key_bits + s->innovation_bits == s->bits);
    CHECK_NEAR(s->key_uses + s->innovation_uses, s->channel_uses, 1e-9);
    chain_outcome other = {
        .bits = 50, .channel_uses = 7, .key = true}; /* builds on nothing, ever */
    chain_tally_answered(t, 0, &other);
    CHECK(s->answered == 61 && s->keys == 12 && s->key_bits + s->innovation_bits == s->bits - 50);
    chain_tally_free(t);
}

static void nothing_measured_is_no_number(void)
{
    chain_tally *t = chain_tally_create(0, 3);
    REQUIRE(t != NULL);
    CHECK(isnan(chain_tally_nmse_db(t)) && isnan(chain_tally_nmse_median_db(t)));
    CHECK(chain_counts_close(&t->counts));
    t->counts.sent = 1;
    CHECK(!chain_counts_close(&t->counts));
    chain_tally_free(t);
}

/* An acknowledged report costs what it costs, measured or not; figures of merit are means over
 * those that were measured. */
static void every_answer_costs_and_the_measured_ones_count(void)
{
    chain_tally *t = chain_tally_create(0, 2);
    REQUIRE(t != NULL);
    CHECK(isnan(chain_tally_snr_delivered_db(t)));
    chain_outcome o = {.snr_db = 10, .noise_power = 0.1, .bits = 100, .channel_uses = 20.5};
    chain_tally_answered(t, 0, &o);
    CHECK(t->sums.answered == 1 && t->sums.reports == 0 && t->snr_points == 0);
    CHECK(isnan(chain_tally_nmse_db(t)) && t->ue[0].measured == 0);
    CHECK_NEAR(chain_tally_snr_delivered_db(t), 10, 1e-12);
    o = (chain_outcome){.snr_db = 10,
                        .noise_power = 0.3,
                        .bits = 300,
                        .channel_uses = 30.25,
                        .measured = true,
                        .quality = {.nmse = 0.5, .rho = 0.25, .sgcs = 0.125, .se = 3},
                        .age_s = 2,
                        .used = {.nmse = 0.75, .rho = 0.5, .sgcs = 0.25, .se = 1}};
    chain_tally_answered(t, 1, &o);
    CHECK(t->sums.answered == 2 && t->sums.reports == 1 && t->sums.bits == 400);
    CHECK(t->sums.channel_uses == 50.75 && t->sums.nmse == 0.5 && t->sums.se_feedback == 3);
    CHECK_NEAR(chain_tally_snr_delivered_db(t), -db_of_power(0.2), 1e-12);
    CHECK(t->ue[1].measured == 1 && t->ue[1].nmse == 0.5 && t->ue[0].measured == 0);
    CHECK(t->ue[1].bits == 300 && t->ue[1].channel_uses == 30.25 && t->ue[0].bits == 100);
    CHECK(t->sums.aged == 0 && isnan(chain_tally_nmse_used_db(t)));
    chain_tally_aged(t, 1, &o);
    CHECK(t->sums.aged == 1 && t->sums.nmse_young == 0.5 && t->sums.nmse_used == 0.75);
    CHECK(t->sums.rho_young == 0.25 && t->sums.sgcs_young == 0.125 && t->sums.se_young == 3);
    CHECK(t->sums.rho_used == 0.5 && t->sums.sgcs_used == 0.25 && t->sums.se_used == 1);
    CHECK(t->ue[1].aged == 1 && t->ue[1].nmse_used == 0.75 && t->sums.age_s == 2);
    CHECK_NEAR(chain_tally_nmse_used_db(t), db_of_power(0.75), 1e-12);
    chain_tally_free(t);
}

/* A report that needs a key was not decoded: it is counted once. */
static void an_account_closes_with_what_was_not_decoded(void)
{
    chain_counts c = {.sent = 15,
                      .acked = 5,
                      .lost_channel = 4,
                      .timed_out = 3,
                      .refused = 1,
                      .not_decoded = 2,
                      .needs_key = 1};
    CHECK(chain_counts_close(&c));
    c.not_decoded = 1;
    CHECK(!chain_counts_close(&c));
    c.sent = 14;
    CHECK(chain_counts_close(&c));
}

/* Figures over all answered reports have those that failed beside those that passed; the figures of
 * those that passed stay as they are. */
static void what_failed_counts_beside_what_passed(void)
{
    chain_tally *t = chain_tally_create(0, 1);
    REQUIRE(t != NULL);
    CHECK(isnan(chain_sums_nmse_all_db(&t->sums)));
    chain_outcome passed = {.snr_db = 10,
                            .bits = 100,
                            .measured = true,
                            .quality = {.nmse = 0.25, .rho = 0.5, .sgcs = 0.375, .se = 4}};
    chain_tally_answered(t, 0, &passed);
    CHECK(t->sums.all == 1 && t->sums.nmse_all == 0.25 && t->sums.se_all == 4);
    chain_outcome failed = {.snr_db = 10,
                            .bits = 100,
                            .failed = true,
                            .measured = true,
                            .quality = {.nmse = 1, .se = 1}};
    chain_tally_failed(t, &failed);
    failed.measured = false;
    chain_tally_failed(t, &failed); /* nothing was brought: nothing is known */
    CHECK(t->sums.all == 2 && t->sums.nmse_all == 1.25 && t->sums.se_all == 5);
    CHECK(t->sums.rho_all == 0.5 && t->sums.sgcs_all == 0.375);
    CHECK_NEAR(chain_sums_nmse_all_db(&t->sums), db_of_power(0.625), 1e-12);
    CHECK(t->sums.answered == 1 && t->sums.reports == 1 && t->sums.nmse == 0.25);
    CHECK(t->sums.bits == 100 && t->ue[0].measured == 1 && t->nmse.count == 1);
    CHECK(t->snr_points == 1 && t->snr[0].reports == 1);
    chain_tally_free(t);
}

/* The rates count reports that reached the receiver; a report that needs a key passed its check. */
static void a_block_error_is_a_failed_check(void)
{
    chain_counts c = {.sent = 100,
                      .acked = 60,
                      .lost_channel = 20,
                      .not_decoded = 20,
                      .needs_key = 4,
                      .compared = 60,
                      .undetected = 2};
    CHECK(chain_counts_close(&c) && chain_counts_received(&c) == 80);
    CHECK(chain_counts_bler(&c) == 16 / 80.0 && chain_counts_undetected_rate(&c) == 2 / 80.0);
    c.compared = c.undetected = 0; /* nobody compared: not the same as none */
    CHECK(chain_counts_bler(&c) == 16 / 80.0 && isnan(chain_counts_undetected_rate(&c)));
    c = (chain_counts){.sent = 1, .lost_channel = 1};
    CHECK(isnan(chain_counts_bler(&c)));
}

static void every_refusal_has_a_reason_in_bounded_memory(void)
{
    chain_tally *a = chain_tally_create(0, 1), *b = chain_tally_create(1, 1);
    REQUIRE(a && b);
    char reason[4 * CHAIN_REASON_MAX];
    for (int i = 0; i < 100; i++) { /* the first come again, the others are new */
        snprintf(reason, sizeof reason, "reason %d", i % 20);
        chain_tally_refused(a, reason, 2);
    }
    CHECK(a->refusals == CHAIN_REFUSALS && strcmp(a->refusal[0].reason, "reason 0") == 0);
    CHECK(a->refusal[0].reports == 10);
    CHECK(strcmp(a->refusal[CHAIN_REFUSALS - 1].reason, "other reasons") == 0);
    CHECK(a->refusal[CHAIN_REFUSALS - 1].reports == 200 - 7 * 10);
    memset(reason, 'x', sizeof reason);
    reason[sizeof reason - 1] = '\0';
    memcpy(reason, "a\n\xff", 3);
    chain_tally_refused(b, reason, 1);
    CHECK(strlen(b->refusal[0].reason) == CHAIN_REASON_MAX - 1);
    CHECK(memcmp(b->refusal[0].reason, "a??x", 4) == 0);
    chain_tally_refused(b, "reason 3", 5);
    REQUIRE(chain_tally_merge(b, a, NULL) == ERR_NONE);
    CHECK(b->refusals == CHAIN_REFUSALS && b->refusal[1].reports == 15);
    uint64_t sum = 0;
    for (size_t i = 0; i < b->refusals; i++)
        sum += b->refusal[i].reports;
    CHECK(sum == 206); /* none is lost in a merge */
    char *text = to_text(b);
    chain_tally *back = from_text(text, NULL);
    REQUIRE(back != NULL);
    CHECK(memcmp(back->refusal, b->refusal, sizeof b->refusal) == 0);
    free(text);
    chain_tally_free(back);
    chain_tally_free(a);
    chain_tally_free(b);
}

static void the_account_of_a_killed_agent_closes(void)
{
    chain_tally *t = tally_of(0, 2), *copy = chain_tally_create(5, 2);
    REQUIRE(t && copy);
    chain_counts before = t->counts;
    chain_tally_abandon(t); /* nothing is in flight: nothing changes */
    CHECK(memcmp(&t->counts, &before, sizeof before) == 0);
    t->counts.sent += 3;
    t->ue[1].counts.sent += 3;
    chain_tally_copy(copy, t);
    CHECK(!chain_counts_close(&copy->counts) && copy->ue[1].ue == 1 && copy->ue != t->ue);
    chain_tally_abandon(copy);
    CHECK(copy->counts.unknown == 3 && copy->ue[1].counts.unknown == 3);
    CHECK(copy->ue[0].counts.unknown == 0);
    CHECK(chain_counts_close(&copy->counts) && chain_counts_close(&copy->ue[1].counts));
    CHECK(t->counts.unknown == 0); /* the copy is one */
    chain_tally_free(copy);
    chain_tally_free(t);
}

/* The text of a good tally with the first `from` replaced by `to`. */
static char *spoiled(const char *good, const char *from, const char *to)
{
    const char *at = strstr(good, from);
    REQUIRE(at != NULL);
    size_t room = strlen(good) + strlen(to) + 1;
    char *text = malloc(room);
    REQUIRE(text != NULL);
    snprintf(text, room, "%.*s%s%s", (int)(at - good), good, to, at + strlen(from));
    return text;
}

/* Cuts "name":value out of a text, wherever it stands, with the comma in front of it. */
static unsigned cut(char *text, const char *name)
{
    char key[64];
    unsigned count = 0;
    snprintf(key, sizeof key, ",\"%s\":", name);
    for (char *at; (at = strstr(text, key)); count++) {
        char *value = at + strlen(key);
        char *end = *value == '"' ? strchr(value + 1, '"') + 1 : value + strcspn(value, ",}");
        memmove(at, end, strlen(end) + 1);
    }
    return count;
}

/* A run that was killed is finished by whatever version comes later: an account that knew nothing
 * of digests, failed checks and the uplink's own stages is read as having none. */
static void an_account_of_before_is_read(void)
{
    static const char *const later[] = {"compared",        "undetected", "all",
                                        "nmse_all",        "rho_all",    "sgcs_all",
                                        "se_all",          "modulate",   "demodulate",
                                        "innovations",     "keys",       "key_uses",
                                        "innovation_uses", "key_bits",   "innovation_bits"};
    chain_tally *t = tally_of(0, 2);
    char *text = to_text(t);
    for (size_t i = 0; i < sizeof later / sizeof later[0]; i++)
        CHECK(cut(text, later[i]) >= 1);
    err e = {0};
    chain_tally *old = from_text(text, &e);
    REQUIRE(old != NULL);
    CHECK(old->counts.acked == t->counts.acked && old->counts.not_decoded == t->counts.not_decoded);
    CHECK(old->counts.compared == 0 && old->counts.undetected == 0 && old->sums.all == 0);
    CHECK(old->counts.keys == 0 && old->sums.innovations == 0 && old->sums.key_bits == 0);
    CHECK(old->sums.nmse == t->sums.nmse && isnan(chain_sums_nmse_all_db(&old->sums)));
    CHECK(old->latency[CHAIN_MODULATE].count == 0 && old->latency[CHAIN_DEMODULATE].count == 0);
    CHECK(old->latency[CHAIN_ENCODE].count == t->latency[CHAIN_ENCODE].count);
    chain_tally_free(old);
    chain_tally_free(t);
    free(text);
}

static void hostile_json_is_refused(void)
{
    static const struct {
        const char *from, *to;
    } spoils[] = {
        {"\"sent\":", "\"spent\":"},
        {"\"sent\":", "\"sent\":-"},
        {"\"acked\":", "\"acked\":1e300,\"x\":"},
        {"\"acked\":", "\"acked\":\"many\",\"x\":"},
        {"\"late\":", "\"late\":null,\"x\":"},
        {"\"not_decoded\":", "\"decoded\":"},
        {"\"needs_key\":", "\"needs_key\":-1,\"x\":"},
        {"\"unknown\":", "\"unknown\":-1,\"x\":"},
        {"\"undetected\":", "\"undetected\":-1,\"x\":"},
        {"\"compared\":", "\"compared\":null,\"x\":"},
        {"\"refusals\":[", "\"refusals\":[{\"reports\":1},"},
        {"\"refusals\":[", "\"refusals\":[{\"reason\":\"x\",\"reports\":-1},"},
        {"\"answered\":", "\"answered\":{},\"x\":"},
        {"\"channel_uses\":", "\"channel_uses\":false,\"x\":"},
        {"\"bits\":", "\"bots\":"},
        {"\"reports\":", "\"reports\":[],\"x\":"},
        {"\"rho\":", "\"rho\":null,\"x\":"},
        {"\"decode\":\"", "\"decode\":\"x"},
        {"\"decode\":\"", "\"decode\":7,\"x\":\""},
        {"\"total\":\"", "\"totals\":\""},
        {"\"elapsed_s\":", "\"elapsed_s\":true,\"x\":"},
        {"\"snr_db\":", "\"snr_db\":\"loud\",\"x\":"},
        {"\"ue\":", "\"ue\":1e12,\"x\":"},
        {"\"measured\":", "\"x\":"},
        {"\"ues\":[", "\"ues\":[null,"},
        {"\"ues\":[", "\"ues\":[[],"},
    };
    static const char *const wholes[] = {"null",
                                         "7",
                                         "[]",
                                         "{}",
                                         "\"x\"",
                                         "{\"ues\":{}}",
                                         "{\"ues\":[1,2,3]}",
                                         "{\"ues\":\"x\",\"snr\":3}"};
    chain_tally *t = tally_of(0, 2);
    chain_tally_refused(t, "no reason", 1);
    char *good = to_text(t);
    for (size_t i = 0; i < sizeof spoils / sizeof spoils[0]; i++) {
        err e = {0};
        char *text = spoiled(good, spoils[i].from, spoils[i].to);
        CHECK(!from_text(text, &e) && e.code == ERR_FORMAT && e.text[0]);
        if (!e.text[0])
            printf("    taken: %s\n", spoils[i].to);
        free(text);
    }
    for (size_t i = 0; i < sizeof wholes / sizeof wholes[0]; i++) {
        err e = {0};
        CHECK(!from_text(wholes[i], &e) && e.code == ERR_FORMAT);
    }
    free(good);
    chain_tally_free(t);
}

static const harness_test tests[] = {
    {"an account of before there were failures and the uplink's stages is read",
     an_account_of_before_is_read},
    {"the tallies of parts merge to the tally of the whole", parts_merge_to_the_whole},
    {"a tally comes back from its JSON bit for bit", json_brings_back_every_bit},
    {"numbers of 17 digits survive JSON", awkward_numbers_survive_json},
    {"keys and innovations add up to what codecs with memory send",
     keys_and_innovations_are_what_codecs_with_memory_send},
    {"where nothing was measured there is no NMSE; an open account does not close",
     nothing_measured_is_no_number},
    {"every answer costs bits and channel uses, the measured ones count for quality",
     every_answer_costs_and_the_measured_ones_count},
    {"an account closes with what was not decoded, keys that lacked among it",
     an_account_closes_with_what_was_not_decoded},
    {"what failed counts beside what passed", what_failed_counts_beside_what_passed},
    {"a block error is a report whose check failed, not one that needs a key",
     a_block_error_is_a_failed_check},
    {"every refusal has a reason, in bounded memory, through merges and JSON",
     every_refusal_has_a_reason_in_bounded_memory},
    {"the account of an agent that was killed closes with what is unknown",
     the_account_of_a_killed_agent_closes},
    {"JSON that is no tally is refused with a reason", hostile_json_is_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "tally", tests, sizeof tests / sizeof tests[0]);
}
