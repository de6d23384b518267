/* allocation.h: how many bits each principal component gets. Private to klt. */
#ifndef CODEC_KLT_ALLOCATION_H
#define CODEC_KLT_ALLOCATION_H

#include <stddef.h>
#include <stdint.h>

#include "payload/lloyd_max.h"

typedef enum klt_allocation { KLT_GREEDY, KLT_WATER, KLT_UNIFORM } klt_allocation;

/* Gives `budget` bits to n values of the variances lambda_0 >= lambda_1 >= ..., 0 to LLOYD_BITS_MAX
 * each; width[n] receives them and never rises. distortion[b] is the distortion of a b-bit
 * quantizer on a variance of 1, distortion[0] = 1. Returns the sum, which is
 * min(budget, n LLOYD_BITS_MAX).
 *
 *     KLT_GREEDY   gives bits where they lower sum lambda_i D(width_i) the most, for each bit of
 *                  the step (Fox, 1966). A step may be of several bits: for heavy tails the second
 *                  bit gains more than the first, and the greedy choice is the best one on the
 *                  convex hull of D
 *     KLT_WATER    reverse water-filling, width_i = max(0, log2(lambda_i / theta) / 2), rounded
 *                  down; the bits left over go to the largest remainders. It assumes the Gaussian
 *                  rate-distortion function, 2^-2b, which no scalar quantizer reaches
 *     KLT_UNIFORM  the same for every value, and one more for the first few
 *
 * Ties go to the first value. */
uint32_t klt_allocate(klt_allocation how, const float *variance, size_t n,
                      const double distortion[LLOYD_BITS_MAX + 1], uint32_t budget, uint8_t *width);

#endif
