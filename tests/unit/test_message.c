#include "harness.h"
#include "wire/message.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CODEWORD = 64, REFERENCES = 16 };

/* A whole report, with every field set. */
typedef struct sample {
    float codeword[CODEWORD], reference[REFERENCES], truth[32], grid[48];
    Csilink__Genie genie;
    Csilink__Impairment impairment;
    link_report report;
} sample;

static void fill(sample *s)
{
    for (int i = 0; i < CODEWORD; i++)
        s->codeword[i] = (float)(i - 20) * 0.37f;
    for (int i = 0; i < REFERENCES; i++)
        s->reference[i] = i % 2 ? 1.25f : -1.25f;
    for (int i = 0; i < 32; i++)
        s->truth[i] = (float)i;
    for (int i = 0; i < 48; i++)
        s->grid[i] = (float)-i;
    csilink__genie__init(&s->genie);
    csilink__impairment__init(&s->impairment);
    csilink__csi_report__init(&s->report);
    s->genie.truth = link_floats_view(s->truth, 32);
    s->genie.truth_grid = link_floats_view(s->grid, 48);
    s->genie.dl_snr_db = 20;
    s->impairment.received_ns = 5;
    s->impairment.snr_db = INFINITY;
    s->report.ue = 77;
    s->report.seq = 1234567;
    s->report.pair = 0xfedcba9876543210u;
    s->report.scale = 0.125f;
    s->report.codeword = link_floats_view(s->codeword, CODEWORD);
    s->report.reference = link_floats_view(s->reference, REFERENCES);
    s->report.genie = &s->genie;
    s->report.impairment = &s->impairment;
}

static void frame_of(zmq_msg_t *frame, const void *data, size_t size)
{
    REQUIRE(zmq_msg_init_size(frame, size) == 0);
    if (size)
        memcpy(zmq_msg_data(frame), data, size);
}

typedef struct outcome {
    link_report *report;
    uint32_t ue, seq;
    bool known;
    err e;
} outcome;

static outcome unpack(zmq_msg_t *frame)
{
    outcome o = {.ue = 4711, .seq = 4711, .known = true};
    o.report = link_report_unpack(frame, &o.ue, &o.seq, &o.known, &o.e);
    zmq_msg_close(frame);
    return o;
}

static outcome pack_and_unpack(const link_report *report)
{
    zmq_msg_t frame;
    REQUIRE(link_pack(&report->base, &frame) == ERR_NONE);
    return unpack(&frame);
}

/* Refused with a reason that contains `hint`; answerable exactly when `known`. */
static bool refused(const link_report *report, bool known, const char *hint)
{
    outcome o = pack_and_unpack(report);
    bool right = !o.report && o.e.code == ERR_FORMAT && strstr(o.e.text, hint) && o.known == known;
    if (known)
        right = right && o.ue == report->ue && o.seq == report->seq;
    if (!right)
        printf("    expected '%s', got: %s\n", hint, o.report ? "(taken)" : o.e.text);
    link_report_free(o.report);
    return right;
}

static bool same_bytes(const ProtobufCBinaryData *a, const ProtobufCBinaryData *b)
{
    return a->len == b->len && memcmp(a->data, b->data, a->len) == 0;
}

static void a_report_comes_back_bit_for_bit(void)
{
    sample s;
    fill(&s);
    outcome o = pack_and_unpack(&s.report);
    REQUIRE(o.report != NULL);
    const link_report *r = o.report;
    CHECK(o.known && o.ue == 77 && o.seq == 1234567);
    CHECK(r->ue == 77 && r->seq == 1234567 && r->pair == 0xfedcba9876543210u);
    CHECK_NEAR((double)r->scale, 0.125, 0);
    CHECK(same_bytes(&r->codeword, &s.report.codeword));
    CHECK(same_bytes(&r->reference, &s.report.reference));
    REQUIRE(r->genie && r->impairment);
    CHECK(same_bytes(&r->genie->truth, &s.genie.truth));
    CHECK(same_bytes(&r->genie->truth_grid, &s.genie.truth_grid));
    CHECK(isinf(r->impairment->snr_db) && r->impairment->received_ns == 5);
    float back[CODEWORD];
    REQUIRE(link_floats_count(&r->codeword) == CODEWORD);
    link_floats_copy(&r->codeword, back);
    CHECK(memcmp(back, s.codeword, sizeof back) == 0);
    link_report_free(o.report);
}

/* A cut message is refused, or is one that lacks its last fields (proto3 knows no required ones);
 * then the codeword, which stands before them, is whole. */
