#include "chain/predict.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "chain/predict_fit.h"
#include "chain/predict_net.h"

enum { ORDER = CHAIN_PREDICT_ORDER };

struct chain_predictor {
    chain_predict how;
    size_t entries;
    float complex *past; /* [ORDER or 1][entries], the last one first */
    chain_tap_fit *fit;  /* [entries] of ar and net */
    size_t known, fits;  /* reports since the past began, and those in the sums of `fit` */
    uint32_t seq;        /* of the last one */
    double due_s, period_s;
    double spacing;                    /* periods between the first two of the past */
    double on_predicted, of_predicted; /* sums: Re <D, x' - x_0>, |D|^2 */
};

static bool fits_taps(chain_predict how)
{
    return how == CHAIN_PREDICT_AR || how == CHAIN_PREDICT_NET;
}

static size_t past_of(chain_predict how)
{
    return how == CHAIN_PREDICT_HOLD ? 1 : ORDER;
}

size_t chain_predictor_bytes(chain_predict how, size_t entries)
{
    size_t fit = fits_taps(how) ? sizeof(chain_tap_fit) : 0;
    return sizeof(chain_predictor) + entries * (past_of(how) * sizeof(float complex) + fit);
}

chain_predictor *chain_predictor_create(chain_predict how, size_t entries, err *e)
{
    chain_predictor *p = calloc(1, sizeof *p);
    if (p) {
        p->how = how;
        p->entries = entries;
        p->past = calloc(past_of(how) * entries, sizeof *p->past);
        if (fits_taps(how))
            p->fit = calloc(entries, sizeof *p->fit);
    }
    if (p && p->past && (p->fit || !fits_taps(how)))
        return p;
    chain_predictor_free(p);
    err_set(e, ERR_NOMEM, "out of memory to follow a channel of %zu entries", entries);
    return NULL;
}

void chain_predictor_free(chain_predictor *p)
{
    if (!p)
        return;
    free(p->past);
    free(p->fit);
    free(p);
}

double chain_predictor_weight(const chain_predictor *p)
{
    double g = p->of_predicted > 0 ? p->on_predicted / p->of_predicted : 0;
    return g > 0 ? fmin(g, 1) : 0; /* NaN: 0 */
}

static double power_of(double complex x)
{
    double re = creal(x), im = cimag(x);
    return re * re + im * im;
}

static float complex phasor(double phase)
{
    return (float)cos(phase) + (float)sin(phase) * I;
}

/* What a tap is expected to be after `steps` periods and a part of one more. */
static float complex step_ahead(const chain_tap_fit *f, const float complex x[ORDER], double ahead)
{
    float complex x1 = x[0], x2 = x[1];
    double whole = floor(ahead), part = ahead - whole;
    for (int i = 0; i < (int)whole + (part > 0); i++) {
        float complex next = f->c[0] * x1 + f->c[1] * x2;
        x2 = x1;
        x1 = next;
    }
    if (part == 0)
        return x1;
    double turn = cabsf(f->b[0]) > 0 ? (double)cargf(f->b[0]) : 0;
    float complex from = x2 * phasor(turn * part), to = x1 * phasor(-turn * (1 - part));
    return (float)(1 - part) * from + (float)part * to;
}

/* P - x_0 of an entry, `ahead` periods ahead, without the weight. */
static float complex predicted_change(const chain_predictor *p, size_t i, double ahead)
{
    const float complex x[ORDER] = {p->past[i], p->past[p->entries + i]};
    if (p->how == CHAIN_PREDICT_LINEAR)
        return (float)(ahead / p->spacing) * (x[0] - x[1]);
    return step_ahead(&p->fit[i], x, ahead) - x[0];
}

static bool can_predict(const chain_predictor *p)
{
    return (p->how == CHAIN_PREDICT_LINEAR && p->known >= 2) || p->fits > 0;
}

bool chain_predictor_follows(const chain_predictor *p, uint32_t seq)
{
    return p->known > 0 && p->seq == seq;
}

void chain_predictor_at(const chain_predictor *p, double ahead_s, float complex *h)
{
    size_t n = p->entries;
    double ahead = p->period_s > 0 ? ahead_s / p->period_s : 0;
    double weight = pow(chain_predictor_weight(p), fmax(1, ahead)), held = 0, predicted = 0;
    memcpy(h, p->past, n * sizeof *h);
    if (!can_predict(p) || !(ahead > 0 && ahead <= CHAIN_PREDICT_STEPS) || weight == 0)
        return;
    for (size_t i = 0; i < n; i++) {
        held += power_of(h[i]);
        h[i] += (float)weight * predicted_change(p, i, ahead);
        predicted += power_of(h[i]);
    }
    /* A fit of few reports may run away over several steps. Not <=, for NaN. */
    if (!(predicted <= 4 * held))
        memcpy(h, p->past, n * sizeof *h);
}

