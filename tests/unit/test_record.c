#include "base/rng.h"
#include "harness.h"
#include "io/file.h"
#include "io/json.h"
#include "record/part.h"
#include "record/record.h"
#include "ue-agent/reports.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];

static const char *file(const char *name)
{
    static char path[4][256];
    static size_t next;
    next = (next + 1) % 4;
    snprintf(path[next], sizeof path[next], "%s/%s", folder, name);
    return path[next];
}

static void write_file(const char *name, const char *text)
{
    FILE *f = fopen(file(name), "w");
    REQUIRE(f != NULL);
    fputs(text, f);
    REQUIRE(fclose(f) == 0);
}

/* Any report, with about a third of the figures missing. */
static record_report some_report(rng *g, uint32_t ue, uint32_t seq)
{
    record_report r = record_report_of(ue, seq, (uint64_t)(rng_uniform(g) * 1e13),
                                       (record_status)(rng_uniform(g) * RECORD_STATUSES));
    for (int i = 0; i < RECORD_FIGURES; i++)
        if (rng_uniform(g) < 0.7)
            r.figure[i] = record_figures[i].is_db ? pow(10, 4 * rng_uniform(g) - 3)
                                                  : 100 * rng_uniform(g) - 50;
    for (int i = 0; i < CHAIN_STAGES; i++)
        if (rng_uniform(g) < 0.7)
            r.stage_ns[i] = (uint64_t)(rng_uniform(g) * 1e9);
    r.figure[RECORD_SNR_ASKED] = seq % 5 ? 10 : INFINITY;
    return r;
}

static bool near(double got, double want, double tolerance)
{
    return (isnan(got) && isnan(want)) || got == want || fabs(got - want) <= tolerance;
}

static void test_round_trip(void)
{
    enum { COUNT = 500 };
    static record_report written[COUNT];
    const record_group groups[] = {{"near", 0, 3, 8, 8192}, {"far", 3, 4, 4, 16384}};
    rng g = rng_at(1, RNG_LOSS, 0, 0);
    FILE *f = fopen(file("reports.csv"), "w");
    REQUIRE(f != NULL);
    record_write_header(f);
    for (uint32_t i = 0; i < COUNT; i++) {
        written[i] = some_report(&g, i % 7, i / 7);
        record_write_report(f, &written[i], groups, 2);
    }
    REQUIRE(fclose(f) == 0);
    err e = {0};
    record_reader *reader = record_reader_open(file("reports.csv"), &e);
    REQUIRE(reader != NULL);
    record_report r;
    uint32_t count = 0;
    bool same = true;
    while (record_reader_next(reader, &r, &e) == 1 && count < COUNT) {
        const record_report *w = &written[count++];
        same = same && r.due_ns == w->due_ns && r.ue == w->ue && r.seq == w->seq &&
               r.status == w->status && r.cr == (w->ue < 3 ? 8u : 4u) &&
               r.bits == (w->ue < 3 ? 8192u : 16384u);
        /* 9 digits are written, of dB for some: 1e-8 of 100 dB is 2e-7 of the linear value. */
        for (int i = 0; i < RECORD_FIGURES; i++)
            same = same && near(r.figure[i], w->figure[i], 3e-7 * fabs(w->figure[i]));
        for (int i = 0; i < CHAIN_STAGES; i++)
            same = same && r.stage_ns[i] == w->stage_ns[i];
    }
    CHECK(same);
    CHECK(count == COUNT && e.code == ERR_NONE);
    record_reader_close(reader);
}

static void test_other_version(void)
{
    write_file("other.csv",
               "seq,color,status,ue,nmse_db\r\n5,red,acked,2,-10\n6,blue,refused,3,\n");
    err e = {0};
    record_reader *reader = record_reader_open(file("other.csv"), &e);
    REQUIRE(reader != NULL);
    record_report r;
    CHECK(record_reader_next(reader, &r, &e) == 1);
    CHECK(r.ue == 2 && r.seq == 5 && r.status == RECORD_ACKED);
    CHECK_NEAR(r.figure[RECORD_NMSE], 0.1, 1e-12);
    CHECK(isnan(r.figure[RECORD_RHO]) && r.stage_ns[CHAIN_TOTAL] == RECORD_NO_TIME);
    CHECK(record_reader_next(reader, &r, &e) == 1);
    CHECK(r.status == RECORD_REFUSED && isnan(r.figure[RECORD_NMSE]));
    CHECK(record_reader_next(reader, &r, &e) == 0);
    record_reader_close(reader);
}

