#include "codec/vq/file.h"

#include <ctype.h>
#include <float.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"

enum { VERSION = 1, HEAD_BYTES = 72, HASH_BYTES = 8, FULL_SCALE = INT16_MAX };

static const char magic[8] = {'C', 'S', 'I', '-', 'V', 'Q', '1', '\n'};

static size_t component_floats(const vq_codebooks *c)
{
    return (size_t)2 * c->nt * c->ni;
}

static size_t file_bytes(const vq_codebooks *c)
{
    return HEAD_BYTES + c->components * (4 + 2 * component_floats(c)) +
           c->stages * (2 + 4 + 2 * vq_stage_floats(c)) + HASH_BYTES;
}

int vq_codebooks_allocate(vq_codebooks *c, err *e)
{
    c->component = calloc(c->components * component_floats(c), sizeof *c->component);
    c->target = calloc(c->stages, sizeof *c->target);
    c->code = calloc(c->stages * vq_stage_floats(c), sizeof *c->code);
    if (c->component && c->target && c->code)
        return ERR_NONE;
    return err_set(e, ERR_NOMEM, "out of memory for %u codebooks", c->stages);
}

void vq_codebooks_free(vq_codebooks *c)
{
    free(c->component);
    free(c->target);
    free(c->code);
    *c = (vq_codebooks){0};
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

/* The scenario becomes part of names in logs and records: printable characters, then zeros. */
static bool scenario_is_text(const char scenario[VQ_SCENARIO_MAX])
{
    size_t length = strnlen(scenario, VQ_SCENARIO_MAX);
    for (size_t i = 0; i < VQ_SCENARIO_MAX; i++)
        if (i < length ? !isgraph((unsigned char)scenario[i]) : scenario[i] != '\0')
            return false;
    return length < VQ_SCENARIO_MAX;
}

static bool is_within(uint32_t value, uint32_t most)
{
    return value >= 1 && value <= most;
}

static int check_sizes(const vq_codebooks *c, err *e)
{
    if (!is_within(c->nt, VQ_SIDE_MAX) || !is_within(c->ni, VQ_SIDE_MAX) ||
        c->nt * c->ni > VQ_ENTRIES_MAX)
        return err_set(e, ERR_FORMAT,
                       "%u antennas x %u delay taps; 1 to %d of each and %d entries in all are "
                       "allowed",
                       c->nt, c->ni, VQ_SIDE_MAX, VQ_ENTRIES_MAX);
    if (!is_within(c->components, VQ_COMPONENTS_MAX) || c->components > c->nt * c->ni)
        return err_set(e, ERR_FORMAT, "%u components; 1 to %d, and at most %u, are allowed",
                       c->components, VQ_COMPONENTS_MAX, c->nt * c->ni);
    if (!is_within(c->group, VQ_GROUP_MAX) || c->components % c->group != 0)
        return err_set(e, ERR_FORMAT,
                       "groups of %u components; it must be 1 to %d, and divide the %u components",
                       c->group, VQ_GROUP_MAX, c->components);
    if (!is_within(c->stages, VQ_STAGES_MAX))
        return err_set(e, ERR_FORMAT, "%u stages; 1 to %d are allowed", c->stages, VQ_STAGES_MAX);
    if (!is_within(c->index_bits, VQ_INDEX_BITS_MAX))
        return err_set(e, ERR_FORMAT, "an index of %u bits; 1 to %d are allowed", c->index_bits,
                       VQ_INDEX_BITS_MAX);
    return ERR_NONE;
}

static int read_head(const uint8_t *data, size_t size, vq_codebooks *c, err *e)
{
    const uint8_t *at = data + sizeof magic;
    if (size < HEAD_BYTES + HASH_BYTES || memcmp(data, magic, sizeof magic) != 0)
        return err_set(e, ERR_FORMAT, "not a file of `csilink model vq`: it begins differently");
    uint32_t version = (uint32_t)get(&at, 4);
    if (version != VERSION)
        return err_set(e, ERR_FORMAT, "version %u of the format; this csilink reads version %d",
                       version, VERSION);
    uint32_t *const sizes[] = {&c->nt,     &c->ni,         &c->components, &c->group,
                               &c->stages, &c->index_bits, &c->samples};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        *sizes[i] = (uint32_t)get(&at, 4);
    memcpy(c->scenario, at, VQ_SCENARIO_MAX);
    int rc = check_sizes(c, e);
    if (rc != ERR_NONE)
        return rc;
    if (!scenario_is_text(c->scenario))
        return err_set(e, ERR_FORMAT, "its scenario is not a word of printable characters");
    /* The sizes are bounded by now, so this cannot overflow, and a short file cannot make us
     * allocate much memory. */
    if (size != file_bytes(c))
        return err_set(e, ERR_FORMAT, "%zu bytes; %u components and %u stages take %zu", size,
                       c->components, c->stages, file_bytes(c));
    return ERR_NONE;
}

/* Reads `count` rows of `length` numbers: the steps of the rows, then the numbers. */
static int read_rows(const uint8_t **at, const char *what, size_t count, size_t length, float *to,
                     err *e)
{
    const uint8_t *number = *at + 4 * count;
    for (size_t i = 0; i < count; i++) {
        uint32_t bits = (uint32_t)get(at, 4);
        float step;
        memcpy(&step, &bits, sizeof step);
        if (!(step > 0 && step <= 1))
            return err_set(e, ERR_FORMAT, "the step of %s %zu is %g, not in (0, 1]", what, i,
                           (double)step);
        for (size_t k = 0; k < length; k++)
            *to++ = step * (float)(int16_t)get(&number, 2);
    }
    *at = number;
    return ERR_NONE;
}

static int read_body(const uint8_t *at, vq_codebooks *c, err *e)
{
    int rc = read_rows(&at, "component", c->components, component_floats(c), c->component, e);
    for (uint32_t s = 0; rc == ERR_NONE && s < c->stages; s++) {
        c->target[s] = (uint16_t)get(&at, 2);
        if (c->target[s] >= c->components / c->group)
            rc = err_set(e, ERR_FORMAT, "stage %u refines group %u of %u", s, c->target[s],
                         c->components / c->group);
    }
    return rc == ERR_NONE ? read_rows(&at, "stage", c->stages, vq_stage_floats(c), c->code, e) : rc;
}

int vq_file_read(const void *file, size_t size, vq_codebooks *c, err *e)
{
    const uint8_t *data = file;
    *c = (vq_codebooks){0};
    int rc = read_head(data, size, c, e);
    if (rc != ERR_NONE)
        return rc;
    const uint8_t *tail = data + size - HASH_BYTES;
    c->hash = hash_bytes(HASH_START, data, size - HASH_BYTES);
    if (get(&tail, HASH_BYTES) != c->hash)
        return err_set(e, ERR_FORMAT, "its checksum is wrong: the file was damaged or changed");
    rc = vq_codebooks_allocate(c, e);
    if (rc == ERR_NONE)
        rc = read_body(data + HEAD_BYTES, c, e);
    if (rc != ERR_NONE)
        vq_codebooks_free(c);
    return rc;
}

static int write_rows(uint8_t **at, const char *what, size_t count, size_t length,
                      const float *from, err *e)
{
    uint8_t *number = *at + 4 * count;
    for (size_t i = 0; i < count; i++, from += length) {
        float largest = 0;
        bool finite = true;
        for (size_t k = 0; k < length; k++) {
            largest = fmaxf(largest, fabsf(from[k]));
            finite &= isfinite(from[k]) != 0;
        }
        if (!finite || !(largest <= FULL_SCALE + 1))
            return err_set(e, ERR_INVALID, "%s %zu has an entry of %g; at most %d is allowed", what,
                           i, (double)largest, FULL_SCALE + 1);
        /* The largest entry uses all 16 bits, unless the step reaches its limit. */
        float step = fminf(fmaxf(largest / FULL_SCALE, FLT_MIN), 1);
        uint32_t bits;
        memcpy(&bits, &step, sizeof bits);
        put(at, bits, 4);
        for (size_t k = 0; k < length; k++)
            put(&number, (uint16_t)lrintf(fminf(from[k] / step, FULL_SCALE)), 2);
    }
    *at = number;
    return ERR_NONE;
}

int vq_file_write(const vq_codebooks *c, void **file, size_t *size, err *e)
{
    size_t bytes = file_bytes(c);
    uint8_t *data = calloc(bytes, 1), *at = data;
    *file = NULL;
    *size = bytes;
    if (!data)
        return err_set(e, ERR_NOMEM, "out of memory for a file of %zu bytes", bytes);
    memcpy(at, magic, sizeof magic);
    at += sizeof magic;
    const uint32_t head[] = {VERSION,  c->nt,     c->ni,         c->components,
                             c->group, c->stages, c->index_bits, c->samples};
    for (size_t i = 0; i < sizeof head / sizeof head[0]; i++)
        put(&at, head[i], 4);
    memcpy(at, c->scenario, strnlen(c->scenario, VQ_SCENARIO_MAX - 1));
    at += VQ_SCENARIO_MAX;
    int rc = write_rows(&at, "component", c->components, component_floats(c), c->component, e);
    for (uint32_t s = 0; rc == ERR_NONE && s < c->stages; s++)
        put(&at, c->target[s], 2);
    if (rc == ERR_NONE)
        rc = write_rows(&at, "stage", c->stages, vq_stage_floats(c), c->code, e);
    if (rc != ERR_NONE) {
        free(data);
        return rc;
    }
    put(&at, hash_bytes(HASH_START, data, bytes - HASH_BYTES), HASH_BYTES);
    *file = data;
    return ERR_NONE;
}