static void a_cut_report_is_never_half_taken(void)
{
    sample s;
    fill(&s);
    zmq_msg_t whole, part;
    REQUIRE(link_pack(&s.report.base, &whole) == ERR_NONE);
    size_t size = zmq_msg_size(&whole), taken = 0;
    for (size_t n = 0; n < size; n++) {
        char *copy = malloc(n ? n : 1); /* exactly as long, so that a sanitizer sees an overrun */
        REQUIRE(copy != NULL);
        memcpy(copy, zmq_msg_data(&whole), n);
        frame_of(&part, copy, n);
        free(copy);
        outcome o = unpack(&part);
        CHECK(o.report || o.e.text[0]);
        if (o.report)
            CHECK(same_bytes(&o.report->codeword, &s.report.codeword) && o.ue == 77 && o.known);
        taken += o.report != NULL;
        link_report_free(o.report);
    }
    CHECK(taken >= 1 && taken <= 4); /* behind codeword, reference, impairment, genie */
    zmq_msg_close(&whole);
}

static void vectors_must_be_whole_and_finite(void)
{
    sample s;
    static const float bad[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; i < 3; i++) {
        fill(&s);
        s.codeword[9] = bad[i];
        CHECK(refused(&s.report, true, "codeword[9] is not finite"));
        fill(&s);
        s.reference[15] = bad[i];
        CHECK(refused(&s.report, true, "reference[15] is not finite"));
        fill(&s);
        s.truth[0] = bad[i];
        CHECK(refused(&s.report, true, "genie truth[0]"));
        fill(&s);
        s.grid[47] = bad[i];
        CHECK(refused(&s.report, true, "genie grid[47]"));
        fill(&s);
        s.report.scale = bad[i];
        CHECK(refused(&s.report, true, "the scale is"));
    }
    fill(&s);
    s.report.scale = -0.5f;
    CHECK(refused(&s.report, true, "the scale is -0.5"));
    fill(&s);
    s.report.codeword.len = 0;
    CHECK(refused(&s.report, true, "the codeword is empty"));
    for (size_t off = 1; off < 4; off++) {
        fill(&s);
        s.report.codeword.len = sizeof s.codeword - off;
        CHECK(refused(&s.report, true, "not a multiple of 4"));
    }
}

static void vectors_have_a_limit(void)
{
    sample s;
    fill(&s);
    size_t limit = LINK_VECTOR_BYTES_MAX / sizeof(float);
    float *many = calloc(limit + 1, sizeof *many);
    REQUIRE(many != NULL);
    s.report.codeword = link_floats_view(many, limit + 1);
    CHECK(refused(&s.report, true, "the limit is"));
    s.report.codeword = link_floats_view(many, limit);
    outcome o = pack_and_unpack(&s.report);
    CHECK(o.report && link_floats_count(&o.report->codeword) == limit);
    link_report_free(o.report);
    free(many);
}

static void a_huge_ue_is_nobody_to_answer(void)
{
    sample s;
    static const uint32_t huge[] = {WIRE_UE_MAX, UINT32_MAX};
    for (size_t i = 0; i < 2; i++) {
        fill(&s);
        s.report.ue = huge[i];
        CHECK(refused(&s.report, false, "numbers go up to 999999"));
    }
    fill(&s);
    s.report.ue = WIRE_UE_MAX - 1;
    outcome o = pack_and_unpack(&s.report);
    CHECK(o.report && o.known && o.ue == WIRE_UE_MAX - 1);
    link_report_free(o.report);
}

static void an_unknown_field_is_skipped(void)
{
    sample s;
    fill(&s);
    zmq_msg_t frame, longer;
    REQUIRE(link_pack(&s.report.base, &frame) == ERR_NONE);
    static const uint8_t later[] = {0xa2, 0x06, 3, 'n', 'e', 'w'}; /* field 100, 3 bytes */
    size_t size = zmq_msg_size(&frame);
    REQUIRE(zmq_msg_init_size(&longer, size + sizeof later) == 0);
    memcpy(zmq_msg_data(&longer), zmq_msg_data(&frame), size);
    memcpy((char *)zmq_msg_data(&longer) + size, later, sizeof later);
    zmq_msg_close(&frame);
    outcome o = unpack(&longer);
    CHECK(o.report && same_bytes(&o.report->codeword, &s.report.codeword));
    link_report_free(o.report);
}

static void garbage_is_refused_by_every_reader(void)
{
    static const uint8_t garbage[] = {0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f, 1, 2, 3};
    zmq_msg_t frame;
    frame_of(&frame, garbage, sizeof garbage);
    err e = {0};
    CHECK(!link_ack_unpack(&frame, &e) && strstr(e.text, "no CsiAck message"));
    outcome o = unpack(&frame);
    CHECK(!o.report && !o.known && strstr(o.e.text, "no CsiReport"));
}

