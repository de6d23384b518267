/* normal.h: the upper tail of the standard normal distribution, and its inverse. */
#ifndef BASE_NORMAL_H
#define BASE_NORMAL_H

/* Q(z) = P(N(0, 1) > z). */
double normal_tail(double z);

/* The z of Q(z) = p, within 1e-9 and +-9; p from 0 to 1. */
double normal_tail_inverse(double p);

#endif
