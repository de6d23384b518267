#include "payload/payload.h"

#include <stdlib.h>

#include "payload/bits.h"

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static uint32_t most(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

payload_shape payload_shape_by_kind(const payload_size *key, const payload_size *innovation)
{
    const payload_size *k = key, *i = innovation;
    payload_shape s = {.side_bits_min = least(k->side_bits_min, i->side_bits_min),
                       .side_bits_max = most(k->side_bits_max, i->side_bits_max),
                       .values_max = most(k->values, i->values)};
    s.values_min = s.values_max > 0 && k->values != i->values ? least(k->values, i->values) : 0;
    s.by_kind = k->side_bits_min != i->side_bits_min || k->side_bits_max != i->side_bits_max ||
                k->values != i->values;
    if (s.by_kind) {
        s.key = *k;
        s.innovation = *i;
    }
    return s;
}

int payload_init(payload *p, const payload_shape *shape, err *e)
{
    *p = (payload){0};
    if (shape->side_bits_max > PAYLOAD_SIDE_BITS_MAX || shape->values_max > PAYLOAD_VALUES_MAX)
        return err_set(e, ERR_INVALID,
                       "a payload of %u side bits and %u values; at most %d and %d are allowed",
                       shape->side_bits_max, shape->values_max, PAYLOAD_SIDE_BITS_MAX,
                       PAYLOAD_VALUES_MAX);
    /* calloc(0) may return NULL, which would look like a failure, so allocate one element more. */
    p->side = calloc((size_t)bits_bytes(shape->side_bits_max) + 1, 1);
    p->value = calloc((size_t)shape->values_max + 1, sizeof *p->value);
    if (p->side && p->value)
        return ERR_NONE;
    payload_free(p);
    return err_set(e, ERR_NOMEM, "out of memory for a payload");
}

void payload_free(payload *p)
{
    free(p->side);
    free(p->value);
    *p = (payload){0};
}
