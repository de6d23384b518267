#include "uplink/digital/scramble.h"

enum { SKIPPED = 1600 };

/* Both registers hold x(n) .. x(n + 30), x(n) in the lowest bit. */
static uint32_t next_x1(uint32_t x)
{
    return x >> 1 | ((x >> 3 ^ x) & 1) << 30;
}

static uint32_t next_x2(uint32_t x)
{
    return x >> 1 | ((x >> 3 ^ x >> 2 ^ x >> 1 ^ x) & 1) << 30;
}

void scramble_sequence(uint32_t c_init, uint8_t *c, size_t count)
{
    uint32_t x1 = 1, x2 = c_init & 0x7fffffff;
    for (int n = 0; n < SKIPPED; n++) {
        x1 = next_x1(x1);
        x2 = next_x2(x2);
    }
    for (size_t n = 0; n < count; n++) {
        c[n] = (uint8_t)((x1 ^ x2) & 1);
        x1 = next_x1(x1);
        x2 = next_x2(x2);
    }
}

uint32_t scramble_init(uint16_t rnti, uint16_t identity)
{
    return ((uint32_t)rnti << 15) + identity;
}

void scramble_bits(const uint8_t *c, uint8_t *bits, size_t count)
{
    for (size_t i = 0; i < count; i++)
        bits[i] ^= c[i];
}

void scramble_llr(const uint8_t *c, float *llr, size_t count)
{
    for (size_t i = 0; i < count; i++)
        llr[i] = c[i] ? -llr[i] : llr[i];
}
