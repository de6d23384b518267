/* Control and telemetry messages: what is written arrives, what is hostile is refused by name. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/hist_coarse.h"
#include "harness.h"
#include "raw_fields.h"
#include "wire/control.h"
#include "wire/telemetry.h"

enum { FIELD_VERSION = 19 };

static bool says(bool failed, const err *e, const char *hint)
{
    bool right = failed && e->code == ERR_FORMAT && strstr(e->text, hint);
    if (!right)
        printf("    expected '%s', got: %s\n", hint, failed ? e->text : "(taken)");
    return right;
}

static wire_change ramp(void)
{
    return (wire_change){.name = "snr",
                         .value = 40,
                         .for_one_ue = true,
                         .ue = 4000000000u,
                         .group = "far",
                         .ramped = true,
                         .over_s = 30,
                         .from_given = true,
                         .from = -5};
}

static bool same_change(const wire_change *a, const wire_change *b)
{
    return strcmp(a->name, b->name) == 0 && strcmp(a->group, b->group) == 0 &&
           !(a->value < b->value || a->value > b->value) && a->for_one_ue == b->for_one_ue &&
           a->ue == b->ue && a->ramped == b->ramped &&
           !(a->over_s < b->over_s || a->over_s > b->over_s) && a->from_given == b->from_given &&
           !(a->from < b->from || a->from > b->from);
}

static void every_field_of_a_request_arrives(void)
{
    wire_control_request sent = {.changes = true, .change = ramp(), .by = "keys"}, got;
    zmq_msg_t frame;
    REQUIRE(wire_control_request_pack(&sent, &frame) == ERR_NONE);
    REQUIRE(wire_control_request_unpack(&frame, &got, NULL) == ERR_NONE);
    CHECK(got.changes && same_change(&got.change, &sent.change) && strcmp(got.by, "keys") == 0);
    zmq_msg_close(&frame);
    sent = (wire_control_request){0};
    REQUIRE(wire_control_request_pack(&sent, &frame) == ERR_NONE);
    REQUIRE(wire_control_request_unpack(&frame, &got, NULL) == ERR_NONE);
    const wire_change none = {0};
    CHECK(!got.changes && same_change(&got.change, &none) && got.by[0] == '\0');
    zmq_msg_close(&frame);
}

static void a_controllers_name_is_one_short_line(void)
{
    wire_control_request sent = {0}, got;
    char by[200];
    zmq_msg_t frame;
    memset(by, 'b', sizeof by);
    by[2] = '\n';
    REQUIRE(wire_control_request_pack(&sent, &frame) == ERR_NONE);
    raw_field_bytes(&frame, 2, by, sizeof by);
    REQUIRE(wire_control_request_unpack(&frame, &got, NULL) == ERR_NONE);
    CHECK(strlen(got.by) == WIRE_BY_MAX - 1 && strncmp(got.by, "bb?bb", 5) == 0);
    zmq_msg_close(&frame);
}

static void names_that_do_not_fit_are_refused(void)
{
    char name[2 * WIRE_NAME_MAX];
    static const struct {
        uint8_t field;
        const char *hint;
    } cases[] = {{1, "the name of a setting has 64 bytes; at most 63"},
                 {5, "the name of a group has 64 bytes; at most 63"}};
    memset(name, 'n', sizeof name);
    for (size_t i = 0; i < 2; i++) {
        wire_control_request sent = {.changes = true, .change = {.name = "snr"}}, got;
        zmq_msg_t frame, set;
        err e = {0};
        zmq_msg_init(&set);
        raw_field_bytes(&set, cases[i].field, name, WIRE_NAME_MAX);
        REQUIRE(wire_control_request_pack(&sent, &frame) == ERR_NONE);
        raw_field_bytes(&frame, 1, zmq_msg_data(&set), zmq_msg_size(&set));
        CHECK(says(wire_control_request_unpack(&frame, &got, &e) != 0, &e, cases[i].hint));
        zmq_msg_close(&set);
        zmq_msg_close(&frame);
    }
}

static void every_field_of_a_reply_arrives(void)
{
    wire_setting setting[] = {{.name = "snr",
                               .unit = "dB",
                               .value = INFINITY,
                               .min = -30,
                               .max = 100,
                               .group = "far",
                               .ramp_to = 4,
                               .ramp_left_s = 2.5},
                              {.name = "loss", .for_one_ue = true, .ue = 9}};
    wire_group group[] = {{"far", 3, 5}};
    wire_control_reply sent = {.error = "what was wrong",
                               .settings = 2,
                               .setting = setting,
                               .groups = 1,
                               .group = group,
                               .time_s = 35},
                       got;
    zmq_msg_t frame;
    REQUIRE(wire_control_reply_pack(&sent, &frame) == ERR_NONE);
    REQUIRE(wire_control_reply_unpack(&frame, &got, NULL) == ERR_NONE);
    zmq_msg_close(&frame);
    REQUIRE(got.settings == 2 && got.groups == 1);
    const wire_setting *s = got.setting;
    CHECK(strcmp(got.error, "what was wrong") == 0);
    CHECK_NEAR(got.time_s, 35, 0);
    CHECK(strcmp(s->name, "snr") == 0 && strcmp(s->unit, "dB") == 0 && isinf(s->value));
    CHECK_NEAR(s->min, -30, 0);
    CHECK_NEAR(s->max, 100, 0);
    CHECK_NEAR(s->ramp_to, 4, 0);
    CHECK_NEAR(s->ramp_left_s, 2.5, 0);
    CHECK(strcmp(s->group, "far") == 0 && !s->for_one_ue);
    CHECK(s[1].for_one_ue && s[1].ue == 9 && s[1].group[0] == '\0' && s[1].unit[0] == '\0');
    CHECK(strcmp(got.group->name, "far") == 0 && got.group->first_ue == 3 && got.group->ues == 5);
    wire_control_reply_clear(&got);
    CHECK(!got.owned && got.settings == 0);
    sent = (wire_control_reply){0};
    REQUIRE(wire_control_reply_pack(&sent, &frame) == ERR_NONE);
    REQUIRE(wire_control_reply_unpack(&frame, &got, NULL) == ERR_NONE);
    CHECK(got.error[0] == '\0' && got.settings == 0 && got.groups == 0);
    wire_control_reply_clear(&got);
    zmq_msg_close(&frame);
}

/* A telemetry message with every part, and room to spoil each. */
typedef struct sample {
    uint32_t bucket[2];
    uint64_t count[2];
    float magnitude[6];
    wire_metric metric;
    wire_histogram histogram;
    wire_ue_figures ue;
    wire_csi_sample csi;
    wire_telemetry message;
} sample;

