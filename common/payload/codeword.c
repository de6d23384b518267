#include "payload/codeword.h"

#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "payload/rice.h"

enum { LEVELS_MAX = 1 << CSI_CODEWORD_BITS_MAX, LAWS = 2, CHUNK = 256 };

/* The refinement ends when a step lowers the squared error by less than this share. */
static const double least_gain = 0.01;

/* Divides [-1, 1] so finely that no cell, with a margin for rounding, holds two thresholds: those
 * of mu8 are 1/685 apart in the middle. */
enum { CELLS = 2048 };
static const float cell_margin = 1e-6f;

/* Levels of a quantized law, and the thresholds between them. */
typedef struct table {
    float level[LEVELS_MAX];
    float threshold[LEVELS_MAX]; /* [q]: between level q and q + 1; infinite behind the last */
    uint8_t below[CELLS];        /* thresholds below each cell */
} table;

static table tables[LAWS][CSI_CODEWORD_BITS_MAX + 1];
static pthread_once_t tables_made = PTHREAD_ONCE_INIT;

static double level_of(bool uniform, unsigned bits, unsigned q)
{
    double levels = 1u << bits, y = (2.0 * q + 1 - levels) / levels;
    if (uniform)
        return y;
    return copysign(expm1(fabs(y) * log1p(CSI_CODEWORD_MU_LAW)) / CSI_CODEWORD_MU_LAW, y);
}

static void make_table(table *t, bool uniform, unsigned bits)
{
    unsigned last = (1u << bits) - 1, q = 0;
    for (unsigned i = 0; i <= last; i++)
        t->level[i] = (float)level_of(uniform, bits, i);
    for (unsigned i = 0; i < last; i++)
        t->threshold[i] = (t->level[i] + t->level[i + 1]) / 2;
    t->threshold[last] = INFINITY;
    for (unsigned c = 0; c < CELLS; c++) {
        while (t->threshold[q] < (float)c / (CELLS / 2) - 1 - cell_margin)
            q++;
        t->below[c] = (uint8_t)q;
    }
}

static void make_tables(void)
{
    for (unsigned bits = CSI_CODEWORD_BITS_MIN; bits <= CSI_CODEWORD_BITS_MAX; bits++) {
        make_table(&tables[0][bits], true, bits);
        make_table(&tables[1][bits], false, bits);
    }
}

static bool is_quantized(csi_codeword_format f)
{
    return f.law == CSI_CODEWORD_UNIFORM || f.law == CSI_CODEWORD_MU || f.law == CSI_CODEWORD_RICE;
}

static const table *table_of(csi_codeword_format f)
{
    pthread_once(&tables_made, make_tables);
    return &tables[f.law == CSI_CODEWORD_UNIFORM ? 0 : 1][f.bits];
}

const float *csi_codeword_levels(csi_codeword_format f)
{
    return table_of(f)->level;
}

/* "u4" with prefix "u": 4; 0 for anything else. */
static unsigned bits_behind(const char *name, const char *prefix)
{
    size_t length = strlen(prefix);
    const char *digit = name + length;
    if (strncmp(name, prefix, length) != 0 || *digit < '0' + CSI_CODEWORD_BITS_MIN ||
        *digit > '0' + CSI_CODEWORD_BITS_MAX || digit[1])
        return 0;
    return (unsigned)(*digit - '0');
}

int csi_codeword_parse(const char *name, csi_codeword_format *f, err *e)
{
    unsigned uniform = strcmp(name, "uint8") == 0 ? 8 : bits_behind(name, "u");
    unsigned mu = bits_behind(name, "mu"), rice = bits_behind(name, "r");
    *f = (csi_codeword_format){CSI_CODEWORD_FLOAT32, 0};
    if (uniform)
        *f = (csi_codeword_format){CSI_CODEWORD_UNIFORM, uniform};
    else if (mu)
        *f = (csi_codeword_format){CSI_CODEWORD_MU, mu};
    else if (rice)
        *f = (csi_codeword_format){CSI_CODEWORD_RICE, rice};
    else if (strcmp(name, "float16") == 0)
        f->law = CSI_CODEWORD_FLOAT16;
    else if (strcmp(name, "float32") != 0)
        return err_set(e, ERR_INVALID,
                       "'%.40s' is not a codeword format; the formats are float32, float16, "
                       "uint8, u2 to u8 (uniform), mu2 to mu8 (mu-law) and r2 to r8 (Rice code)",
                       name);
    return ERR_NONE;
}