static void test_damage(void)
{
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"", "is empty"},
        {"ue,seq\n", "lacks status"},
        {"ue,seq,status,ue\n", "two columns"},
        {"ue,seq,status\n1,2,acked\n1,3,lost\n", "bad.csv:3: column status: 'lost'"},
        {"ue,seq,status\n1,2,acked\n-1,3,acked\n", "bad.csv:3: column ue: '-1'"},
        {"ue,seq,status\n1,2.5,acked\n", "bad.csv:2: column seq: '2.5'"},
        {"ue,seq,status\n1,,acked\n", "bad.csv:2: column seq: ''"},
        {"ue,seq,status,nmse_db\n1,2,acked,ten\n", "bad.csv:2: column nmse_db: 'ten'"},
        {"ue,seq,status,nmse_db\n1,2,acked,nan\n", "bad.csv:2: column nmse_db: 'nan'"},
        {"ue,seq,status,total_us\n1,2,acked,-3\n", "column total: '-3'"},
        {"ue,seq,status,time_s\n1,2,acked,1e300\n", "column time_s: '1e300'"},
        {"ue,seq,status\n1,2\n", "bad.csv:2: fewer fields"},
        {"ue,seq,status\n1,2,acked,4\n", "bad.csv:2: more fields"},
        {"ue,seq,status\n1,2,acked\n1,3,ac", "bad.csv:3: the line is cut off"},
        {"ue,seq,status\n1,2,acked\n\n", "bad.csv:3: "},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        err e = {0};
        record_report r;
        write_file("bad.csv", cases[i].text);
        record_reader *reader = record_reader_open(file("bad.csv"), &e);
        while (reader && record_reader_next(reader, &r, &e) == 1)
            ;
        record_reader_close(reader);
        if (!strstr(e.text, cases[i].says))
            printf("    '%s' does not say '%s'\n", e.text, cases[i].says);
        CHECK(e.code == ERR_FORMAT && strstr(e.text, cases[i].says) != NULL);
    }
}

/* The outcome of an answered report, whole; measured, aged and split or not. */
static void test_answered(void)
{
    chain_outcome o = {.ue = 3,
                       .seq = 5,
                       .due_s = 1.5,
                       .settled_s = 1.625,
                       .snr_db = 10,
                       .noise_power = 0.125,
                       .snr_estimated_db = 9.5,
                       .bits = 1234,
                       .channel_uses = 145.25,
                       .quality = {.nmse = 0.5, .rho = 0.75, .sgcs = 0.625, .se = 4},
                       .ls_nmse = 0.0625,
                       .se_ls = 5,
                       .se_perfect = 6,
                       .age_s = 0.25,
                       .used = {.nmse = 0.875, .rho = 0.375, .sgcs = 0.1875, .se = 2}};
    for (int i = 0; i < CHAIN_STAGES; i++)
        o.latency.ns[i] = 1000 + (uint64_t)i;
    static const double cost[] = {1.625, 10, 9.030899869919436, 9.5, 145.25};
    static const double quality[] = {0.5, 0.0625, 0.75, 0.625, 4, 5, 6};
    static const double used[] = {0.25, 0.875, 0.375, 0.1875, 2};
    for (int i = 0; i < 6; i++) {
        o.measured = i % 3 > 0;
        o.aged = i % 3 > 1;
        o.split = i % 2;
        record_report r = record_report_answered(&o);
        CHECK(r.ue == 3 && r.seq == 5 && r.status == RECORD_ACKED && r.bits == 1234);
        CHECK(r.due_ns == 1500000000);
        for (int k = 0; k < RECORD_NMSE; k++)
            CHECK_NEAR(r.figure[k], cost[k], 1e-12);
        for (int k = RECORD_NMSE; k < RECORD_AGE; k++)
            CHECK(o.measured ? r.figure[k] == quality[k - RECORD_NMSE] : isnan(r.figure[k]));
        CHECK(o.measured ? r.figure[RECORD_NMSE_ALL] == 0.5 && r.figure[RECORD_SE_ALL] == 4
                         : isnan(r.figure[RECORD_NMSE_ALL]) && isnan(r.figure[RECORD_SE_ALL]));
        CHECK(isnan(r.figure[RECORD_UNDETECTED]));
        for (int k = RECORD_AGE; k <= RECORD_SE_USED; k++)
            CHECK(o.aged ? r.figure[k] == used[k - RECORD_AGE] : isnan(r.figure[k]));
        for (int k = 0; k < CHAIN_STAGES; k++)
            CHECK(r.stage_ns[k] ==
                  (o.split || k == CHAIN_TOTAL ? 1000u + (unsigned)k : RECORD_NO_TIME));
    }
}

