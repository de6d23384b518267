#include "train/architecture/emit.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "base/text.h"
#include "nn/nn.h"

static const size_t weights_max = (size_t)1 << 27;

int arch_fail(arch_emitter *m, err_code code, const char *format, ...)
{
    char text[ERR_TEXT_MAX];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_one_line(text);
    return err_set(m->e, code, "%s", text);
}

int arch_name(arch_emitter *m, char *name, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    int length = vsnprintf(name, ARCH_NAME_MAX, format, args);
    va_end(args);
    if (length < ARCH_NAME_MAX)
        return 0;
    return arch_fail(m, ERR_INVALID, "the name '%.40s...' is longer than %d; name layers shorter",
                     name, ARCH_NAME_MAX - 1);
}

/* --- sizes ------------------------------------------------------------------------------------ */

/* An expression may use only the first `known` parameters, so that none depends on itself. */
static int expression(arch_emitter *m, const char *text, unsigned known, int64_t *size);

static int parameter_value(arch_emitter *m, unsigned index, int64_t *size)
{
    const arch_parameter *p = &m->file->parameters[index];
    int rc = 0;
    *size = m->parameters[index];
    if (!*size && p->value)
        rc = expression(m, p->value, index, size);
    for (int i = 0; !p->value && p->cr && i < ARCH_CRS; i++)
        if (arch_crs[i] == m->cr)
            *size = p->cr->at[i];
    m->parameters[index] = *size;
    if (rc || *size)
        return rc;
    return arch_fail(m, ERR_UNSUPPORTED, "the parameter '%s' has no value for CR %u", p->name,
                     m->cr);
}

static int named_size(arch_emitter *m, const char *name, size_t length, unsigned known,
                      int64_t *size)
{
    const struct {
        const char *name;
        uint32_t value;
    } given[] = {{"rows", m->rows}, {"columns", m->columns}, {"cr", m->cr}};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++) {
        if (strlen(given[i].name) == length && memcmp(given[i].name, name, length) == 0) {
            *size = given[i].value;
            return 0;
        }
    }
    for (unsigned i = 0; i < known; i++) {
        const char *parameter = m->file->parameters[i].name;
        if (strlen(parameter) == length && memcmp(parameter, name, length) == 0)
            return parameter_value(m, i, size);
    }
    return arch_fail(m, ERR_INVALID,
                     "'%.*s' is neither a parameter of the file nor rows, columns or cr",
                     (int)length, name);
}

static int not_a_size(arch_emitter *m, const char *text)
{
    return arch_fail(m, ERR_INVALID,
                     "'%s' is not a size: numbers and names with *, / and + between them", text);
}

/* One number or name. */
static int factor(arch_emitter *m, const char **at, unsigned known, int64_t *value)
{
    const char *from = *at += strspn(*at, " ");
    if (isdigit((unsigned char)*from)) {
        uint64_t number;
        const char *end = text_whole_at(from, &number);
        if (!end || number > ARCH_SIZE_MAX)
            return arch_fail(m, ERR_INVALID, "a size is above %d", ARCH_SIZE_MAX);
        *value = (int64_t)number;
        *at = end;
    } else {
        size_t length = 0;
        while (isalnum((unsigned char)from[length]) || from[length] == '_')
            length++;
        if (!length)
            return not_a_size(m, from);
        int rc = named_size(m, from, length, known, value);
        if (rc)
            return rc;
        *at = from + length;
    }
    *at += strspn(*at, " ");
    return 0;
}

/* Factors with * and / between them. */
static int product(arch_emitter *m, const char **at, unsigned known, int64_t *result)
{
    *result = 1;
    for (char sign = '*';; (*at)++) {
        int64_t value = 0;
        int rc = factor(m, at, known, &value);
        if (rc)
            return rc;
        if (sign == '/' && (value == 0 || *result % value))
            return arch_fail(m, ERR_INVALID, "%" PRId64 " / %" PRId64 " is not a whole number",
                             *result, value);
        if (sign == '/')
            *result /= value;
        else if (__builtin_mul_overflow(*result, value, result) || *result > ARCH_SIZE_MAX)
            return arch_fail(m, ERR_INVALID, "a size is above %d", ARCH_SIZE_MAX);
        sign = **at;
        if (sign != '*' && sign != '/')
            return 0;
    }
}

static int expression(arch_emitter *m, const char *text, unsigned known, int64_t *size)
{
    *size = 0;
    for (const char *at = text;; at++) {
        int64_t value = 0;
        int rc = product(m, &at, known, &value);
        if (rc)
            return rc;
        *size += value;
        if (*size > ARCH_SIZE_MAX)
            return arch_fail(m, ERR_INVALID, "the size '%s' is above %d", text, ARCH_SIZE_MAX);
        if (!*at)
            return 0;
        if (*at != '+')
            return not_a_size(m, text);
    }
}

