/* Innovations as entropy-coded bits. A report is, least significant bit first:
 *
 *     0 .. 10   c (state.h)
 *     8         a level (KLT_NORM_LEVEL): of |h| in a key, of the innovations otherwise
 *     8         k of the step D (klt/entropy.h)
 *     ...       the message of the range coder
 *
 * The innovations e_i = y_i - c m_i, divided by their level, are coded as klt codes a channel's
 * components, but with the deviations of the prediction error:
 *
 *     V_i = rho^2 P_i + (1 - rho^2) lambda_i |h|^2,
 *
 * with P_i the error variance of m_i and |h| from the key. One step for all of them is reverse
 * water-filling: a component with V_i far below D^2 gets no bits. After the report, P_i is D^2 / 12
 * where a number was sent. Where it was 0, P_i is the variance of a uniform error in the zero cell,
 * (0.6 D)^2 / 3, but at most V_i.
 *
 * m_i is what the base station reconstructs, so the next report corrects the errors of this one.
 * Both ends compute their state by the same function of the same bits. */
#include <math.h>
#include <string.h>

#include "codec/delta/model.h"

/* The smallest variance, as a share of the mean, that a deviation is computed from: the coder needs
 * 1 / deviation. */
static const float least_share = 1e-6f;

/* Of 1 - rho^2: a prediction that removes 10 dB is worth its bits. */
static const float sure = 0.1f;

int delta_bits_prepare(delta_model *m, payload_shape *shape, uint64_t *digest, err *e)
{
    klt_model *k = m->klt;
    uint32_t bits = k->bits, most = bits > m->key_bits ? bits : m->key_bits;
    k->entropy = true;
    k->bits = most;
    int rc = klt_bits_prepare(k, shape, digest, e);
    k->bits = bits;
    m->variances = k->sent;
    /* A key that comes by itself, where nothing can be predicted, has the bits of an innovation. */
    uint32_t least = shape->side_bits_min + delta_law_bits(&m->law, true);
    const payload_size key = {least, most, 0}, innovation = {least, bits, 0};
    *shape = payload_shape_by_kind(&key, &innovation);
    return rc;
}

/* The variance of the prediction error into w->variance and, divided by its level, the deviation
 * into w->deviation. */
static void expect(delta_work *w, const delta_step *step, const delta_state *before, float power)
{
    const klt_model *k = w->model->klt;
    const float *lambda = k->components.variance;
    const float *known = before ? before->number + k->values : NULL;
    float keep = step->rho * step->rho, sum = 0;
    if (before && power > 0) {
        delta_variances_of(&w->model->law, lambda, before->number, k->sent, 1 / power, w->variance);
        lambda = w->variance;
    }
    for (size_t i = 0; i < k->sent; i++) {
        w->variance[i] = step->innovation * (lambda[i] * power) + (known ? keep * known[i] : 0);
        sum += w->variance[i];
    }
    if (step->correlation == 0) { /* klt's own, which count power outside the components, too */
        klt_entropy_expect(w->klt->coding, NULL);
        return;
    }
    uint32_t form = k->components.form;
    float mean = sum / (float)k->sent, each = 1 / (float)k->values;
    for (size_t i = 0; i < k->values; i++) {
        float share = mean > 0 ? w->variance[i / form] / mean : 1;
        w->deviation[i] = sqrtf((share > least_share ? share : least_share) * each);
    }
    klt_entropy_expect(w->klt->coding, w->deviation);
}

