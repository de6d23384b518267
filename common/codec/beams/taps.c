#include "codec/beams/taps.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

/* On the outdoor test set three rounds gain 0.007 SGCS (combination 4), five more 0.002. */
enum { ALIGNMENTS = 3 };

int beams_taps_open(const beams_config *c, beams_taps *w, err *e)
{
    int rows = (int)c->rows, subbands = (int)c->subbands;
    size_t n = (size_t)c->rows * c->subbands;
    csi_plan_loop over_subbands = {.n = subbands, .is = 1, .os = 1};
    csi_plan_loop over_rows = {.n = rows, .is = subbands, .os = subbands};
    w->aligned = calloc(n, sizeof *w->aligned);
    w->kept = calloc(n, sizeof *w->kept);
    if (w->aligned && w->kept) {
        w->forward =
            csi_plan_create(over_subbands, 1, &over_rows, w->aligned, w->aligned, FFTW_FORWARD);
        w->backward =
            csi_plan_create(over_subbands, 1, &over_rows, w->kept, w->kept, FFTW_BACKWARD);
    }
    if (w->forward && w->backward)
        return ERR_NONE;
    beams_taps_close(w);
    return err_set(e, ERR_NOMEM, "out of memory for %u subbands", c->subbands);
}

void beams_taps_close(beams_taps *w)
{
    csi_plan_free(w->forward);
    csi_plan_free(w->backward);
    free(w->aligned);
    free(w->kept);
    *w = (beams_taps){0};
}

static float power_of(float complex x)
{
    return crealf(x) * crealf(x) + cimagf(x) * cimagf(x);
}

/* x / |x|; 1 for 0. */
static float complex unit_phasor(float complex x)
{
    float length = cabsf(x);
    return length > 0 ? x / length : 1;
}

static uint32_t strongest_row(const beams_config *c, const float complex *coefficient)
{
    uint32_t best = 0;
    float most = -1;
    for (uint32_t row = 0; row < c->rows; row++) {
        float power = 0;
        for (uint32_t s = 0; s < c->subbands; s++)
            power += power_of(coefficient[(size_t)row * c->subbands + s]);
        if (power > most) {
            most = power;
            best = row;
        }
    }
    return best;
}

/* Rotates the phase of subband s of `coefficient` into w->aligned so that its product with `like`,
 * over rows first .. first + rows - 1, is real and positive. */
static void align_subbands(const beams_config *c, beams_taps *w, const float complex *coefficient,
                           const float complex *like, uint32_t first, uint32_t rows)
{
    for (uint32_t s = 0; s < c->subbands; s++) {
        float complex product = 0;
        for (uint32_t row = first; row < first + rows; row++) {
            size_t at = (size_t)row * c->subbands + s;
            product += conjf(coefficient[at]) * (like ? like[at] : 1);
        }
        float complex rotation = unit_phasor(product);
        for (uint32_t row = 0; row < c->rows; row++) {
            size_t at = (size_t)row * c->subbands + s;
            w->aligned[at] = coefficient[at] * rotation;
        }
    }
}

/* The Mv columns of w->aligned with the most power, then the K0 strongest entries in those, into
 * w->kept; ties go to the first. */
static void keep_strongest(const beams_config *c, beams_taps *w)
{
    bool column[BEAMS_TAPS_MAX] = {false};
    float power[BEAMS_TAPS_MAX] = {0};
    uint32_t n3 = c->subbands;
    for (uint32_t i = 0; i < c->rows * n3; i++)
        power[i % n3] += power_of(w->aligned[i]);
    for (uint32_t f = 0; f < c->taps; f++) {
        uint32_t best = n3;
        for (uint32_t n = 0; n < n3; n++)
            if (!column[n] && (best == n3 || power[n] > power[best]))
                best = n;
        column[best] = true;
    }
    memset(w->kept, 0, sizeof *w->kept * c->rows * n3);
    for (uint32_t k = 0; k < c->coefficients; k++) {
        uint32_t best = 0;
        float most = 0;
        for (uint32_t i = 0; i < c->rows * n3; i++) {
            float p = power_of(w->aligned[i]);
            if (column[i % n3] && p > most) {
                most = p;
                best = i;
            }
        }
        if (most == 0)
            return;
        w->kept[best] = w->aligned[best];
        w->aligned[best] = 0; /* taken */
    }
}

void beams_taps_choose(const beams_config *c, beams_taps *w, const float complex *coefficient)
{
    align_subbands(c, w, coefficient, NULL, strongest_row(c, coefficient), 1);
    fftwf_execute(w->forward);
    keep_strongest(c, w);
    for (int i = 0; i < ALIGNMENTS; i++) {
        fftwf_execute(w->backward);
        align_subbands(c, w, coefficient, w->kept, 0, c->rows);
        fftwf_execute(w->forward);
        keep_strongest(c, w);
    }
}