int arch_size(arch_emitter *m, const char *text, bool zero, int64_t *size)
{
    int rc = expression(m, text, m->file->parameters_count, size);
    if (!rc && *size < (zero ? 0 : 1))
        return arch_fail(m, ERR_INVALID, "the size '%s' is %" PRId64 "; it must be at least %d",
                         text, *size, zero ? 0 : 1);
    return rc;
}

const char *arch_dims(const arch_value *v, arch_dims_text *into)
{
    nn_dims_text dims;
    snprintf(into->text, sizeof into->text, "%s", nn_dims_print(&dims, v->rank - 1, v->dims + 1));
    return into->text;
}

int64_t arch_count(const arch_value *v)
{
    int64_t n = 1;
    for (int i = 1; i < v->rank; i++)
        n *= v->dims[i];
    return n;
}

/* --- nodes ------------------------------------------------------------------------------------ */

int arch_node(arch_emitter *m, const char *op, const char *inputs, const arch_value *out)
{
    int64_t count = 1;
    for (int i = 1; i < out->rank; i++)
        if (__builtin_mul_overflow(count, out->dims[i], &count) || count > (int64_t)weights_max)
            return arch_fail(m, ERR_UNSUPPORTED, "it gives more than %zu values a sample",
                             weights_max);
    if (++m->nodes > ARCH_NODES_MAX)
        return arch_fail(m, ERR_UNSUPPORTED, "the network has more than %d nodes", ARCH_NODES_MAX);
    nn_builder_node(m->b, op, out->name, inputs, out->name);
    while (m->n_shared > 0) {
        m->n_shared--;
        nn_builder_rename(m->b, m->shared[m->n_shared].own, m->shared[m->n_shared].owner);
    }
    return 0;
}

void arch_take(arch_emitter *m, const arch_value *out)
{
    m->at = *out;
    m->at.offset = m->at.scale = 0;
}

/* --- initializers ----------------------------------------------------------------------------- */

double arch_slope(const arch_emitter *m, const double *own)
{
    const arch_defaults *d = m->file->defaults;
    return own ? *own : d && d->slope ? *d->slope : 0.3;
}

int arch_find_init(arch_emitter *m, const char *text, arch_init *init)
{
    static const char *const names[] = {"xavier", "he", "zero", "identity", "klt", "fit"};
    if (!text && m->file->defaults)
        text = m->file->defaults->init;
    *init = ARCH_XAVIER;
    if (!text)
        return 0;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(text, names[i]) == 0) {
            *init = (arch_init)i;
            return 0;
        }
    }
    return arch_fail(m, ERR_INVALID, "init '%s' is not one of xavier, he, zero, identity, klt, fit",
                     text);
}

/* A named matrix is outside all scopes, on both sides (tied.c). */
static bool is_tied(const char *name)
{
    return strncmp(name, "tied.", 5) == 0;
}

/* True for a weight that an earlier repetition of a shared repeat made; the next node then uses it.
 */
static int take_shared(arch_emitter *m, const char *name, bool *taken)
{
    const arch_scope *s = m->scope;
    *taken = strcmp(s->prefix, s->owner) != 0 && !is_tied(name);
    if (!*taken)
        return 0;
    if (m->n_shared == ARCH_SHARED_MAX)
        return arch_fail(m, ERR_UNSUPPORTED, "a node has more than %d shared weights",
                         ARCH_SHARED_MAX);
    int rc = arch_name(m, m->shared[m->n_shared].own, "%s", name);
    if (!rc)
        rc = arch_name(m, m->shared[m->n_shared].owner, "%s%s", s->owner, name + strlen(s->prefix));
    m->n_shared += rc == 0;
    return rc;
}

static int count_weights(arch_emitter *m, int rank, const int64_t *dims, size_t *count)
{
    *count = 1;
    for (int i = 0; i < rank; i++)
        if (__builtin_mul_overflow(*count, (size_t)dims[i], count) || *count > weights_max)
            *count = weights_max + 1;
    m->weights += *count;
    if (m->weights > weights_max)
        return arch_fail(m, ERR_UNSUPPORTED, "the network has more than %zu weights", weights_max);
    return 0;
}

/* The same name gets the same numbers anywhere in the file. */
static rng weight_stream(const arch_emitter *m, const char *name)
{
    uint32_t h = 0x811c9dc5u, side = is_tied(name) ? 0 : (uint32_t)m->side; /* FNV-1a */
    for (; *name; name++)
        h = (h ^ (uint8_t)*name) * 0x01000193u;
    return rng_at(m->seed, RNG_TRAIN_WEIGHTS, side, h);
}

/* Matrices are [out][in] (and a convolution's kernel after that), those of MatMul [..][in][out]; in
 * both the identity is at i = j. Further rows keep their values. */
