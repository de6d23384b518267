#include "payload/rice.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

enum {
    PARAMETER_BITS = 4,
    PARAMETER_MAX = (1 << PARAMETER_BITS) - 1,
    SEARCH_STEPS = 14, /* bisections of the logarithm of the scale: to 0.1 % */
    CANDIDATES = 4,
    CHUNK = 256,
};

static const uint32_t number_max = 1u << 24; /* floats represent integers up to here */

/* The values for the search: the `furthest` and the mean distance from the offset. */
typedef struct source {
    const float *values;
    size_t n;
    float offset, furthest;
    double mean;
} source;

/* 0, -1, 1, -2, 2, ... as 0, 1, 2, 3, 4, ... */
static uint32_t number_of(float value, float offset, float inverse)
{
    float y = (value - offset) * inverse;
    int32_t q = (int32_t)(y + (y < 0 ? -0.5f : 0.5f));
    return (uint32_t)q << 1 ^ (uint32_t)(q >> 31);
}

static float level_of(uint32_t number, csi_codeword_range r)
{
    int32_t q = (int32_t)(number >> 1) ^ -(int32_t)(number & 1);
    return r.offset + r.scale * (float)q;
}

static source describe(const float *values, size_t n)
{
    source s = {.values = values, .n = n};
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)values[i];
    s.offset = n ? (float)(sum / (double)n) : 0;
    for (size_t i = 0; i < n; i++) {
        s.furthest = fmaxf(s.furthest, fabsf(values[i] - s.offset));
        s.mean += (double)fabsf(values[i] - s.offset) / (double)n;
    }
    return s;
}

/* Bits of all values at this scale, with the best parameter near the one that follows from the
 * mean. */
static uint64_t bits_at(const source *s, float scale, unsigned *parameter)
{
    uint64_t sum[CANDIDATES] = {0};
    float inverse = 1 / scale;
    int guess = (int)floor(log2(fmax(s->mean / (double)scale, 1))) - 1;
    unsigned first = guess < 0 ? 0 : (unsigned)guess;
    first = first > PARAMETER_MAX + 1 - CANDIDATES ? PARAMETER_MAX + 1 - CANDIDATES : first;
    for (size_t start = 0; start < s->n; start += CHUNK) {
        size_t end = start + CHUNK < s->n ? start + CHUNK : s->n;
        uint32_t part[CANDIDATES] = {0};
        for (size_t i = start; i < end; i++) {
            uint32_t number = number_of(s->values[i], s->offset, inverse) >> first;
            for (unsigned c = 0; c < CANDIDATES; c++)
                part[c] += number >> c;
        }
        for (unsigned c = 0; c < CANDIDATES; c++)
            sum[c] += part[c];
    }
    uint64_t best = UINT64_MAX;
    for (unsigned c = 0; c < CANDIDATES; c++) {
        uint64_t size = PARAMETER_BITS + sum[c] + s->n * (1 + first + c);
        if (size < best) {
            best = size;
            *parameter = first + c;
        }
    }
    return best;
}

/* The smallest scale, to the search's accuracy, at which the numbers fit. At 2.5 times the furthest
 * value all numbers are 0, which always fit. */
static float find_scale(const source *s, uint64_t budget, unsigned *parameter)
{
    float fits = s->furthest * 2.5f, below = s->furthest * 0x1p-20f;
    bits_at(s, fits, parameter);
    for (int i = 0; i < SEARCH_STEPS; i++) {
        float middle = sqrtf(fits) * sqrtf(below);
        unsigned tried;
        if (bits_at(s, middle, &tried) <= budget) {
            fits = middle;
            *parameter = tried;
        } else {
            below = middle;
        }
    }
    return fits;
}

