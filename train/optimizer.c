#include "train/optimizer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

float *train_vector_new(size_t count)
{
    /* aligned_alloc needs a multiple of the alignment. */
    size_t bytes = (count * sizeof(float) + 63) / 64 * 64;
    float *vector = aligned_alloc(64, bytes ? bytes : 64);
    if (vector)
        memset(vector, 0, bytes);
    return vector;
}

/* The padding between entries counts as a statistic, which no step changes. */
static void mark_kinds(train_optimizer *o, const grad_weights *weights)
{
    memset(o->kinds, GRAD_STATISTIC, o->count / TRAIN_BLOCK);
    for (int i = 0; i < weights->n_entries; i++) {
        const grad_entry *entry = &weights->entries[i];
        size_t blocks = (entry->count + TRAIN_BLOCK - 1) / TRAIN_BLOCK;
        memset(o->kinds + entry->offset / TRAIN_BLOCK, (int)entry->kind, blocks);
    }
}

int train_optimizer_init(train_optimizer *o, const grad_weights *weights, err *e)
{
    size_t n = weights->count;
    *o = (train_optimizer){.count = n,
                           .m = train_vector_new(n),
                           .v = train_vector_new(n),
                           .average = train_vector_new(n),
                           .kinds = malloc(n / TRAIN_BLOCK + 1)};
    if (!o->m || !o->v || !o->average || !o->kinds)
        return err_set(e, ERR_NOMEM, "no memory for the moments of %zu weights", n);
    memcpy(o->average, weights->values, n * sizeof *o->average);
    mark_kinds(o, weights);
    return 0;
}

void train_optimizer_free(train_optimizer *o)
{
    free(o->m);
    free(o->v);
    free(o->average);
    free(o->kinds);
    *o = (train_optimizer){0};
}

train_update train_update_at(const train_adam *adam, uint64_t step, double rate, double norm,
                             double clip)
{
    double t = (double)step, warm = (1 + t) / (10 + t);
    double d = adam->ema < warm ? adam->ema : warm;
    return (train_update){
        .clip = clip > 0 && norm > clip ? (float)(clip / norm) : 1,
        .keep1 = (float)adam->beta1,
        .take1 = (float)(1 - adam->beta1),
        .keep2 = (float)adam->beta2,
        .take2 = (float)(1 - adam->beta2),
        .rate = (float)(rate / (1 - pow(adam->beta1, t))),
        .root = (float)(1 / sqrt(1 - pow(adam->beta2, t))),
        .epsilon = (float)adam->epsilon,
        .decay = (float)(1 - rate * adam->weight_decay),
        .keep_average = (float)d,
        .take_average = (float)(1 - d),
    };
}

void train_optimizer_apply(train_optimizer *o, const train_update *update, const float *gradient,
                           float *values, size_t from, size_t to)
{
    static void (*const runs[])(const train_update *, float, size_t, const float *, float *,
                                float *, float *, float *) = SIMD_TABLE(train_adam_run);
    for (size_t at = from, end; at < to; at = end) {
        unsigned char kind = o->kinds[at / TRAIN_BLOCK];
        for (end = at; end < to && o->kinds[end / TRAIN_BLOCK] == kind; end += TRAIN_BLOCK)
            ;
        if (kind != GRAD_STATISTIC)
            runs[cpu_level()](update, kind == GRAD_MATRIX ? update->decay : 1, end - at,
                              gradient + at, values + at, o->m + at, o->v + at, o->average + at);
    }
}

double train_gradient_reduce(float *const *gradients, unsigned count, size_t from, size_t to)
{
    static void (*const adds[])(size_t, const float *, float *) = SIMD_TABLE(train_add_run);
    static double (*const squares[])(size_t, const float *) = SIMD_TABLE(train_square_run);
    for (unsigned i = 1; i < count; i++)
        adds[cpu_level()](to - from, gradients[i] + from, gradients[0] + from);
    return squares[cpu_level()](to - from, gradients[0] + from);
}
