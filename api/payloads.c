/* Payloads in one block of memory. */
#include <math.h>
#include <stdlib.h>

#include "api/internal.h"
#include "payload/bits.h"

static int create_payloads(const csl_codec *c, uint32_t n, csl_payload **out, err *e)
{
    if (api_need(out, "out", e))
        return ERR_INVALID;
    *out = NULL;
    if (api_need(c, "the codec", e))
        return ERR_INVALID;
    const payload_shape *shape = api_codec_shape(c);
    size_t bytes = bits_bytes(shape->side_bits_max), values = shape->values_max;
    /* Structures, then values, then bits: each is aligned where the one before ends. */
    size_t each = sizeof **out + values * sizeof(float) + bytes;
    char *block = calloc(n ? n : 1, each);
    if (!block)
        return err_set(e, ERR_NOMEM, "out of memory for %u payloads", n);
    csl_payload *p = (csl_payload *)(void *)block;
    float *value = (float *)(void *)(p + n);
    uint8_t *bit = (uint8_t *)(value + n * values);
    for (size_t i = 0; i < n; i++) {
        p[i].value = values ? value + i * values : NULL;
        p[i].bit = bytes ? bit + i * bytes : NULL;
        p[i].snr_db = INFINITY;
    }
    *out = p;
    return ERR_NONE;
}

int csl_payloads_create(const csl_codec *c, uint32_t n, csl_payload **out)
{
    err e = {0};
    create_payloads(c, n, out, &e);
    return api_return(&e);
}

void csl_payloads_free(csl_payload *payloads)
{
    free(payloads);
}
