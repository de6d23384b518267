#include "uplink/digital/source.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "base/hash.h"
#include "base/text.h"
#include "payload/bits.h"
#include "payload/level.h"
#include "payload/rice.h"
#include "uplink/snr.h"

enum { QUARTERS = 4, RANGE_BITS = 8 }; /* a level has RANGE_BITS more than a value */

static const double range_low_db = -120, range_high_db = 80;

static unsigned whole_bits(digital_source s)
{
    return (s.quarters + QUARTERS - 1) / QUARTERS;
}

static level_law range_law(digital_source s)
{
    return (level_law){
        .bits = RANGE_BITS + whole_bits(s), .low_db = range_low_db, .high_db = range_high_db};
}

static int parse_bits(const char *digits, const char *name, digital_source *s, err *e)
{
    double bits;
    if (!*digits)
        return ERR_NONE;
    if (*digits >= '0' && *digits <= '9' && text_number(digits, &bits) && bits <= 8) {
        s->quarters = (unsigned)(bits * QUARTERS);
        if (s->quarters == bits * QUARTERS && digital_source_has(s->law, s->quarters, UINT32_MAX))
            return ERR_NONE;
    }
    return err_set(e, ERR_INVALID,
                   "'%.40s' is not a law; the laws are u2 to u8 (uniform), mu2 to mu8 (mu-law) "
                   "and, in steps of a quarter, r1.25 to r8 (Rice code)",
                   name);
}

int digital_source_parse(const char *name, digital_source *s, err *e)
{
    static const struct {
        const char *prefix;
        csi_codeword_law law;
    } laws[] = {{"mu", CSI_CODEWORD_MU}, {"u", CSI_CODEWORD_UNIFORM}, {"r", CSI_CODEWORD_RICE}};
    for (size_t i = 0; i < sizeof laws / sizeof laws[0]; i++) {
        size_t length = strlen(laws[i].prefix);
        *s = (digital_source){.law = laws[i].law};
        if (strncmp(name, laws[i].prefix, length) == 0)
            return parse_bits(name + length, name, s, e);
    }
    return parse_bits("?", name, s, e);
}

const char *digital_source_name(digital_source s, char name[DIGITAL_SOURCE_NAME_MAX])
{
    const char *law = s.law == CSI_CODEWORD_UNIFORM ? "u" : s.law == CSI_CODEWORD_MU ? "mu" : "r";
    if (s.quarters == 0)
        snprintf(name, DIGITAL_SOURCE_NAME_MAX, "%s", law);
    else
        snprintf(name, DIGITAL_SOURCE_NAME_MAX, "%s%g", law, (double)s.quarters / QUARTERS);
    return name;
}

/* For n values; the values of a payload do not overflow this. */
static uint64_t value_bits(digital_source s, uint32_t n)
{
    return ((uint64_t)n * s.quarters + QUARTERS - 1) / QUARTERS;
}

bool digital_source_has(csi_codeword_law law, unsigned quarters, uint32_t values)
{
    digital_source s = {law, quarters};
    if (quarters > DIGITAL_QUARTERS_MAX)
        return false;
    if (law != CSI_CODEWORD_RICE)
        return quarters % QUARTERS == 0 && quarters / QUARTERS >= CSI_CODEWORD_BITS_MIN;
    return quarters >= DIGITAL_QUARTERS_MIN &&
           (values == 0 || value_bits(s, values) >= (uint64_t)values + 4);
}

/* The bits of the number of side bits, counted from side_bits_min. */
static unsigned count_bits(const payload_shape *shape)
{
    return bits_for(shape->side_bits_max - shape->side_bits_min + 1);
}

uint32_t digital_source_bits(digital_source s, const payload_shape *shape)
{
    uint32_t side = shape->side_bits_max + count_bits(shape);
    if (shape->values_max == 0)
        return side;
    return side + (uint32_t)value_bits(s, shape->values_max) + 2 * range_law(s).bits + 1;
}

