/* arithmetic.h: adaptive binary arithmetic coding (Rissanen and Langdon, 1979; Witten, Neal and
 * Cleary, 1987) of a sequence of decisions into a bit string of a given length.
 *
 * One function serves all modes: a codec goes through its decisions in one routine, and the coder
 * measures, writes or reads their bits. So writer and reader cannot differ in their models:
 *
 *     bool arith_bit(arith *a, arith_chance *c, bool bit);
 *         measuring, writing: takes `bit` and returns it; reading: ignores it, returns the next one
 *
 * The string is a binary fraction V in the interval [low, low + range) that the decisions narrow
 * down. The writer chooses the shortest V there, at most one bit longer than -log2 of the product
 * of all chances, and fills the rest of the string with zeros. The reader checks this: at the end
 * it refuses a string that no writer would produce for these decisions (arith_is_whole).
 *
 * A chance adapts: after m decisions it moves by 1 / (m + 2) of the distance to the next one, so
 * that it starts as their mean, and in the long run by 1 / (ARITH_MEMORY + 2). All arithmetic is in
 * integers: the same on every machine. */
#ifndef PAYLOAD_ARITHMETIC_H
#define PAYLOAD_ARITHMETIC_H

#include <stdbool.h>
#include <stdint.h>

enum {
    ARITH_MEMORY = 60,
    ARITH_CHANCE_MIN = 64,     /* of 65536: no decision costs more than 10 bits */
    ARITH_COUNT_MAX = 1 << 20, /* of equally likely numbers */
};

/* The chance that a decision is true. */
typedef struct arith_chance {
    uint16_t one; /* of 65536 */
    uint8_t seen; /* decisions, at most ARITH_MEMORY */
} arith_chance;

/* A chance of `one` in 65536, clamped to the allowed range, as if from `seen` decisions. */
arith_chance arith_chance_of(uint32_t one, unsigned seen);

typedef enum arith_way { ARITH_MEASURE, ARITH_WRITE, ARITH_READ } arith_way;

/* All members are private, except `bits` and `full`. */
typedef struct arith {
    arith_way way;
    uint32_t low, range, code;
    uint8_t *out;
    const uint8_t *in;
    uint32_t start, end; /* of the string: bit k is bit k mod 8 of byte k / 8 (payload/bits.h) */
    uint32_t bits;       /* so far; arith_finish may add one */
    bool full;           /* the writer ran out of room */
} arith;

static inline arith arith_measure(void)
{
    return (arith){.way = ARITH_MEASURE, .range = UINT32_MAX};
}

/* Writes to bits start .. end - 1 of `byte`, which must all be 0. */
arith arith_write(uint8_t *byte, uint32_t start, uint32_t end);

/* Reads bits start .. end - 1, and zeros behind the end. */
arith arith_read(const uint8_t *byte, uint32_t start, uint32_t end);

/* Codes a decision with this chance, which then adapts. */
static inline bool arith_bit(arith *a, arith_chance *c, bool bit);

/* Codes a number below `count`, 1 .. ARITH_COUNT_MAX, all equally likely. */
static inline uint32_t arith_uniform(arith *a, uint32_t count, uint32_t number);

/* Ends measuring or writing. Returns the total of bits; measuring may count one bit too many. The
 * remaining bits of the string are 0. */
uint32_t arith_finish(arith *a);

/* Ends reading: whether a writer would produce this string for the decisions read, including the
 * zeros at its end. */
bool arith_is_whole(const arith *a);

/* The rest is the inner loop, in the header so that a coder that only measures stays in registers.
 *
 * arith_rate: the step of a chance, in 1 / 65536, by the number of decisions seen. arith_carry:
 * adds 1 to the written number. arith_shift: writes or reads bits, one per doubling of the
 * interval. */
extern const uint16_t arith_rate[ARITH_MEMORY + 1];
void arith_carry(arith *a);
void arith_shift(arith *a, uint32_t bits);

static inline void arith_raise(arith *a, uint32_t by)
{
    a->low += by;
    a->code -= by;
    if (a->way == ARITH_WRITE && a->low < by)
        arith_carry(a);
}

/* Before every decision the range is at least half of 2^32. */
static inline void arith_normalize(arith *a)
{
    if (a->range >> 31)
        return;
    uint32_t shift = (uint32_t)__builtin_clz(a->range);
    if (a->way != ARITH_MEASURE)
        arith_shift(a, shift);
    a->low <<= shift;
    a->range <<= shift;
    a->bits += shift;
}

static inline bool arith_bit(arith *a, arith_chance *c, bool bit)
{
    uint32_t one = c->one, rate = arith_rate[c->seen];
    uint32_t split = (uint32_t)((uint64_t)a->range * one >> 16);
    if (a->way == ARITH_READ)
        bit = a->code < split;
    if (bit) {
        a->range = split;
        one += (65536 - one) * rate >> 16;
        one = one > 65536 - ARITH_CHANCE_MIN ? 65536 - ARITH_CHANCE_MIN : one;
    } else {
        arith_raise(a, split);
        a->range -= split;
        one -= one * rate >> 16;
        one = one < ARITH_CHANCE_MIN ? ARITH_CHANCE_MIN : one;
    }
    arith_normalize(a);
    c->one = (uint16_t)one;
    c->seen = (uint8_t)(c->seen + (c->seen < ARITH_MEMORY));
    return bit;
}

static inline uint32_t arith_uniform(arith *a, uint32_t count, uint32_t number)
{
    uint32_t part = a->range / count;
    if (a->way == ARITH_READ) {
        number = a->code / part;
        number = number < count ? number : count - 1;
    }
    /* The last number also gets the remainder of the division. */
    arith_raise(a, part * number);
    a->range = number + 1 < count ? part : a->range - part * number;
    arith_normalize(a);
    return number;
}

#endif
