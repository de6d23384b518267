/* Innovations as values, with noise on them. The UE sends s_i = g_i y_i, with klt's gains, minus a
 * share of its last report,
 *
 *     z_i = s_i - a e^(j phi) m_i,
 *
 * with m_i the s_i of the report that it builds on. The UE knows them; it need not know what the
 * base station received. The base station computes
 *
 *     x_i <- a e^(j phi) x_i + z_i + n_i,   P <- a^2 P + N,
 *
 * so x_i is s_i plus an error of variance P, however the channel changes. N is the noise variance
 * on a value by the receiver's SNR estimate. It is relative to the power of z_i, which is 1 + a^2 -
 * 2 a rho times that of s_i. At a constant SNR, P = pi / SNR in units of that power, with
 *
 *     pi <- a^2 pi + 1 + a^2 - 2 a rho,   minimal at a = rho / (1 + pi):
 *     pi <- 1 - rho^2 / (1 + pi).
 *
 * That is the recursion of a Kalman filter, from pi = 1 after a key: 1, 1/2, 1/3 ... on a static
 * channel, and sqrt(1 - rho^2) in the limit. Both ends know pi; only the receiver knows the SNR.
 *
 * The decoder uses the linear MMSE estimate x_i L_i / (L_i + P), with L_i the assumed variance of
 * the component (state.h). A Kalman filter with L_i inside its loop was worse: the innovations of a
 * moving UE are not white, and a gain below 1 lags behind them. */
#include <math.h>
#include <string.h>

#include "codec/delta/model.h"

int delta_values_prepare(delta_model *m, payload_shape *shape, err *e)
{
    uint32_t of_key = delta_law_bits(&m->law, true), others = delta_law_bits(&m->law, false);
    const payload_size key = {of_key, of_key, m->klt->values},
                       innovation = {others, others, m->klt->values};
    *shape = payload_shape_by_kind(&key, &innovation);
    m->variances = 1;
    return klt_values_prepare(m->klt, e);
}

/* The leak, and pi after the report; a key has a = 0 and pi = 1. */
static float leak_of(const delta_step *step, const delta_state *before, delta_state *after)
{
    if (step->correlation == 0) {
        after->age = 0;
        after->power = 1;
        return 0;
    }
    /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a key has correlation 0 */
    float leak = step->rho / (1 + before->power);
    after->age = before->age < UINT32_MAX ? before->age + 1 : before->age;
    after->power = 1 - step->rho * leak;
    return leak;
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
    float leak = leak_of(&step, before, after);
    memcpy(delta_values(after), out->value, values * sizeof *out->value);
    *delta_variances(after, values) = 0; /* the UE has no P */
    if (step.correlation > 0) {
        delta_predict(&m->law, &step, before->number, values, leak, w->predicted);
        for (size_t i = 0; i < values; i++)
            out->value[i] -= w->predicted[i];
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

static float mean_square(const float *x, size_t n)
{
    float sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += x[i] * x[i];
    return sum / (float)n;
}

/* Weights a key as klt_values_decode weights a report, in the same order, so that it rounds
 * alike. */
static void weigh_key(delta_work *w, const float *received, float noise)
{
    const klt_model *k = w->model->klt;
    for (size_t i = 0; i < k->values; i++) {
        size_t c = i / k->components.form;
        w->klt->scaled[i] = received[i] * k->power[c] / ((k->power[c] + noise) * k->gain[c]);
    }
}

static void weigh(delta_work *w, const float *x, float error)
{
    const klt_model *k = w->model->klt;
    float power = mean_square(x, k->values) - error;
    power = power > 0 ? power : 0;
    delta_variances_of(&w->model->law, k->power, x, k->sent, power > 0 ? 1 / power : 0,
                       w->variance);
    for (size_t i = 0; i < k->values; i++) {
        size_t c = i / k->components.form;
        /* The variance is half from x^2, so it contains half of the error. */
        float own = w->variance[c] * power - error / 2, least = power * k->power[c] / 2;
        own = own > least ? own : least;
        w->klt->scaled[i] = own > 0 ? x[i] * (own / (own + error)) / k->gain[c] : 0;
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
        return err_set(e, ERR_FORMAT, "innovations without the report that they build on");
    float noise = klt_values_noise(hint), leak = leak_of(&step, before, after);
    float *x = delta_values(after), *error = delta_variances(after, k->values);
    *error = mean_square(in->value, k->values) * (noise / (1 + noise));
    memcpy(x, in->value, k->values * sizeof *x);
    if (step.correlation > 0) {
        *error += leak * leak * before->number[k->values];
        delta_predict(&m->law, &step, before->number, k->values, leak, w->predicted);
        for (size_t i = 0; i < k->values; i++)
            x[i] += w->predicted[i];
    }
    if (!isfinite(*error))
        return err_set(e, ERR_FORMAT, "values too large to build on");
    if (step.correlation > 0)
        weigh(w, x, *error);
    else
        weigh_key(w, in->value, noise);
    klt_values_expand(w->klt, h);
    return ERR_NONE;
}
