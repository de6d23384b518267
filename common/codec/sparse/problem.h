/* problem.h: the problem that the solvers of the codec kind sparse solve, and their workspace.
 * Private to sparse.
 *
 * y = A x + noise, with A of orthonormal rows (matrix.h), y at mean power 1 and a complex x of n
 * taps, [nt][ni]. Solvers write x and return how many iterations they made, at most
 * problem.iterations. They allocate nothing, and their result depends only on the problem, unless
 * it has a deadline. */
#ifndef CODEC_SPARSE_PROBLEM_H
#define CODEC_SPARSE_PROBLEM_H

#include <complex.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"
#include "codec/sparse/matrix.h"

typedef struct sparse_problem {
    const sparse_matrix *matrix;
    const float complex *y; /* [rows] */
    double noise;           /* variance of the noise on each entry of y; 0: none */
    double lambda;          /* of the objective in lasso.h */
    bool parts;             /* |x_i| means |Re x_i| + |Im x_i| there, not the modulus */
    uint32_t nt, ni;        /* n = nt ni */
    uint32_t iterations;
    double tolerance;     /* stops where x changes by less, relative to its norm */
    uint64_t deadline_ns; /* of clock_ns(), after which a solver stops; 0: none */
} sparse_problem;

/* Vectors of n entries, one after the other, so that two make one of 2n; each solver names those it
 * uses. FFTW's plans take only vector[0] and scratch, which begin blocks of fftwf_alloc_complex. */
enum { SPARSE_VECTORS = 10, SPARSE_REALS = 2 };

typedef struct sparse_space {
    float complex *vector[SPARSE_VECTORS], *scratch; /* [n] */
    float complex *residual, *column;                /* [rows] */
    float *real[SPARSE_REALS];                       /* [n] */
} sparse_space;

static inline bool sparse_expired(const sparse_problem *p)
{
    return p->deadline_ns && clock_ns() >= p->deadline_ns;
}

/* |v|^2. */
static inline double sparse_energy(const float complex *v, uint32_t n)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += (double)(crealf(v[i]) * crealf(v[i]) + cimagf(v[i]) * cimagf(v[i]));
    return sum;
}

/* residual = y - A x. */
static inline void sparse_residual(const sparse_problem *p, const float complex *x, sparse_space *s)
{
    sparse_matrix_apply(p->matrix, x, s->scratch, s->residual);
    for (uint32_t k = 0; k < p->matrix->rows; k++)
        s->residual[k] = p->y[k] - s->residual[k];
}

/* Complex soft thresholding, the proximal map of t |x|: shrinks the modulus by t and keeps the
 * phase. With `parts`, shrinks the real and the imaginary part by t, each separately. */
static inline float complex sparse_shrink(float complex x, float t, bool parts)
{
    float re = crealf(x), im = cimagf(x);
    if (parts)
        return copysignf(fmaxf(fabsf(re) - t, 0), re) + I * copysignf(fmaxf(fabsf(im) - t, 0), im);
    float size = sqrtf(re * re + im * im);
    return size > t ? x * ((size - t) / size) : 0;
}

#endif
