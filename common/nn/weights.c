/* Counts the weights that each step owns. A weight that several steps use, or of which they hold
 * equal copies, belongs to the first of them. */
#include <stdlib.h>
#include <string.h>

#include "nn/ops/int8.h"
#include "nn/ops/signs.h"
#include "nn/passes.h"

/* A constant input of a step. */
typedef struct use {
    const nn_tensor *origin; /* the weight it was computed from */
    const nn_tensor *t;
    int step, input;
} use;

/* Scales and zero points only interpret integers; they count as bytes, not as parameters. */
static bool is_scale(const nn_step *step, int k)
{
    const int which = k % NN_INT8_INPUTS; /* a join repeats the inputs */
    bool weight = which == NN_INT8_W || which == NN_INT8_BIAS || which == NN_INT8_ADDEND;
    return (step->op->flags & NN_OP_INT8) && !weight;
}

/* The number in "x / 8" or "x ^ 2", which exporters write as a Constant node, is not a weight. */
static bool is_written_number(const nn_session *s, const nn_step *step, int k)
{
    int initializers = s->model->n_initializers;
    return step->in_id[k] >= initializers && step->in[k]->count == 1 &&
           !(step->op->flags & NN_OP_INT8);
}

static bool is_weight(const nn_session *s, const nn_step *step, int k)
{
    const nn_tensor *t = step->in[k];
    if (!t || (step->in_id[k] >= 0 && !s->slots[step->in_id[k]].constant) ||
        is_written_number(s, step, k))
        return false;
    bool again = k >= NN_INT8_INPUTS && t == step->in[k - NN_INT8_INPUTS];
    return !(step->fine && again) &&
           (t->dtype == NN_FLOAT || t->dtype == NN_INT8 || (step->op->flags & NN_OP_INT8));
}

static const nn_tensor *origin_of(const nn_tensor *t)
{
    while (t->origin)
        t = t->origin;
    return t;
}

size_t nn_stored_bytes(const nn_tensor *t)
{
    unsigned stored = origin_of(t)->stored;
    return t->dtype == NN_FLOAT && stored ? t->count * stored : t->bytes;
}

static int compare_uses(const void *one, const void *other)
{
    const use *a = one, *b = other;
    if (a->origin != b->origin)
        return a->origin < b->origin ? -1 : 1;
    if (a->step != b->step)
        return a->step < b->step ? -1 : 1;
    return a->input < b->input ? -1 : a->input > b->input;
}

/* Independent of the order of the elements. */
static uint64_t hash_of_all(const nn_tensor *t)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < t->count; i++) {
        uint32_t bits;
        memcpy(&bits, (const float *)t->data + i, sizeof bits);
        uint64_t h = (bits + 1) * 0xff51afd7ed558ccdu;
        sum += (h ^ (h >> 33)) * 0xc4ceb9fe1a85ec53u;
    }
    return sum;
}

/* For two tensors from one weight: whether they are equal, or one is the other transposed, by a
 * Transpose in front of one use. */
static bool is_same(const nn_tensor *a, const nn_tensor *b)
{
    if (a == b)
        return true;
    if (a->dtype != b->dtype || a->bytes != b->bytes)
        return false;
    return memcmp(a->data, b->data, a->bytes) == 0 ||
           (a->dtype == NN_FLOAT && hash_of_all(a) == hash_of_all(b));
}

/* Whether one of `kept`, all of one origin, is the same. Few origins have several forms. */
static bool is_kept(const nn_tensor *const *kept, size_t count, const nn_tensor *t)
{
    for (size_t i = 0; i < count; i++)
        if (is_same(kept[i], t))
            return true;
    return false;
}

static void count(nn_session *s, const use *uses, size_t n, const nn_tensor **kept)
{
    size_t forms = 0;
    for (size_t i = 0; i < n; i++) {
        const use *u = &uses[i];
        nn_step *step = &s->steps[u->step];
        if (i == 0 || u->origin != uses[i - 1].origin)
            forms = 0;
        if (is_kept(kept, forms, u->t))
            continue;
        kept[forms++] = u->t;
        bool signs = step->op == &nn_sign_gemm && u->input == 1;
        step->weight_bytes +=
            signs ? nn_sign_gemm_bytes(u->t->dims[0], u->t->dims[1]) : nn_stored_bytes(u->t);
        if (!is_scale(step, u->input))
            step->parameters += (int64_t)u->t->count;
    }
}

int nn_count_weights(nn_session *s, err *e)
{
    size_t most = 0, n = 0;
    for (int i = 0; i < s->n_steps; i++)
        most += (size_t)s->steps[i].n_in;
    use *uses = calloc(most + 1, sizeof *uses);
    const nn_tensor **kept = calloc(most + 1, sizeof *kept);
    if (!uses || !kept) {
        free(uses);
        free(kept);
        return nn_no_memory(s, e);
    }
    for (int i = 0; i < s->n_steps; i++) {
        const nn_step *step = &s->steps[i];
        for (int k = 0; k < step->n_in && !step->gone; k++)
            if (is_weight(s, step, k))
                uses[n++] = (use){origin_of(step->in[k]), step->in[k], i, k};
    }
    qsort(uses, n, sizeof *uses, compare_uses);
    count(s, uses, n, kept);
    free(uses);
    free(kept);
    return 0;
}
