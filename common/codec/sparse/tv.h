/* tv.h: recovery by total variation. Private to the codec kind sparse. */
#ifndef CODEC_SPARSE_TV_H
#define CODEC_SPARSE_TV_H

#include "codec/sparse/problem.h"

/* DFTs of a vector [nt][ni] along both axes, in place. */
typedef struct sparse_grid {
    uint32_t nt, ni;
    fftwf_plan forward[2], backward[2];
    float *laplacian; /* [nt][ni] eigenvalues of D^T D */
} sparse_grid;

/* ERR_NOMEM. Free with sparse_grid_free, also after a failure and on a zeroed grid. */
int sparse_grid_create(sparse_grid *g, uint32_t nt, uint32_t ni, err *e);
void sparse_grid_free(sparse_grid *g);

/* Recovers x by the anisotropic total variation of the complex image, over angle and delay, cyclic
 * in both:
 *
 *     minimise sum |D x|_1 + |y - A x|^2 / (2 mu),
 *
 * as TVAL3 (Li, Yin, Jiang and Zhang, Comput. Optim. Appl. 56, 2013) by an augmented Lagrangian in
 * alternating directions. Here the data term has its own copy of x, which makes each step exact:
 * shrinking for w = D z, a projection for x (rows of A are orthonormal), DFTs for z = x. mu grows
 * with p->noise; 0 forces A x = y. p->lambda and p->parts are not used. */
uint32_t sparse_tv(const sparse_problem *p, const sparse_grid *g, sparse_space *s,
                   float complex *x);

/* out[2][nt][ni] = D x, differences to the next angle and to the next delay; out[nt][ni] = D^T
 * w. */
void sparse_differences(const sparse_grid *g, const float complex *x, float complex *out);
void sparse_differences_adjoint(const sparse_grid *g, const float complex *w, float complex *out);

#endif
