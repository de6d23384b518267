#include "codec/sparse/lasso.h"

#include <cblas.h>
#include <string.h>

/* Sweeps over the active taps between sweeps over all. */
enum { SWEEPS = 8 };

double sparse_objective(const sparse_problem *p, sparse_space *s, const float complex *x)
{
    double sum = 0;
    for (uint32_t i = 0; i < p->matrix->n; i++)
        sum += p->parts ? fabs((double)crealf(x[i])) + fabs((double)cimagf(x[i]))
                        : (double)cabsf(x[i]);
    sparse_residual(p, x, s);
    return sparse_energy(s->residual, p->matrix->rows) / 2 + p->lambda * sum;
}

/* next = shrink(point + A^H (y - A point), lambda). */
static void step_from(const sparse_problem *p, sparse_space *s, const float complex *point,
                      float complex *next)
{
    sparse_residual(p, point, s);
    sparse_matrix_adjoint(p->matrix, s->residual, s->scratch, next);
    for (uint32_t i = 0; i < p->matrix->n; i++)
        next[i] = sparse_shrink(point[i] + next[i], (float)p->lambda, p->parts);
}

static uint32_t descend_gradient(const sparse_problem *p, sparse_space *s, bool momentum,
                                 float complex *x)
{
    uint32_t n = p->matrix->n, k = 0;
    float complex *next = s->vector[0], *point = s->vector[1];
    double t = 1;
    memset(x, 0, n * sizeof *x);
    memset(point, 0, n * sizeof *point);
    while (k < p->iterations && !sparse_expired(p)) {
        double moved = 0, size = 0, uphill = 0;
        step_from(p, s, point, next);
        k++;
        for (uint32_t i = 0; i < n; i++) {
            float complex d = next[i] - x[i];
            moved += (double)(crealf(d) * crealf(d) + cimagf(d) * cimagf(d));
            uphill += (double)crealf((point[i] - next[i]) * conjf(d));
            size += (double)(crealf(next[i]) * crealf(next[i]) + cimagf(next[i]) * cimagf(next[i]));
        }
        if (uphill > 0)
            t = 1;
        double after = (1 + sqrt(1 + 4 * t * t)) / 2;
        float ahead = momentum ? (float)((t - 1) / after) : 0;
        t = after;
        for (uint32_t i = 0; i < n; i++) {
            point[i] = next[i] + ahead * (next[i] - x[i]);
            x[i] = next[i];
        }
        if (moved <= p->tolerance * p->tolerance * size)
            break;
    }
    return k;
}

uint32_t sparse_ista(const sparse_problem *p, sparse_space *s, float complex *x)
{
    return descend_gradient(p, s, false, x);
}

uint32_t sparse_fista(const sparse_problem *p, sparse_space *s, float complex *x)
{
    return descend_gradient(p, s, true, x);
}

/* Sets tap i to its minimum, updates the residual, and returns how far the tap moved, squared. The
 * tap's column has the squared norm q; without the tap, c_i would be c_i + q x_i. */
static double minimize_tap(const sparse_problem *p, sparse_space *s, uint32_t i, float complex *x)
{
    int rows = (int)p->matrix->rows;
    float complex c;
    sparse_matrix_column(p->matrix, i, s->column);
    float q = cblas_scnrm2(rows, s->column, 1);
    q *= q;
    if (!(q > 0))
        return 0;
    cblas_cdotc_sub(rows, s->column, 1, s->residual, 1, &c);
    float complex to = sparse_shrink(c + q * x[i], (float)p->lambda, p->parts) / q;
    float complex back = x[i] - to;
    x[i] = to;
    cblas_caxpy(rows, &back, s->column, 1, s->residual, 1);
    return (double)(crealf(back) * crealf(back) + cimagf(back) * cimagf(back));
}

uint32_t sparse_descend(const sparse_problem *p, sparse_space *s, float complex *x)
{
    uint32_t n = p->matrix->n, sweeps = 0;
    float complex *c = s->vector[0];
    float *active = s->real[0];
    memset(x, 0, n * sizeof *x);
    while (sweeps < p->iterations && !sparse_expired(p)) {
        double moved = 0, first = 0, limit;
        /* Recomputed in each round, so that rounding errors of the updates do not accumulate. */
        sparse_residual(p, x, s);
        sparse_matrix_adjoint(p->matrix, s->residual, s->scratch, c);
        for (uint32_t i = 0; i < n; i++)
            active[i] = x[i] != 0 || sparse_shrink(c[i], (float)p->lambda, p->parts) != 0;
        for (uint32_t k = 0; k < SWEEPS && sweeps < p->iterations && !sparse_expired(p); k++) {
            moved = 0;
            for (uint32_t i = 0; i < n; i++)
                if (active[i] != 0)
                    moved += minimize_tap(p, s, i, x);
            sweeps++;
            first = k ? first : moved;
            limit = p->tolerance * p->tolerance * sparse_energy(x, n);
            if (moved <= limit)
                break;
        }
        if (first <= p->tolerance * p->tolerance * sparse_energy(x, n))
            break; /* this round changed nothing */
    }
    return sweeps;
}
