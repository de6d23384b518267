#include "uplink/digital/scramble.h"

enum {
    SKIPPED = 1600,
    STATE = 31,
    STEP = 28, /* x(n + 31) needs x(n + 3): a state gives this many new bits at once */
    WHOLE_STEPS = SKIPPED / STEP,
};

static const uint32_t step_mask = (1u << STEP) - 1, state_mask = 0x7fffffff;

/* A register holds x(n) .. x(n + 30), x(n) in the lowest bit. These give x(n + 31) .. x(n + 58). */
static uint32_t following_x1(uint32_t x)
{
    return (x >> 3 ^ x) & step_mask;
}

static uint32_t following_x2(uint32_t x)
{
    return (x >> 3 ^ x >> 2 ^ x >> 1 ^ x) & step_mask;
}

/* Advances a register by `count` <= STEP bits. */
static uint32_t move_on(uint32_t x, uint32_t following, unsigned count)
{
    return (x >> count | following << (STATE - count)) & state_mask;
}

void scramble_sequence(uint32_t c_init, uint8_t *c, size_t count)
{
    uint32_t x1 = 1, x2 = c_init & state_mask;
    for (int n = 0; n < WHOLE_STEPS; n++) {
        x1 = move_on(x1, following_x1(x1), STEP);
        x2 = move_on(x2, following_x2(x2), STEP);
    }
    x1 = move_on(x1, following_x1(x1), SKIPPED % STEP);
    x2 = move_on(x2, following_x2(x2), SKIPPED % STEP);
    for (size_t n = 0; n < count; n += STEP) {
        uint32_t bits = x1 ^ x2;
        size_t left = count - n < STEP ? count - n : STEP;
        for (size_t i = 0; i < left; i++)
            c[n + i] = (uint8_t)(bits >> i & 1);
        x1 = move_on(x1, following_x1(x1), STEP);
        x2 = move_on(x2, following_x2(x2), STEP);
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