static void fill(sample *s)
{
    *s = (sample){.bucket = {5, HIST_COARSE - 1},
                  .count = {1, (1ull << 53)},
                  .magnitude = {1, 2, 3, 0, 5, 6},
                  .metric = {"reports_sent_total", NAN},
                  .ue = {999999, 2, 3, 4, 5, 6, 7, 8, 9.5, 10, 11.5, 12, 13}};
    s->histogram = (wire_histogram){.name = "total",
                                    .sum = 1.5,
                                    .max = 77,
                                    .filled = 2,
                                    .bucket = s->bucket,
                                    .count = s->count};
    s->csi = (wire_csi_sample){.ue = 3,
                               .seq = 4,
                               .rows = 2,
                               .columns = 3,
                               .truth = s->magnitude,
                               .reconstruction = s->magnitude,
                               .nmse = 0.25,
                               .sgcs = 0.75,
                               .snr_estimated_db = 12};
    s->message = (wire_telemetry){.role = "ue-agent",
                                  .pid = 123,
                                  .time_ns = (1ull << 53),
                                  .metrics = 1,
                                  .metric = &s->metric,
                                  .histograms = 1,
                                  .histogram = &s->histogram,
                                  .ues = 1,
                                  .ue = &s->ue,
                                  .samples = 1,
                                  .sample = &s->csi,
                                  .encodes = true,
                                  .encoder = {"net", "int8", "analog:r4"}};
}