/* A report that was not decoded has its status, its SNRs and what the base station went on with;
 * its NMSE, cost and times are empty, so that means over a column are those of what passed. */
static void a_failed_report_has_what_was_gone_on_with(void)
{
    chain_outcome o = {.ue = 1,
                       .seq = 2,
                       .settled_s = 3,
                       .failed = true,
                       .snr_db = 10,
                       .noise_power = 0.1,
                       .snr_estimated_db = 9,
                       .bits = 7,
                       .channel_uses = 8,
                       .split = true,
                       .measured = true,
                       .quality = {.nmse = 1, .se = 2}};
    for (int i = 0; i < 4; i++) {
        o.needs_key = i % 2;
        o.measured = i / 2;
        record_report r = record_report_answered(&o);
        CHECK(r.status == (o.needs_key ? RECORD_NEEDS_KEY : RECORD_NOT_DECODED) && r.bits == 0);
        CHECK(r.figure[RECORD_SETTLED] == 3 && r.figure[RECORD_SNR_ESTIMATED] == 9);
        CHECK(r.figure[RECORD_SNR_ASKED] == 10);
        CHECK(o.measured ? r.figure[RECORD_NMSE_ALL] == 1 && r.figure[RECORD_SE_ALL] == 2
                         : isnan(r.figure[RECORD_NMSE_ALL]) && isnan(r.figure[RECORD_SE_ALL]));
        for (int k = RECORD_CHANNEL_USES; k <= RECORD_SE_USED; k++)
            CHECK(isnan(r.figure[k]));
        CHECK(isnan(r.figure[RECORD_UNDETECTED]) && r.stage_ns[CHAIN_TOTAL] == RECORD_NO_TIME);
    }
    o.failed = false;
    o.compared = true;
    CHECK(record_report_answered(&o).figure[RECORD_UNDETECTED] == 0);
    o.undetected = true;
    CHECK(record_report_answered(&o).figure[RECORD_UNDETECTED] == 1);
}

/* Writes reports of one agent; how many are missing. */
static uint64_t write_part(const char *name, uint32_t first_ue, uint32_t count, uint32_t every)
{
    err e = {0};
    uv_loop_t loop;
    rng g = rng_at(2, RNG_LOSS, first_ue, 0);
    REQUIRE(uv_loop_init(&loop) == 0);
    reports *r = reports_open(&loop, file(name), every, &e);
    REQUIRE(r != NULL);
    for (uint32_t i = 0; i < count; i++) {
        record_report one = some_report(&g, first_ue, i);
        if (reports_wants(r, i))
            reports_add(r, &one);
        uv_run(&loop, UV_RUN_NOWAIT);
    }
    uint64_t lost = reports_close(r);
    CHECK(uv_loop_close(&loop) == 0);
    return lost;
}

static uint64_t merged(const char *a, const char *b, err *e)
{
    char first[256], second[256];
    snprintf(first, sizeof first, "%s", file(a));
    snprintf(second, sizeof second, "%s", b ? file(b) : "");
    const char *const parts[] = {first, second};
    record_merge m = {.parts = parts, .count = b ? 2 : 1};
    uint64_t lines = 0;
    record_merge_parts(&m, file("merged.csv"), &lines, e);
    return lines;
}

