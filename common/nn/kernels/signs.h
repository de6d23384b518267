/* signs.h: products with a matrix of one number and signs for each row, w[o][i] = scale[o] (1 or
 * -1), as in binary networks (XNOR-Net, BCsiNet): only additions and subtractions, and one bit per
 * weight.
 *
 * Every instruction set, and the reference, add in the same order, so they agree bit for bit: 16
 * sums of the inputs i = 0..15 modulo 16, then halves added to halves. */
#ifndef NN_KERNELS_SIGNS_H
#define NN_KERNELS_SIGNS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NN_SIGNS_BLOCK = 16 }; /* inputs whose signs share a word */

/* Words of one row. */
static inline size_t nn_signs_words(int64_t in)
{
    return ((size_t)in + NN_SIGNS_BLOCK - 1) / NN_SIGNS_BLOCK;
}

/* Whether each row of w[out][in] has one magnitude, above 0 and finite; writes those to sizes[out].
 */
bool nn_signs_find(int64_t out, int64_t in, const float *w, float *sizes);

/* bits[out][words]: bit i % 16 of word i / 16 is 1 if w[o][i] is negative; 0 behind the last. */
void nn_signs_pack(int64_t out, int64_t in, const float *w, uint16_t *bits);

/* y[o] = sizes[o] sum_i (+-)x[i] + bias[o]. bias may be NULL; y must not overlap the others. */
void nn_signs_product(int64_t in, int64_t out, const float *x, const uint16_t *bits,
                      const float *sizes, const float *bias, float *y);

/* The same in plain loops. */
void nn_signs_reference(int64_t in, int64_t out, const float *x, const uint16_t *bits,
                        const float *sizes, const float *bias, float *y);

#endif
