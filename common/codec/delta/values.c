/* Innovations as values, with noise on them. The UE sends s_i = g_i y_i less a share of what it
 * sent last,
 *
 *     z_i = s_i - a e^(j phi) m_i,   a = (1 - sqrt(1 - rho^2)) / rho,
 *
 * with m_i the s_i of the report that it builds on, as the UE knows them: it need not know what the
 * base station made of them. Both ends know the gains g_i, which are klt's. The leak a is that of
 * dpcm. The base station holds an estimate x_i of m_i and its error's variance P_i, and makes the
 * linear MMSE estimate of s_i = rho m_i + w_i from x_i and z_i, which is a Kalman filter whose
 * observation holds the process noise w_i, too:
 *
 *     b = rho - a,   Q_i = (1 - rho^2) p_i,   R = mean power of z / SNR = (1 + a^2 - 2 a rho) /
 * SNR, K_i = (rho b P_i + Q_i) / (b^2 P_i + Q_i + R), x_i <- rho x_i + K_i (z_i - b x_i), P_i <-
 * rho^2 P_i + Q_i - K_i (rho b P_i + Q_i),
 *
 * all turned by phi. p_i is the variance of s_i over the mean of all, so that nothing but the SNR
 * that the receiver estimates enters. A key has rho = 0: K_i = p_i / (p_i + R), which is klt. */
#include <math.h>
#include <string.h>

#include "codec/delta/model.h"

int delta_values_prepare(delta_model *m, payload_shape *shape, err *e)
{
    *shape = (payload_shape){.side_bits_min = delta_law_bits(&m->law, true),
                             .side_bits_max = delta_law_bits(&m->law, false),
                             .values_max = m->klt->values};
    return klt_values_prepare(m->klt, e);
}

static float leak_of(const delta_step *step)
{
    return step->rho > 0 ? (1 - sqrtf(step->innovation)) / step->rho : 0;
}

int delta_values_encode(delta_work *w, const delta_state *before, const float *h, payload *out,
                        delta_state *after, err *e)
{
    const delta_model *m = w->model;
    size_t values = m->klt->values;
    delta_step step = delta_key();
    int rc = klt_values_encode(w->klt, h, out, e);
    if (rc != ERR_NONE)
        return rc;
    if (before)
        step = delta_choose(&m->law, out->value, before->number, values);
    memset(after, 0, delta_state_bytes(values, m->klt->sent));
    memcpy(delta_values(after), out->value, values * sizeof *out->value);
    if (step.correlation > 0) {
        after->age = before->age < UINT32_MAX ? before->age + 1 : before->age;
        delta_predict(&m->law, &step, before->number, values, leak_of(&step), w->foretold);
        for (size_t i = 0; i < values; i++)
            out->value[i] -= w->foretold[i];
    } else {
        out->builds_on = 0;
    }
    for (size_t i = 0; i < values; i++)
        if (!isfinite(out->value[i]))
            return err_set(e, ERR_FORMAT, "the channel is too large for a difference of floats");
    bit_writer side = {.byte = out->side, .room = delta_law_bits(&m->law, false)};
    delta_step_put(&m->law, &step, &side);
    out->side_bits = side.bits;
    return ERR_NONE;
}

/* One step of the filter; the state after it. */
static void filter(delta_work *w, const delta_step *step, const delta_state *before,
                   const float *received, float noise, delta_state *after)
{
    const klt_model *k = w->model->klt;
    const float *known = before ? before->number + k->values : NULL;
    float *values = delta_values(after), *variances = delta_variances(after, k->values);
    float rho = step->rho, b = rho - leak_of(step), a = rho - b;
    float error = noise * (1 + a * a - 2 * a * rho);
    for (size_t i = 0; i < k->sent; i++) {
        float process = step->innovation * k->power[i], p = known ? known[i] : 0;
        float shared = rho * b * p + process, whole = b * b * p + process + error;
        float gain = whole > 0 ? shared / whole : 0, left = rho * rho * p + process - gain * shared;
        variances[i] = left > 0 ? left : 0;
        for (size_t f = i * k->components.form; f < (i + 1) * k->components.form; f++)
            values[f] = rho * w->foretold[f] + gain * (received[f] - b * w->foretold[f]);
    }
}

/* What klt_values_decode does with a whole report; written as there, so that it rounds alike. */
static void take_key(delta_work *w, const float *received, float noise, delta_state *after)
{
    const klt_model *k = w->model->klt;
    float *values = delta_values(after), *variances = delta_variances(after, k->values);
    for (size_t i = 0; i < k->values; i++) {
        size_t c = i / k->components.form;
        float p = k->power[c], whole = p + noise;
        values[i] = whole > 0 ? received[i] * p / whole : 0;
        variances[c] = whole > 0 ? p * noise / whole : 0;
        w->klt->scaled[i] = received[i] * p / (whole * k->gain[c]);
    }
}

int delta_values_decode(delta_work *w, const delta_state *before, const payload *in,
                        const codec_hint *hint, float *h, delta_state *after, err *e)
{
    const delta_model *m = w->model;
    const klt_model *k = m->klt;
    bit_reader side = {.byte = in->side, .size = in->side_bits};
    delta_step step = delta_step_get(&m->law, &side);
    if (in->values != k->values || side.cut || side.bits != in->side_bits)
        return err_set(e, ERR_FORMAT,
                       "%u values and %u side bits; this delta-klt takes %u and %u, or %u in a key",
                       in->values, in->side_bits, k->values, delta_law_bits(&m->law, false),
                       delta_law_bits(&m->law, true));
    if (step.correlation > 0 && !before)
        return err_set(e, ERR_FORMAT, "innovations that build on no report");
    float noise = klt_values_noise(hint);
    after->power = 0;
    after->age = 0;
    if (step.correlation == 0) {
        take_key(w, in->value, noise, after);
    } else {
        after->age = before->age < UINT32_MAX ? before->age + 1 : before->age;
        delta_predict(&m->law, &step, before->number, k->values, 1, w->foretold);
        filter(w, &step, before, in->value, noise, after);
        for (size_t i = 0; i < k->values; i++)
            w->klt->scaled[i] = delta_values(after)[i] / k->gain[i / k->components.form];
    }
    klt_values_expand(w->klt, h);
    return ERR_NONE;
}
