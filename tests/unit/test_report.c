/* Reports and answers, version 2 of the protocol. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "harness.h"
#include "payload/payload.h"
#include "raw_fields.h"
#include "uplink/uplink.h"
#include "wire/answer.h"
#include "wire/report.h"

enum { SYMBOLS = 136, SIDE_BITS = 45, SIDE = (SIDE_BITS + 7) / 8 }; /* a report at CR 8 */
enum {
    FIELD_VERSION = 19,
    FIELD_SYMBOLS = 22,
    FIELD_SIDE = 23,
    FIELD_RECONSTRUCTION = 18,
    FIELD_PREDICTED = 27
};

static _Complex float symbols[WIRE_SYMBOLS_MAX + 1];
static uint8_t side[WIRE_SIDE_BITS_MAX / 8 + 1];

static const wire_impairment impairment = {.clock = 11,
                                           .received_ns = 22,
                                           .forwarded_ns = 33,
                                           .delay_ns = 9,
                                           .snr_db = -3.5,
                                           .noise_power = 2.25};

/* A report with which nothing is wrong, every field set. */
static wire_report whole_report(void)
{
    rng r = rng_at(5, RNG_TEST, 0, 0);
    rng_normal_fill(&r, (float *)symbols, 2 * SYMBOLS, 1);
    for (size_t i = 0; i < SIDE; i++)
        side[i] = (uint8_t)(17 * i + 1);
    side[SIDE - 1] &= (1 << SIDE_BITS % 8) - 1;
    return (wire_report){.ue = 999999,
                         .seq = 4000000000u,
                         .due_s = 12.5,
                         .codec = 0x8000000000000001,
                         .uplink = 0xfedcba9876543210,
                         .symbols = SYMBOLS,
                         .symbol = symbols,
                         .side_bits = SIDE_BITS,
                         .side = side,
                         .builds_on = 3999999999u,
                         .want_reconstruction = true,
                         .impaired = true,
                         .impairment = impairment};
}

static wire_answer whole_answer(void)
{
    rng r = rng_at(6, RNG_TEST, 0, 0);
    rng_normal_fill(&r, (float *)symbols, 2 * SYMBOLS, 1);
    return (wire_answer){.ue = 999999,
                         .seq = 4000000000u,
                         .status = WIRE_NEEDS_KEY,
                         .reason = "report 7 is not known",
                         .snr_estimated_db = 7.25f,
                         .clock = 1,
                         .received_ns = 2,
                         .decode_start_ns = 3,
                         .decode_end_ns = 4,
                         .uplink_decoded_ns = 7,
                         .answered_ns = 5,
                         .digest = UINT64_MAX - 9,
                         .returned_ns = 6,
                         .impaired = true,
                         .impairment = impairment,
                         .entries = SYMBOLS,
                         .reconstruction = symbols,
                         .predicted = symbols};
}

static zmq_msg_t packed_report(const wire_report *r)
{
    zmq_msg_t frame;
    REQUIRE(wire_report_pack(r, &frame) == ERR_NONE);
    return frame;
}

static zmq_msg_t packed_answer(const wire_answer *a)
{
    zmq_msg_t frame;
    REQUIRE(wire_answer_pack(a, &frame) == ERR_NONE);
    return frame;
}

static bool same_impairment(const wire_impairment *a, const wire_impairment *b)
{
    return a->clock == b->clock && a->received_ns == b->received_ns &&
           a->forwarded_ns == b->forwarded_ns && a->delay_ns == b->delay_ns &&
           memcmp(&a->snr_db, &b->snr_db, sizeof a->snr_db) == 0 &&
           memcmp(&a->noise_power, &b->noise_power, sizeof a->noise_power) == 0;
}

/* Closes the frame. `hint` is part of the message that refuses it. */
static bool refused(zmq_msg_t *frame, bool answerable, const char *hint)
{
    err e = {0};
    wire_report r;
    bool known;
    int rc = wire_report_unpack(frame, &r, &known, &e);
    bool right = rc == ERR_FORMAT && e.code == ERR_FORMAT && strstr(e.text, hint) && !r.owned &&
                 !r.symbol && known == answerable;
    if (!right)
        printf("    expected '%s', got %d: %s\n", hint, rc, rc ? e.text : "(taken)");
    wire_report_clear(&r);
    zmq_msg_close(frame);
    return right;
}

static bool report_refused(const wire_report *r, const char *hint)
{
    zmq_msg_t frame = packed_report(r);
    return refused(&frame, r->ue < WIRE_UE_MAX, hint);
}

