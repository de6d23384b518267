#include "nn/ops/strided.h"

#include <string.h>

void nn_broadcast_strides(const nn_tensor *t, int rank, const int64_t *dims, int64_t *strides)
{
    int64_t step = 1;
    for (int i = rank - 1; i >= 0; i--) {
        int own = i - (rank - t->rank);
        int64_t size = own < 0 ? 1 : t->dims[own];
        strides[i] = size == 1 && dims[i] != 1 ? 0 : step;
        step *= size;
    }
}

static bool merges(const nn_strided *s, int outer, int inner)
{
    for (int k = 0; k < s->operands; k++)
        if (s->strides[k][outer] != s->strides[k][inner] * s->dims[inner])
            return false;
    return true;
}

void nn_strided_collapse(nn_strided *s)
{
    int n = 0;
    for (int i = 0; i < s->rank; i++) {
        if (s->dims[i] == 1)
            continue;
        s->dims[n] = s->dims[i];
        for (int k = 0; k < s->operands; k++)
            s->strides[k][n] = s->strides[k][i];
        if (n > 0 && merges(s, n - 1, n)) {
            s->dims[n - 1] *= s->dims[n];
            for (int k = 0; k < s->operands; k++)
                s->strides[k][n - 1] = s->strides[k][n];
        } else {
            n++;
        }
    }
    if (n == 0) {
        s->dims[0] = 1;
        for (int k = 0; k < s->operands; k++)
            s->strides[k][0] = 1;
        n = 1;
    }
    s->rank = n;
}

/* Steps to the next row; false after the last. */
static bool next_row(const nn_strided *s, int64_t *index, int64_t *at)
{
    for (int i = s->rank - 2; i >= 0; i--) {
        bool within = ++index[i] < s->dims[i];
        for (int k = 0; k < s->operands; k++)
            at[k] += within ? s->strides[k][i] : -(s->dims[i] - 1) * s->strides[k][i];
        if (within)
            return true;
        index[i] = 0;
    }
    return false;
}

int nn_strided_rows(const nn_strided *s, nn_row row, void *context)
{
    int64_t index[NN_MAX_RANK] = {0}, at[NN_MAX_OPERANDS] = {0};
    for (int i = 0; i < s->rank; i++)
        if (s->dims[i] == 0)
            return 0;
    int rc;
    do
        rc = row(context, s->dims[s->rank - 1], at);
    while (rc == 0 && next_row(s, index, at));
    return rc;
}

typedef struct copy {
    char *to;
    const char *from;
    size_t element;
    int64_t to_step, from_step; /* of the innermost dimension */
} copy;

#define COPY_LOOP(type)                                                                            \
    do {                                                                                           \
        type *to = (type *)(void *)c->to + at[0];                                                  \
        const type *from = (const type *)(const void *)c->from + at[1];                            \
        for (int64_t i = 0; i < n; i++)                                                            \
            to[i * c->to_step] = from[i * c->from_step];                                           \
    } while (0)

static int copy_row(void *context, int64_t n, const int64_t *at)
{
    const copy *c = context;
    int64_t size = (int64_t)c->element;
    if (c->to_step == 1 && c->from_step == 1)
        memcpy(c->to + at[0] * size, c->from + at[1] * size, (size_t)(n * size));
    else if (size == 4)
        COPY_LOOP(uint32_t);
    else if (size == 8)
        COPY_LOOP(uint64_t);
    else
        COPY_LOOP(uint8_t);
    return 0;
}

void nn_strided_copy(const nn_strided *s, void *to, const void *from, size_t element)
{
    int last = s->rank - 1;
    copy c = {to, from, element, s->strides[0][last], s->strides[1][last]};
    nn_strided_rows(s, copy_row, &c);
}
