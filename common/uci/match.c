#include "uci/match.h"

#include <string.h>

#include "uci/sequence.h"

enum { SUB_BLOCKS = 32 };

/* Table 5.4.1.1-1: the sub-block at position i. */
static const uint8_t sub_block[SUB_BLOCKS] = {0,  1,  2,  4,  3,  5,  6,  7,  8,  16, 9,
                                              17, 10, 18, 11, 19, 12, 20, 13, 21, 14, 22,
                                              15, 23, 24, 25, 26, 28, 27, 29, 30, 31};

/* J(n): y_n = d_J(n). */
static uint32_t interleaved(uint32_t n, uint32_t length)
{
    uint32_t size = length / SUB_BLOCKS;
    return sub_block[n / size] * size + n % size;
}

/* e_k = y of this index. */
static uint32_t selected(const uci_sizes *s, uint32_t k)
{
    if (s->match == UCI_REPEATED)
        return k % s->length;
    return s->match == UCI_PUNCTURED ? k + s->length - s->block_coded : k;
}

void uci_match_sources(const uci_sizes *s, uint16_t *source)
{
    const uint32_t e = s->block_coded;
    uint32_t side = 1, out = 0;
    while (side * (side + 1) / 2 < e)
        side++;
    /* Rows of side, side - 1, .. 1 bits are written one after the other and read by columns. */
    for (uint32_t column = 0; column < side; column++)
        for (uint32_t row = 0, k = column; row < side - column && k < e; k += side - row, row++)
            source[out++] = (uint16_t)interleaved(selected(s, k), s->length);
}

void uci_match_frozen(const uci_sizes *s, uint8_t *frozen)
{
    const uint32_t n = s->length, e = s->block_coded;
    memset(frozen, 0, n);
    if (s->match == UCI_PUNCTURED) {
        /* ceil(3/4 N - E/2) and ceil(9/16 N - E/4) */
        uint32_t first = 4 * e >= 3 * n ? (3 * n - 2 * e + 3) / 4 : (9 * n - 4 * e + 15) / 16;
        memset(frozen, 1, first);
        for (uint32_t i = 0; i < n - e; i++)
            frozen[interleaved(i, n)] = 1;
    } else if (s->match == UCI_SHORTENED) {
        for (uint32_t i = e; i < n; i++)
            frozen[interleaved(i, n)] = 1;
    }
}

void uci_match_combine(const uci_sizes *s, const uint16_t *source, const float *coded, float *d)
{
    memset(d, 0, s->length * sizeof *d);
    for (uint32_t k = 0; k < s->block_coded; k++)
        d[source[k]] += coded[k];
    if (s->match == UCI_SHORTENED)
        for (uint32_t i = s->block_coded; i < s->length; i++)
            d[interleaved(i, s->length)] = UCI_LLR_CERTAIN;
}
