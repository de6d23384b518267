/* lloyd_max.h: Lloyd-Max quantizers of a symmetric source, and their distortion.
 *
 * The source is a generalised Gaussian of mean 0 and variance 1,
 *
 *     f(x) = beta / (2 a Gamma(1/beta)) exp(-(|x| / a)^beta),  a^2 = Gamma(1/beta) / Gamma(3/beta),
 *
 * of shape beta = 2 (Gaussian), 1 (Laplacian) or 0.5, which has even heavier tails. For these three
 * the moments over an interval need only elementary functions and erfc.
 *
 * A quantizer of b bits has 2^b levels, half of them positive, the others their mirror image. It
 * meets both conditions of Lloyd (1957) and Max (1960): a value goes to the nearest level, and each
 * level is the centroid of its values. Then its distortion, in units of the variance, is D = 1 -
 * sum p_i y_i^2, and the decoded value is the conditional mean. */
#ifndef PAYLOAD_LLOYD_MAX_H
#define PAYLOAD_LLOYD_MAX_H

#include <stdbool.h>
#include <stdint.h>

enum { LLOYD_BITS_MAX = 8, LLOYD_HALF_MAX = 1 << (LLOYD_BITS_MAX - 1) };

typedef enum lloyd_shape { LLOYD_HALF, LLOYD_LAPLACIAN, LLOYD_GAUSSIAN } lloyd_shape;

/* beta of a shape: 0.5, 1, 2. */
double lloyd_beta(lloyd_shape shape);

typedef struct lloyd_quantizer {
    uint32_t half;                   /* positive levels, 2^(bits - 1) */
    double distortion;               /* of variance 1 */
    float level[LLOYD_HALF_MAX];     /* [half], rising */
    float threshold[LLOYD_HALF_MAX]; /* [half]: lower end of level k; threshold[0] = 0 */
} lloyd_quantizer;

/* Designs the quantizer of `bits`, 1 to LLOYD_BITS_MAX. Deterministic; under 3 ms. False if the
 * conditions are not met to 1e-9, a numerical failure never seen so far. */
bool lloyd_design(lloyd_shape shape, unsigned bits, lloyd_quantizer *q);

/* The index of the nearest level, 0 (most negative) to 2 half - 1. NaN goes to the smallest
 * positive level, infinity to the outermost. */
static inline uint32_t lloyd_index(const lloyd_quantizer *q, float x)
{
    float size = x < 0 ? -x : x;
    uint32_t at = 0;
    for (uint32_t step = q->half / 2; step > 0; step /= 2)
        at += size >= q->threshold[at + step] ? step : 0;
    return x < 0 ? q->half - 1 - at : q->half + at;
}

/* The level of an index below 2 half. */
static inline float lloyd_value(const lloyd_quantizer *q, uint32_t index)
{
    return index < q->half ? -q->level[q->half - 1 - index] : q->level[index - q->half];
}

#endif