static void every_field_of_telemetry_arrives(void)
{
    sample s;
    wire_telemetry got;
    zmq_msg_t frame;
    fill(&s);
    REQUIRE(wire_telemetry_pack(&s.message, &frame) == ERR_NONE);
    REQUIRE(wire_telemetry_unpack(&frame, &got, NULL) == ERR_NONE);
    zmq_msg_close(&frame);
    CHECK(strcmp(got.role, "ue-agent") == 0 && got.pid == 123 && got.time_ns == (1ull << 53));
    REQUIRE(got.metrics == 1 && got.histograms == 1 && got.ues == 1 && got.samples == 1);
    CHECK(strcmp(got.metric->name, "reports_sent_total") == 0 && isnan(got.metric->value));
    const wire_histogram *h = got.histogram;
    CHECK(strcmp(h->name, "total") == 0 && h->max == 77 && h->filled == 2);
    CHECK_NEAR(h->sum, 1.5, 0);
    CHECK(memcmp(h->bucket, s.bucket, sizeof s.bucket) == 0);
    CHECK(memcmp(h->count, s.count, sizeof s.count) == 0);
    const wire_ue_figures *u = got.ue;
    CHECK(u->ue == 999999 && u->sent == 2 && u->acked == 3 && u->lost_channel == 4);
    CHECK(u->timed_out == 5 && u->refused == 6 && u->not_decoded == 7 && u->measured == 8);
    CHECK_NEAR(u->nmse_sum, 9.5, 0);
    CHECK(u->aged == 10);
    CHECK_NEAR(u->nmse_used_sum, 11.5, 0);
    CHECK(u->keys == 12 && u->memory_age == 13);
    const wire_csi_sample *c = got.sample;
    CHECK(c->ue == 3 && c->seq == 4 && c->rows == 2 && c->columns == 3);
    CHECK(memcmp(c->truth, s.magnitude, sizeof s.magnitude) == 0);
    CHECK(memcmp(c->reconstruction, s.magnitude, sizeof s.magnitude) == 0);
    CHECK_NEAR(c->nmse, 0.25, 0);
    CHECK_NEAR(c->sgcs, 0.75, 0);
    CHECK(!c->directions);
    CHECK_NEAR((double)c->snr_estimated_db, 12, 0);
    CHECK(got.encodes && strcmp(got.encoder.codec, "net") == 0);
    CHECK(strcmp(got.encoder.precision, "int8") == 0 &&
          strcmp(got.encoder.uplink, "analog:r4") == 0);
    wire_telemetry_clear(&got);
    CHECK(!got.owned && got.metrics == 0);
}

static bool refused(const sample *s, const char *hint)
{
    err e = {0};
    wire_telemetry got;
    zmq_msg_t frame;
    REQUIRE(wire_telemetry_pack(&s->message, &frame) == ERR_NONE);
    bool right = says(wire_telemetry_unpack(&frame, &got, &e) != 0, &e, hint) && !got.owned;
    wire_telemetry_clear(&got);
    zmq_msg_close(&frame);
    return right;
}

static void parts_that_break_their_form_are_refused(void)
{
    sample s;
    fill(&s);
    s.bucket[1] = HIST_COARSE;
    CHECK(refused(&s, "they must ascend, and end below"));
    fill(&s);
    s.bucket[1] = 5;
    CHECK(refused(&s, "histogram total: bucket 5; they must ascend"));
    fill(&s);
    s.histogram.sum = NAN;
    CHECK(refused(&s, "histogram total has the sum nan"));
    fill(&s);
    s.ue.ue = WIRE_UE_MAX;
    CHECK(refused(&s, "UE 1000000: the largest number is 999999"));
    fill(&s);
    s.ue.nmse_sum = -1;
    CHECK(refused(&s, "sums of NMSE -1 and 11.5"));
    fill(&s);
    s.ue.nmse_used_sum = INFINITY;
    CHECK(refused(&s, "sums of NMSE 9.5 and inf"));
    fill(&s);
    s.magnitude[3] = NAN;
    CHECK(refused(&s, "truth[3] is nan"));
    fill(&s);
    s.magnitude[3] = -1;
    CHECK(refused(&s, "truth[3] is -1"));
    fill(&s);
    s.csi.rows = 0;
    CHECK(refused(&s, "0 x 3 values; each side is 1 to 256"));
    fill(&s);
    s.csi.nmse = -0.5;
    CHECK(refused(&s, "NMSE -0.5"));
    static const double no_sgcs[] = {-0.1, 1.1, NAN, INFINITY};
    for (size_t i = 0; i < sizeof no_sgcs / sizeof no_sgcs[0]; i++) {
        fill(&s);
        s.csi.sgcs = no_sgcs[i];
        CHECK(refused(&s, "the SGCS is 0 to 1") || refused(&s, "csi_sample"));
    }
    fill(&s);
    s.csi.directions = true;
    CHECK(refused(&s, "directions have no NMSE"));
    s.csi.nmse = 0;
    CHECK(wire_telemetry_check(&s.message, NULL) == ERR_NONE);
    fill(&s);
    s.csi.ue = WIRE_UE_MAX;
    CHECK(refused(&s, "UE 1000000"));
}

