/* lasso.h: the least absolute shrinkage and selection operator, three algorithms with the same
 * minimum. Private to the codec kind sparse.
 *
 *     F(x) = |y - A x|^2 / 2 + lambda sum_i |x_i|
 *
 * With c = A^H (y - A x), x is the minimum where |c_i| <= lambda for all i, and c_i = lambda x_i /
 * |x_i| wherever x_i is not 0. lambda >= max_i |(A^H y)_i| gives x = 0. */
#ifndef CODEC_SPARSE_LASSO_H
#define CODEC_SPARSE_LASSO_H

#include "codec/sparse/problem.h"

/* Proximal gradient steps of size 1, the inverse of |A|^2: x <- shrink(x + c, lambda). F never
 * rises, and falls as 1/k (Daubechies, Defrise and De Mol, 2004). */
uint32_t sparse_ista(const sparse_problem *p, sparse_space *s, float complex *x);

/* The same from a point ahead of x by Nesterov's momentum: 1/k^2 (Beck and Teboulle, SIAM J.
 * Imaging Sci. 2(1), 2009), restarted wherever the momentum points uphill (O'Donoghue and Candes,
 * 2015). */
uint32_t sparse_fista(const sparse_problem *p, sparse_space *s, float complex *x);

/* Cyclic coordinate descent, each tap to the minimum of F over that tap (Friedman, Hastie and
 * Tibshirani, J. Stat. Softw. 33(1), 2010), over the taps that are not 0 or whose |c_i| > lambda;
 * an iteration is a sweep over them. */
uint32_t sparse_descend(const sparse_problem *p, sparse_space *s, float complex *x);

/* F(x). */
double sparse_objective(const sparse_problem *p, sparse_space *s, const float complex *x);

#endif