const char *csi_codeword_name(csi_codeword_format f, char name[CSI_CODEWORD_NAME_MAX])
{
    const char *law = f.law == CSI_CODEWORD_UNIFORM ? "u"
                      : f.law == CSI_CODEWORD_MU    ? "mu"
                      : f.law == CSI_CODEWORD_RICE  ? "r"
                                                    : "float";
    snprintf(name, CSI_CODEWORD_NAME_MAX, "%s%u", law, csi_codeword_value_bits(f));
    return name;
}

int csi_codeword_check(csi_codeword_format f, err *e)
{
    if (f.law != CSI_CODEWORD_FLOAT32 && f.law != CSI_CODEWORD_FLOAT16 && !is_quantized(f))
        return err_set(e, ERR_FORMAT, "unknown codeword format %u", (unsigned)f.law);
    if (!is_quantized(f))
        return f.bits == 0 ? ERR_NONE
                           : err_set(e, ERR_FORMAT, "a float codeword with %u bits set", f.bits);
    if (f.bits < CSI_CODEWORD_BITS_MIN || f.bits > CSI_CODEWORD_BITS_MAX)
        return err_set(e, ERR_FORMAT, "codeword values of %u bits; %d to %d are allowed", f.bits,
                       CSI_CODEWORD_BITS_MIN, CSI_CODEWORD_BITS_MAX);
    return ERR_NONE;
}

unsigned csi_codeword_value_bits(csi_codeword_format f)
{
    return is_quantized(f) ? f.bits : f.law == CSI_CODEWORD_FLOAT16 ? 16 : 32;
}

size_t csi_codeword_bytes(csi_codeword_format f, size_t n)
{
    return (n * csi_codeword_value_bits(f) + 7) / 8;
}

uint32_t csi_codeword_bits(csi_codeword_format f, uint32_t n)
{
    uint32_t range = is_quantized(f) ? 8 * sizeof(csi_codeword_range) : 0;
    return n * csi_codeword_value_bits(f) + range;
}

void csi_indices_pack(const uint8_t *indices, size_t n, unsigned bits, uint8_t *bytes)
{
    unsigned held = 0, count = 0; /* bits not written yet, fewer than 8 */
    for (size_t i = 0; i < n; i++) {
        held |= (unsigned)indices[i] << count;
        count += bits;
        if (count >= 8) {
            *bytes++ = (uint8_t)held;
            held >>= 8;
            count -= 8;
        }
    }
    if (count > 0)
        *bytes = (uint8_t)held;
}

void csi_indices_unpack(const uint8_t *bytes, size_t n, unsigned bits, uint8_t *indices)
{
    unsigned held = 0, count = 0, mask = (1u << bits) - 1;
    for (size_t i = 0; i < n; i++) {
        if (count < bits) {
            held |= (unsigned)*bytes++ << count;
            count += 8;
        }
        indices[i] = (uint8_t)(held & mask);
        held >>= bits;
        count -= bits;
    }
}

/* Indices of the levels nearest to y, in units of the scale. Without branches, so that it
 * vectorises. */
static void nearest_uniform(unsigned bits, const float *y, size_t n, uint8_t *indices)
{
    float half = (float)(1u << (bits - 1)), last = 2 * half - 1;
    for (size_t i = 0; i < n; i++) {
        float q = y[i] * half + half;
        q = q < last ? q : last;
        q = q > 0 ? q : 0;
        indices[i] = (uint8_t)(int)q;
    }
}

/* The number of thresholds <= y: those below its cell, and perhaps one more. */
static void nearest_of(const table *t, const float *y, size_t n, uint8_t *indices)
{
    for (size_t i = 0; i < n; i++) {
        float at = (y[i] + 1) * (CELLS / 2);
        at = at < CELLS - 1 ? at : CELLS - 1;
        at = at > 0 ? at : 0;
        unsigned q = t->below[(unsigned)at];
        indices[i] = (uint8_t)(q + (y[i] >= t->threshold[q]));
    }
}

/* n <= CHUNK values: y = (s - offset) / scale and the index of its level. */
static void to_indices(csi_codeword_format f, csi_codeword_range r, const float *values, size_t n,
                       float *y, uint8_t *indices)
{
    /* A subnormal scale has no finite inverse: all values get one level. */
    float inverse = r.scale >= FLT_MIN ? 1 / r.scale : 0;
    for (size_t i = 0; i < n; i++)
        y[i] = (values[i] - r.offset) * inverse;
    if (f.law == CSI_CODEWORD_UNIFORM)
        nearest_uniform(f.bits, y, n, indices);
    else
        nearest_of(table_of(f), y, n, indices);
}

