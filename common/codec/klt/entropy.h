/* entropy.h: principal components as entropy-coded whole numbers. Private to klt and delta.
 *
 * Value i divided by the level of the norm is y_i, with standard deviation sigma_i in training. It
 * becomes
 *
 *     q_i = sgn(y_i) floor(|y_i| / D + 1 - theta),   theta = 0.6,
 *
 * with one step D = 2^(1 - k/16) for all values: at high rates this is reverse water-filling. The
 * wide zero cell costs a little distortion and saves more bits. k is the finest of 0 .. 255 at
 * which the report fits its budget.
 *
 * The size of q_i is predicted from the values before it. A channel's energies in neighbouring
 * components are correlated (their logarithms by up to 0.87 outdoors), so
 *
 *     s_i = sigma_i / D (A_i + p c) / ((B_i + p) c),   A_i+1 = rho A_i + r_i,  B_i+1 = rho B_i + 1,
 *
 * with r_i = |q_i| D / sigma_i, or min(D / (4 sigma_i), 0.175) where q_i = 0. The half octave of
 * s_i chooses one of 32 models of |q_i| for an adaptive range coder (payload/range_coder.h). They
 * start as a mixture of Laplacians with scales of 1/4 to 4 times s_i, since s_i is a guess, and
 * adapt within the report. Every report starts all models afresh. A sign is a separate bit. The
 * decoder reconstructs the centroid of the mixture in the cell of q_i.
 *
 * The constants were found on the first 400 samples of the reference test sets; tables learnt for
 * each model from training samples gained nothing over the mixture. Adapting gains 0.04 dB at 512
 * bits: reports are short. */
#ifndef CODEC_KLT_ENTROPY_H
#define CODEC_KLT_ENTROPY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { KLT_STEP_BITS = 8, KLT_STEPS = 1 << KLT_STEP_BITS };

typedef struct klt_entropy klt_entropy;           /* immutable, shared by threads */
typedef struct klt_entropy_work klt_entropy_work; /* of one thread */

/* For `values` values of these deviations > 0, and messages of up to `bits` bits. NULL when memory
 * ran out. *digest receives a hash of everything that must be equal at both ends. */
klt_entropy *klt_entropy_create(const float *deviation, size_t values, uint32_t bits,
                                uint64_t *digest, err *e);
void klt_entropy_free(klt_entropy *k);

klt_entropy_work *klt_entropy_open(const klt_entropy *k, err *e);
void klt_entropy_close(klt_entropy_work *w);

/* Sets other deviations for the messages from here on; both ends must do so alike. They are
 * positive, of values whose norm is about 1, and copied. NULL: back to those of
 * klt_entropy_create. */
void klt_entropy_expect(klt_entropy_work *w, const float *deviation);

/* The step D of a code 0 .. KLT_STEPS - 1. */
float klt_entropy_step(const klt_entropy *k, uint32_t step);

/* Codes y[values], finite, at the finest step *step that needs at most `budget` bits, which is at
 * most the limit given to klt_entropy_create. Writes byte[ceil(budget / 8)] and returns the number
 * of bits in use. Where no step fits, codes zeros, which take no bits. */
uint32_t klt_entropy_encode(klt_entropy_work *w, const float *y, uint32_t budget, uint8_t *byte,
                            uint32_t *step);

/* Decodes an untrusted message into y[values], finite. ERR_FORMAT for a message that no encoder
 * ends this way. */
int klt_entropy_decode(klt_entropy_work *w, uint32_t step, const uint8_t *byte, uint32_t bits,
                       float *y, err *e);

#endif
