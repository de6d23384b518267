#include "codec/sparse/amp.h"

#include <string.h>

static const double restart_factor = 1.25, outgrown = 4;

static const double least = 1e-9; /* of a variance, for a y of power 1 */

uint32_t sparse_amp(const sparse_problem *p, sparse_space *s, float complex *x, double *lambda)
{
    uint32_t n = p->matrix->n, rows = p->matrix->rows, k = 0;
    float complex *z = s->column, *r = s->vector[0];
    double d = (double)rows / n, start = sparse_energy(p->y, rows);
    double alpha = fmax(0.5 - 0.35 * log2(d), 1.2 + sqrt(p->noise));
    memset(x, 0, n * sizeof *x);
    memcpy(z, p->y, rows * sizeof *z);
    while (k < p->iterations && !sparse_expired(p)) {
        double slope = 0, t = alpha * sqrt(fmax(sparse_energy(z, rows) / rows / d, least));
        sparse_matrix_adjoint(p->matrix, z, s->scratch, r);
        k++;
        for (uint32_t i = 0; i < n; i++) {
            float complex old = x[i], from = old + r[i] / (float)d;
            double modulus = (double)cabsf(from);
            x[i] = sparse_shrink(from, (float)t, false);
            slope += modulus > t ? 1 - t / (2 * modulus) : 0;
            r[i] = x[i] - old;
        }
        double b = slope / n / d;
        sparse_residual(p, x, s);
        for (uint32_t i = 0; i < rows; i++)
            z[i] = s->residual[i] + (float)b * z[i];
        if (lambda)
            *lambda = t * d * (1 - b);
        if (sparse_energy(r, n) <= p->tolerance * p->tolerance * sparse_energy(x, n))
            break;
        if (!(sparse_energy(z, rows) <= outgrown * start)) {
            alpha *= restart_factor;
            memset(x, 0, n * sizeof *x);
            memcpy(z, p->y, rows * sizeof *z);
        }
    }
    return k;
}

enum { REACH = 2 }; /* of a tap's neighbourhood, to either side */

/* Ranges of the learnt parameters: they keep a logarithm finite. */
static const double share_min = 1e-3, share_max = 0.98, share_start = 0.1;

/* The damping of the messages, and the largest slope that is subtracted: without these limits one
 * report in a hundred diverges at CR 8 and above. */
static const double damping = 0.7, slope_max = 0.95;

/* out = mean of in over each tap's neighbourhood, [nt][ni]; the first axis is cyclic. `half` has n
 * entries. */
static void average_around(uint32_t nt, uint32_t ni, const float *in, float *half, float *out)
{
    for (uint32_t a = 0; a < nt; a++)
        for (uint32_t i = 0; i < ni; i++) {
            uint32_t from = i > REACH ? i - REACH : 0, to = i + REACH < ni ? i + REACH : ni - 1;
            float sum = 0;
            for (uint32_t j = from; j <= to; j++)
                sum += in[a * ni + j];
            half[a * ni + i] = sum / (float)(to - from + 1);
        }
    for (uint32_t a = 0; a < nt; a++)
        for (uint32_t i = 0; i < ni; i++) {
            float sum = 0;
            for (uint32_t b = 0; b <= 2 * REACH; b++)
                sum += half[(a + b + REACH * (nt - 1)) % nt * ni + i];
            out[a * ni + i] = sum / (2 * REACH + 1);
        }
}

/* What one pass over the taps learns. */
typedef struct moments {
    double slope;    /* mean of the posterior variance over tau^2 */
    double power, p; /* sums: E |x_i|^2 where tap i is not 0, and its probability */
    double moved, size;
} moments;

/* mean[i] = E x_i for r[i] = x_i + CN(0, tau2); replaces share[i] by P(x_i is not 0 | r). */
static moments estimate_taps(uint32_t n, const float complex *r, double tau2, double variance,
                             float *share, float complex *mean)
{
    moments m = {0};
    float gain = (float)(variance / (variance + tau2)), left = gain * (float)tau2;
    float evidence = (float)(1 / tau2 - 1 / (variance + tau2)),
          odds = (float)log1p(variance / tau2);
    for (uint32_t i = 0; i < n; i++) {
        float power = crealf(r[i]) * crealf(r[i]) + cimagf(r[i]) * cimagf(r[i]);
        float logit = logf(share[i] / (1 - share[i])) - odds + power * evidence;
        float p = 1 / (1 + expf(-logit));
        float second = p * (left + gain * gain * power);
        float complex to = p * gain * r[i], d = to - mean[i];
        float size = crealf(to) * crealf(to) + cimagf(to) * cimagf(to);
        m.slope += (double)(second - size);
        m.power += (double)second;
        m.p += (double)p;
        m.size += (double)size;
        m.moved += (double)(crealf(d) * crealf(d) + cimagf(d) * cimagf(d));
        mean[i] = to;
        share[i] = p;
    }
    m.slope /= n * tau2;
    return m;
}

uint32_t sparse_oamp(const sparse_problem *p, sparse_space *s, float complex *x)
{
    uint32_t n = p->matrix->n, rows = p->matrix->rows, k = 0;
    float complex *r = s->vector[0], *message = s->vector[1];
    float *share = s->real[0], *half = s->real[1];
    double d = (double)rows / n, variance = 1 / share_start;
    memset(x, 0, n * sizeof *x);
    memset(message, 0, n * sizeof *message);
    for (uint32_t i = 0; i < n; i++)
        share[i] = (float)share_start;
    while (k < p->iterations && !sparse_expired(p)) {
        sparse_residual(p, message, s);
        double error = fmax(sparse_energy(s->residual, rows) / rows - p->noise, least);
        double tau2 = fmax((error * (1 - d) + p->noise) / d, least);
        sparse_matrix_adjoint(p->matrix, s->residual, s->scratch, r);
        for (uint32_t i = 0; i < n; i++)
            r[i] = message[i] + r[i] / (float)d;
        moments m = estimate_taps(n, r, tau2, variance, share, x);
        k++;
        if (m.moved <= p->tolerance * p->tolerance * m.size)
            break;
        variance = fmax(m.power / fmax(m.p, share_min), least);
        average_around(p->nt, p->ni, share, half, share);
        for (uint32_t i = 0; i < n; i++)
            share[i] = fminf(fmaxf(share[i], (float)share_min), (float)share_max);
        /* Without its slope, the error of the estimate is orthogonal to the error of r. */
        float slope = (float)fmin(m.slope, slope_max), fresh = k > 1 ? (float)damping : 1;
        for (uint32_t i = 0; i < n; i++)
            message[i] += fresh * ((x[i] - slope * r[i]) / (1 - slope) - message[i]);
    }
    return k;
}