static bool answer_frame_refused(zmq_msg_t *frame, const char *hint)
{
    err e = {0};
    wire_answer a;
    int rc = wire_answer_unpack(frame, &a, &e);
    bool right = rc == ERR_FORMAT && strstr(e.text, hint) && !a.owned && !a.reconstruction;
    if (!right)
        printf("    expected '%s', got %d: %s\n", hint, rc, rc ? e.text : "(taken)");
    wire_answer_clear(&a);
    zmq_msg_close(frame);
    return right;
}

static bool answer_refused(const wire_answer *a, const char *hint)
{
    zmq_msg_t frame = packed_answer(a);
    return answer_frame_refused(&frame, hint);
}

static void every_field_of_a_report_arrives(void)
{
    wire_report sent = whole_report(), got;
    zmq_msg_t frame = packed_report(&sent);
    bool known;
    REQUIRE(wire_report_unpack(&frame, &got, &known, NULL) == ERR_NONE);
    zmq_msg_close(&frame); /* the report keeps nothing of the frame */
    CHECK(known && got.ue == sent.ue && got.seq == sent.seq && got.codec == sent.codec);
    CHECK(got.uplink == sent.uplink && got.builds_on == sent.builds_on);
    CHECK(got.want_reconstruction && got.impaired);
    CHECK(memcmp(&got.due_s, &sent.due_s, sizeof got.due_s) == 0);
    CHECK(same_impairment(&got.impairment, &sent.impairment));
    REQUIRE(got.symbols == SYMBOLS && got.side_bits == SIDE_BITS);
    CHECK(memcmp(got.symbol, symbols, SYMBOLS * sizeof *got.symbol) == 0);
    CHECK(memcmp(got.side, side, SIDE) == 0);
    got.symbol[0] = 3; /* the reader's own, to write to */
    wire_report_clear(&got);
    CHECK(!got.owned && !got.symbol && got.symbols == 0);
    wire_report_clear(&got); /* once more does no harm */
}

static void a_report_of_the_least_arrives(void)
{
    wire_report sent = {.codec = 1, .uplink = 1, .symbols = 1, .symbol = symbols}, got;
    symbols[0] = 1;
    zmq_msg_t frame = packed_report(&sent);
    bool known;
    REQUIRE(wire_report_unpack(&frame, &got, &known, NULL) == ERR_NONE);
    zmq_msg_close(&frame);
    CHECK(got.symbols == 1 && got.side_bits == 0 && !got.side && !got.impaired);
    CHECK(got.builds_on == 0 && !got.want_reconstruction);
    wire_report_clear(&got);
}

static void the_largest_report_fits_a_frame(void)
{
    memset(symbols, 0, sizeof symbols);
    memset(side, 0xff, sizeof side);
    wire_report sent = whole_report(), got;
    sent.symbols = WIRE_SYMBOLS_MAX;
    sent.side_bits = WIRE_SIDE_BITS_MAX;
    memset(side, 0xff, sizeof side);
    zmq_msg_t frame = packed_report(&sent);
    bool known;
    CHECK(zmq_msg_size(&frame) <= WIRE_FRAME_BYTES_MAX);
    REQUIRE(wire_report_unpack(&frame, &got, &known, NULL) == ERR_NONE);
    CHECK(got.symbols == WIRE_SYMBOLS_MAX && got.side_bits == WIRE_SIDE_BITS_MAX);
    wire_report_clear(&got);
    zmq_msg_close(&frame);
    const unsigned burst = UPLINK_SYMBOLS_MAX, bits = PAYLOAD_SIDE_BITS_MAX;
    CHECK(WIRE_SYMBOLS_MAX >= burst && WIRE_SIDE_BITS_MAX >= bits);
}

/* 256 values in 128 symbols, 8 references, and what asks for the measurement. */
static void a_report_at_cr_8_takes_at_most_1400_bytes(void)
{
    wire_report r = whole_report();
    r.impaired = false;
    zmq_msg_t frame = packed_report(&r);
    size_t bytes = zmq_msg_size(&frame);
    printf("    %zu bytes, %zu of them symbols\n", bytes, SYMBOLS * sizeof *r.symbol);
    CHECK(bytes >= SYMBOLS * sizeof *r.symbol && bytes <= 1400);
    zmq_msg_close(&frame);
}