enum { LANES = 16 };

/* Moments of n <= CHUNK values, in units of the scale, and of their levels. */
typedef struct moments {
    double n, y, yy, a, aa, ya;
} moments;

/* Adds a chunk: each lane sums a few floats, which vectorises; the lanes are added as doubles. */
static void add_moments(const float *y, const float *a, size_t n, moments *m)
{
    float sum[5][LANES] = {0};
    for (size_t i = 0; i < n; i += LANES) {
        for (size_t k = 0; k < LANES; k++) {
            sum[0][k] += y[i + k];
            sum[1][k] += y[i + k] * y[i + k];
            sum[2][k] += a[i + k];
            sum[3][k] += a[i + k] * a[i + k];
            sum[4][k] += y[i + k] * a[i + k];
        }
    }
    for (size_t k = 0; k < LANES; k++) {
        m->y += (double)sum[0][k];
        m->yy += (double)sum[1][k];
        m->a += (double)sum[2][k];
        m->aa += (double)sum[3][k];
        m->ya += (double)sum[4][k];
    }
}

static moments moments_at(csi_codeword_format f, csi_codeword_range r, const float *values,
                          size_t n)
{
    const float *level = csi_codeword_levels(f);
    moments m = {.n = (double)n};
    for (size_t start = 0; start < n; start += CHUNK) {
        size_t length = n - start < CHUNK ? n - start : CHUNK;
        float y[CHUNK + LANES] = {0}, a[CHUNK + LANES] = {0}; /* zero-padded to whole lanes */
        uint8_t indices[CHUNK];
        to_indices(f, r, values + start, length, y, indices);
        for (size_t i = 0; i < length; i++)
            a[i] = level[indices[i]];
        add_moments(y, a, length, &m);
    }
    return m;
}

/* Fits the least-squares line through the pairs; returns the remaining squared error. */
static double fit_line(const moments *m, csi_codeword_range *r)
{
    double unit = (double)r->scale, offset = (double)r->offset;
    double va = m->aa - m->a * m->a / m->n, vy = m->yy - m->y * m->y / m->n;
    double c = m->ya - m->y * m->a / m->n;
    if (!(va > 0) || !(c > 0))
        return INFINITY;
    r->scale = (float)(unit * c / va);
    r->offset = (float)(offset + unit * (m->y - c / va * m->a) / m->n);
    return fmax(vy - c * c / va, 0) * unit * unit;
}

static csi_codeword_range choose_range(csi_codeword_format f, const float *values, size_t n)
{
    double sum = 0, furthest = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)values[i];
    double mean = n ? sum / (double)n : 0;
    for (size_t i = 0; i < n; i++) { /* gcc 12 for aarch64 fails on fmax here */
        const double distance = fabs((double)values[i] - mean);
        furthest = distance > furthest ? distance : furthest;
    }
    double outermost = (double)csi_codeword_levels(f)[(1u << f.bits) - 1];
    csi_codeword_range r = {(float)(furthest / outermost), (float)mean};
    double before = INFINITY;
    for (int i = 0; i < CSI_CODEWORD_REFINEMENTS && r.scale >= FLT_MIN; i++) {
        moments m = moments_at(f, r, values, n);
        double error = fit_line(&m, &r);
        if (!(error < before * (1 - least_gain)))
            break;
        before = error;
    }
    return r;
}

static int check_range(csi_codeword_range r, err *e)
{
    if (!isfinite(r.scale) || !isfinite(r.offset) || r.scale < 0)
        return err_set(e, ERR_FORMAT,
                       "the codeword's scale is %g and its offset %g; both must be finite and the "
                       "scale not negative",
                       (double)r.scale, (double)r.offset);
    if (fabs((double)r.offset) + (double)r.scale > (double)FLT_MAX)
        return err_set(e, ERR_FORMAT, "levels up to %g +- %g are beyond the range of floats",
                       (double)r.offset, (double)r.scale);
    return ERR_NONE;
}

static int check_finite(const float *values, size_t n, err *e)
{
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return err_set(e, ERR_FORMAT, "codeword[%zu] is not finite", i);
    return ERR_NONE;
}