int digital_scratch_init(digital_scratch *s, const payload_shape *shape, uint32_t bits, err *e)
{
    *s = (digital_scratch){.bytes = calloc((size_t)shape->values_max + 8, 1),
                           .packed = calloc((size_t)bits_bytes(bits) + 8, 1),
                           .value = calloc((size_t)shape->values_max + 1, sizeof(float))};
    if (s->bytes && s->packed && s->value)
        return ERR_NONE;
    digital_scratch_free(s);
    return err_set(e, ERR_NOMEM, "out of memory for a payload of %u bits", bits);
}

void digital_scratch_free(digital_scratch *s)
{
    free(s->bytes);
    free(s->packed);
    free(s->value);
    *s = (digital_scratch){0};
}

/* Appends `count` bits of a packed string. */
static void put_string(bit_writer *w, const uint8_t *bytes, uint64_t count)
{
    for (; count >= 8; count -= 8)
        bits_put(w, *bytes++, 8);
    if (count > 0)
        bits_put(w, *bytes & ((1u << count) - 1), (unsigned)count);
}

static void get_string(bit_reader *r, uint8_t *bytes, uint64_t count)
{
    for (; count >= 8; count -= 8)
        *bytes++ = (uint8_t)bits_get(r, 8);
    if (count > 0)
        *bytes = (uint8_t)bits_get(r, (unsigned)count);
}

static int pack_values(digital_source s, const float *value, uint32_t n, uint8_t *bytes,
                       csi_codeword_range *range, err *e)
{
    if (s.law == CSI_CODEWORD_RICE)
        return csi_rice_pack(value_bits(s, n), value, n, bytes, range, e);
    csi_codeword_format format = {s.law, s.quarters / QUARTERS};
    return csi_codeword_pack(format, value, n, bytes, range, e);
}

static int put_values(digital_source s, const payload_shape *shape, const payload *p,
                      digital_scratch *scratch, bit_writer *w, err *e)
{
    const level_law law = range_law(s);
    const double most = (double)level_value(law, UINT32_MAX);
    const uint32_t n = shape->values_max;
    csi_codeword_range range = {0};
    if (n == 0)
        return ERR_NONE;
    memcpy(scratch->value, p->value, p->values * sizeof *p->value);
    for (uint32_t i = p->values; i < n; i++)
        scratch->value[i] = 0;
    int rc = pack_values(s, scratch->value, n, scratch->bytes, &range, e);
    if (rc == ERR_NONE && ((double)range.scale > most || fabs((double)range.offset) > most))
        rc = err_set(e, ERR_FORMAT, "the payload's values are %g +- %g; at most %g can be sent",
                     (double)range.offset, (double)range.scale, most);
    if (rc != ERR_NONE)
        return rc;
    put_string(w, scratch->bytes, value_bits(s, n));
    bits_put(w, level_code(law, (double)range.scale, LEVEL_NEAREST), law.bits);
    bits_put(w, level_code(law, fabs((double)range.offset), LEVEL_NEAREST), law.bits);
    bits_put(w, range.offset < 0, 1);
    return ERR_NONE;
}

/* Never 0, which would mean no bits. */
static uint64_t digest_of(const uint8_t *packed, uint32_t bits)
{
    uint64_t h = hash_bytes(hash_bytes(HASH_START, &bits, sizeof bits), packed, bits_bytes(bits));
    return h ? h : 1;
}

int digital_source_write(digital_source s, const payload_shape *shape, const payload *p,
                         digital_scratch *scratch, uint8_t *bits, uint64_t *digest, err *e)
{
    const uint32_t size = digital_source_bits(s, shape);
    bit_writer w = {.byte = scratch->packed, .room = size};
    if (p->side_bits < shape->side_bits_min)
        return err_set(e, ERR_FORMAT, "a payload of %u side bits; its codec sends at least %u",
                       p->side_bits, shape->side_bits_min);
    put_string(&w, p->side, p->side_bits);
    while (w.bits < shape->side_bits_max)
        bits_put(&w, 0, 1);
    bits_put(&w, p->side_bits - shape->side_bits_min, count_bits(shape));
    int rc = put_values(s, shape, p, scratch, &w, e);
    if (rc != ERR_NONE)
        return rc;
    *digest = digest_of(scratch->packed, size);
    for (uint32_t i = 0; i < size; i++)
        bits[i] = scratch->packed[i / 8] >> i % 8 & 1;
    return ERR_NONE;
}