static void what_is_wrong_in_a_report_is_named(void)
{
    wire_report r = whole_report();
    r.ue = WIRE_UE_MAX;
    CHECK(report_refused(&r, "UE 1000000: the largest number is 999999"));
    r.ue = UINT32_MAX;
    CHECK(report_refused(&r, "UE 4294967295"));
    static const double times[] = {-1e-9, NAN, INFINITY, -INFINITY, WIRE_DUE_MAX_S * 1.001};
    for (size_t i = 0; i < sizeof times / sizeof times[0]; i++) {
        r = whole_report();
        r.due_s = times[i];
        CHECK(report_refused(&r, "0 to 1000000 s is allowed"));
    }
    r = whole_report();
    r.codec = 0;
    CHECK(report_refused(&r, "names no codec"));
    r = whole_report();
    r.uplink = 0;
    CHECK(report_refused(&r, "names no uplink"));
    r = whole_report();
    r.seq = 5;
    r.builds_on = 6;
    CHECK(report_refused(&r, "report 5 builds on report 5, which does not precede it"));
    r = whole_report();
    r.symbols = 0;
    CHECK(report_refused(&r, "the burst is empty"));
    r.symbols = WIRE_SYMBOLS_MAX + 1;
    CHECK(report_refused(&r, "burst has 65537 entries; at most 65536"));
    r = whole_report();
    ((float *)symbols)[7] = NAN;
    CHECK(report_refused(&r, "burst[7] is not finite"));
    r = whole_report();
    ((float *)symbols)[2 * SYMBOLS - 1] = -INFINITY;
    CHECK(report_refused(&r, "burst[271] is not finite"));
    r = whole_report();
    r.side_bits = WIRE_SIDE_BITS_MAX + 1;
    CHECK(report_refused(&r, "65537 side bits; at most 65536"));
    r = whole_report();
    side[SIDE - 1] |= 0x80;
    CHECK(report_refused(&r, "side bits are set after the last of 45"));
    r = whole_report();
    r.impairment.snr_db = NAN;
    CHECK(report_refused(&r, "SNR is nan"));
    r = whole_report();
    r.impairment.noise_power = -1;
    CHECK(report_refused(&r, "power -1"));
}

static void vectors_that_are_cut_are_refused(void)
{
    wire_report r = whole_report();
    zmq_msg_t frame = packed_report(&r);
    raw_field_bytes(&frame, FIELD_SYMBOLS, symbols, 13);
    CHECK(refused(&frame, true, "burst has 13 bytes, not a multiple of 8"));
    frame = packed_report(&r);
    raw_field_bytes(&frame, FIELD_SIDE, side, SIDE - 1);
    CHECK(refused(&frame, true, "45 side bits in 5 bytes; they take 6"));
    frame = packed_report(&r);
    raw_field_bytes(&frame, FIELD_SIDE, side, SIDE + 1);
    CHECK(refused(&frame, true, "45 side bits in 7 bytes; they take 6"));
}