/* The least-squares line through numbers and values, which can only lower the error. */
static csi_codeword_range fit(const source *s, float scale)
{
    double n = (double)s->n, sq = 0, sqq = 0, sy = 0, syq = 0;
    float inverse = 1 / scale;
    csi_codeword_range r = {scale, s->offset};
    for (size_t i = 0; i < s->n; i++) {
        double q = (double)level_of(number_of(s->values[i], s->offset, inverse),
                                    (csi_codeword_range){.scale = 1});
        double y = (double)(s->values[i] - s->offset) * (double)inverse;
        sq += q;
        sqq += q * q;
        sy += y;
        syq += y * q;
    }
    double spread = sqq - sq * sq / n, slope = (syq - sy * sq / n) / spread;
    if (!(spread > 0) || !(slope > 0))
        return r;
    r.scale = (float)((double)scale * slope);
    r.offset = (float)((double)s->offset + (double)scale * (sy - slope * sq) / n);
    return r;
}

/* Position in the bits of a codeword, the least significant of each byte first. */
typedef struct cursor {
    uint64_t at, end;
} cursor;

static void put(uint8_t *bytes, cursor *c, uint32_t value, unsigned count)
{
    for (unsigned i = 0; i < count; i++, c->at++)
        bytes[c->at / 8] |= (uint8_t)((value >> i & 1) << c->at % 8);
}

static uint32_t get(const uint8_t *bytes, cursor *c, unsigned count)
{
    uint32_t value = 0;
    for (unsigned i = 0; i < count && c->at < c->end; i++, c->at++)
        value |= (uint32_t)(bytes[c->at / 8] >> c->at % 8 & 1) << i;
    return value;
}

int csi_rice_pack(uint64_t bits, const float *values, size_t n, uint8_t *bytes,
                  csi_codeword_range *range, err *e)
{
    source s = describe(values, n);
    unsigned parameter = 0;
    if (bits < n + PARAMETER_BITS)
        return err_set(e, ERR_FORMAT, "%zu values are too few for a Rice code of %llu bits", n,
                       (unsigned long long)bits);
    if (!(s.furthest < FLT_MAX / 4))
        return err_set(e, ERR_FORMAT, "values up to %g are too far apart for a Rice code",
                       (double)s.furthest);
    memset(bytes, 0, (bits + 7) / 8);
    *range = (csi_codeword_range){0, s.offset};
    if (!(s.furthest > 0x1p-90f)) /* all values get one level */
        return ERR_NONE;
    float scale = find_scale(&s, bits, &parameter), inverse = 1 / scale;
    cursor c = {.end = bits};
    put(bytes, &c, parameter, PARAMETER_BITS);
    for (size_t i = 0; i < n; i++) {
        uint32_t number = number_of(values[i], s.offset, inverse);
        for (uint32_t ones = number >> parameter; ones > 0; ones--)
            put(bytes, &c, 1, 1);
        put(bytes, &c, 0, 1);
        put(bytes, &c, number, parameter);
    }
    *range = fit(&s, scale);
    return ERR_NONE;
}

/* False if the bytes end before the number does, or it is too large. */
static bool get_number(const uint8_t *bytes, cursor *c, unsigned parameter, uint32_t *number)
{
    uint32_t ones = 0;
    while (c->at < c->end && get(bytes, c, 1))
        ones++;
    bool ended = c->at > 0 && !(bytes[(c->at - 1) / 8] >> (c->at - 1) % 8 & 1);
    if (!ended || c->end - c->at < parameter || ones > number_max >> parameter)
        return false;
    *number = ones << parameter | get(bytes, c, parameter);
    return true;
}

int csi_rice_unpack(uint64_t bits, csi_codeword_range range, const uint8_t *bytes, float *values,
                    size_t n, size_t *got, err *e)
{
    cursor c = {.end = bits};
    size_t unused;
    got = got ? got : &unused;
    *got = 0;
    uint64_t whole = (c.end + 7) / 8 * 8;
    uint32_t parameter = get(bytes, &c, PARAMETER_BITS), number;
    for (size_t i = 0; i < n; i++) {
        if (c.at == c.end || !get_number(bytes, &c, parameter, &number))
            return err_set(e, ERR_FORMAT, "the codeword's value %zu is incomplete or beyond 2^24",
                           i);
        values[i] = level_of(number, range);
        *got = i + 1;
    }
    for (c.end = whole; c.at < c.end;)
        if (get(bytes, &c, 1))
            return err_set(e, ERR_FORMAT, "bits are set after the codeword's last value");
    return ERR_NONE;
}