static void fill_identity(const arch_weight *w, size_t count, float *values)
{
    bool kernel = w->rank == 4;
    int64_t rows = w->dims[kernel ? 0 : w->rank - 2], in = w->dims[kernel ? 1 : w->rank - 1];
    int64_t taps = kernel ? w->dims[2] * w->dims[3] : 1;
    int64_t size = rows * in * taps;
    for (int64_t g = 0; size && g < (int64_t)count / size; g++)
        for (int64_t i = 0; i < rows && i < in; i++) {
            memset(values + g * size + i * in * taps, 0, (size_t)(in * taps) * sizeof *values);
            values[g * size + (i * in + i) * taps + taps / 2] = (float)w->gain;
        }
}

static void fill(arch_emitter *m, const arch_weight *w, const char *name, size_t count,
                 float *values)
{
    rng r = weight_stream(m, name);
    double sigma = w->gain * sqrt(2 / ((1 + w->slope * w->slope) * (double)w->fan_in));
    double limit = w->gain * sqrt(6.0 / (double)(w->fan_in + w->fan_out));
    switch (w->init) {
    case ARCH_ZERO:
        break;
    case ARCH_HE:
        rng_normal_fill(&r, values, count, (float)sigma);
        break;
    default:
        for (size_t i = 0; i < count; i++)
            values[i] = (float)(limit * (2 * rng_uniform(&r) - 1));
        if (w->init == ARCH_IDENTITY)
            fill_identity(w, count, values);
    }
}

int arch_random(arch_emitter *m, const arch_weight *w)
{
    char name[ARCH_NAME_MAX] = "";
    size_t count = 0;
    bool taken = false;
    int rc = arch_name(m, name, "%s.%s", w->name, w->what);
    if (!rc)
        rc = take_shared(m, name, &taken);
    if (!rc && !taken)
        rc = count_weights(m, w->rank, w->dims, &count);
    if (rc || taken)
        return rc;
    float *values = calloc(count, sizeof *values);
    if (!values)
        return arch_fail(m, ERR_NOMEM, "no memory for %zu weights", count);
    fill(m, w, name, count, values);
    for (size_t i = 0; !rc && i < count; i++)
        if (!isfinite(values[i]))
            rc = arch_fail(m, ERR_INVALID, "its weights are not finite; gain is %g, slope %g",
                           w->gain, w->slope);
    if (!rc)
        nn_builder_floats(m->b, name, w->rank, w->dims, values);
    free(values);
    return rc;
}

int arch_constant(arch_emitter *m, const char *name, const char *what, int rank,
                  const int64_t *dims, float value)
{
    char whole[ARCH_NAME_MAX] = "";
    size_t count = 0;
    bool taken = false;
    if (!isfinite(value))
        return arch_fail(m, ERR_INVALID, "its %s is not a number that a float holds", what);
    int rc = arch_name(m, whole, "%s.%s", name, what);
    if (!rc)
        rc = take_shared(m, whole, &taken);
    if (!rc && !taken)
        rc = count_weights(m, rank, dims, &count);
    if (rc || taken)
        return rc;
    float *values = malloc(count * sizeof *values);
    if (!values)
        return arch_fail(m, ERR_NOMEM, "no memory for %zu weights", count);
    for (size_t i = 0; i < count; i++)
        values[i] = value;
    nn_builder_floats(m->b, whole, rank, dims, values);
    free(values);
    return 0;
}

int arch_number(arch_emitter *m, const char *name, float value)
{
    char whole[ARCH_NAME_MAX] = "";
    if (!isfinite(value))
        return arch_fail(m, ERR_INVALID, "its number is not one that a float holds");
    int rc = arch_name(m, whole, "const.%s", name);
    if (!rc)
        nn_builder_floats(m->b, whole, 0, NULL, &value);
    return rc;
}

int arch_list(arch_emitter *m, const char *name, int n, const int64_t *values)
{
    char whole[ARCH_NAME_MAX] = "";
    int rc = arch_name(m, whole, "const.%s", name);
    if (!rc)
        nn_builder_list(m->b, whole, n, values);
    return rc;
}

int arch_ask_klt(arch_emitter *m, const char *name)
{
    bool encoder = m->side == CODEC_ENCODER, known = m->at.scale > 0;
    if (m->klt[0])
        return arch_fail(m, ERR_INVALID, "init klt was asked for by %s already; one layer can",
                         m->klt);
    if (encoder && m->at.dims[1] != 2 * (int64_t)m->rows && m->at.rank == 4)
        return arch_fail(m, ERR_INVALID,
                         "init klt is for the image as [2*rows, 1, columns], with an offset and a "
                         "scale or behind layers that start as the identity");
    m->klt_scale = encoder && known ? m->at.scale : 1;
    m->klt_offset = encoder && known ? m->at.offset : 0;
    return arch_name(m, m->klt, "%s.weight", name);
}

int arch_ask_fit(arch_emitter *m, const char *name)
{
    if (m->side == CODEC_ENCODER || m->fit[0])
        return arch_fail(m, ERR_INVALID, "init fit is for one layer of the decoder");
    return arch_name(m, m->fit, "%s.weight", name);
}
