/* The range coder: what goes in comes out, in as many bits as it is worth; bits from outside. */
#include "payload/range_coder.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "harness.h"
#include "payload/bits.h"

enum { MESSAGES = 2000, LENGTH_MAX = 600, BYTES = 2048 };

typedef struct message {
    uint32_t models, length, symbol[LENGTH_MAX];
    range_model model[4];
    uint8_t width[LENGTH_MAX]; /* of raw bits; 0: a symbol of model i mod models */
} message;

static uint32_t below(rng *r, uint32_t n)
{
    uint32_t k = (uint32_t)(rng_uniform(r) * n);
    return k < n ? k : n - 1;
}

/* Models from flat to so skewed that one symbol has nearly everything: the interval then lies at
 * the very edge of the one before, which is where carries come from. */
static void draw(rng *r, message *m)
{
    m->models = 1 + below(r, 4);
    m->length = below(r, LENGTH_MAX + 1);
    double skew[4];
    for (uint32_t k = 0; k < m->models; k++) {
        double weight[RANGE_SYMBOLS_MAX];
        uint32_t symbols = 2 + below(r, RANGE_SYMBOLS_MAX - 1);
        skew[k] = exp(8 * rng_uniform(r) - 4);
        for (uint32_t s = 0; s < symbols; s++)
            weight[s] = pow(skew[k], s);
        range_model_set(&m->model[k], symbols, weight, 64u << below(r, 7), below(r, 100));
    }
    for (uint32_t i = 0; i < m->length; i++) {
        const range_model *model = &m->model[i % m->models];
        m->width[i] = (uint8_t)(below(r, 10) ? 0 : 1 + below(r, RANGE_BITS_MAX));
        uint32_t at = below(r, model->total), sum = 0, s = 0;
        while (at >= (sum += model->count[s]))
            s++;
        m->symbol[i] = m->width[i] ? below(r, 1u << m->width[i]) : s;
    }
}

/* The bits of it; *worth is the sum of -log2 of the shares. 0 with *full where there is no room. */
static uint32_t write(const message *m, uint8_t *byte, uint32_t size, double *worth, bool *full)
{
    message copy = *m;
    range_encoder r;
    range_begin(&r, byte, size);
    *worth = 0;
    for (uint32_t i = 0; i < m->length; i++) {
        range_model *model = &copy.model[i % m->models];
        if (m->width[i]) {
            range_put_bits(&r, m->symbol[i], m->width[i]);
            *worth += m->width[i];
        } else {
            *worth -= log2((double)model->count[m->symbol[i]] / model->total);
            range_put(&r, model, m->symbol[i]);
        }
    }
    uint32_t bits = r.full ? 0 : range_end(&r);
    *full = r.full;
    return bits;
}

/* How many symbols came back before the first that did not. */
static uint32_t read_back(const message *m, const uint8_t *byte, uint32_t bits, bool *whole)
{
    message copy = *m;
    range_decoder r;
    uint32_t right = 0;
    bool same = true;
    range_open(&r, byte, bits);
    for (uint32_t i = 0; i < m->length; i++) {
        range_model *model = &copy.model[i % m->models];
        uint32_t got = m->width[i] ? range_get_bits(&r, m->width[i]) : range_get(&r, model);
        REQUIRE(got < (m->width[i] ? 1u << m->width[i] : model->symbols));
        same &= got == m->symbol[i];
        right += same;
    }
    *whole = range_is_whole(&r);
    return right;
}

static void what_goes_in_comes_out(void)
{
    static uint8_t byte[BYTES];
    static message m;
    double worst = -1e9;
    for (uint32_t i = 0; i < MESSAGES; i++) {
        rng r = rng_at(1, RNG_TEST, i, 0);
        double worth;
        bool full, whole;
        draw(&r, &m);
        memset(byte, 0xff, sizeof byte); /* what was there before does not matter */
        uint32_t bits = write(&m, byte, sizeof byte, &worth, &full);
        REQUIRE(!full);
        if (bits % 8)
            CHECK(byte[bits / 8] >> bits % 8 == 0);
        memset(byte + bits_bytes(bits), 0xff, 8);
        CHECK(read_back(&m, byte, bits, &whole) == m.length && whole);
        worst = fmax(worst, bits - 1.005 * worth);
    }
    printf("    at most %.2f bits above 1.005 of the worth\n", worst);
    CHECK(worst < 2);
}

