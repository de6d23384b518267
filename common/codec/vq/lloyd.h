/* lloyd.h: codebooks by Lloyd's algorithm (generalized Lloyd, LBG: Linde, Buzo and Gray, IEEE
 * Trans. Commun., 1980; k-means). Private to vq.
 *
 * k-means++ draws the starts (Arthur and Vassilvitskii, SODA 2007): each code vector is a sample,
 * with a probability proportional to its squared distance from the code vectors drawn before. Then
 * two steps alternate: every sample is assigned to its nearest code vector, and every code vector
 * becomes the mean of its samples; neither raises the mean squared distance. A code vector without
 * samples moves to the sample furthest from its own code vector, which does not raise it, either.
 * The best codebook of several starts is kept. */
#ifndef CODEC_VQ_LLOYD_H
#define CODEC_VQ_LLOYD_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { LLOYD_CODES_MAX = 1024, LLOYD_DIMENSIONS_MAX = 16 };

typedef struct lloyd_config {
    uint32_t codes, dimensions; /* of the codebook */
    uint32_t starts, rounds;    /* rounds: at most; fewer once no sample changes its code vector, or
                                   the distance falls by less than the fraction `least` */
    double least;
    uint64_t seed;
    uint32_t stream; /* of random numbers, one for each codebook of a design */
} lloyd_config;

/* Trains code[codes][dimensions] on x[n][dimensions], n >= 1, all finite. *distance receives the
 * mean squared distance of the samples from their nearest code vector; `history`, where not NULL,
 * that distance in every round of the best start [rounds], and NaN after the last round.
 * ERR_NOMEM. */
int lloyd_train(const lloyd_config *config, const float *x, size_t n, float *code, double *distance,
                double *history, err *e);

/* Nearest code vectors of x[n][dimensions] into index[n], the lowest index among equals, and the
 * mean squared distance. ERR_NOMEM. */
int lloyd_assign(const float *code, uint32_t codes, uint32_t dimensions, const float *x, size_t n,
                 uint16_t *index, double *distance, err *e);

#endif
