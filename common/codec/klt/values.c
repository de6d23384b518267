/* Principal components as values, reals that an uplink sends with noise; klt.c has the
 * equations. */
#include <cblas.h>
#include <math.h>
#include <stdlib.h>

#include "base/decibel.h"
#include "codec/klt/model.h"

/* The highest SNR that a receiver estimates, and the estimate on a link without noise. */
static const double no_noise_db = 60;

/* Gains, and the power of each value relative to the mean. */
int klt_values_prepare(klt_model *m, err *e)
{
    const float *variance = m->components.variance;
    m->gain = calloc(m->sent, sizeof *m->gain);
    m->power = calloc(m->sent, sizeof *m->power);
    if (!m->gain || !m->power)
        return err_set(e, ERR_NOMEM, "out of memory for codec klt");
    double sum = 0;
    for (size_t i = 0; i < m->sent; i++) {
        /* Relative to the first variance, so that float does not underflow. */
        double relative = (double)variance[i] / (double)variance[0];
        m->gain[i] = (float)pow(relative, -m->spread / 2);
        m->power[i] = (float)pow(relative, 1 - m->spread);
        sum += (double)m->power[i];
    }
    for (size_t i = 0; i < m->sent; i++)
        m->power[i] = (float)((double)m->power[i] * m->sent / sum);
    return ERR_NONE;
}

/* Value f of component i has index i form + f in the payload. The imaginary part of u^H h is the
 * real part of u^H (-j h), so that both forms are products of one real matrix. */
int klt_values_encode(klt_work *w, const float *h, payload *out, err *e)
{
    const klt_model *m = w->model;
    const klt_components *c = &m->components;
    int form = (int)c->form, n = (int)m->reals;
    cblas_sgemv(CblasRowMajor, CblasNoTrans, (int)m->sent, n, 1, c->vector, n, h, 1, 0, out->value,
                form);
    if (c->form == KLT_COMPLEX) {
        for (size_t j = 0; j < m->reals; j += 2) {
            w->rotated[j] = h[j + 1];
            w->rotated[j + 1] = -h[j];
        }
        cblas_sgemv(CblasRowMajor, CblasNoTrans, (int)m->sent, n, 1, c->vector, n, w->rotated, 1, 0,
                    out->value + 1, form);
    }
    bool finite = true;
    for (size_t i = 0; i < m->values; i++) {
        out->value[i] *= m->gain[i / c->form];
        finite &= isfinite(out->value[i]);
    }
    out->values = m->values;
    out->side_bits = 0;
    return finite ? ERR_NONE : err_set(e, ERR_FORMAT, "the channel has values that are not finite");
}

float klt_values_noise(const codec_hint *hint)
{
    /* A hint that is not a number means no shrinking. */
    bool noisy = hint->snr_db < no_noise_db;
    return noisy ? (float)power_of_db(-fmax(hint->snr_db, -no_noise_db)) : 0;
}

int klt_values_decode(klt_work *w, const payload *in, const codec_hint *hint, float *h, err *e)
{
    const klt_model *m = w->model;
    if (in->values != m->values || in->side_bits != 0)
        return err_set(e, ERR_FORMAT, "%u values and %u side bits; this klt takes %u and none",
                       in->values, in->side_bits, m->values);
    float noise = klt_values_noise(hint);
    for (size_t i = 0; i < m->values; i++) {
        size_t k = i / m->components.form;
        w->scaled[i] = in->value[i] * m->power[k] / ((m->power[k] + noise) * m->gain[k]);
    }
    klt_values_expand(w, h);
    return ERR_NONE;
}

void klt_values_expand(klt_work *w, float *h)
{
    const klt_model *m = w->model;
    const klt_components *c = &m->components;
    int form = (int)c->form, n = (int)m->reals;
    cblas_sgemv(CblasRowMajor, CblasTrans, (int)m->sent, n, 1, c->vector, n, w->scaled, form, 0, h,
                1);
    if (c->form == KLT_REAL)
        return;
    cblas_sgemv(CblasRowMajor, CblasTrans, (int)m->sent, n, 1, c->vector, n, w->scaled + 1, form, 0,
                w->rotated, 1);
    for (size_t j = 0; j < m->reals; j += 2) { /* += j rotated */
        h[j] -= w->rotated[j + 1];
        h[j + 1] += w->rotated[j];
    }
}