static void test_parts(void)
{
    enum { COUNT = 3000 }; /* not whole blocks */
    static bool seen[2][COUNT];
    err e = {0};
    CHECK(write_part("a.part", 0, COUNT, 1) == 0);
    CHECK(write_part("b.part", 1, COUNT, 7) == 0);
    uint64_t want = COUNT + (COUNT + 6) / 7, got = merged("a.part", "b.part", &e);
    CHECK(e.code == ERR_NONE && got == want);
    record_reader *reader = record_reader_open(file("merged.csv"), &e);
    REQUIRE(reader != NULL);
    record_report r;
    uint64_t last_ns = 0, lines = 0;
    bool good = true;
    for (; record_reader_next(reader, &r, &e) == 1; lines++) {
        good = good && r.due_ns >= last_ns && r.ue < 2 && r.seq < COUNT && !seen[r.ue][r.seq] &&
               (r.ue == 0 || r.seq % 7 == 0);
        if (r.ue < 2 && r.seq < COUNT)
            seen[r.ue][r.seq] = true;
        last_ns = r.due_ns;
    }
    CHECK(good && e.code == ERR_NONE && lines == want);
    record_reader_close(reader);
}

static void test_no_part(void)
{
    err e = {0};
    write_file("none.part", "this is no part of a record, but long enough to be one");
    CHECK(merged("none.part", NULL, &e) == 0);
    CHECK(e.code == ERR_FORMAT && strstr(e.text, "none.part") != NULL);
    CHECK(merged("missing.part", NULL, &e) == 0);
    CHECK(e.code == ERR_IO && strstr(e.text, "missing.part") != NULL);
}

static void test_full_disk(void)
{
    enum { COUNT = 5000 };
    struct rlimit old, limit;
    REQUIRE(getrlimit(RLIMIT_FSIZE, &old) == 0);
    limit = old;
    limit.rlim_cur = 1500 * sizeof(record_report) + 100; /* amid a block and amid a report */
    signal(SIGXFSZ, SIG_IGN);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &limit) == 0);
    uint64_t lost = write_part("full.part", 0, COUNT, 1);
    REQUIRE(setrlimit(RLIMIT_FSIZE, &old) == 0);
    err e = {0};
    uint64_t there = merged("full.part", NULL, &e);
    CHECK(e.code == ERR_NONE && lost > 0 && there == 1500);
    CHECK(there + lost == COUNT);
}

static void test_no_disk(void)
{
    err e = {0};
    uv_loop_t loop;
    REQUIRE(uv_loop_init(&loop) == 0);
    CHECK(reports_open(&loop, "/dev/full", 1, &e) == NULL);
    CHECK(e.code == ERR_IO && strstr(e.text, "/dev/full") != NULL);
    CHECK(reports_open(&loop, "/no/such/folder/x", 1, &e) == NULL);
    CHECK(e.code == ERR_IO);
    CHECK(!reports_wants(NULL, 0) && reports_close(NULL) == 0);
    uv_loop_close(&loop);
}

static void count_event(void *user, const cJSON *event)
{
    (void)event;
    ++*(int *)user;
}

