#include "uci/short.h"

enum { ROWS = 32, FAST_COLUMNS = 6 };

/* Table 5.3.3.3-1: bit c of row[i] is M_i,c. */
static const uint16_t row[ROWS] = {
    0x403, 0x607, 0x749, 0x50d, 0x48f, 0x5d3, 0x755, 0x599, 0x69b, 0x65d, 0x6e5,
    0x567, 0x7a9, 0x6ab, 0x4b1, 0x6f3, 0x277, 0x139, 0x0fb, 0x061, 0x445, 0x60b,
    0x591, 0x717, 0x3df, 0x4e3, 0x32d, 0x3af, 0x175, 0x1fd, 0x7ff, 0x001,
};

static unsigned parity(unsigned x)
{
    return (unsigned)__builtin_popcount(x) & 1;
}

/* The value of coded bit k for one or two bits: c_0, c_1, c_2 = c_0 ^ c_1, or a placeholder. */
enum { FIRST, SECOND, SUM, ONES, AGAIN };

static int small_source(const uci_sizes *s, uint32_t k)
{
    const uint32_t symbol = k / s->qm, position = k % s->qm;
    if (s->law == UCI_REPETITION)
        return position == 0 ? FIRST : position == 1 ? AGAIN : ONES;
    if (s->qm == 1)
        return (int)(k % 3);
    return position < 2 ? (int)((2 * symbol + position) % 3) : ONES;
}

/* The word of A bits, bit 0 of `word` first, in the 32 bits before rate matching. */
static uint32_t block_word(unsigned word)
{
    uint32_t coded = 0;
    for (unsigned i = 0; i < ROWS; i++)
        coded |= (uint32_t)parity(word & row[i]) << i;
    return coded;
}

void short_encode(const uci_sizes *s, const uint8_t *bit, uint8_t *coded)
{
    if (s->law == UCI_BLOCK) {
        unsigned word = 0;
        for (uint32_t i = 0; i < s->bits; i++)
            word |= (unsigned)bit[i] << i;
        uint32_t d = block_word(word);
        for (uint32_t k = 0; k < s->coded; k++)
            coded[k] = d >> k % ROWS & 1;
        return;
    }
    const uint8_t second = s->bits == 2 ? bit[1] : 0;
    const uint8_t value[] = {bit[0], second, bit[0] ^ second, UCI_ONES, UCI_AGAIN};
    for (uint32_t k = 0; k < s->coded; k++)
        coded[k] = value[small_source(s, k)];
}

/* Correlations c[x] = sum_i (-1)^<x, i> v[i]: a fast Hadamard transform, in place. */
static void hadamard(float v[ROWS])
{
    for (int half = 1; half < ROWS; half *= 2)
        for (int i = 0; i < ROWS; i += 2 * half)
            for (int j = i; j < i + half; j++) {
                float a = v[j], b = v[j + half];
                v[j] = a + b;
                v[j + half] = a - b;
            }
}

typedef struct best {
    float correlation;
    unsigned word;
    bool alone; /* no other word has the same correlation */
} best;

static void consider(best *b, float correlation, unsigned word)
{
    if (correlation > b->correlation)
        *b = (best){correlation, word, true};
    else if (correlation == b->correlation)
        b->alone = false;
}

/* Columns 1 to 5 of the table number its rows. With column 0, all ones, they are a first-order
 * Reed-Muller code, and one Hadamard transform correlates all its 64 words. For each word of the
 * remaining columns, if any, the signs change first. */
static bool block_decode(const uci_sizes *s, const float *llr, uint8_t *bit)
{
    float sum[ROWS] = {0};
    for (uint32_t k = 0; k < s->coded; k++)
        sum[k % ROWS] += llr[k];
    const unsigned fast = s->bits < FAST_COLUMNS ? s->bits : FAST_COLUMNS;
    best b = {.correlation = -1}; /* the largest one is never negative: c_0 inverts all signs */
    for (unsigned slow = 0; slow < 1u << (s->bits - fast); slow++) {
        float v[ROWS];
        for (unsigned i = 0; i < ROWS; i++)
            v[row[i] >> 1 & 31] = parity(row[i] >> FAST_COLUMNS & slow) ? -sum[i] : sum[i];
        hadamard(v);
        for (unsigned x = 0; x < 1u << (fast - 1); x++) {
            unsigned word = slow << FAST_COLUMNS | x << 1;
            consider(&b, v[x], word);
            consider(&b, -v[x], word | 1);
        }
    }
    for (uint32_t i = 0; i < s->bits; i++)
        bit[i] = b.word >> i & 1;
    return b.alone;
}

/* One or two bits: sums the LLRs of c_0, c_1 and c_2, and compares the words. */
static bool small_decode(const uci_sizes *s, const float *llr, uint8_t *bit)
{
    float sum[3] = {0};
    for (uint32_t k = 0; k < s->coded; k++) {
        int source = small_source(s, k);
        if (source != ONES)
            sum[source == AGAIN ? FIRST : source] += llr[k];
    }
    best b = {0};
    for (unsigned word = 0; word < 1u << s->bits; word++) {
        float c = word & 1 ? -sum[FIRST] : sum[FIRST];
        if (s->bits == 2)
            c += (word & 2 ? -sum[SECOND] : sum[SECOND]) + (parity(word) ? -sum[SUM] : sum[SUM]);
        consider(&b, c, word);
    }
    for (uint32_t i = 0; i < s->bits; i++)
        bit[i] = b.word >> i & 1;
    return b.alone;
}

bool short_decode(const uci_sizes *s, const float *llr, uint8_t *bit)
{
    return s->law == UCI_BLOCK ? block_decode(s, llr, bit) : small_decode(s, llr, bit);
}
