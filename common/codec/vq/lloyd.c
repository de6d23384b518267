#include "codec/vq/lloyd.h"

#include <cblas.h>
#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"

enum { BLOCK = 512 }; /* samples at once: their products with all code vectors fit the cache */

typedef struct trainer {
    const lloyd_config *config;
    const float *x;
    size_t n;
    float *code;     /* [codes][dimensions] */
    double *sum;     /* [codes][dimensions] */
    size_t *members; /* [codes] */
    uint16_t *index; /* [n] */
    float *distance; /* [n] squared, to the nearest code vector */
    float *product;  /* [BLOCK][codes] */
} trainer;

static float squared_norm(const float *x, uint32_t dimensions)
{
    float sum = 0;
    for (uint32_t i = 0; i < dimensions; i++)
        sum += x[i] * x[i];
    return sum;
}

static float squared_distance(const float *a, const float *b, uint32_t dimensions)
{
    float sum = 0;
    for (uint32_t i = 0; i < dimensions; i++)
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    return sum;
}

/* Finds the nearest by |c|^2 - 2 <x, c>, then computes the distance directly, since the difference
 * of large numbers would be inexact. Returns the mean. */
static double assign(const float *code, uint32_t codes, uint32_t dimensions, const float *x,
                     size_t n, float *product, uint16_t *index, float *distance)
{
    float norm[LLOYD_CODES_MAX];
    double sum = 0;
    for (uint32_t c = 0; c < codes; c++)
        norm[c] = squared_norm(code + (size_t)c * dimensions, dimensions);
    for (size_t from = 0; from < n; from += BLOCK) {
        size_t count = n - from < BLOCK ? n - from : BLOCK;
        cblas_sgemm(CblasRowMajor, CblasNoTrans, CblasTrans, (int)count, (int)codes,
                    (int)dimensions, -2, x + from * dimensions, (int)dimensions, code,
                    (int)dimensions, 0, product, (int)codes);
        for (size_t i = 0; i < count; i++) {
            const float *p = product + i * codes;
            uint32_t best = 0;
            for (uint32_t c = 1; c < codes; c++)
                best = p[c] + norm[c] < p[best] + norm[best] ? c : best;
            index[from + i] = (uint16_t)best;
            float d = squared_distance(x + (from + i) * dimensions,
                                       code + (size_t)best * dimensions, dimensions);
            distance[from + i] = d;
            sum += (double)d;
        }
    }
    return sum / (double)n;
}

static void draw_start(trainer *t, rng *r)
{
    uint32_t d = t->config->dimensions;
    for (size_t i = 0; i < t->n; i++)
        t->distance[i] = INFINITY;
    size_t chosen = (size_t)(rng_uniform(r) * (double)t->n);
    for (uint32_t c = 0; c < t->config->codes; c++) {
        float *code = t->code + (size_t)c * d;
        memcpy(code, t->x + chosen * d, d * sizeof *code);
        double total = 0;
        for (size_t i = 0; i < t->n; i++) {
            t->distance[i] = fminf(t->distance[i], squared_distance(t->x + i * d, code, d));
            total += (double)t->distance[i];
        }
        /* All samples may be code vectors already: then any sample is as good. */
        double at = rng_uniform(r) * total;
        for (chosen = 0; chosen + 1 < t->n && at >= (double)t->distance[chosen]; chosen++)
            at -= (double)t->distance[chosen];
    }
}

/* Moves every code vector to the mean of its samples. */
static void move_codes(trainer *t)
{
    uint32_t d = t->config->dimensions, codes = t->config->codes;
    memset(t->sum, 0, (size_t)codes * d * sizeof *t->sum);
    memset(t->members, 0, codes * sizeof *t->members);
    for (size_t i = 0; i < t->n; i++) {
        t->members[t->index[i]]++;
        for (uint32_t k = 0; k < d; k++)
            t->sum[(size_t)t->index[i] * d + k] += (double)t->x[i * d + k];
    }
    for (uint32_t c = 0; c < codes; c++) {
        float *code = t->code + (size_t)c * d;
        if (t->members[c] > 0) {
            for (uint32_t k = 0; k < d; k++)
                code[k] = (float)(t->sum[(size_t)c * d + k] / (double)t->members[c]);
            continue;
        }
        size_t far = 0;
        for (size_t i = 1; i < t->n; i++)
            far = t->distance[i] > t->distance[far] ? i : far;
        memcpy(code, t->x + far * d, d * sizeof *code);
        t->distance[far] = 0; /* the next one moves elsewhere */
    }
}

/* From the start in t->code to the codebook of the last move; returns its distance. */
static double improve(trainer *t, double *history)
{
    const lloyd_config *c = t->config;
    double last = INFINITY, now = INFINITY;
    for (uint32_t round = 0; round < c->rounds; round++) {
        now =
            assign(t->code, c->codes, c->dimensions, t->x, t->n, t->product, t->index, t->distance);
        history[round] = now;
        if (now >= last * (1 - c->least))
            break;
        last = now;
        move_codes(t);
    }
    return now;
}

static int allocate(trainer *t, err *e)
{
    uint32_t d = t->config->dimensions, codes = t->config->codes;
    t->code = malloc((size_t)codes * d * sizeof *t->code);
    t->sum = malloc((size_t)codes * d * sizeof *t->sum);
    t->members = malloc(codes * sizeof *t->members);
    t->index = malloc(t->n * sizeof *t->index);
    t->distance = malloc(t->n * sizeof *t->distance);
    t->product = malloc((size_t)BLOCK * codes * sizeof *t->product);
    return t->code && t->sum && t->members && t->index && t->distance && t->product
               ? ERR_NONE
               : err_set(e, ERR_NOMEM, "out of memory for a codebook of %u vectors", codes);
}

static void release(trainer *t)
{
    free(t->code);
    free(t->sum);
    free(t->members);
    free(t->index);
    free(t->distance);
    free(t->product);
}

int lloyd_train(const lloyd_config *config, const float *x, size_t n, float *code, double *distance,
                double *history, err *e)
{
    trainer t = {.config = config, .x = x, .n = n};
    double *rounds = malloc(config->rounds * sizeof *rounds);
    int rc = allocate(&t, e);
    if (rc == ERR_NONE && !rounds)
        rc = err_set(e, ERR_NOMEM, "out of memory for a codebook");
    *distance = INFINITY;
    for (uint32_t start = 0; rc == ERR_NONE && start < config->starts; start++) {
        rng r = rng_at(config->seed, RNG_CODEBOOK, start, config->stream);
        for (uint32_t i = 0; i < config->rounds; i++)
            rounds[i] = NAN;
        draw_start(&t, &r);
        double reached = improve(&t, rounds);
        if (reached < *distance) {
            *distance = reached;
            memcpy(code, t.code, (size_t)config->codes * config->dimensions * sizeof *code);
            if (history)
                memcpy(history, rounds, config->rounds * sizeof *history);
        }
    }
    free(rounds);
    release(&t);
    return rc;
}

int lloyd_assign(const float *code, uint32_t codes, uint32_t dimensions, const float *x, size_t n,
                 uint16_t *index, double *distance, err *e)
{
    float *product = malloc((size_t)BLOCK * codes * sizeof *product);
    float *each = malloc((n ? n : 1) * sizeof *each);
    int rc = product && each ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for a codebook");
    if (rc == ERR_NONE)
        *distance = assign(code, codes, dimensions, x, n, product, index, each);
    free(product);
    free(each);
    return rc;
}