/* From equal counts to those of a source with an entropy of 0.469 bits. */
static void models_learn(void)
{
    enum { SYMBOLS = 6000 };
    static uint8_t byte[BYTES];
    range_model model;
    range_encoder r;
    rng g = rng_at(2, RNG_TEST, 0, 0);
    range_model_set(&model, 2, (const double[]){1, 1}, 64, 32);
    range_begin(&r, byte, sizeof byte);
    for (int i = 0; i < SYMBOLS; i++)
        range_put(&r, &model, rng_uniform(&g) < 0.1);
    double entropy = -SYMBOLS * (0.9 * log2(0.9) + 0.1 * log2(0.1));
    double bits = range_end(&r);
    printf("    %g bits; the entropy is %.0f\n", bits, entropy);
    CHECK(bits < 1.05 * entropy && bits > 0.9 * entropy);
    CHECK(model.total == model.count[0] + model.count[1] && model.total <= RANGE_TOTAL_MAX);
}

static void counts_are_in_proportion(void)
{
    range_model m;
    range_model_set(&m, 4, (const double[]){6, 3, 1, 0}, 1024, 0);
    CHECK(m.count[0] + m.count[1] + m.count[2] + m.count[3] == 1024 && m.count[3] == 1);
    CHECK_NEAR(m.count[0], 614, 4);
    CHECK_NEAR(m.count[1], 307, 4);
    range_model_set(&m, 3, (const double[]){0, 0, 0}, 64, 1024);
    uint8_t byte[64];
    range_encoder r;
    range_begin(&r, byte, sizeof byte);
    for (int i = 0; i < 100; i++) { /* counts are halved in time, and none is lost */
        range_put(&r, &m, 2);
        CHECK(m.total <= RANGE_TOTAL_MAX && m.count[0] >= 1);
        CHECK(m.total == m.count[0] + m.count[1] + m.count[2]);
    }
}

static void zeros_have_no_bits(void)
{
    static uint8_t byte[BYTES];
    static message m;
    double worth;
    bool full, whole;
    rng r = rng_at(3, RNG_TEST, 0, 0);
    do
        draw(&r, &m);
    while (m.length < 100);
    memset(m.symbol, 0, sizeof m.symbol);
    CHECK(write(&m, byte, sizeof byte, &worth, &full) == 0 && !full);
    CHECK(read_back(&m, byte, 0, &whole) == m.length && whole);
}

static void too_small_a_buffer_is_said(void)
{
    static uint8_t byte[BYTES];
    static message m;
    for (uint32_t i = 0; i < 200; i++) {
        rng r = rng_at(4, RNG_TEST, i, 0);
        double worth;
        bool full;
        draw(&r, &m);
        uint32_t bits = write(&m, byte, sizeof byte, &worth, &full);
        for (uint32_t size = 0; size < bits_bytes(bits); size += 1 + size / 4) {
            byte[size] = 0xa5;
            write(&m, byte, size, &worth, &full);
            CHECK(full && byte[size] == 0xa5);
        }
    }
}

/* Symbols of the models, whatever the bits are; a message that goes on, or ends in zeros, is none.
 */
static void bits_from_outside_do_no_harm(void)
{
    static uint8_t byte[BYTES];
    static message m;
    for (uint32_t i = 0; i < 500; i++) {
        rng r = rng_at(6, RNG_TEST, i, 0);
        double worth;
        bool full, whole;
        draw(&r, &m);
        uint32_t bits = write(&m, byte, BYTES / 2, &worth, &full);
        memset(byte + bits_bytes(bits), 0, 8);
        read_back(&m, byte, bits + 1, &whole);
        CHECK(!whole);
        byte[(bits + 60) / 8] |= (uint8_t)(1 << (bits + 60) % 8);
        read_back(&m, byte, bits + 61, &whole);
        CHECK(!whole);
        for (uint32_t k = 0; k < BYTES; k++)
            byte[k] = (uint8_t)below(&r, 256);
        memset(byte, i % 2 ? 0xff : 0x5a, i % 5 * 4);
        read_back(&m, byte, below(&r, 8 * BYTES), &whole);
        read_back(&m, byte, 0, &whole);
        CHECK(whole);
    }
}

static const harness_test tests[] = {
    {"what goes in comes out, in at most 2 bits and 1/200 more than it is worth",
     what_goes_in_comes_out},
    {"a model learns its source", models_learn},
    {"counts are in proportion to weights, and never 0", counts_are_in_proportion},
    {"a message of zeros has no bits", zeros_have_no_bits},
    {"a buffer that is too small is reported, and nothing is written behind it",
     too_small_a_buffer_is_said},
    {"bits from outside do no harm, and a message with others behind it is refused",
     bits_from_outside_do_no_harm},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "range coder", tests, sizeof tests / sizeof tests[0]);
}