/* The state after a report of innovations with `level`, in steps of D. */
static void remember(delta_work *w, const delta_step *step, const delta_state *before, float power,
                     float level, float unit, delta_state *after)
{
    const klt_model *k = w->model->klt;
    float *values = delta_values(after), *variances = delta_variances(after, k->values);
    float sent = unit * unit / 12, zero = 0.12f * (unit * unit);
    uint32_t form = k->components.form;
    after->age = step->correlation > 0 && before->age < UINT32_MAX ? before->age + 1 : 0;
    after->power = power;
    for (size_t i = 0; i < k->sent; i++) {
        float most = w->variance[i] < zero ? w->variance[i] : zero, sum = 0;
        for (size_t f = i * form; f < (i + 1) * form; f++)
            sum += w->innovation[f] != 0 ? sent : most;
        variances[i] = sum / (float)form;
    }
    for (size_t i = 0; i < k->values; i++) {
        float error = w->innovation[i] * level;
        values[i] = step->correlation > 0 ? error + w->predicted[i] : error;
    }
}

/* --- the UE --------------------------------------------------------------------------------------
 */

static float level_of(const float *x, size_t n, bit_writer *w)
{
    double energy = 0;
    for (size_t i = 0; i < n; i++)
        energy += (double)x[i] * (double)x[i];
    uint32_t code = level_code(KLT_NORM_LEVEL, sqrt(energy), LEVEL_NEAREST);
    bits_put(w, code, KLT_NORM_LEVEL.bits);
    return level_value(KLT_NORM_LEVEL, code);
}

/* y_i of h at unit norm into klt->scaled; |h| into *norm. */
static int project(delta_work *w, const float *h, float *norm, err *e)
{
    const klt_model *k = w->model->klt;
    double energy = 0;
    for (size_t j = 0; j < k->reals; j++)
        energy += (double)h[j] * (double)h[j];
    if (!isfinite(energy))
        return err_set(e, ERR_FORMAT, "the channel has values that are not finite");
    *norm = level_value(KLT_NORM_LEVEL, level_code(KLT_NORM_LEVEL, sqrt(energy), LEVEL_NEAREST));
    klt_project(w->klt, h, *norm > 0 ? 1 / *norm : 0);
    return ERR_NONE;
}

static void put_message(const uint8_t *message, uint32_t bits, bit_writer *w)
{
    for (uint32_t at = 0; at < bits; at += 8)
        bits_put(w, message[at / 8], bits - at < 8 ? bits - at : 8);
}

/* Writes the report with this c, from the y_i at unit norm in klt->scaled; returns D. */
static float write_report(delta_work *w, const delta_step *step, const delta_state *before,
                          const float *h, float norm, uint32_t budget, payload *out)
{
    const delta_model *m = w->model;
    const klt_model *k = m->klt;
    const float *y = w->klt->scaled;
    float level;
    uint32_t k_of_step;
    bit_writer side = {.byte = out->side, .room = PAYLOAD_SIDE_BITS_MAX};
    delta_step_put(&m->law, step, &side);
    if (step->correlation > 0) {
        delta_predict(&m->law, step, before->number, k->values, step->rho, w->predicted);
        for (size_t i = 0; i < k->values; i++)
            w->innovation[i] = y[i] * norm - w->predicted[i];
        level = level_of(w->innovation, k->values, &side);
        for (size_t i = 0; i < k->values; i++)
            w->innovation[i] = level > 0 ? w->innovation[i] / level : 0;
        /* NOLINTNEXTLINE(clang-analyzer-core.NullDereference): a key has correlation 0 */
        expect(w, step, before, before->power);
    } else {
        level = level_of(h, k->reals, &side); /* the norm, once more */
        memcpy(w->innovation, y, k->values * sizeof *y);
        expect(w, step, NULL, norm * norm);
    }
    uint32_t bits = klt_entropy_encode(w->klt->coding, w->innovation,
                                       budget - side.bits - KLT_STEP_BITS, w->message, &k_of_step);
    bits_put(&side, k_of_step, KLT_STEP_BITS);
    put_message(w->message, bits, &side);
    out->side_bits = side.bits;
    return level * klt_entropy_step(k->coder, k_of_step);
}

/* A prediction removes power from the strongest components and may add power to the others, which
 * costs bits, too. Unless the prediction is very good, both ways are tried. */
