#include "payload/bits.h"

static uint32_t low_bits(uint32_t value, unsigned bits)
{
    return bits < 32 ? value & ((1u << bits) - 1) : value;
}

void bits_put(bit_writer *w, uint32_t value, unsigned bits)
{
    /* After an omitted field, a reader would take the next one for it. */
    if (w->full || bits > w->room - w->bits) {
        w->full = true;
        return;
    }
    value = low_bits(value, bits);
    while (bits > 0) {
        unsigned at = w->bits % 8, count = bits < 8 - at ? bits : 8 - at;
        uint8_t *byte = &w->byte[w->bits / 8];
        uint32_t part = low_bits(value, count) << at;
        *byte = (uint8_t)(at ? *byte | part : part);
        value >>= count; /* count <= 8, so no shift reaches the width of the type */
        bits -= count;
        w->bits += count;
    }
}

uint32_t bits_get(bit_reader *r, unsigned bits)
{
    /* A partial field is meaningless, and so is everything after it. */
    if (r->cut || bits > r->size - r->bits) {
        r->cut = true;
        return 0;
    }
    uint32_t value = 0;
    for (unsigned done = 0; done < bits;) {
        unsigned at = r->bits % 8, count = bits - done < 8 - at ? bits - done : 8 - at;
        value |= low_bits((uint32_t)r->byte[r->bits / 8] >> at, count) << done;
        done += count;
        r->bits += count;
    }
    return value;
}

unsigned bits_for(uint32_t count)
{
    unsigned bits = 0;
    while (bits < 32 && (uint64_t)1 << bits < count)
        bits++;
    return bits;
}