/* Reports that were lost in between: what ar expected stands in for them, since its steps are whole
 * periods; linear knows the time between its two. */
static void bridge(chain_predictor *p, uint32_t lost)
{
    size_t n = p->entries;
    for (uint32_t k = 0; k < lost; k++)
        for (size_t i = 0; i < n; i++) {
            float complex *x = p->past + i, next = *x;
            if (can_predict(p))
                next += (float)chain_predictor_weight(p) * predicted_change(p, i, 1);
            x[n] = *x;
            *x = isfinite(crealf(next)) && isfinite(cimagf(next)) ? next : *x;
        }
}

static void fit_taps(chain_predictor *p, chain_predict_work *net, double snr_db,
                     const float complex *h)
{
    size_t n = p->entries;
    float fade = (float)CHAIN_PREDICT_FADE;
    double sum = 0, noise = isfinite(snr_db) ? pow(10, -snr_db / 10) : 0;
    for (size_t i = 0; i < n; i++) {
        chain_tap_fit *f = &p->fit[i];
        float complex x1 = p->past[i], x2 = p->past[n + i];
        f->r11 = fade * f->r11 + (float)power_of(x1);
        f->r22 = fade * f->r22 + (float)power_of(x2);
        f->r12 = fade * f->r12 + conjf(x1) * x2;
        f->b[0] = fade * f->b[0] + conjf(x1) * h[i];
        f->b[1] = fade * f->b[1] + conjf(x2) * h[i];
        sum += (double)f->r11;
    }
    p->fits++;
    if (net && chain_predict_work_run(net, p->fit, n, snr_db, p->fits))
        return;
    for (size_t i = 0; i < n; i++)
        chain_tap_solve(&p->fit[i], (0.02 + noise) * sum / (double)n, p->fit[i].c);
}

/* How far the next reconstruction is from what was predicted; the weight learns from it. */
static double compare(chain_predictor *p, double ahead, const float complex *h)
{
    double off = 0, held_off = 0, power = 0, on = 0, of = 0, weight = chain_predictor_weight(p);
    bool predicts = can_predict(p);
    for (size_t i = 0; i < p->entries; i++) {
        /* In double, since the difference of two floats may be none. */
        double complex d = predicts ? predicted_change(p, i, ahead) : 0;
        double complex came = (double complex)h[i] - p->past[i];
        off += power_of(came - weight * d);
        held_off += power_of(came);
        power += power_of(h[i]);
        on += creal(conj(d) * came);
        of += power_of(d);
    }
    if (predicts && isfinite(on) && isfinite(of)) {
        p->on_predicted = CHAIN_PREDICT_FADE * p->on_predicted + on;
        p->of_predicted = CHAIN_PREDICT_FADE * p->of_predicted + of;
    }
    return power > 0 ? (isfinite(off) ? off : held_off) / power : NAN;
}

static void forget(chain_predictor *p)
{
    p->known = p->fits = 0;
    p->period_s = p->on_predicted = p->of_predicted = 0;
    memset(p->past, 0, past_of(p->how) * p->entries * sizeof *p->past);
    if (p->fit)
        memset(p->fit, 0, p->entries * sizeof *p->fit);
}

/* Whether report `seq` continues the last ones; sets how many periods it is later, and how long one
 * is. */
static bool continues(const chain_predictor *p, uint32_t seq, double due_s, uint32_t *steps,
                      double *period_s)
{
    if (p->known == 0 || seq <= p->seq || seq - p->seq > CHAIN_PREDICT_STEPS)
        return false;
    *steps = seq - p->seq;
    *period_s = (due_s - p->due_s) / *steps;
    return isfinite(*period_s) && *period_s > 0 &&
           (p->period_s == 0 || fabs(*period_s - p->period_s) <= 0.1 * p->period_s);
}

double chain_predictor_add(chain_predictor *p, chain_predict_work *net, uint32_t seq, double due_s,
                           double snr_db, const float complex *h)
{
    size_t n = p->entries;
    uint32_t steps = 1;
    double period_s = 0, innovation = NAN;
    if (p->known > 0 && seq <= p->seq && p->seq - seq <= CHAIN_PREDICT_STEPS && due_s <= p->due_s)
        return NAN; /* overtaken */
    bool goes_on = continues(p, seq, due_s, &steps, &period_s);
    if (goes_on) {
        innovation = compare(p, steps, h);
        if (p->fit && steps > 1)
            bridge(p, steps - 1);
        if (p->fit && steps == 1 && p->known >= ORDER)
            fit_taps(p, net, snr_db, h);
    } else
        forget(p);
    if (p->how != CHAIN_PREDICT_HOLD)
        memcpy(p->past + n, p->past, n * sizeof *p->past);
    memcpy(p->past, h, n * sizeof *p->past);
    p->known++;
    p->spacing = p->fit ? 1 : steps;
    p->seq = seq;
    p->due_s = due_s;
    p->period_s = period_s;
    return innovation;
}
