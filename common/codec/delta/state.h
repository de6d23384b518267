/* state.h: what either end of delta-klt remembers about a UE, and the AR(1) model by which it
 * predicts the next report. Private to delta.
 *
 * Component i of the channel is y_i. From the report in memory, of value m_i, to the next, the
 * model is
 *
 *     y_i = c m_i + w_i,   E|w_i|^2 = (1 - rho^2) lambda_i,   c = rho e^(j phi),
 *
 * with one c for all components: rho from the Doppler spread, phi from a Doppler shift. A report
 * sends its c in a few bits; rho is one of DELTA_CORRELATIONS values with
 *
 *     1 - rho_k^2 = 10^(-(1 + 2.5 (k - 1)) / 10),   k = 1 .. 15:  0.45, 0.74, ... 0.9999,
 *
 * and k = 0 is a report that builds on nothing, a key. phi is a multiple of 2 pi / 64, and is sent
 * for complex components only. */
#ifndef CODEC_DELTA_STATE_H
#define CODEC_DELTA_STATE_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

#include "payload/bits.h"

enum {
    DELTA_CORRELATION_BITS = 4,
    DELTA_CORRELATIONS = 1 << DELTA_CORRELATION_BITS,
    DELTA_PHASE_BITS = 6,
    DELTA_PHASES = 1 << DELTA_PHASE_BITS,
};

/* Plain bytes, sized by delta_state_bytes. */
typedef struct delta_state {
    uint32_t age;   /* reports since the key; 0: this was the key */
    float power;    /* bits: |h|^2 of the key, as sent; values: pi (values.c) */
    float number[]; /* values[values], then variances[sent], or a single variance */
} delta_state;

size_t delta_state_bytes(size_t values, size_t variances);

/* y_i at this end, in the units of the payload's values. Bits: what both ends reconstruct. Values:
 * what the UE sent, or the base station's estimate. */
static inline float *delta_values(delta_state *s)
{
    return s->number;
}

/* E|y_i - its value|^2 of a real value. Bits: of component i. Values: of all components at the base
 * station, 0 at the UE. */
static inline float *delta_variances(delta_state *s, size_t values)
{
    return s->number + values;
}

/* A choice of c. */
typedef struct delta_step {
    uint32_t correlation, phase; /* codes; correlation 0: a key */
    float rho, innovation;       /* rho and 1 - rho^2 */
    float complex phasor;        /* e^(j phi) */
} delta_step;

/* How c is sent: 4 bits and, for complex components outside a key, 6 more. Where both ends are
 * configured with one rho: 1 bit, or none where rho is 0. */
typedef struct delta_law {
    double fixed; /* rho; negative: each report sends it */
    unsigned form;
    float rho[DELTA_CORRELATIONS];
    float complex phasor[DELTA_PHASES];
} delta_law;

/* A negative rho: each report chooses and sends its own. */
void delta_law_set(delta_law *law, double rho, unsigned form);

/* Bits of c in a key, the fewest, and in any report, the most. */
uint32_t delta_law_bits(const delta_law *law, bool key);

delta_step delta_key(void);

/* The c that minimises sum |y - c m|^2, of those that can be sent; a key where even that removes
 * less than a tenth of sum |y|^2. */
delta_step delta_choose(const delta_law *law, const float *y, const float *m, size_t values);

void delta_step_put(const delta_law *law, const delta_step *step, bit_writer *w);
delta_step delta_step_get(const delta_law *law, bit_reader *r);

/* The assumed variance of component i, from the codec's `prior` over all channels and from its
 * power in memory, m[values], times `scale`: half of each. A UE meets few of the scatterers that
 * make a component, and will be near the same ones at its next report. */
void delta_variances_of(const delta_law *law, const float *prior, const float *m, size_t sent,
                        float scale, float *variance);

/* c m. `to` may be `m`. */
void delta_predict(const delta_law *law, const delta_step *step, const float *m, size_t values,
                   float scale, float *to);

#endif
