/* predict_fit.h: what predictors that fit an autoregression keep of each tap. Private to
 * chain/predict*.c. With x_1 the reconstruction before the newest and x_2 the one before that, the
 * sums run over past reports and fade by CHAIN_PREDICT_FADE with each. */
#ifndef CHAIN_PREDICT_FIT_H
#define CHAIN_PREDICT_FIT_H

#include <complex.h>

#include "chain/predict.h"

typedef struct chain_tap_fit {
    float r11, r22;                       /* |x_1|^2, |x_2|^2 */
    float complex r12;                    /* conj(x_1) x_2 */
    float complex b[2];                   /* conj(x_i) x_0 */
    float complex c[CHAIN_PREDICT_ORDER]; /* the coefficients that they give */
} chain_tap_fit;

/* c of (R + ridge I) c = b + ridge (1, 0); (1, 0), which is hold, where R is singular. */
void chain_tap_solve(const chain_tap_fit *f, double ridge, float complex c[CHAIN_PREDICT_ORDER]);

#endif
