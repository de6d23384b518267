/* select and spread: only the values at fixed positions are sent, and the decoder puts them back
 * there. */
#include "train/architecture/select.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "nn/nn.h"
#include "train/architecture/emit.h"

/* --- positions -------------------------------------------------------------------------------- */

typedef struct candidate {
    double power;
    int64_t at;
} candidate;

static int compare_candidates(const void *one, const void *other)
{
    const candidate *a = one, *b = other;
    if (a->power != b->power)
        return a->power > b->power ? -1 : 1;
    return a->at < b->at ? -1 : a->at > b->at;
}

static int compare_positions(const void *one, const void *other)
{
    const int64_t *a = one, *b = other;
    return *a < *b ? -1 : *a > *b;
}

int arch_choose(const double *power, size_t n, size_t count, int64_t *positions, err *e)
{
    candidate *all = malloc(n * sizeof *all);
    if (!all)
        return err_set(e, ERR_NOMEM, "no memory to choose of %zu values", n);
    for (size_t i = 0; i < n; i++)
        all[i] = (candidate){.power = power[i], .at = (int64_t)i};
    qsort(all, n, sizeof *all, compare_candidates);
    for (size_t i = 0; i < count; i++)
        positions[i] = all[i].at;
    qsort(positions, count, sizeof *positions, compare_positions);
    free(all);
    return 0;
}

/* The order without images: power is taken to fall with the channel and away from the middle
 * column. */
static int choose_middle(const arch_selection *s, int64_t *positions, err *e)
{
    size_t n = s->channels * s->columns, middle = s->columns / 2;
    double *power = malloc(n * sizeof *power);
    if (!power)
        return err_set(e, ERR_NOMEM, "no memory to choose of %zu values", n);
    for (size_t i = 0; i < n; i++) {
        size_t column = i % s->columns, off = column > middle ? column - middle : middle - column;
        power[i] = 1.0 / (double)((i / s->columns + 1) * (1 + off));
    }
    int rc = arch_choose(power, n, s->count, positions, e);
    free(power);
    return rc;
}

/* The decoder's index and mask. */
static void invert(const int64_t *positions, size_t count, size_t n, int64_t *index, float *mask)
{
    memset(index, 0, n * sizeof *index);
    memset(mask, 0, n * sizeof *mask);
    for (size_t i = 0; i < count; i++) {
        index[positions[i]] = (int64_t)i;
        mask[positions[i]] = 1;
    }
}

/* --- layers ----------------------------------------------------------------------------------- */

/* Notes the layer that selects; a side can have one. */
static int ask(arch_emitter *m, const char *op, const char *name, arch_selection *s)
{
    bool encoder = m->side == CODEC_ENCODER;
    size_t n = s->channels * s->columns;
    if (encoder != (strcmp(op, "select") == 0))
        return arch_fail(m, ERR_INVALID, "select is for the encoder and spread for the decoder");
    if (m->select[0])
        return arch_fail(m, ERR_INVALID, "a second %s; a side may have one", op);
    if (s->count > n)
        return arch_fail(m, ERR_MISMATCH, "cannot select %zu of %zu x 1 x %zu values", s->count,
                         s->channels, s->columns);
    snprintf(m->select, sizeof m->select, "%s %zu %zu %zu", name, s->channels, s->columns,
             s->count);
    return 0;
}

/* Flattens m->at to one row and gathers `length` elements by the list const.<name>.index. */
static int gather_row(arch_emitter *m, const char *name, const int64_t *index, size_t length)
{
    arch_value flat = {.rank = 2, .dims = {-1, arch_count(&m->at)}};
    arch_value out = {.rank = 2, .dims = {-1, (int64_t)length}};
    char text[ARCH_NAME_MAX] = "", inputs[3 * ARCH_NAME_MAX];
    int rc = arch_name(m, text, "%s.flat", name);
    if (!rc)
        rc = arch_reshape(m, &flat, text);
    if (!rc)
        rc = arch_name(m, text, "%s.index", name);
    if (!rc)
        rc = arch_list(m, text, (int)length, index);
    if (!rc)
        rc = arch_name(m, out.name, "%s.values", name);
    snprintf(inputs, sizeof inputs, "%s const.%s", m->at.name, text);
    if (!rc)
        rc = arch_node(m, "Gather", inputs, &out);
    if (rc)
        return rc;
    nn_builder_int(m->b, "axis", 1);
    arch_take(m, &out);
    return 0;
}

int arch_emit_select(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value shape, x = m->at;
    arch_dims_text dims;
    int64_t count = 0;
    if (x.rank != 4 || x.dims[2] != 1)
        return arch_fail(m, ERR_MISMATCH, "select is for [channels, 1, columns], not [%s]",
                         arch_dims(&x, &dims));
    int rc = arch_size(m, layer->select->count, false, &count);
    if (!rc)
        rc = arch_shape(m, m->file->codeword, m->file->codeword_count, &shape);
    if (!rc && count != arch_count(&shape))
        rc = arch_fail(m, ERR_MISMATCH, "select %" PRId64 " values for a codeword of [%s]", count,
                       arch_dims(&shape, &dims));
    arch_selection s = {
        .channels = (size_t)x.dims[1], .columns = (size_t)x.dims[3], .count = (size_t)count};
    if (!rc)
        rc = ask(m, "select", name, &s);
    if (rc)
        return rc;
    int64_t *positions = malloc(s.count * sizeof *positions);
    rc = positions ? choose_middle(&s, positions, m->e)
                   : arch_fail(m, ERR_NOMEM, "no memory for %zu positions", s.count);
    if (!rc)
        rc = gather_row(m, name, positions, s.count);
    free(positions);
    return rc ? rc : arch_reshape(m, &shape, name);
}

