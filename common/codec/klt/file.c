#include "codec/klt/file.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { VERSION = 1, HEAD_BYTES = 64, HASH_BYTES = 8, FULL_SCALE = INT16_MAX };

static const char magic[8] = {'C', 'S', 'I', '-', 'K', 'L', 'T', '\n'};

static const float ratio_min = 1e-13f; /* of the variances */

static size_t reals(const klt_components *c)
{
    return (size_t)2 * c->nt * c->ni;
}

static size_t file_bytes(const klt_components *c)
{
    return HEAD_BYTES + c->vectors * (8 + 2 * reals(c)) + HASH_BYTES;
}

int klt_components_allocate(klt_components *c, err *e)
{
    c->variance = calloc(c->vectors, sizeof *c->variance);
    c->vector = calloc(c->vectors * reals(c), sizeof *c->vector);
    if (c->variance && c->vector)
        return ERR_NONE;
    return err_set(e, ERR_NOMEM, "out of memory for %u principal components", c->vectors);
}

void klt_components_free(klt_components *c)
{
    free(c->variance);
    free(c->vector);
    *c = (klt_components){0};
}

/* Byte by byte, so that the file is the same on processors of either byte order. */
static uint64_t get(const uint8_t **at, size_t bytes)
{
    uint64_t value = 0;
    for (size_t i = 0; i < bytes; i++)
        value |= (uint64_t)(*at)[i] << 8 * i;
    *at += bytes;
    return value;
}

static void put(uint8_t **at, uint64_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        (*at)[i] = (uint8_t)(value >> 8 * i);
    *at += bytes;
}