static void another_version_is_refused_by_name(void)
{
    static const struct {
        uint32_t version;
        const char *hint;
    } cases[] = {{1, "version 1; this program speaks version 2"},
                 {3, "version 3; this program speaks version 2"},
                 {UINT32_MAX, "version 4294967295; this program speaks version 2"},
                 {0, "has no protocol version, as in version 1; this program speaks version 2"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        wire_report r = whole_report();
        wire_answer a = whole_answer();
        zmq_msg_t frame = packed_report(&r);
        raw_field_varint(&frame, FIELD_VERSION, cases[i].version);
        CHECK(refused(&frame, true, cases[i].hint));
        frame = packed_answer(&a);
        raw_field_varint(&frame, FIELD_VERSION, cases[i].version);
        CHECK(answer_frame_refused(&frame, cases[i].hint));
    }
}

/* Field by field what a UE of version 1 sent: ue, seq, pair, scale, codeword, reference. */
static void a_report_of_version_1_can_be_answered(void)
{
    zmq_msg_t frame;
    float values[8] = {1, 2, 3, 4, 5, 6, 7, 8};
    uint64_t pair = 0x0123456789abcdef;
    zmq_msg_init(&frame);
    raw_field_varint(&frame, 1, 7);
    raw_field_varint(&frame, 2, 9);
    raw_varint(&frame, 3 << 3 | RAW_FIXED64);
    raw_append(&frame, &pair, sizeof pair);
    raw_field_float(&frame, 4, 0.5f);
    raw_field_bytes(&frame, 5, values, sizeof values);
    raw_field_bytes(&frame, 6, values, sizeof values);
    wire_report r;
    bool known;
    err e = {0};
    CHECK(wire_report_unpack(&frame, &r, &known, &e) == ERR_FORMAT);
    CHECK(known && r.ue == 7 && r.seq == 9);
    CHECK(strstr(e.text, "as in version 1; this program speaks version 2") != NULL);
    zmq_msg_close(&frame);
}

static void bytes_that_are_no_message_are_refused(void)
{
    zmq_msg_t frame;
    REQUIRE(zmq_msg_init_size(&frame, 1000) == 0);
    memset(zmq_msg_data(&frame), 0xff, 1000);
    CHECK(refused(&frame, false, "1000 bytes that are not a valid Report message"));
    REQUIRE(zmq_msg_init_size(&frame, WIRE_FRAME_BYTES_MAX + 1) == 0);
    memset(zmq_msg_data(&frame), 0, WIRE_FRAME_BYTES_MAX + 1);
    CHECK(refused(&frame, false, "a message of 1048577 bytes; at most 1048576"));
    wire_report r = whole_report();
    zmq_msg_t whole = packed_report(&r);
    size_t size = zmq_msg_size(&whole);
    for (size_t cut = 1; cut < size; cut++) {
        REQUIRE(zmq_msg_init_size(&frame, size - cut) == 0);
        memcpy(zmq_msg_data(&frame), zmq_msg_data(&whole), size - cut);
        wire_report got;
        bool known;
        /* A cut between two fields is a message that lacks the later ones: side_bits without their
         * count, or what a report may lack. */
        int rc = wire_report_unpack(&frame, &got, &known, NULL);
        CHECK(rc == ERR_FORMAT || got.symbols == SYMBOLS);
        wire_report_clear(&got);
        zmq_msg_close(&frame);
    }
    zmq_msg_close(&whole);
}

static void every_field_of_an_answer_arrives(void)
{
    wire_answer sent = whole_answer(), got;
    for (unsigned i = 0; i < WIRE_STATUSES; i++) {
        sent.status = (wire_status)i;
        zmq_msg_t frame = packed_answer(&sent);
        REQUIRE(wire_answer_unpack(&frame, &got, NULL) == ERR_NONE);
        zmq_msg_close(&frame);
        CHECK(got.ue == sent.ue && got.seq == sent.seq && got.status == sent.status);
        CHECK(strcmp(got.reason, sent.reason) == 0 && got.clock == 1 && got.received_ns == 2);
        CHECK(got.decode_start_ns == 3 && got.decode_end_ns == 4 && got.answered_ns == 5);
        CHECK(got.uplink_decoded_ns == 7);
        CHECK(got.digest == UINT64_MAX - 9);
        CHECK(got.returned_ns == 6 && got.impaired);
        CHECK(memcmp(&got.snr_estimated_db, &sent.snr_estimated_db, sizeof(float)) == 0);
        CHECK(same_impairment(&got.impairment, &sent.impairment));
        REQUIRE(got.entries == SYMBOLS);
        CHECK(memcmp(got.reconstruction, symbols, SYMBOLS * sizeof *symbols) == 0);
        CHECK(got.predicted && got.predicted != got.reconstruction);
        CHECK(memcmp(got.predicted, symbols, SYMBOLS * sizeof *symbols) == 0);
        wire_answer_clear(&got);
    }
    sent = (wire_answer){.ue = 1, .status = WIRE_LOST_IN_CHANNEL};
    zmq_msg_t frame = packed_answer(&sent);
    REQUIRE(wire_answer_unpack(&frame, &got, NULL) == ERR_NONE);
    zmq_msg_close(&frame);
    CHECK(got.reason[0] == '\0' && !got.impaired && got.entries == 0 && !got.reconstruction);
    CHECK(!got.predicted);
    wire_answer_clear(&got);
}

static void what_is_wrong_in_an_answer_is_named(void)
{
    wire_answer a = whole_answer();
    a.ue = WIRE_UE_MAX;
    CHECK(answer_refused(&a, "UE 1000000"));
    a = whole_answer();
    a.snr_estimated_db = NAN;
    CHECK(answer_refused(&a, "SNR estimate is nan dB"));
    a = whole_answer();
    a.impairment.snr_db = -INFINITY;
    CHECK(answer_refused(&a, "SNR is -inf dB"));
    a = whole_answer();
    a.impairment.noise_power = INFINITY;
    CHECK(answer_refused(&a, "power inf"));
    a = whole_answer();
    ((float *)symbols)[3] = INFINITY;
    CHECK(answer_refused(&a, "reconstruction[3] is not finite"));
    a = whole_answer();
    a.predicted = NULL; /* two of them are more than a frame holds */
    a.entries = WIRE_ENTRIES_MAX + 1;
    CHECK(answer_refused(&a, "reconstruction has 65537 entries"));
    static const uint64_t statuses[] = {WIRE_STATUSES + 1, 77, UINT64_MAX};
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        a = whole_answer();
        zmq_msg_t frame = packed_answer(&a);
        raw_field_varint(&frame, 3, statuses[i]);
        CHECK(answer_frame_refused(&frame, "unknown status"));
    }
    /* A report has the numbers and the version of an answer, and acknowledges nothing. */
    wire_report r = whole_report();
    zmq_msg_t frame = packed_report(&r);
    CHECK(answer_frame_refused(&frame, "no status, so it is not an answer"));
    a = whole_answer();
    frame = packed_answer(&a);
    raw_field_bytes(&frame, FIELD_RECONSTRUCTION, symbols, 12);
    CHECK(answer_frame_refused(&frame, "reconstruction has 12 bytes, not a multiple of 8"));
    a.predicted = NULL;
    frame = packed_answer(&a);
    raw_field_bytes(&frame, FIELD_PREDICTED, symbols, 8);
    CHECK(answer_frame_refused(&frame, "a predicted channel of 8 bytes; its reconstruction has"));
    a = whole_answer();
    float complex wrong[SYMBOLS];
    memcpy(wrong, symbols, sizeof wrong);
    ((float *)wrong)[5] = NAN;
    a.predicted = wrong;
    CHECK(answer_refused(&a, "predicted channel[5] is not finite"));
    REQUIRE(zmq_msg_init_size(&frame, 5) == 0);
    memset(zmq_msg_data(&frame), 0xff, 5);
    CHECK(answer_frame_refused(&frame, "not a valid Answer message"));
}