static void test_events(void)
{
    record_events events;
    err e = {0};
    int count = 0;
    const char *path = file("events.jsonl");
    CHECK(record_events_read(path, count_event, &count, &e) == ERR_NONE && count == 0);
    REQUIRE(record_events_open(&events, path, &e) == ERR_NONE);
    for (int i = 0; i < RECORD_EVENTS_MAX + 5; i++) {
        cJSON *event = record_event("change");
        cJSON_AddStringToObject(event, "by", "a \"quoted\"\nname");
        json_add_number(event, "value", i % 2 ? INFINITY : NAN);
        record_events_add(&events, event);
    }
    CHECK(events.left_out == 5);
    record_events_close(&events);
    CHECK(record_events_read(path, count_event, &count, &e) == ERR_NONE);
    CHECK(count == RECORD_EVENTS_MAX + 1); /* and that some were left out */
    FILE *f = fopen(path, "a");
    REQUIRE(f != NULL);
    fputs("{\"time\":\"x\"}\n", f);
    fclose(f);
    CHECK(record_events_read(path, count_event, &count, &e) == ERR_FORMAT);
    CHECK(strstr(e.text, "events.jsonl:10002:") != NULL);
    const char *line = "{\"event\":\"start\"}\n{\"event\":\"en";
    REQUIRE(file_replace(file("cut.jsonl"), line, strlen(line), NULL) == ERR_NONE);
    count = 0;
    CHECK(record_events_read(file("cut.jsonl"), count_event, &count, &e) == ERR_NONE);
    CHECK(count == 1); /* the line that a full disk or a kill cut off is passed over */
    REQUIRE(record_events_mend(file("cut.jsonl"), &e) == ERR_NONE);
    REQUIRE(record_events_open(&events, file("cut.jsonl"), &e) == ERR_NONE);
    record_events_add(&events, record_event("end"));
    record_events_close(&events);
    REQUIRE(record_events_mend(file("cut.jsonl"), &e) == ERR_NONE); /* nothing to mend */
    count = 0;
    CHECK(record_events_read(file("cut.jsonl"), count_event, &count, &e) == ERR_NONE && count == 2);
    CHECK(record_events_mend(file("absent.jsonl"), &e) == ERR_IO);
    unlink(file("cut.jsonl"));
    REQUIRE(record_events_open(&events, "/dev/full", &e) == ERR_NONE);
    record_events_add(&events, record_event("start"));
    record_events_add(&events, record_event("end"));
    CHECK(events.failed && events.written == 0);
    record_events_close(&events);
}

static const char *value_of(const char *yaml, const char *place)
{
    static char value[RECORD_VALUE_MAX];
    record_facts facts = {0};
    err e = {0};
    CHECK(record_facts_of_yaml(&facts, yaml, strlen(yaml), "a.yaml", &e) == ERR_NONE);
    const char *found = record_facts_at(&facts, place);
    snprintf(value, sizeof value, "%s", found ? found : "(none)");
    record_facts_free(&facts);
    return value;
}

static void test_facts(void)
{
    const char *yaml = "seed: 7\ngroups:\n  - {name: near, snr: .inf}\n  - {name: far, snr: 5}\n"
                       "timeline:\n  - {at: 3, set: {snr: 0}}\n";
    CHECK(strcmp(value_of(yaml, "seed"), "7") == 0);
    CHECK(strcmp(value_of(yaml, "groups/far/snr"), "5") == 0);
    CHECK(strcmp(value_of(yaml, "timeline/0/set/snr"), "0") == 0);
    CHECK(strcmp(value_of(yaml, "groups/middle/snr"), "(none)") == 0);
    record_facts facts = {0};
    err e = {0};
    cJSON *json =
        cJSON_Parse("{\"files\":[{\"name\":\"m\",\"sha256\":\"ab\"}],\"n\":2,\"b\":true}");
    CHECK(record_facts_of_json(&facts, json, "v.json", &e) == ERR_NONE);
    CHECK(strcmp(record_facts_at(&facts, "files/m/sha256"), "ab") == 0);
    CHECK(strcmp(record_facts_at(&facts, "n"), "2") == 0);
    CHECK(strcmp(record_facts_at(&facts, "b"), "yes") == 0);
    cJSON_Delete(json);
    record_facts_free(&facts);
}

static void test_hostile_facts(void)
{
    static const char *const texts[] = {
        "[[[[[[[[[[[[1]]]]]]]]]]]]",
        "a: &a [*a]\n",
        "a: [1, 2\n",
        "a: &a {b: *a, c: *a, d: *a}\n",
        "",
    };
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        record_facts facts = {0};
        err e = {0};
        CHECK(record_facts_of_yaml(&facts, texts[i], strlen(texts[i]), "h.yaml", &e) == ERR_FORMAT);
        CHECK(strncmp(e.text, "h.yaml", 6) == 0);
        record_facts_free(&facts);
    }
}

