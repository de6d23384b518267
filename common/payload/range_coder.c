#include "payload/range_coder.h"

#include <math.h>

#include "payload/bits.h"

/* Below this range the coder outputs a byte, so that the range is at least 2^11 times a total of
 * counts: shares are exact to 0.05 %. */
static const uint32_t range_least = 1u << 24;

void range_model_set(range_model *m, uint32_t symbols, const double *weight, uint32_t total,
                     uint32_t increment)
{
    double sum = 0;
    uint32_t given = 0, top = 0;
    for (uint32_t k = 0; k < symbols; k++)
        sum += weight[k];
    *m = (range_model){
        .symbols = (uint16_t)symbols, .total = (uint16_t)total, .increment = (uint16_t)increment};
    for (uint32_t k = 0; k < symbols; k++) {
        double share = sum > 0 ? weight[k] / sum : 1.0 / symbols;
        m->count[k] = (uint16_t)(1 + lrint(floor(share * (total - symbols))));
        given += m->count[k];
        if (m->count[k] > m->count[top])
            top = k;
    }
    m->count[top] = (uint16_t)(m->count[top] + total - given);
}

static void adapt(range_model *m, uint32_t symbol)
{
    m->count[symbol] = (uint16_t)(m->count[symbol] + m->increment);
    m->total = (uint16_t)(m->total + m->increment);
    if (m->total <= RANGE_TOTAL_MAX)
        return;
    m->total = 0;
    for (uint32_t k = 0; k < m->symbols; k++) {
        m->count[k] = (uint16_t)((m->count[k] + 1) / 2);
        m->total = (uint16_t)(m->total + m->count[k]);
    }
}

void range_begin(range_encoder *r, uint8_t *byte, uint32_t size)
{
    *r = (range_encoder){.byte = byte, .size = size, .range = UINT32_MAX};
}

/* Adds step to low, with the carry into the written bytes. It cannot pass the first byte, since the
 * interval lies below 1. */
static void raise_low(range_encoder *r, uint32_t step)
{
    r->low += step;
    if (r->low >= step)
        return;
    for (uint32_t i = r->used; i > 0; i--)
        if (++r->byte[i - 1] != 0)
            return;
}

static void narrow(range_encoder *r, uint32_t start, uint32_t share)
{
    raise_low(r, start);
    r->range = share;
    while (r->range < range_least) {
        if (r->used < r->size)
            r->byte[r->used++] = (uint8_t)(r->low >> 24);
        else
            r->full = true;
        r->low <<= 8;
        r->range <<= 8;
    }
}

void range_put(range_encoder *r, range_model *m, uint32_t symbol)
{
    uint32_t part = r->range / m->total, below = 0;
    for (uint32_t k = 0; k < symbol; k++)
        below += m->count[k];
    /* The last symbol gets the remainder of the division. */
    bool last = symbol + 1 == m->symbols;
    narrow(r, part * below, last ? r->range - part * below : part * m->count[symbol]);
    adapt(m, symbol);
}

void range_put_bits(range_encoder *r, uint32_t value, unsigned bits)
{
    uint32_t part = r->range >> bits;
    narrow(r, part * (value & ((1u << bits) - 1)), part);
}

static uint8_t reversed(uint8_t byte)
{
    uint8_t to = 0;
    for (int i = 0; i < 8; i++)
        to |= (uint8_t)((byte >> i & 1) << (7 - i));
    return to;
}

uint32_t range_end(range_encoder *r)
{
    /* Finds the shortest fraction in [low, low + range). */
    for (unsigned bits = 0; bits <= 32; bits++) {
        uint64_t rest = ((uint64_t)1 << (32 - bits)) - 1;
        uint64_t up = ((uint64_t)r->low + rest) & ~rest;
        if (up - r->low < r->range) {
            raise_low(r, (uint32_t)(up - r->low));
            break;
        }
    }
    for (; r->low > 0; r->low <<= 8) {
        if (r->used == r->size) {
            r->full = true;
            return 0;
        }
        r->byte[r->used++] = (uint8_t)(r->low >> 24);
    }
    while (r->used > 0 && r->byte[r->used - 1] == 0)
        r->used--;
    if (r->used == 0)
        return 0;
    uint32_t bits = 8 * r->used;
    for (unsigned last = r->byte[r->used - 1]; !(last & 1); last >>= 1)
        bits--;
    for (uint32_t i = 0; i < r->used; i++)
        r->byte[i] = reversed(r->byte[i]);
    return bits;
}

static uint32_t next_byte(range_decoder *r)
{
    uint32_t there = r->size - r->bits;
    if (there == 0)
        return 0;
    uint32_t value = reversed(r->byte[r->bits / 8]);
    if (there < 8) /* bits behind the last one read as 0, whatever the byte holds */
        value &= 0xffu << (8 - there);
    r->bits += there < 8 ? there : 8;
    return value & 0xff;
}

void range_open(range_decoder *r, const uint8_t *byte, uint32_t bits)
{
    *r = (range_decoder){.byte = byte, .size = bits, .range = UINT32_MAX};
    for (int i = 0; i < 4; i++)
        r->code = r->code << 8 | next_byte(r);
}

static void take(range_decoder *r, uint32_t start, uint32_t share)
{
    r->code -= start;
    r->range = share;
    while (r->range < range_least) {
        r->code = r->code << 8 | next_byte(r);
        r->range <<= 8;
    }
}

uint32_t range_get(range_decoder *r, range_model *m)
{
    uint32_t part = r->range / m->total, at = r->code / part, below = 0, symbol = 0;
    while (symbol + 1u < m->symbols && at >= below + m->count[symbol])
        below += m->count[symbol++];
    bool last = symbol + 1u == m->symbols;
    take(r, part * below, last ? r->range - part * below : part * m->count[symbol]);
    adapt(m, symbol);
    return symbol;
}

uint32_t range_get_bits(range_decoder *r, unsigned bits)
{
    uint32_t part = r->range >> bits, value = r->code / part, most = (1u << bits) - 1;
    /* The part behind the last value is the remainder of the shift; no encoder uses it. */
    value = value < most ? value : most;
    take(r, part * value, part);
    return value;
}

bool range_is_whole(const range_decoder *r)
{
    if (r->bits < r->size)
        return false;
    return r->size == 0 || (r->byte[(r->size - 1) / 8] >> (r->size - 1) % 8 & 1);
}