/* Sizes of which the product is 0 in 32 or 64 bits, and parts that only another writer makes. */
static void sizes_that_lie_are_refused(void)
{
    static const uint32_t sides[][2] = {{65536, 65536}, {1u << 31, 1u << 31}, {257, 1}, {3, 3}};
    for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
        sample s;
        wire_telemetry got;
        zmq_msg_t frame, csi;
        err e = {0};
        fill(&s);
        s.message.samples = 0;
        zmq_msg_init(&csi);
        raw_field_varint(&csi, 3, sides[i][0]);
        raw_field_varint(&csi, 4, sides[i][1]);
        REQUIRE(wire_telemetry_pack(&s.message, &frame) == ERR_NONE);
        raw_field_bytes(&frame, 7, zmq_msg_data(&csi), zmq_msg_size(&csi));
        CHECK(says(wire_telemetry_unpack(&frame, &got, &e) != 0, &e, "CSI sample"));
        zmq_msg_close(&csi);
        zmq_msg_close(&frame);
    }
    sample s;
    wire_telemetry got;
    zmq_msg_t frame, histogram;
    err e = {0};
    fill(&s);
    zmq_msg_init(&histogram);
    raw_field_varint(&histogram, 4, 1); /* a bucket without its count */
    REQUIRE(wire_telemetry_pack(&s.message, &frame) == ERR_NONE);
    raw_field_bytes(&frame, 5, zmq_msg_data(&histogram), zmq_msg_size(&histogram));
    CHECK(says(wire_telemetry_unpack(&frame, &got, &e) != 0, &e, "1 buckets and 0 counts"));
    zmq_msg_close(&histogram);
    zmq_msg_close(&frame);
}

static void parts_have_a_limit(void)
{
    static const struct {
        unsigned field;
        int most;
        const char *hint;
    } parts[] = {{4, WIRE_METRICS_MAX, "65 metrics; at most 64"},
                 {5, WIRE_HISTOGRAMS_MAX, "25 histograms; at most 24"},
                 {6, WIRE_UES_MAX, "201 UEs; at most 200"},
                 {7, WIRE_SAMPLES_MAX, "5 CSI samples; at most 4"}};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        const wire_telemetry sent = {.role = "ue-agent"};
        wire_telemetry got;
        zmq_msg_t frame;
        err e = {0};
        REQUIRE(wire_telemetry_pack(&sent, &frame) == ERR_NONE);
        for (int k = 0; k <= parts[i].most; k++)
            raw_field_bytes(&frame, parts[i].field, "", 0);
        CHECK(says(wire_telemetry_unpack(&frame, &got, &e) != 0, &e, parts[i].hint));
        zmq_msg_close(&frame);
    }
}

typedef struct any {
    wire_control_request request;
    wire_control_reply reply;
    wire_telemetry telemetry;
} any;

static int unpack(int which, const zmq_msg_t *frame, any *a, err *e)
{
    return which == 0   ? wire_control_request_unpack(frame, &a->request, e)
           : which == 1 ? wire_control_reply_unpack(frame, &a->reply, e)
                        : wire_telemetry_unpack(frame, &a->telemetry, e);
}

static int pack(int which, zmq_msg_t *frame)
{
    const any empty = {0};
    return which == 0   ? wire_control_request_pack(&empty.request, frame)
           : which == 1 ? wire_control_reply_pack(&empty.reply, frame)
                        : wire_telemetry_pack(&empty.telemetry, frame);
}

