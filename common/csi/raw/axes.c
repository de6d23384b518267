#include "csi/raw/axes.h"

#include <stdio.h>
#include <string.h>

enum { JOINED_MAX = 4, SHAPE_MAX = 128, TAPS = 32 };

static const struct {
    const char *name;
    csi_raw_axis_kind kind;
    char depth;
} words[] = {
    {"n", CSI_RAW_N, 0},        {"t", CSI_RAW_T, 0},          {"nr", CSI_RAW_NR, 0},
    {"bs", CSI_RAW_BS, 0},      {"nt", CSI_RAW_NT, 0},        {"nc", CSI_RAW_DEPTH, 'c'},
    {"ni", CSI_RAW_DEPTH, 'i'}, {"path", CSI_RAW_DEPTH, 'p'}, {"plane", CSI_RAW_PLANE, 0},
};

/* The axes of one dimension, and their sizes; kind CSI_RAW_KINDS means "1". */
typedef struct joined {
    int count;
    csi_raw_axis_kind kind[JOINED_MAX];
    size_t size[JOINED_MAX]; /* 0: not known */
} joined;

static void describe_shape(const mat_array *a, char text[SHAPE_MAX])
{
    size_t used = 0;
    for (int i = 0; i < a->rank && used < SHAPE_MAX; i++)
        used +=
            (size_t)snprintf(text + used, SHAPE_MAX - used, "%s%zu", i ? " x " : "", a->dims[i]);
}

static int count_axes(const char *order, size_t length)
{
    int n = length > 0;
    for (size_t i = 0; i < length; i++)
        n += order[i] == '/' || order[i] == ',';
    return n;
}

/* Chooses the alternative with the rank of the array, else the first. */
static const char *choose_order(const char *order, int rank, size_t *length)
{
    for (const char *at = order;; at += *length + 1) {
        *length = strcspn(at, "|");
        if (count_axes(at, *length) == rank)
            return at;
        if (!at[*length])
            break;
    }
    *length = strcspn(order, "|");
    return order;
}

static int parse_axis(const char *text, size_t length, uint32_t nt, uint32_t ni, joined *j,
                      csi_raw_axes *axes, err *e)
{
    *j = (joined){0};
    for (const char *at = text, *end = text + length; at <= end;) {
        const char *plus = memchr(at, '+', (size_t)(end - at));
        size_t n = plus ? (size_t)(plus - at) : (size_t)(end - at), i = 0;
        size_t count = sizeof words / sizeof words[0];
        while (i < count && (strlen(words[i].name) != n || strncmp(words[i].name, at, n) != 0))
            i++;
        bool one = n == 1 && *at == '1';
        if ((i == count && !one) || j->count == JOINED_MAX)
            return err_set(e, ERR_INVALID,
                           "unknown axis '%.*s'; the axes are n, t, nr, bs, nt, nc, ni, path, "
                           "plane and 1, joined with +",
                           (int)(length < 32 ? length : 32), text);
        csi_raw_axis_kind kind = one ? CSI_RAW_KINDS : words[i].kind;
        if (kind == CSI_RAW_DEPTH && axes->depth)
            return err_set(e, ERR_INVALID, "an order has one axis of nc, ni or path, not two");
        if (kind == CSI_RAW_DEPTH)
            axes->depth = words[i].depth;
        j->kind[j->count] = kind;
        j->size[j->count++] = one                     ? 1
                              : kind == CSI_RAW_PLANE ? 2
                              : kind == CSI_RAW_NT    ? nt
                              : kind == CSI_RAW_DEPTH ? ni
                                                      : 0;
        at += n + 1;
    }
    return ERR_NONE;
}

/* Determines the sizes of the axes joined in a dimension of `whole` entries: at most one is
 * unknown. */