static void a_reason_stays_one_short_line(void)
{
    char reason[2 * WIRE_REASON_MAX];
    memset(reason, 'x', sizeof reason);
    reason[3] = '\n';
    reason[4] = '\x1b';
    reason[sizeof reason - 1] = '\0';
    wire_answer a = whole_answer(), got;
    a.reason = reason;
    zmq_msg_t frame = packed_answer(&a);
    REQUIRE(wire_answer_unpack(&frame, &got, NULL) == ERR_NONE);
    CHECK(strlen(got.reason) == WIRE_REASON_MAX - 1 && strncmp(got.reason, "xxx??xx", 7) == 0);
    wire_answer_clear(&got);
    zmq_msg_close(&frame);
}

static void a_stamp_is_added_without_reading_the_answer(void)
{
    wire_answer sent = whole_answer(), got;
    zmq_msg_t frame = packed_answer(&sent);
    REQUIRE(wire_answer_stamp_returned(&frame, 0x123456789abcdef0) == ERR_NONE);
    REQUIRE(wire_answer_unpack(&frame, &got, NULL) == ERR_NONE);
    CHECK(got.returned_ns == 0x123456789abcdef0 && got.answered_ns == sent.answered_ns);
    CHECK(got.entries == SYMBOLS && strcmp(got.reason, sent.reason) == 0);
    wire_answer_clear(&got);
    zmq_msg_close(&frame);
}

static void every_status_has_a_name(void)
{
    for (unsigned i = 0; i < WIRE_STATUSES; i++)
        for (unsigned k = 0; k < i; k++)
            CHECK(strcmp(wire_status_name((wire_status)i), wire_status_name((wire_status)k)) != 0);
    CHECK(strcmp(wire_status_name(WIRE_NOT_DECODED), "NOT_DECODED") == 0);
    CHECK(strcmp(wire_status_name(WIRE_STATUSES), "unknown") == 0);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"every field of a report arrives", every_field_of_a_report_arrives},
        {"a report of the least arrives", a_report_of_the_least_arrives},
        {"the largest report fits a frame", the_largest_report_fits_a_frame},
        {"a report at CR 8 takes at most 1,400 bytes", a_report_at_cr_8_takes_at_most_1400_bytes},
        {"what is wrong in a report is named", what_is_wrong_in_a_report_is_named},
        {"vectors that are cut are refused", vectors_that_are_cut_are_refused},
        {"another version is refused by name", another_version_is_refused_by_name},
        {"a report of version 1 can be answered", a_report_of_version_1_can_be_answered},
        {"bytes that are no message are refused", bytes_that_are_no_message_are_refused},
        {"every field of an answer arrives", every_field_of_an_answer_arrives},
        {"what is wrong in an answer is named", what_is_wrong_in_an_answer_is_named},
        {"a reason stays one short line", a_reason_stays_one_short_line},
        {"a stamp is added without reading the answer",
         a_stamp_is_added_without_reading_the_answer},
        {"every status has a name", every_status_has_a_name},
    };
    return harness_main(argc, argv, "report", tests, sizeof tests / sizeof tests[0]);
}
