#include "codec/denoiser/file.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { VERSION = 1, HEAD_BYTES = 124, HASH_BYTES = 8, FULL_SCALE = INT16_MAX };

static const char magic[8] = {'C', 'S', 'I', '-', 'D', 'E', 'N', '\n'};

/* A codeword has mean power 1, so no mean or eigenvalue of N values exceeds N; doubled to allow for
 * rounding. */
static const float number_max = 2 * DENOISER_VALUES_MAX;

static const double norm_slack = 0.01;

static size_t file_bytes(size_t values)
{
    return HEAD_BYTES + values * (12 + 2 * values) + HASH_BYTES;
}

int denoiser_moments_allocate(denoiser_moments *m, err *e)
{
    size_t n = m->values;
    m->mean = calloc(n, sizeof *m->mean);
    m->variance = calloc(n, sizeof *m->variance);
    m->vector = calloc(n * n, sizeof *m->vector);
    if (m->mean && m->variance && m->vector)
        return ERR_NONE;
    return err_set(e, ERR_NOMEM, "out of memory for the moments of %zu values", n);
}

void denoiser_moments_free(denoiser_moments *m)
{
    free(m->mean);
    free(m->variance);
    free(m->vector);
    *m = (denoiser_moments){0};
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

/* The name appears in messages: printable characters, then zeros. */
static bool name_is_text(const char name[CODEC_NAME_MAX])
{
    size_t length = strnlen(name, CODEC_NAME_MAX);
    for (size_t i = 0; i < CODEC_NAME_MAX; i++)
        if (i < length ? !isgraph((unsigned char)name[i]) : name[i] != '\0')
            return false;
    return length > 0 && length < CODEC_NAME_MAX;
}

bool denoiser_file_begins(const void *file, size_t size)
{
    return size >= sizeof magic && memcmp(file, magic, sizeof magic) == 0;
}

static int read_head(const uint8_t *data, size_t size, denoiser_moments *m, err *e)
{
    const uint8_t *at = data + sizeof magic;
    if (size < HEAD_BYTES + HASH_BYTES || !denoiser_file_begins(data, size))
        return err_set(e, ERR_FORMAT,
                       "not a file of `csilink model denoiser`: it begins differently");
    uint32_t version = (uint32_t)get(&at, 4);
    if (version != VERSION)
        return err_set(e, ERR_FORMAT, "version %u of the format; this csilink reads version %d",
                       version, VERSION);
    m->values = (uint32_t)get(&at, 4);
    m->samples = (uint32_t)get(&at, 4);
    m->identity = get(&at, 8);
    memcpy(m->codec, at, CODEC_NAME_MAX);
    if (m->values < 1 || m->values > DENOISER_VALUES_MAX)
        return err_set(e, ERR_FORMAT, "codewords of %u values; 1 to %d are allowed", m->values,
                       DENOISER_VALUES_MAX);
    if (!name_is_text(m->codec))
        return err_set(e, ERR_FORMAT, "its codec's name is not a word of printable characters");
    /* The number of values is bounded by now, so this cannot overflow, and a short file cannot make
     * us allocate much memory. */
    if (size != file_bytes(m->values))
        return err_set(e, ERR_FORMAT, "%zu bytes; codewords of %u values take %zu", size, m->values,
                       file_bytes(m->values));
    return ERR_NONE;
}

static int read_numbers(const uint8_t **at, denoiser_moments *m, err *e)
{
    for (size_t i = 0; i < m->values; i++) {
        m->mean[i] = get_float(at);
        if (!(fabsf(m->mean[i]) <= number_max))
            return err_set(e, ERR_FORMAT, "the mean of value %zu is %g; up to %g is allowed", i,
                           (double)m->mean[i], (double)number_max);
    }
    for (size_t i = 0; i < m->values; i++) {
        m->variance[i] = get_float(at);
        if (!(m->variance[i] > 0 && m->variance[i] <= number_max))
            return err_set(e, ERR_FORMAT, "eigenvalue %zu is %g, not in (0, %g]", i,
                           (double)m->variance[i], (double)number_max);
        if (i > 0 && m->variance[i] > m->variance[i - 1])
            return err_set(e, ERR_FORMAT, "eigenvalue %zu is above the one before it", i);
    }
    return ERR_NONE;
}

/* Does not check that the rows are orthogonal: that takes N^3 steps, and a file that violates it
 * only gives a bad estimate. */
static int read_vectors(const uint8_t *at, denoiser_moments *m, err *e)
{
    size_t n = m->values;
    const uint8_t *entry = at + 4 * n;
    for (size_t i = 0; i < n; i++) {
        float step = get_float(&at);
        if (!(step > 0 && step <= 1))
            return err_set(e, ERR_FORMAT, "the step of eigenvector %zu is %g, not in (0, 1]", i,
                           (double)step);
        double energy = 0;
        for (size_t j = 0; j < n; j++) {
            float x = step * (float)(int16_t)get(&entry, 2);
            m->vector[i * n + j] = x;
            energy += (double)x * (double)x;
        }
        if (!(fabs(sqrt(energy) - 1) <= norm_slack))
            return err_set(e, ERR_FORMAT, "eigenvector %zu has norm %g, not 1", i, sqrt(energy));
    }
    return ERR_NONE;
}

int denoiser_file_read(const void *file, size_t size, denoiser_moments *m, err *e)
{
    const uint8_t *data = file, *at = data + HEAD_BYTES;
    *m = (denoiser_moments){0};
    int rc = read_head(data, size, m, e);
    if (rc != ERR_NONE)
        return rc;
    const uint8_t *tail = data + size - HASH_BYTES;
    if (get(&tail, HASH_BYTES) != hash_bytes(HASH_START, data, size - HASH_BYTES))
        return err_set(e, ERR_FORMAT, "its checksum is wrong: the file was damaged or changed");
    rc = denoiser_moments_allocate(m, e);
    if (rc == ERR_NONE)
        rc = read_numbers(&at, m, e);
    if (rc == ERR_NONE)
        rc = read_vectors(at, m, e);
    if (rc != ERR_NONE)
        denoiser_moments_free(m);
    return rc;
}

int denoiser_file_write(const denoiser_moments *m, void **file, size_t *size, err *e)
{
    size_t n = m->values, bytes = file_bytes(n);
    uint8_t *data = calloc(bytes, 1), *at = data;
    *file = NULL;
    *size = bytes;
    if (!data)
        return err_set(e, ERR_NOMEM, "out of memory for a file of %zu bytes", bytes);
    memcpy(at, magic, sizeof magic);
    at += sizeof magic;
    put(&at, VERSION, 4);
    put(&at, m->values, 4);
    put(&at, m->samples, 4);
    put(&at, m->identity, 8);
    memcpy(at, m->codec, strnlen(m->codec, CODEC_NAME_MAX - 1));
    at += CODEC_NAME_MAX;
    for (size_t i = 0; i < n; i++)
        put_float(&at, m->mean[i]);
    for (size_t i = 0; i < n; i++)
        put_float(&at, m->variance[i]);
    uint8_t *entry = at + 4 * n;
    for (size_t i = 0; i < n; i++) {
        const float *u = m->vector + i * n;
        float largest = 0;
        for (size_t j = 0; j < n; j++)
            largest = fmaxf(largest, fabsf(u[j]));
        /* The largest entry uses all 16 bits. */
        float step = fminf(fmaxf(largest / FULL_SCALE, FLT_MIN), 1);
        put_float(&at, step);
        for (size_t j = 0; j < n; j++)
            put(&entry, (uint16_t)lrintf(fminf(fmaxf(u[j] / step, -FULL_SCALE), FULL_SCALE)), 2);
    }
    put(&entry, hash_bytes(HASH_START, data, bytes - HASH_BYTES), HASH_BYTES);
    *file = data;
    return ERR_NONE;
}
