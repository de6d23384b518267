/* The uplink `digital` of a codec whose keys and innovations differ in size: each takes its own. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "uplink/digital/source.h"
#include "uplink_pair.h"

static const payload_size key = {25, 25, 128}, innovation = {40, 44, 32};
static const digital_source r3 = {CSI_CODEWORD_RICE, 12};

/* A payload of one kind, of random bits and values. */
static void fill_kind(link *l, uint32_t builds_on, uint32_t seed)
{
    const payload_size *s = payload_size_of(&l->shape, builds_on > 0);
    rng r = rng_at(4, RNG_TEST, 21, seed);
    fill(l, seed, 0.4f);
    l->sent.values = s->values;
    l->sent.builds_on = builds_on;
    bit_writer w = {l->sent.side, 0, s->side_bits_max, false};
    uint32_t bits = s->side_bits_min + rng_u32(&r) % (s->side_bits_max - s->side_bits_min + 1);
    while (w.bits < bits)
        bits_put(&w, rng_u32(&r) >> 31, 1);
    l->sent.side_bits = w.bits;
}

static void send_kind(link *l, uint32_t builds_on, uint32_t seed)
{
    fill_kind(l, builds_on, seed);
    REQUIRE(uplink_send(l->u, &AT(15), &l->sent, &l->burst, NULL) == 0);
    CHECK(l->burst.builds_on == builds_on);
}

/* A, by hand: the bit that says the kind is one of the side bits. */
static uint32_t bits_of_kind(digital_source s, const payload_size *size)
{
    payload_shape plain = {.side_bits_min = size->side_bits_min + 1,
                           .side_bits_max = size->side_bits_max + 1,
                           .values_max = size->values};
    return digital_source_bits(s, &plain);
}

static void each_kind_takes_its_own_length(void)
{
    static const char *const specs[] = {"digital:r3,qpsk,rate=1/3", "digital:r3,16qam,rate=0.45",
                                        "digital:r3,qpsk,uses=700", "digital:uses=300",
                                        "digital:r3,uses=500,references=3"};
    for (size_t i = 0; i < sizeof specs / sizeof specs[0]; i++) {
        link l = open_link_of(specs[i], payload_shape_by_kind(&key, &innovation));
        const uplink_info *info = uplink_info_of(l.u);
        CHECK(info->by_kind && info->symbols >= info->symbols_min);
        for (uint32_t seed = 0; seed < 12; seed++) {
            uint32_t builds_on = seed % 3 ? seed : 0;
            uint32_t symbols = builds_on ? info->symbols_of_innovation : info->symbols_of_key;
            send_kind(&l, builds_on, seed);
            CHECK(l.burst.symbols == symbols && uplink_takes(info, symbols, builds_on));
            uint32_t bits = uplink_bits(l.u, &l.sent);
            CHECK(i == 3 || bits == bits_of_kind(r3, builds_on ? &innovation : &key));
            CHECK(i > 0 || symbols == 8 + (3 * bits + 1) / 2);
            uint64_t digest = uplink_digest(l.u);
            pass(&l, 15);
            CHECK(same_side(&l) && l.got.values == l.sent.values && uplink_digest(l.u) == digest);
            CHECK(uplink_bits(l.u, &l.got) == bits);
        }
        close_link(&l);
    }
}

/* A codec with one size sends what it sent before there were kinds. */
static void of_one_size_there_are_no_kinds(void)
{
    payload_shape same = payload_shape_by_kind(&key, &key);
    CHECK(!same.by_kind && same.side_bits_min == 25 && same.values_max == 128);
    link l = open_link_of("digital:r3,qpsk,rate=1/3", same);
    fill(&l, 1, 0.4f);
    l.sent.builds_on = 7;
    REQUIRE(uplink_send(l.u, &AT(15), &l.sent, &l.burst, NULL) == 0);
    CHECK(!uplink_info_of(l.u)->by_kind);
    CHECK(uplink_bits(l.u, &l.sent) == digital_source_bits(r3, &same));
    close_link(&l);
}

static int receive_as(link *l, uint32_t builds_on, bool *intact, err *e)
{
    l->burst.builds_on = builds_on;
    return uplink_receive(l->u, &AT(UPLINK_SNR_MAX_DB), &l->burst, &l->got, intact, e);
}

/* What the header says decides the length: a burst of the other kind's is refused. */
static void a_burst_of_the_other_kinds_length_is_refused(void)
{
    link l = open_link_of("digital:r3,qpsk,rate=1/3", payload_shape_by_kind(&key, &innovation));
    const uplink_info *info = uplink_info_of(l.u);
    for (uint32_t builds_on = 0; builds_on < 2; builds_on++) {
        bool intact;
        err e = {0};
        send_kind(&l, builds_on, 3);
        CHECK(!uplink_takes(info, l.burst.symbols, !builds_on));
        CHECK(!uplink_takes(info, info->symbols - 1, builds_on));
        CHECK(receive_as(&l, !builds_on, &intact, &e) == ERR_FORMAT);
        CHECK(strstr(e.text, "symbols") != NULL);
    }
    close_link(&l);
}

/* Where both kinds have the symbols of uses=N, the check of the wrong kind's code fails; and where
 * even their bits are as many, the bit that says the kind is not what the header says. */
static void the_burst_says_its_kind_too(void)
{
    static const payload_size even = {14, 14, 20}, odd = {10, 10, 21};
    link l = open_link_of("digital:r3,qpsk,uses=700", payload_shape_by_kind(&key, &innovation));
    bool intact;
    err e = {0};
    for (uint32_t seed = 0; seed < 20; seed++) {
        send_kind(&l, seed % 2, seed);
        int rc = receive_as(&l, !(seed % 2), &intact, NULL);
        CHECK(rc != ERR_NONE || !intact);
    }
    close_link(&l);
    l = open_link_of("digital:u4,qpsk,uses=300", payload_shape_by_kind(&even, &odd));
    for (uint32_t builds_on = 0; builds_on < 2; builds_on++) {
        send_kind(&l, builds_on, 5);
        CHECK(receive_as(&l, !builds_on, &intact, &e) == ERR_FORMAT);
        CHECK(strstr(e.text, "in a report whose header says that it is") != NULL);
        CHECK(receive_as(&l, builds_on, &intact, &e) == ERR_NONE && intact);
    }
    close_link(&l);
}

static void a_payload_beyond_its_kind_is_refused(void)
{
    link l = open_link_of("digital:r3,qpsk,rate=1/3", payload_shape_by_kind(&key, &innovation));
    err e = {0};
    fill_kind(&l, 0, 1);
    l.sent.builds_on = 4; /* 128 values in an innovation of 32 */
    CHECK(uplink_send(l.u, &AT(15), &l.sent, &l.burst, &e) == ERR_FORMAT);
    CHECK(strstr(e.text, "an innovation has at most 44 and 32") != NULL);
    close_link(&l);
}

static const harness_test tests[] = {
    {"keys and innovations take their own bits and symbols, and come back",
     each_kind_takes_its_own_length},
    {"reports of one size are sent as ever", of_one_size_there_are_no_kinds},
    {"a burst of the other kind's length is refused", a_burst_of_the_other_kinds_length_is_refused},
    {"a burst whose bits say another kind than its header is no report",
     the_burst_says_its_kind_too},
    {"a payload larger than its kind is refused", a_payload_beyond_its_kind_is_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "digital kinds", tests, sizeof tests / sizeof tests[0]);
}