static float get_float(const uint8_t **at)
{
    uint32_t bits = (uint32_t)get(at, 4);
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static void put_float(uint8_t **at, float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    put(at, bits, 4);
}

/* The scenario becomes part of names in logs and records: printable characters, then zeros. */
static bool scenario_is_text(const char scenario[KLT_SCENARIO_MAX])
{
    size_t length = strnlen(scenario, KLT_SCENARIO_MAX);
    for (size_t i = 0; i < KLT_SCENARIO_MAX; i++)
        if (i < length ? !isgraph((unsigned char)scenario[i]) : scenario[i] != '\0')
            return false;
    return length < KLT_SCENARIO_MAX;
}

static int read_head(const uint8_t *data, size_t size, klt_components *c, err *e)
{
    const uint8_t *at = data + sizeof magic;
    if (size < HEAD_BYTES + HASH_BYTES || memcmp(data, magic, sizeof magic) != 0)
        return err_set(e, ERR_FORMAT, "not a file of `csilink model klt`: it begins differently");
    uint32_t version = (uint32_t)get(&at, 4);
    if (version != VERSION)
        return err_set(e, ERR_FORMAT, "version %u of the format; this csilink reads version %d",
                       version, VERSION);
    c->nt = (uint32_t)get(&at, 4);
    c->ni = (uint32_t)get(&at, 4);
    uint32_t form = (uint32_t)get(&at, 4);
    c->vectors = (uint32_t)get(&at, 4);
    c->samples = (uint32_t)get(&at, 4);
    memcpy(c->scenario, at, KLT_SCENARIO_MAX);
    if (c->nt < 1 || c->nt > KLT_SIDE_MAX || c->ni < 1 || c->ni > KLT_SIDE_MAX ||
        reals(c) > KLT_REALS_MAX)
        return err_set(e, ERR_FORMAT,
                       "%u antennas x %u delay taps; 1 to %d of each and %d entries in all are "
                       "allowed",
                       c->nt, c->ni, KLT_SIDE_MAX, KLT_REALS_MAX / 2);
    if (form != KLT_REAL && form != KLT_COMPLEX)
        return err_set(e, ERR_FORMAT, "form %u; it must be 1 (real) or 2 (complex)", form);
    c->form = (klt_form)form;
    if (c->vectors < 1 || c->vectors > reals(c) / form)
        return err_set(e, ERR_FORMAT, "%u components; 1 to %zu are allowed", c->vectors,
                       reals(c) / form);
    if (!scenario_is_text(c->scenario))
        return err_set(e, ERR_FORMAT, "its scenario is not a word of printable characters");
    /* The sizes are bounded by now, so this cannot overflow, and a short file cannot make us
     * allocate much memory. */
    if (size != file_bytes(c))
        return err_set(e, ERR_FORMAT, "%zu bytes; %u components of %zu values take %zu", size,
                       c->vectors, reals(c), file_bytes(c));
    return ERR_NONE;
}

static int read_body(const uint8_t *at, klt_components *c, err *e)
{
    for (size_t i = 0; i < c->vectors; i++) {
        c->variance[i] = get_float(&at);
        if (!(c->variance[i] > 0 && isfinite(c->variance[i])))
            return err_set(e, ERR_FORMAT, "the variance of component %zu is %g, not positive", i,
                           (double)c->variance[i]);
        if (i > 0 && c->variance[i] > c->variance[i - 1])
            return err_set(e, ERR_FORMAT,
                           "the variance of component %zu is above the one before "
                           "it",
                           i);
        /* Gains are powers of these ratios and must be finite; no design reaches this limit. */
        if (c->variance[i] < ratio_min * c->variance[0])
            return err_set(e, ERR_FORMAT, "the variance of component %zu is below %g of the first",
                           i, (double)ratio_min);
    }
    const uint8_t *entry = at + 4 * (size_t)c->vectors;
    float *to = c->vector;
    for (size_t i = 0; i < c->vectors; i++) {
        float step = get_float(&at);
        if (!(step > 0 && step <= 1))
            return err_set(e, ERR_FORMAT, "the step of component %zu is %g, not in (0, 1]", i,
                           (double)step);
        for (size_t j = 0; j < reals(c); j++)
            *to++ = step * (float)(int16_t)get(&entry, 2);
    }
    return ERR_NONE;
}

int klt_file_read(const void *file, size_t size, klt_components *c, err *e)
{
    const uint8_t *data = file;
    *c = (klt_components){0};
    int rc = read_head(data, size, c, e);
    if (rc != ERR_NONE)
        return rc;
    const uint8_t *tail = data + size - HASH_BYTES;
    c->hash = hash_bytes(HASH_START, data, size - HASH_BYTES);
    if (get(&tail, HASH_BYTES) != c->hash)
        return err_set(e, ERR_FORMAT, "its checksum is wrong: the file was damaged or changed");
    rc = klt_components_allocate(c, e);
    if (rc == ERR_NONE)
        rc = read_body(data + HEAD_BYTES, c, e);
    if (rc != ERR_NONE)
        klt_components_free(c);
    return rc;
}

static float largest_part(const float *x, size_t n)
{
    float most = 0;
    for (size_t i = 0; i < n; i++)
        most = fmaxf(most, fabsf(x[i]));
    return most;
}

int klt_file_write(const klt_components *c, void **file, size_t *size, err *e)
{
    size_t n = reals(c), bytes = file_bytes(c);
    uint8_t *data = calloc(bytes, 1), *at = data;
    *file = NULL;
    *size = bytes;
    if (!data)
        return err_set(e, ERR_NOMEM, "out of memory for a file of %zu bytes", bytes);
    memcpy(at, magic, sizeof magic);
    at += sizeof magic;
    const uint32_t head[] = {VERSION, c->nt, c->ni, (uint32_t)c->form, c->vectors, c->samples};
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        put(&at, head[i], 4);
    memcpy(at, c->scenario, strnlen(c->scenario, KLT_SCENARIO_MAX - 1));
    at += KLT_SCENARIO_MAX;
    for (size_t i = 0; i < c->vectors; i++)
        put_float(&at, c->variance[i]);
    uint8_t *entry = at + 4 * (size_t)c->vectors;
    for (size_t i = 0; i < c->vectors; i++) {
        const float *x = c->vector + i * n;
        float largest = largest_part(x, n);
        if (!(largest <= FULL_SCALE + 1)) {
            free(data);
            return err_set(e, ERR_INVALID,
                           "component %zu has an entry of %g; at most %d is allowed", i,
                           (double)largest, FULL_SCALE + 1);
        }
        /* The largest entry uses all 16 bits, unless the step reaches its limit. */
        float step = fminf(fmaxf(largest / FULL_SCALE, FLT_MIN), 1);
        put_float(&at, step);
        for (size_t j = 0; j < n; j++)
            put(&entry, (uint16_t)lrintf(fminf(x[j] / step, FULL_SCALE)), 2);
    }
    put(&entry, hash_bytes(HASH_START, data, bytes - HASH_BYTES), HASH_BYTES);
    *file = data;
    return ERR_NONE;
}
