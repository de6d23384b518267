#include "make_corpus.h"

#include "fuzz.h"

#include <math.h>

#include "base/rng.h"
#include "uci/uci.h"

/* A noisy word of the UCI code, its LLRs as bytes or, at a scale, as floats. */
static void write_uci(const char *name, uint32_t bits, uint32_t coded, uint8_t qm, float scale)
{
    uint8_t seed[1 << 13] = {
        (uint8_t)bits, (uint8_t)(bits >> 8), (uint8_t)coded, (uint8_t)(coded >> 8), qm, 7,
        scale > 0};
    static uint8_t bit[UCI_BITS_MAX], word[UCI_CODED_MAX];
    rng r = rng_at(20, RNG_TEST, bits, coded);
    size_t size = 7;
    uci_code *code = uci_code_create(bits, coded, qm, NULL);
    require(code != NULL);
    for (uint32_t i = 0; i < bits; i++)
        bit[i] = rng_u32(&r) & 1;
    uci_encode(code, bit, word);
    for (uint32_t k = 0; k < coded; k++) {
        float llr = (word[k] == 0 ? 20.0f : -20.0f) + 10 * (float)rng_normal(&r);
        llr *= scale > 0 ? scale : 1;
        size_t width = scale > 0 ? sizeof llr : 1;
        require(size + width <= sizeof seed);
        seed[size] = (uint8_t)(int8_t)fminf(fmaxf(llr, -127), 127);
        if (scale > 0)
            memcpy(seed + size, &llr, sizeof llr);
        size += width;
    }
    uci_code_free(code);
    write_seed("fuzz_uci", name, -1, seed, size);
}

void write_uci_words(void)
{
    write_uci("repetition", 1, 12, 4, 0);
    write_uci("simplex", 2, 24, 4, 0);
    write_uci("block", 11, 40, 2, 0);
    write_uci("short-crc", 12, 54, 2, 0);
    write_uci("parity-by-weight", 19, 300, 2, 0);
    write_uci("punctured", 20, 108, 2, 1);
    write_uci("shortened", 300, 500, 2, 0);
    write_uci("two-blocks", 361, 1089, 2, 0);
    write_uci("longest", 1706, 2001, 2, 0);
    write_uci("infinite", 20, 50, 2, INFINITY);
}
