#include "chain/predict_fit.h"

void chain_tap_solve(const chain_tap_fit *f, double ridge, float complex c[CHAIN_PREDICT_ORDER])
{
    double r11 = (double)f->r11 + ridge, r22 = (double)f->r22 + ridge;
    double complex r12 = f->r12, b1 = f->b[0] + ridge, b2 = f->b[1];
    double det = r11 * r22 - creal(r12 * conj(r12));
    if (!(det > 1e-9 * r11 * r22)) { /* zeros, or what is as good as one report */
        c[0] = 1;
        c[1] = 0;
        return;
    }
    c[0] = (float complex)((b1 * r22 - r12 * b2) / det);
    c[1] = (float complex)((b2 * r11 - conj(r12) * b1) / det);
}