static void garbage_and_other_versions_are_refused_by_every_reader(void)
{
    static const char *const names[] = {"not a valid ControlRequest", "not a valid ControlReply",
                                        "not a valid Telemetry"};
    static const uint8_t garbage[] = {0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3};
    static any a;
    for (int which = 0; which < 3; which++) {
        zmq_msg_t frame;
        err e = {0};
        zmq_msg_init(&frame);
        raw_append(&frame, garbage, sizeof garbage);
        CHECK(says(unpack(which, &frame, &a, &e) != 0, &e, names[which]));
        zmq_msg_close(&frame);
        REQUIRE(pack(which, &frame) == ERR_NONE);
        raw_field_varint(&frame, FIELD_VERSION, 3);
        CHECK(says(unpack(which, &frame, &a, &e) != 0, &e,
                   "protocol version 3; this program speaks version 2"));
        raw_field_varint(&frame, FIELD_VERSION, 0);
        CHECK(says(unpack(which, &frame, &a, &e) != 0, &e,
                   "no protocol version, as in version 1; this program speaks version 2"));
        zmq_msg_close(&frame);
    }
}

/* Fields that no type has: empty ones and numbers. */
static void fields_have_a_limit(void)
{
    static const uint8_t pairs[][2] = {{6 << 3 | RAW_BYTES, 0}, {7 << 3, 1}};
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        for (int over = 0; over < 2; over++) {
            uint8_t bytes[2 * (WIRE_FIELDS_MAX + 1)];
            zmq_msg_t frame;
            wire_control_request request;
            err e = {0};
            zmq_msg_init(&frame);
            for (size_t k = 0; k < sizeof bytes; k += 2)
                memcpy(bytes + k, pairs[i], 2);
            raw_field_varint(&frame, FIELD_VERSION, WIRE_VERSION);
            raw_append(&frame, bytes, over ? sizeof bytes : sizeof bytes - 4);
            bool failed = wire_control_request_unpack(&frame, &request, &e) != ERR_NONE;
            CHECK(over ? says(failed, &e, "16384 fields") : !failed);
            zmq_msg_close(&frame);
        }
    }
}

/* They go to terminals, logs and JSON: no control characters, and UTF-8 throughout. */
static void texts_of_a_peer_are_shown_without_harm(void)
{
    wire_setting setting = {.name = "snr\x1b[2J", .unit = "\xc3\xa9 dB", .group = "a\xff\xc3\xa9"};
    wire_group group = {.name = "far\n"};
    const wire_control_reply sent = {
        .error = "no\r", .settings = 1, .setting = &setting, .groups = 1, .group = &group};
    wire_control_reply read;
    zmq_msg_t frame;
    REQUIRE(wire_control_reply_pack(&sent, &frame) == ERR_NONE);
    REQUIRE(wire_control_reply_unpack(&frame, &read, NULL) == ERR_NONE);
    CHECK(strcmp(read.error, "no?") == 0 && strcmp(read.group[0].name, "far?") == 0);
    CHECK(strcmp(read.setting[0].name, "snr?[2J") == 0);
    CHECK(strcmp(read.setting[0].unit, "\xc3\xa9 dB") == 0);
    CHECK(strcmp(read.setting[0].group, "a???") == 0);
    wire_control_reply_clear(&read);
    zmq_msg_close(&frame);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"texts of a peer are shown without harm", texts_of_a_peer_are_shown_without_harm},
        {"every field of a request arrives", every_field_of_a_request_arrives},
        {"a controller's name is one short line", a_controllers_name_is_one_short_line},
        {"names that do not fit are refused", names_that_do_not_fit_are_refused},
        {"every field of a reply arrives", every_field_of_a_reply_arrives},
        {"every field of telemetry arrives", every_field_of_telemetry_arrives},
        {"parts that break their form are refused", parts_that_break_their_form_are_refused},
        {"sizes that lie are refused", sizes_that_lie_are_refused},
        {"parts have a limit", parts_have_a_limit},
        {"fields have a limit", fields_have_a_limit},
        {"garbage and other versions are refused by every reader",
         garbage_and_other_versions_are_refused_by_every_reader},
    };
    return harness_main(argc, argv, "control", tests, sizeof tests / sizeof tests[0]);
}
