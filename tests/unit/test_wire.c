#include "wire/codeword.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "harness.h"

enum { VALUES = 256, REFERENCES = 16 };

/* One report as a UE makes it, and its message. */
typedef struct sample {
    float codeword[VALUES], reference[REFERENCES];
    uint8_t packed[4 * VALUES];
    chain_report made;
    Csilink__CodewordFormat space, sent;
    link_report message;
} sample;

static csi_codeword_format fill(sample *s, const char *name)
{
    csi_codeword_format f;
    rng r = rng_at(3, RNG_TEST, 0, 0);
    REQUIRE(csi_codeword_parse(name, &f, NULL) == 0);
    rng_normal_fill(&r, s->codeword, VALUES, 2.0f);
    rng_normal_fill(&r, s->reference, REFERENCES, 2.0f);
    s->made = (chain_report){.codeword = s->codeword, .packed = s->packed};
    REQUIRE(csi_codeword_pack(f, s->codeword, VALUES, s->packed, &s->made.range, NULL) == 0);
    REQUIRE(csi_codeword_unpack(f, s->made.range, s->packed, csi_codeword_bytes(f, VALUES),
                                s->codeword, VALUES, NULL) == 0);
    csilink__csi_report__init(&s->message);
    s->message.scale = 1;
    s->message.reference = link_floats_view(s->reference, REFERENCES);
    chain_wire_pack(&s->made, f, VALUES, &s->space, &s->message);
    return f;
}

/* The message of a sample as who receives it has it; NULL with a reason. */
static link_report *receive(const sample *s, err *e)
{
    zmq_msg_t frame;
    uint32_t ue, seq;
    bool known;
    REQUIRE(link_pack(&s->message.base, &frame) == ERR_NONE);
    link_report *r = chain_wire_receive(&frame, &ue, &seq, &known, e);
    CHECK(known);
    zmq_msg_close(&frame);
    return r;
}

static bool refused(const sample *s, const char *hint)
{
    err e = {0};
    link_report *r = receive(s, &e);
    bool right = !r && e.code == ERR_FORMAT && strstr(e.text, hint);
    if (!right)
        printf("    expected '%s', got: %s\n", hint, r ? "(taken)" : e.text);
    link_report_free(r);
    return right;
}

static const char *const formats[] = {"float32", "float16", "u2",  "u3", "u4",
                                      "u7",      "u8",      "mu5", "r4"};
enum { FORMATS = sizeof formats / sizeof formats[0] };

static void levels_arrive_bit_for_bit(void)
{
    for (size_t i = 0; i < FORMATS; i++) {
        static sample s;
        err e = {0};
        csi_codeword_format f = fill(&s, formats[i]);
        link_report *r = receive(&s, &e);
        REQUIRE(r != NULL);
        CHECK(!r->format && (r->sent != NULL) == (f.law != CSI_CODEWORD_FLOAT32));
        CHECK(chain_wire_bits_sent(r) == csi_codeword_value_bits(f));
        CHECK(r->codeword.len == sizeof s.codeword &&
              memcmp(r->codeword.data, s.codeword, sizeof s.codeword) == 0);
        link_report_free(r);
    }
}

/* The second receiver, the base station, finds floats and what they had been. */
static void what_was_sent_stays_in_the_message(void)
{
    static sample s;
    err e = {0};
    fill(&s, "mu3");
    link_report *first = receive(&s, &e);
    REQUIRE(first != NULL);
    s.message = *first;
    link_report *second = receive(&s, &e);
    REQUIRE(second != NULL);
    CHECK(second->sent && chain_wire_bits_sent(second) == 3);
    CHECK(second->sent->law == CSILINK__CODEWORD_FORMAT__LAW__MU_LAW);
    CHECK(second->codeword.len == sizeof s.codeword &&
          memcmp(second->codeword.data, s.codeword, sizeof s.codeword) == 0);
    link_report_free(second);
    link_report_free(first);
}

/* Tags, lengths and numbers of the format take 19 bytes at 256 values, tag and length of the
 * codeword one less than with floats below 128 bytes. */
static void a_packed_message_is_as_small_as_its_bits(void)
{
    static sample whole, s;
    fill(&whole, "float32");
    size_t before = csilink__csi_report__get_packed_size(&whole.message);
    for (size_t i = 1; i < FORMATS; i++) {
        csi_codeword_format f = fill(&s, formats[i]);
        size_t size = csilink__csi_report__get_packed_size(&s.message);
        size_t saved = 4 * VALUES - csi_codeword_bytes(f, VALUES);
        CHECK(size <= before - saved + 19 && size + saved >= before);
    }
}

static void what_the_format_does_not_fit_is_refused(void)
{
    static sample s;
    fill(&s, "u4");
    s.space.values = VALUES + 2;
    CHECK(refused(&s, "128 bytes are not a codeword of 258 values in u4"));
    s.space.values = 0;
    CHECK(refused(&s, "1 to 65536"));
    s.space.values = UINT32_MAX;
    CHECK(refused(&s, "1 to 65536"));
    fill(&s, "u4");
    s.space.bits = 9;
    CHECK(refused(&s, "9 bits; 2 to 8"));
    fill(&s, "u4");
    s.space.law = (Csilink__CodewordFormat__Law)77;
    CHECK(refused(&s, "format 77"));
    s.space.law = (Csilink__CodewordFormat__Law)-1;
    CHECK(refused(&s, "format -1"));
    fill(&s, "mu4");
    s.space.scale = -1;
    CHECK(refused(&s, "scale is -1"));
    fill(&s, "mu4");
    s.space.offset = NAN;
    CHECK(refused(&s, "must be finite"));
    fill(&s, "r4");
    memset(s.packed, 0xff, csi_codeword_bytes((csi_codeword_format){CSI_CODEWORD_RICE, 4}, VALUES));
    CHECK(refused(&s, "value 0 is cut"));
    fill(&s, "float16");
    s.packed[1] = 0x7c;
    s.packed[0] = 0;
    CHECK(refused(&s, "codeword[0] is not finite"));
    fill(&s, "u4");
    s.message.codeword.len = 0;
    CHECK(refused(&s, "empty"));
}

/* `sent` from outside is replaced where there is a format, and else only counted. */
static void what_a_ue_claims_to_have_sent_does_no_harm(void)
{
    static sample s;
    err e = {0};
    fill(&s, "u2");
    csilink__codeword_format__init(&s.sent);
    s.sent.bits = 4000000000u;
    s.sent.law = (Csilink__CodewordFormat__Law)12345;
    s.message.sent = &s.sent;
    link_report *r = receive(&s, &e);
    REQUIRE(r != NULL);
    CHECK(chain_wire_bits_sent(r) == 2);
    link_report_free(r);
    fill(&s, "float32");
    s.message.sent = &s.sent;
    r = receive(&s, &e);
    REQUIRE(r != NULL);
    CHECK(chain_wire_bits_sent(r) == 32);
    link_report_free(r);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"levels arrive bit for bit, in every format", levels_arrive_bit_for_bit},
        {"what was sent stays in the message", what_was_sent_stays_in_the_message},
        {"a packed message is as small as its bits", a_packed_message_is_as_small_as_its_bits},
        {"what the format does not fit is refused", what_the_format_does_not_fit_is_refused},
        {"what a UE claims to have sent does no harm", what_a_ue_claims_to_have_sent_does_no_harm},
    };
    return harness_main(argc, argv, "wire", tests, sizeof tests / sizeof tests[0]);
}