/* The answer's numbers end in sums and records, which one NaN would spoil for good. */
static void answers_carry_sound_numbers(void)
{
    static const double wrong[] = {NAN, NAN, NAN, NAN, NAN, -INFINITY, NAN, -1};
    enum { FIELDS = sizeof wrong / sizeof wrong[0] };
    for (int field = 0; field <= FIELDS; field++) {
        Csilink__CsiAck ack = CSILINK__CSI_ACK__INIT;
        Csilink__Quality q = CSILINK__QUALITY__INIT;
        Csilink__Impairment impairment = CSILINK__IMPAIRMENT__INIT;
        double *numbers[] = {&q.nmse,
                             &q.rho,
                             &q.sgcs,
                             &q.se_feedback,
                             &impairment.snr_db,
                             &impairment.snr_db,
                             &impairment.noise_power,
                             &impairment.noise_power};
        q.nmse = 0.01;
        impairment.snr_db = INFINITY;
        if (field < FIELDS)
            *numbers[field] = wrong[field];
        ack.quality = &q;
        ack.impairment = &impairment;
        zmq_msg_t frame;
        err e = {0};
        REQUIRE(link_pack(&ack.base, &frame) == ERR_NONE);
        link_ack *back = link_ack_unpack(&frame, &e);
        CHECK((back != NULL) == (field == FIELDS));
        CHECK(back || (e.code == ERR_FORMAT && strstr(e.text, "answer")));
        link_ack_free(back);
        zmq_msg_close(&frame);
    }
}

/* channel-sim stamps what it does not read: whatever the answer holds, that is all that changes. */
static void an_answer_is_stamped_without_being_read(void)
{
    static const float reconstruction[] = {1, -2, 3.5f, 0};
    Csilink__CsiAck ack = CSILINK__CSI_ACK__INIT;
    ack.ue = 7;
    ack.seq = 1u << 31;
    ack.answered_ns = 123;
    ack.reconstruction = link_floats_view(reconstruction, 4);
    const uint64_t stamps[] = {1, 0x0123456789abcdef, UINT64_MAX};
    zmq_msg_t frame;
    REQUIRE(link_pack(&ack.base, &frame) == ERR_NONE);
    for (int i = 0; i < 3; i++) { /* the last one holds */
        REQUIRE(link_ack_stamp_returned(&frame, stamps[i]) == ERR_NONE);
        link_ack *back = link_ack_unpack(&frame, NULL);
        REQUIRE(back != NULL);
        CHECK(back->returned_ns == stamps[i]);
        CHECK(back->ue == 7 && back->seq == 1u << 31 && back->answered_ns == 123);
        CHECK(back->reconstruction.len == sizeof reconstruction &&
              memcmp(back->reconstruction.data, reconstruction, sizeof reconstruction) == 0);
        link_ack_free(back);
    }
    zmq_msg_close(&frame);
    REQUIRE(zmq_msg_init_size(&frame, 0) == 0); /* an empty message is an answer, too */
    REQUIRE(link_ack_stamp_returned(&frame, 5) == ERR_NONE);
    link_ack *back = link_ack_unpack(&frame, NULL);
    CHECK(back && back->returned_ns == 5);
    link_ack_free(back);
    zmq_msg_close(&frame);
}

static void a_reconstruction_that_is_not_finite_is_refused(void)
{
    float reconstruction[] = {1, NAN};
    Csilink__CsiAck ack = CSILINK__CSI_ACK__INIT;
    ack.reconstruction = link_floats_view(reconstruction, 2);
    err e = {0};
    zmq_msg_t frame;
    REQUIRE(link_pack(&ack.base, &frame) == ERR_NONE);
    CHECK(link_ack_unpack(&frame, &e) == NULL && strstr(e.text, "reconstruction"));
    zmq_msg_close(&frame);
}

static const harness_test tests[] = {
    {"a report comes back from its bytes bit for bit", a_report_comes_back_bit_for_bit},
    {"a report cut at any length is refused or lacks whole fields",
     a_cut_report_is_never_half_taken},
    {"vectors that are not whole or not finite are refused, with UE and seq known",
     vectors_must_be_whole_and_finite},
    {"a vector longer than the limit is refused, one at the limit is taken", vectors_have_a_limit},
    {"a UE number beyond the limit is refused and not answered", a_huge_ue_is_nobody_to_answer},
    {"a field that a later version added is skipped", an_unknown_field_is_skipped},
    {"garbage is refused with a reason by every reader", garbage_is_refused_by_every_reader},
    {"an answer with NaN in its figures is refused", answers_carry_sound_numbers},
    {"an answer that passes by is stamped, and nothing else of it changes",
     an_answer_is_stamped_without_being_read},
    {"an answer whose reconstruction is not finite is refused",
     a_reconstruction_that_is_not_finite_is_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "message", tests, sizeof tests / sizeof tests[0]);
}
