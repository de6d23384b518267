#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/decibel.h"
#include "base/rng.h"
#include "bench.h"
#include "uci/uci.h"

/* Words that are decoded alternately, so that the branch predictor cannot learn one of them. */
enum { WORDS = 64, CODED = 512 };

/* Es/N0 of QPSK at which a list of 8 loses about one word in a hundred (`csilink uplink ber`).
 * Links operate near this point, and decoding takes longer there than at a high SNR. */
static const struct {
    uint32_t bits;
    double snr_db;
} points[] = {{64, -4.4}, {112, -2.1}, {256, 2.0}, {400, 5.3}};

typedef struct words {
    uci_code *code;
    uci_decoder *decoder;
    uint32_t bits, next;
    bool failed; /* a decoder has refused a word */
    uint8_t sent[WORDS][UCI_BITS_MAX];
    float llr[WORDS][CODED];
    uint8_t coded[CODED], got[UCI_BITS_MAX];
} words;

static void run_encode(void *context)
{
    words *w = context;
    uci_encode(w->code, w->sent[w->next++ % WORDS], w->coded);
}

static void run_decode(void *context)
{
    words *w = context;
    const float *llr = w->llr[w->next++ % WORDS];
    bool ok;
    w->failed |= uci_decode(w->decoder, w->code, llr, w->got, &ok, NULL) != ERR_NONE;
}

/* Random words, and the LLRs of each after QPSK over Gaussian noise. */
static void fill_words(words *w, double snr_db)
{
    const float sigma = (float)sqrt(power_of_db(-snr_db));
    for (uint32_t i = 0; i < WORDS; i++) {
        rng r = rng_at(1, RNG_TEST, w->bits, i);
        for (uint32_t k = 0; k < w->bits; k++)
            w->sent[i][k] = rng_u32(&r) >> 31 & 1;
        uci_encode(w->code, w->sent[i], w->coded);
        for (uint32_t k = 0; k < CODED; k++)
            w->llr[i][k] = w->coded[k] ? -1.0f : 1.0f;
        rng_normal_add(&r, w->llr[i], CODED, sigma);
        for (uint32_t k = 0; k < CODED; k++)
            w->llr[i][k] *= 2 / (sigma * sigma);
    }
}

static void measure_point(bench *b, words *w)
{
    char name[BENCH_NAME_MAX];
    snprintf(name, sizeof name, "encode %u bits to %u", w->bits, CODED);
    bench_measure(b, "uci", name, run_encode, w, 1, 0);
    snprintf(name, sizeof name, "decode %u bits of %u, list of %u", w->bits, CODED,
             UCI_LIST_DEFAULT);
    bench_measure(b, "uci", name, run_decode, w, 1, 0);
}

void bench_uci(bench *b)
{
    static words w;
    for (size_t i = 0; i < sizeof points / sizeof points[0]; i++) {
        err e = {0};
        w.bits = points[i].bits;
        w.failed = false;
        w.code = uci_code_create(w.bits, CODED, 2, &e);
        w.decoder = w.code ? uci_decoder_create(UCI_LIST_DEFAULT, &e) : NULL;
        if (w.decoder) {
            fill_words(&w, points[i].snr_db);
            measure_point(b, &w);
        }
        if (w.failed)
            err_set(&e, ERR_FORMAT, "the decoder refused a word of %u bits", w.bits);
        if (!w.decoder || w.failed)
            bench_fail(b, "UCI code", &e);
        uci_decoder_free(w.decoder);
        uci_code_free(w.code);
    }
}
