#include "payload/arithmetic.h"

/* The interval is [low, low + range), in units of 2^-32 of the rest of the string: the settled bits
 * of low are already written, and a carry propagates into them. The range is at least half of 2^32
 * before every decision. */
static const uint32_t half = UINT32_C(1) << 31;

/* 65536 / (i + 2). */
const uint16_t arith_rate[ARITH_MEMORY + 1] = {
    32768, 21845, 16384, 13107, 10922, 9362, 8192, 7281, 6553, 5957, 5461, 5041, 4681,
    4369,  4096,  3855,  3640,  3449,  3276, 3120, 2978, 2849, 2730, 2621, 2520, 2427,
    2340,  2259,  2184,  2114,  2048,  1985, 1927, 1872, 1820, 1771, 1724, 1680, 1638,
    1598,  1560,  1524,  1489,  1456,  1424, 1394, 1365, 1337, 1310, 1285, 1260, 1236,
    1213,  1191,  1170,  1149,  1129,  1110, 1092, 1074, 1057};

static uint32_t get_bit(const arith *a, uint32_t at)
{
    return at < a->end ? (uint32_t)(a->in[at / 8] >> at % 8) & 1 : 0;
}

/* Adds 1 to the written number. It never carries out of the first bit, since low + range started at
 * 1 or below. */
void arith_carry(arith *a)
{
    if (a->full)
        return;
    for (uint32_t at = a->start + a->bits; at-- > a->start;) {
        a->out[at / 8] ^= (uint8_t)(1u << at % 8);
        if (a->out[at / 8] >> at % 8 & 1)
            return;
    }
}

static void put_bit(arith *a, uint32_t at, uint32_t bit)
{
    if (at < a->end)
        a->out[at / 8] |= (uint8_t)(bit << at % 8);
    else
        a->full = true;
}

void arith_shift(arith *a, uint32_t bits)
{
    uint32_t from = a->start + a->bits;
    if (a->way == ARITH_WRITE)
        for (uint32_t i = 0; i < bits; i++)
            put_bit(a, from + i, a->low >> (31 - i) & 1);
    else
        for (uint32_t i = 0; i < bits; i++)
            a->code = a->code << 1 | get_bit(a, from + 32 + i);
}

arith arith_write(uint8_t *byte, uint32_t start, uint32_t end)
{
    return (arith){
        .way = ARITH_WRITE, .range = UINT32_MAX, .out = byte, .start = start, .end = end};
}

arith arith_read(const uint8_t *byte, uint32_t start, uint32_t end)
{
    arith a = {.way = ARITH_READ, .range = UINT32_MAX, .in = byte, .start = start, .end = end};
    for (uint32_t i = 0; i < 32; i++)
        a.code = a.code << 1 | get_bit(&a, start + i);
    return a;
}

arith_chance arith_chance_of(uint32_t one, unsigned seen)
{
    const uint32_t most = 65536 - ARITH_CHANCE_MIN;
    one = one < ARITH_CHANCE_MIN ? ARITH_CHANCE_MIN : one > most ? most : one;
    return (arith_chance){(uint16_t)one, (uint8_t)(seen < ARITH_MEMORY ? seen : ARITH_MEMORY)};
}

uint32_t arith_finish(arith *a)
{
    /* Measuring does not track low. */
    if (a->way == ARITH_MEASURE)
        return ++a->bits;
    /* The shortest fraction in the interval: low itself if it is 0; else the next multiple of a
     * half, which is half itself or a carry. */
    if (a->low > half)
        arith_raise(a, 0u - a->low);
    else if (a->low > 0) {
        put_bit(a, a->start + a->bits, 1);
        a->bits++;
    }
    return a->bits;
}

bool arith_is_whole(const arith *a)
{
    /* Reading continues with zeros behind the end, but a writer never gets there. */
    if (a->bits > a->end - a->start || a->code != ((0u - a->low) & (half - 1)))
        return false;
    for (uint32_t at = a->start + a->bits + 32; at < a->end; at++)
        if (get_bit(a, at))
            return false;
    return true;
}