static void make_record(const char *name, const char *lines)
{
    char path[128];
    snprintf(path, sizeof path, "%s", name);
    mkdir(file(path), 0777);
    snprintf(path, sizeof path, "%s/scenario.yaml", name);
    write_file(path, "seed: 1\n");
    snprintf(path, sizeof path, "%s/summary.json", name);
    write_file(path, "{\"quality\":{\"nmse_db\":-7.5,\"ls_nmse_db\":\"-inf\",\"rho\":null}}");
    snprintf(path, sizeof path, "%s/reports.csv", name);
    write_file(path, lines);
}

static void test_compare(void)
{
    const char *head = "ue,seq,status,nmse_db\n";
    char text[256];
    err e = {0};
    snprintf(text, sizeof text, "%s0,0,acked,-5\n0,1,acked,-6\n1,0,lost_channel,\n1,1,acked,-7\n",
             head);
    make_record("one", text);
    snprintf(text, sizeof text, "%s1,0,acked,-3\n0,1,acked,-6.5\n0,0,acked,-5\n2,0,acked,-1\n",
             head);
    make_record("two", text);
    record *one = record_open(file("one"), &e), *two = record_open(file("two/"), &e);
    REQUIRE(one != NULL && two != NULL);
    CHECK_NEAR(record_number(one, "quality/nmse_db"), -7.5, 0);
    CHECK(isinf(record_number(one, "quality/ls_nmse_db")));
    CHECK(isnan(record_number(one, "quality/rho")) && isnan(record_number(one, "no/such")));
    record_comparison c;
    CHECK(record_compare(one, two, &c, &e) == ERR_NONE);
    CHECK(c.reports[0] == 4 && c.reports[1] == 4 && c.joined == 3 && c.measured == 2);
    CHECK(c.equal == 1 && c.outcomes == 1 && c.differs && c.first.ue == 0 && c.first.seq == 1);
    CHECK_NEAR(c.largest_db, 0.5, 1e-9);
    CHECK(record_compare(one, one, &c, &e) == ERR_NONE);
    CHECK(c.joined == 4 && c.equal == 3 && c.measured == 3 && !c.differs);
    record_close(one);
    record_close(two);
}

/* Directions have no NMSE: reports that have none at either end go by their SGCS, those that have
 * one at one end cannot be compared. */
static void test_compare_directions(void)
{
    const char *head = "ue,seq,status,nmse_db,sgcs\n";
    char text[256];
    err e = {0};
    snprintf(text, sizeof text, "%s0,0,acked,,0.5\n0,1,acked,,0.6\n0,2,acked,-5,0.7\n1,0,acked,,\n",
             head);
    make_record("some", text);
    snprintf(text, sizeof text,
             "%s0,0,acked,,0.5\n0,1,acked,,0.625\n0,2,acked,,0.7\n1,0,acked,,0.1\n", head);
    make_record("others", text);
    record *one = record_open(file("some"), &e), *two = record_open(file("others"), &e);
    REQUIRE(one != NULL && two != NULL);
    record_comparison c;
    CHECK(record_compare(one, two, &c, &e) == ERR_NONE);
    CHECK(c.joined == 4 && c.measured == 2 && c.directions == 2 && c.equal == 1 && c.differs);
    CHECK(c.first.seq == 1 && c.largest_db == 0);
    CHECK_NEAR(c.largest_sgcs, 0.025, 1e-12);
    CHECK(record_compare(two, two, &c, &e) == ERR_NONE);
    CHECK(c.measured == 4 && c.directions == 4 && c.equal == 4 && !c.differs);
    record_close(one);
    record_close(two);
}

/* What directions have not is an empty field. */
static void test_directions(void)
{
    const measure_quality q = {.nmse = NAN, .rho = NAN, .sgcs = 0.5, .se = 3};
    const chain_outcome o = {.measured = true, .quality = q, .aged = true, .used = q};
    const record_report r = record_report_answered(&o);
    char *text = NULL;
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    REQUIRE(to != NULL);
    record_write_header(to);
    record_write_report(to, &r, NULL, 0);
    REQUIRE(fclose(to) == 0);
    make_record("written", text);
    CHECK(strstr(text, "nan") == NULL);
    free(text);
    char path[RECORD_PATH_MAX];
    record_report back;
    err e = {0};
    snprintf(path, sizeof path, "%s/reports.csv", file("written"));
    record_reader *reader = record_reader_open(path, &e);
    REQUIRE(reader != NULL && record_reader_next(reader, &back, &e) == 1);
    record_reader_close(reader);
    static const record_figure none[] = {RECORD_NMSE, RECORD_RHO, RECORD_NMSE_USED, RECORD_RHO_USED,
                                         RECORD_NMSE_ALL};
    for (size_t i = 0; i < sizeof none / sizeof none[0]; i++)
        CHECK(isnan(back.figure[none[i]]));
    CHECK(back.figure[RECORD_SGCS] == 0.5 && back.figure[RECORD_SGCS_USED] == 0.5);
    CHECK(back.figure[RECORD_SE_ALL] == 3 && back.figure[RECORD_SE_FEEDBACK] == 3);
}