static int pack_halves(const float *values, size_t n, uint8_t *bytes, err *e)
{
    for (size_t i = 0; i < n; i++) {
        uint16_t half = csi_half_from_float(values[i]);
        if ((half & 0x7c00u) == 0x7c00u)
            return err_set(e, ERR_FORMAT, "codeword[%zu] is %g; the largest float16 is 65504", i,
                           (double)values[i]);
        bytes[2 * i] = (uint8_t)half;
        bytes[2 * i + 1] = (uint8_t)(half >> 8);
    }
    return ERR_NONE;
}

/* A chunk of values fills whole bytes, whatever the bits. */
static void pack_levels(csi_codeword_format f, csi_codeword_range r, const float *values, size_t n,
                        uint8_t *bytes)
{
    float y[CHUNK];
    uint8_t indices[CHUNK];
    for (size_t start = 0; start < n; start += CHUNK) {
        size_t length = n - start < CHUNK ? n - start : CHUNK;
        to_indices(f, r, values + start, length, y, indices);
        csi_indices_pack(indices, length, f.bits, bytes + start * f.bits / 8);
    }
}

int csi_codeword_pack(csi_codeword_format f, const float *values, size_t n, uint8_t *bytes,
                      csi_codeword_range *range, err *e)
{
    *range = (csi_codeword_range){0};
    if (n > CSI_CODEWORD_VALUES_MAX)
        return err_set(e, ERR_FORMAT, "a codeword of %zu values; at most %d are allowed", n,
                       CSI_CODEWORD_VALUES_MAX);
    if (check_finite(values, n, e) != ERR_NONE)
        return ERR_FORMAT;
    if (f.law == CSI_CODEWORD_FLOAT16)
        return pack_halves(values, n, bytes, e);
    if (!is_quantized(f)) {
        memcpy(bytes, values, n * sizeof *values);
        return ERR_NONE;
    }
    if (f.law == CSI_CODEWORD_RICE)
        return csi_rice_pack((uint64_t)n * f.bits, values, n, bytes, range, e);
    *range = choose_range(f, values, n);
    if (check_range(*range, e) != ERR_NONE)
        return ERR_FORMAT;
    pack_levels(f, *range, values, n, bytes);
    return ERR_NONE;
}

static int unpack_levels(csi_codeword_format f, csi_codeword_range r, const uint8_t *bytes,
                         size_t size, float *values, size_t n, err *e)
{
    const float *level = csi_codeword_levels(f);
    uint8_t indices[CHUNK];
    unsigned used = (unsigned)(n * f.bits % 8);
    if (used && bytes[size - 1] >> used)
        return err_set(e, ERR_FORMAT, "bits are set after the codeword's last value");
    for (size_t start = 0; start < n; start += CHUNK) {
        size_t length = n - start < CHUNK ? n - start : CHUNK;
        csi_indices_unpack(bytes + start * f.bits / 8, length, f.bits, indices);
        for (size_t i = 0; i < length; i++)
            values[start + i] = r.offset + r.scale * level[indices[i]];
    }
    return ERR_NONE;
}

int csi_codeword_unpack(csi_codeword_format f, csi_codeword_range range, const uint8_t *bytes,
                        size_t size, float *values, size_t n, err *e)
{
    char name[CSI_CODEWORD_NAME_MAX];
    if (csi_codeword_check(f, e) != ERR_NONE)
        return ERR_FORMAT;
    if (n > CSI_CODEWORD_VALUES_MAX || size != csi_codeword_bytes(f, n))
        return err_set(e, ERR_FORMAT, "%zu bytes are not a codeword of %zu values in %s", size, n,
                       csi_codeword_name(f, name));
    if (is_quantized(f) && check_range(range, e) != ERR_NONE)
        return ERR_FORMAT;
    if (f.law == CSI_CODEWORD_UNIFORM || f.law == CSI_CODEWORD_MU)
        return unpack_levels(f, range, bytes, size, values, n, e);
    if (f.law == CSI_CODEWORD_RICE &&
        csi_rice_unpack((uint64_t)n * f.bits, range, bytes, values, n, NULL, e) != 0)
        return ERR_FORMAT;
    if (f.law == CSI_CODEWORD_FLOAT32 && size > 0)
        memcpy(values, bytes, size);
    for (size_t i = 0; f.law == CSI_CODEWORD_FLOAT16 && i < n; i++)
        values[i] = csi_float_from_half((uint16_t)(bytes[2 * i] | bytes[2 * i + 1] << 8));
    return check_finite(values, n, e);
}