/* The row of all values: those received at their positions, and zeros. */
static int fill_row(arch_emitter *m, const char *name, const int64_t *index, const float *mask,
                    size_t n)
{
    char text[ARCH_NAME_MAX] = "", inputs[3 * ARCH_NAME_MAX];
    int rc = gather_row(m, name, index, n);
    arch_value out = m->at;
    if (!rc)
        rc = arch_name(m, text, "const.%s.mask", name);
    if (!rc)
        rc = arch_name(m, out.name, "%s.masked", name);
    if (rc)
        return rc;
    nn_builder_floats(m->b, text, 1, &out.dims[1], mask);
    snprintf(inputs, sizeof inputs, "%s %s", m->at.name, text);
    rc = arch_node(m, "Mul", inputs, &out);
    if (!rc)
        arch_take(m, &out);
    return rc;
}

int arch_emit_spread(arch_emitter *m, const arch_layer *layer, const char *name)
{
    arch_value shape = {.rank = 4, .dims = {-1, 1, 1, m->columns}};
    int rc = arch_size(m, layer->spread->out, false, &shape.dims[1]);
    arch_selection s = {.channels = (size_t)shape.dims[1],
                        .columns = m->columns,
                        .count = (size_t)arch_count(&m->at)};
    size_t n = s.channels * s.columns;
    if (!rc)
        rc = ask(m, "spread", name, &s);
    if (rc)
        return rc;
    int64_t *positions = malloc((s.count + n) * sizeof *positions);
    float *mask = malloc(n * sizeof *mask);
    rc = positions && mask ? choose_middle(&s, positions, m->e)
                           : arch_fail(m, ERR_NOMEM, "no memory for %zu positions", n);
    if (!rc) {
        invert(positions, s.count, n, positions + s.count, mask);
        rc = fill_row(m, name, positions + s.count, mask, n);
    }
    free(positions);
    free(mask);
    return rc ? rc : arch_reshape(m, &shape, name);
}

/* --- in models -------------------------------------------------------------------------------- */

int arch_selection_find(const nn_model *model, arch_selection *s, err *e)
{
    const char *text = nn_model_metadata(model, "csilink.select");
    *s = (arch_selection){.asked = text != NULL};
    if (!text)
        return 0;
    size_t length = strcspn(text, " ");
    const char *at = length > 0 && length < sizeof s->name ? text + length : NULL;
    size_t *const number[] = {&s->channels, &s->columns, &s->count};
    for (size_t i = 0; at && i < 3; i++) {
        uint64_t value = 0;
        at = *at == ' ' ? text_whole_at(at + 1, &value) : NULL;
        *number[i] = (size_t)value;
    }
    if (at && *at == '\0' && s->channels >= 1 && s->channels <= ARCH_SIZE_MAX && s->columns >= 1 &&
        s->columns <= ARCH_SIZE_MAX && s->count >= 1 && s->count <= s->channels * s->columns) {
        memcpy(s->name, text, length);
        return 0;
    }
    return err_set(e, ERR_FORMAT, "its csilink.select is not a name, channels, columns, a count");
}

int arch_selections_check(const train_pair *pair, err *e)
{
    arch_selection a, b;
    int rc = arch_selection_find(pair->encoder, &a, e);
    if (!rc)
        rc = arch_selection_find(pair->decoder, &b, e);
    if (rc || !a.asked || !b.asked)
        return rc;
    if (a.channels == b.channels && a.columns == b.columns && a.count == b.count)
        return 0;
    return err_set(e, ERR_MISMATCH,
                   "select takes %zu of %zu x 1 x %zu values, but spread puts %zu into %zu x 1 x "
                   "%zu",
                   a.count, a.channels, a.columns, b.count, b.channels, b.columns);
}

/* The index of the constant const.NAME.<what> of `count` values, or -1. */
static int find_list(const nn_model *model, const arch_selection *s, const char *what, size_t count)
{
    char name[sizeof s->name + 16];
    snprintf(name, sizeof name, "const.%s.%s", s->name, what);
    int value = nn_model_find_constant(model, name);
    return value >= 0 && nn_model_constant(model, value)->count == count ? value : -1;
}

static int put_inverse(nn_model *model, const arch_selection *s, const int64_t *positions, err *e)
{
    size_t n = s->channels * s->columns;
    int64_t *index = malloc(n * sizeof *index);
    float *mask = malloc(n * sizeof *mask);
    int rc = index && mask ? 0 : err_set(e, ERR_NOMEM, "no memory for %zu positions", n);
    if (!rc) {
        invert(positions, s->count, n, index, mask);
        rc = nn_model_set_list(model, find_list(model, s, "index", n), index, e);
    }
    if (!rc)
        rc = nn_model_set_constant(model, find_list(model, s, "mask", n), mask, e);
    free(index);
    free(mask);
    return rc;
}

int arch_selection_put(nn_model *model, const arch_selection *s, codec_side side,
                       const int64_t *positions, err *e)
{
    int rc = side == CODEC_ENCODER
                 ? nn_model_set_list(model, find_list(model, s, "index", s->count), positions, e)
                 : put_inverse(model, s, positions, e);
    if (rc)
        return err_prefix(e, "the positions of '%s'", s->name);
    rc = nn_model_rehash(model, e);
    return rc ? rc : nn_model_set_metadata(model, "csilink.select", NULL, e);
}