static void test_damaged_record(void)
{
    static const struct {
        const char *file, *text, *says;
    } cases[] = {
        {"d/summary.json", "{\n\"a\": 1,\n\"b\": }\n", "summary.json:3:"},
        {"d/summary.json", "[1]", "must be a JSON object"},
        {"d/scenario.yaml", "a: 1\nb: [1\n", "scenario.yaml:"},
        {"d/versions.json", "{\"a\": \"b", "versions.json:1:"},
        {"d/events.jsonl", "{\"event\":\"start\"}\nnonsense\n", "events.jsonl:2:"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        err e = {0};
        make_record("d", "ue,seq,status\n");
        unlink(file("d/versions.json"));
        unlink(file("d/events.jsonl"));
        record *whole = record_open(file("d"), &e);
        CHECK(whole != NULL);
        record_close(whole);
        write_file(cases[i].file, cases[i].text);
        CHECK(record_open(file("d"), &e) == NULL);
        if (!strstr(e.text, cases[i].says))
            printf("    '%s' does not say '%s'\n", e.text, cases[i].says);
        CHECK(strstr(e.text, cases[i].says) != NULL);
    }
    err e = {0};
    CHECK(record_open(file("nowhere"), &e) == NULL);
    CHECK(e.code == ERR_IO && strstr(e.text, "no such folder") != NULL);
}

static void test_hostile_summary(void)
{
    err e = {0};
    make_record("h", "ue,seq,status\n");
    write_file("h/summary.json", "{\"reason\":\"a\\u001b[2J\\u009b2J\",\"in\":[{\"n\":\"b\\n\"}]}");
    record *r = record_open(file("h"), &e);
    REQUIRE(r != NULL);
    CHECK(strcmp(record_text(r, "reason"), "a?[2J??2J") == 0);
    const cJSON *in = cJSON_GetObjectItem(r->summary, "in");
    CHECK(strcmp(cJSON_GetArrayItem(in, 0)->child->valuestring, "b?") == 0);
    record_close(r);
}

static const harness_test tests[] = {
    {"a failed report has what the base station went on with",
     a_failed_report_has_what_was_gone_on_with},
    {"a report that is written is read back the same", test_round_trip},
    {"a file of another version is read by its header", test_other_version},
    {"a damaged reports.csv is refused with line and column", test_damage},
    {"an answered report's line is its outcome, and empty where it was not measured",
     test_answered},
    {"parts become one file in order of time, each report once", test_parts},
    {"a part that is none, or is not there, is named", test_no_part},
    {"a disk that is full costs reports, which are counted, and nothing else", test_full_disk},
    {"a file that cannot be made is named", test_no_disk},
    {"events are lines of JSON, bounded, and a damaged one is named", test_events},
    {"scenarios and versions are places and values", test_facts},
    {"what is deep, endless or no YAML is refused", test_hostile_facts},
    {"reports of two runs are joined by UE and number", test_compare},
    {"reports without an NMSE are compared by their SGCS", test_compare_directions},
    {"directions leave NMSE and rho empty", test_directions},
    {"a damaged record is refused with file and line", test_damaged_record},
    {"texts of a summary move no cursor", test_hostile_summary},
};

int main(int argc, char **argv)
{
    snprintf(folder, sizeof folder, "/tmp/test-record-XXXXXX");
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "record", tests, sizeof tests / sizeof tests[0]);
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command) == 0 ? status : 1;
}