static bool resolve_sizes(joined *j, size_t whole)
{
    if (j->count == 1) {
        bool fits = j->size[0] == 0 || j->kind[0] == CSI_RAW_NT || j->kind[0] == CSI_RAW_DEPTH ||
                    j->size[0] == whole;
        j->size[0] = whole;
        return fits;
    }
    int unknown = 0;
    for (int i = 0; i < j->count; i++)
        unknown += j->size[i] == 0;
    for (int i = 0; i < j->count && unknown > 1; i++)
        if (j->kind[i] == CSI_RAW_DEPTH && j->size[i] == 0) {
            j->size[i] = TAPS;
            unknown--;
        }
    size_t known = 1; /* at most 2 x 256 x 8192 */
    for (int i = 0; i < j->count; i++)
        known *= j->size[i] ? j->size[i] : 1;
    if (unknown > 1 || whole % known != 0 || (unknown == 0 && whole != known))
        return false;
    for (int i = 0; i < j->count; i++)
        if (j->size[i] == 0)
            j->size[i] = whole / known;
    return true;
}

static int add_axes(const joined *j, size_t stride, csi_raw_axes *axes, err *e)
{
    for (int i = j->count; i-- > 0;) {
        if (j->kind[i] < CSI_RAW_KINDS) {
            csi_raw_axis *a = &axes->of[j->kind[i]];
            if (a->parts == CSI_RAW_AXIS_PARTS)
                return err_set(e, ERR_INVALID, "an order names an axis at most %d times",
                               CSI_RAW_AXIS_PARTS);
            /* From the last dimension to the first, since parts are stored fastest first. */
            a->size[a->parts] = j->size[i];
            a->stride[a->parts++] = stride;
            a->count *= j->size[i];
        }
        stride *= j->size[i];
    }
    return ERR_NONE;
}

/* The dimensions that the order names, with their strides: drops extra dimensions of size 1, and
 * adds missing ones at the end. */
static int fit_dims(const mat_array *a, int want, bool trailing, size_t dims[], size_t strides[])
{
    size_t stride = 1;
    int rank = a->rank, spare = rank - want, n = 0;
    size_t all[MAT_MAX_RANK];
    for (int i = rank; i-- > 0; stride *= a->dims[i])
        all[i] = stride;
    for (int i = 0; i < rank; i++) {
        if (spare > 0 && a->dims[i] == 1) {
            spare--;
            continue;
        }
        dims[n] = a->dims[i];
        strides[n++] = all[i];
    }
    for (; trailing && n < want; n++) {
        dims[n] = 1;
        strides[n] = 1;
    }
    return n;
}

int csi_raw_axes_find(const char *order, const mat_array *a, bool trailing, uint32_t nt,
                      uint32_t ni, csi_raw_axes *axes, err *e)
{
    size_t length, dims[MAT_MAX_RANK], strides[MAT_MAX_RANK];
    char shape[SHAPE_MAX];
    const char *text = choose_order(order, a->rank, &length);
    int want = count_axes(text, length);
    *axes = (csi_raw_axes){0};
    for (int i = 0; i < CSI_RAW_KINDS; i++)
        axes->of[i].count = 1;
    describe_shape(a, shape);
    if (want < 1 || want > MAT_MAX_RANK)
        return err_set(e, ERR_INVALID, "order '%.64s' has %d axes, not 1 to %d", text, want,
                       MAT_MAX_RANK);
    if (fit_dims(a, want, trailing, dims, strides) != want)
        return err_set(e, ERR_MISMATCH, "an array of %s, not of the %d axes of order '%s'", shape,
                       want, order);
    const char *ends[MAT_MAX_RANK + 1] = {text};
    for (int i = 0; i < want; i++)
        ends[i + 1] = ends[i] + strcspn(ends[i], "/,|") + 1;
    for (int i = want; i-- > 0;) {
        joined j;
        int rc = parse_axis(ends[i], (size_t)(ends[i + 1] - ends[i] - 1), nt, ni, &j, axes, e);
        if (!rc && !resolve_sizes(&j, dims[i]))
            rc = err_set(e, ERR_MISMATCH, "an array of %s: %zu does not fit '%.*s'", shape, dims[i],
                         (int)(ends[i + 1] - ends[i] - 1), ends[i]);
        if (!rc)
            rc = add_axes(&j, strides[i], axes, e);
        if (rc)
            return rc;
    }
    return ERR_NONE;
}

size_t csi_raw_axis_offset(const csi_raw_axis *axis, size_t i)
{
    size_t at = 0;
    for (uint32_t p = 0; p < axis->parts; p++) {
        at += i % axis->size[p] * axis->stride[p];
        i /= axis->size[p];
    }
    return at;
}