/* A Rice code can end early, and a level is never too large. With u and mu every string is
 * valid. */
static bool unpack_values(digital_source s, csi_codeword_range range, const uint8_t *bytes,
                          float *value, uint32_t n)
{
    const uint64_t count = value_bits(s, n);
    size_t got = n;
    if (s.law == CSI_CODEWORD_RICE) {
        if (csi_rice_unpack(count, range, bytes, value, n, &got, NULL) == ERR_NONE)
            return true;
        for (size_t i = got; i < n; i++)
            value[i] = range.offset;
        return false;
    }
    csi_codeword_format format = {s.law, s.quarters / QUARTERS};
    return csi_codeword_unpack(format, range, bytes, csi_codeword_bytes(format, n), value, n,
                               NULL) == ERR_NONE;
}

/* Distance between neighbouring values of the law at a value. */
static double step_at(digital_source s, csi_codeword_range range, float value)
{
    const double scale = (double)range.scale;
    if (s.law == CSI_CODEWORD_RICE)
        return scale;
    const double uniform = 2 * scale / (1u << s.quarters / QUARTERS);
    if (s.law == CSI_CODEWORD_UNIFORM)
        return uniform;
    /* y maps to a = sgn(y) ((1 + mu)^|y| - 1) / mu: da/dy = log(1 + mu) (|a| + 1 / mu). */
    const double a = fabs((double)(value - range.offset)) / scale;
    return uniform * log1p(CSI_CODEWORD_MU_LAW) * (a + 1 / CSI_CODEWORD_MU_LAW);
}

static double values_snr_db(digital_source s, csi_codeword_range range, const payload *p)
{
    double power = 0, error = 0;
    for (uint32_t i = 0; i < p->values && range.scale > 0; i++) {
        const double step = step_at(s, range, p->value[i]);
        power += (double)p->value[i] * (double)p->value[i];
        error += step * step / 12;
    }
    if (!(error > 0))
        return UPLINK_SNR_MAX_DB; /* no values, or all equal */
    return fmin(fmax(db_of_power(power / error), UPLINK_SNR_MIN_DB), UPLINK_SNR_MAX_DB);
}

static bool get_values(digital_source s, const payload_shape *shape, digital_scratch *scratch,
                       bit_reader *r, payload *p)
{
    const level_law law = range_law(s);
    p->values = shape->values_max;
    p->snr_db = UPLINK_SNR_MAX_DB;
    if (p->values == 0)
        return true;
    get_string(r, scratch->bytes, value_bits(s, p->values));
    csi_codeword_range range = {.scale = level_value(law, bits_get(r, law.bits))};
    range.offset = level_value(law, bits_get(r, law.bits));
    if (bits_get(r, 1))
        range.offset = -range.offset;
    bool sound = unpack_values(s, range, scratch->bytes, p->value, p->values);
    p->snr_db = values_snr_db(s, range, p);
    return sound;
}

bool digital_source_read(digital_source s, const payload_shape *shape, const uint8_t *bits,
                         digital_scratch *scratch, payload *p, uint64_t *digest)
{
    const uint32_t size = digital_source_bits(s, shape), most = shape->side_bits_max;
    memset(scratch->packed, 0, bits_bytes(size));
    for (uint32_t i = 0; i < size; i++)
        scratch->packed[i / 8] |= (uint8_t)(bits[i] << i % 8);
    *digest = digest_of(scratch->packed, size);
    bit_reader r = {.byte = scratch->packed, .size = size};
    get_string(&r, p->side, most);
    uint64_t side_bits = (uint64_t)shape->side_bits_min + bits_get(&r, count_bits(shape));
    bool sound = side_bits <= most;
    p->side_bits = sound ? (uint32_t)side_bits : most;
    /* Unused side bits must be 0, so that payloads with the same meaning have the same bytes. */
    for (uint32_t i = p->side_bits; i < most; i++) {
        sound = sound && !(p->side[i / 8] >> i % 8 & 1);
        p->side[i / 8] &= (uint8_t) ~(1u << i % 8);
    }
    return get_values(s, shape, scratch, &r, p) && sound;
}