static void write_better(delta_work *w, const delta_step *step, const delta_state *before,
                         const float *h, float norm, payload *out)
{
    uint32_t budget = w->model->klt->bits;
    float coarse = write_report(w, step, before, h, norm, budget, out);
    if (step->innovation < sure || w->model->law.fixed >= 0)
        return;
    uint32_t bits = out->side_bits;
    memcpy(w->other, out->side, bits_bytes(bits));
    delta_step key = delta_key();
    if (write_report(w, &key, NULL, h, norm, budget, out) <= coarse) {
        out->builds_on = 0;
        return;
    }
    memcpy(out->side, w->other, bits_bytes(bits));
    out->side_bits = bits;
}

int delta_bits_encode(delta_work *w, const delta_state *before, const float *h, payload *out,
                      delta_state *after, err *e)
{
    const delta_model *m = w->model;
    const klt_model *k = m->klt;
    float norm = 0;
    delta_step step = delta_key();
    int rc = project(w, h, &norm, e);
    if (rc != ERR_NONE)
        return rc;
    if (before) {
        for (size_t i = 0; i < k->values; i++)
            w->innovation[i] = w->klt->scaled[i] * norm;
        step = delta_choose(&m->law, w->innovation, before->number, k->values);
    }
    out->values = 0;
    if (step.correlation > 0) {
        write_better(w, &step, before, h, norm, out);
    } else {
        write_report(w, &step, NULL, h, norm, before ? k->bits : m->key_bits, out);
        out->builds_on = 0;
    }
    return delta_bits_decode(w, before, out, NULL, after, e);
}

/* --- the base station, and the UE, which tracks it ----------------------------------------------
 */

static int check_size(const delta_model *m, const payload *in, err *e)
{
    uint32_t least = delta_law_bits(&m->law, true) + KLT_NORM_LEVEL.bits + KLT_STEP_BITS;
    uint32_t most = m->key_bits > m->klt->bits ? m->key_bits : m->klt->bits;
    if (in->values == 0 && in->side_bits >= least && in->side_bits <= most)
        return ERR_NONE;
    return err_set(e, ERR_FORMAT,
                   "a payload of %u values and %u side bits; this delta-klt takes no values and %u "
                   "to %u side bits",
                   in->values, in->side_bits, least, most);
}

/* `h` NULL: only the state is needed. */
int delta_bits_decode(delta_work *w, const delta_state *before, const payload *in, float *h,
                      delta_state *after, err *e)
{
    const delta_model *m = w->model;
    const klt_model *k = m->klt;
    int rc = check_size(m, in, e);
    if (rc != ERR_NONE)
        return rc;
    bit_reader side = {.byte = in->side, .size = in->side_bits};
    delta_step step = delta_step_get(&m->law, &side);
    if (step.correlation > 0 && !before)
        return err_set(e, ERR_FORMAT, "innovations without the report that they build on");
    float level = level_value(KLT_NORM_LEVEL, bits_get(&side, KLT_NORM_LEVEL.bits));
    uint32_t k_of_step = bits_get(&side, KLT_STEP_BITS), bits = side.size - side.bits;
    if (side.cut)
        return err_set(e, ERR_FORMAT, "%u side bits end within the header of a report", side.size);
    for (uint32_t at = 0; at < bits; at += 8)
        w->message[at / 8] = (uint8_t)bits_get(&side, bits - at < 8 ? bits - at : 8);
    float power = step.correlation > 0 ? before->power : level * level;
    expect(w, &step, step.correlation > 0 ? before : NULL, power);
    rc = klt_entropy_decode(w->klt->coding, k_of_step, w->message, bits, w->innovation, e);
    if (rc != ERR_NONE)
        return rc;
    if (step.correlation > 0)
        delta_predict(&m->law, &step, before->number, k->values, step.rho, w->predicted);
    remember(w, &step, before, power, level, level * klt_entropy_step(k->coder, k_of_step), after);
    if (h) {
        memcpy(w->klt->scaled, delta_values(after), k->values * sizeof(float));
        klt_expand(w->klt, h);
    }
    return ERR_NONE;
}
