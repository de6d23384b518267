/* Payloads between the caller's structure and the one of common/, which share memory. */
#include <math.h>

#include "api/internal.h"

/* Where a codec has no bits or no values, the caller's pointer may be NULL; inside csilink it never
 * is. */
static _Thread_local uint8_t no_bits[8];
static _Thread_local float no_values[1];

payload api_payload_of(const csl_payload *p)
{
    return (payload){.side_bits = p->bits,
                     .side = p->bit ? p->bit : no_bits,
                     .values = p->values,
                     .value = p->value ? p->value : no_values,
                     .exact = p->exact != 0,
                     .snr_db = p->snr_db,
                     .builds_on = p->builds_on};
}

void api_payload_to(const payload *from, csl_payload *to)
{
    to->bits = from->side_bits;
    to->values = from->values;
    to->exact = from->exact;
    to->snr_db = from->snr_db;
    to->builds_on = from->builds_on;
}

int api_check_room(const csl_payload *p, uint32_t index, const payload_shape *shape, err *e)
{
    if ((shape->side_bits_max && !p->bit) || (shape->values_max && !p->value))
        return err_set(e, ERR_INVALID, "payload %u has no memory for %s", index,
                       shape->side_bits_max && !p->bit ? "bits" : "values");
    return ERR_NONE;
}

int api_check_payload(const csl_payload *p, uint32_t index, const payload_shape *shape, err *e)
{
    if (p->bits > shape->side_bits_max || p->values > shape->values_max)
        return err_set(e, ERR_FORMAT,
                       "payload %u has %u bits and %u values; at most %u and %u are allowed", index,
                       p->bits, p->values, shape->side_bits_max, shape->values_max);
    if ((p->bits && !p->bit) || (p->values && !p->value))
        return err_set(e, ERR_INVALID, "payload %u has %s, but their pointer is NULL", index,
                       p->bits && !p->bit ? "bits" : "values");
    if (p->bits % 8 && p->bit[p->bits / 8] >> p->bits % 8)
        return err_set(e, ERR_FORMAT, "payload %u has bits set after its last, number %u", index,
                       p->bits);
    for (uint32_t k = 0; k < p->values; k++)
        if (!isfinite(p->value[k]))
            return err_set(e, ERR_FORMAT, "value %u of payload %u is not finite", k, index);
    return ERR_NONE;
}
