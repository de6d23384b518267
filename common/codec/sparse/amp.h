/* amp.h: approximate message passing. Private to the codec kind sparse.
 *
 * Both estimate x from r = x + A^H z / d, d = K / n, which is x plus nearly Gaussian noise of
 * variance tau^2; they differ in how they keep the noise Gaussian. */
#ifndef CODEC_SPARSE_AMP_H
#define CODEC_SPARSE_AMP_H

#include "codec/sparse/problem.h"

/* AMP with complex soft thresholding (Donoho, Maleki and Montanari, PNAS 106(45), 2009; Maleki,
 * Anitori, Yang and Baraniuk, IEEE Trans. Inf. Theory 59(7), 2013):
 *
 *     x <- shrink(x + A^H z / d, t),   z <- y - A x + b z,   b = <shrink'> / d,
 *
 * with t = alpha tau, tau^2 = mean |z|^2 / d and alpha the larger of 0.5 + 0.35 log2(1 / d) and
 * 1.2 + sqrt(p->noise), which served the reference sets best. b z is the Onsager term; <shrink'> is
 * the mean over the taps of 1 - t / (2 |r_i|) where |r_i| > t and 0 elsewhere. A fixed point is the
 * minimum of the LASSO for lambda = t d (1 - b). Where z outgrows y, the iteration restarts with
 * alpha 1.25 times as large. p->lambda and p->parts are not used.
 *
 * *lambda (NULL allowed) receives t d (1 - b) of the last iteration. */
uint32_t sparse_amp(const sparse_problem *p, sparse_space *s, float complex *x, double *lambda);

/* Orthogonal AMP (Ma and Ping, IEEE Access 5, 2017; for a partial DFT: turbo compressed sensing,
 * Ma, Yuan and Ping, 2015), which is designed for orthonormal rows, with the MMSE estimator of a
 * Bernoulli-Gaussian tap: not 0 with probability e_i, then CN(0, v). Expectation-maximisation
 * learns v and e_i during the iterations, e_i as the mean over the 5 x 5 taps around tap i, since
 * the taps of a path are neighbours; angles are cyclic. x is the posterior mean. Uses p->noise. */
uint32_t sparse_oamp(const sparse_problem *p, sparse_space *s, float complex *x);

#endif
