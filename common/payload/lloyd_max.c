#include "payload/lloyd_max.h"

#include <math.h>
#include <string.h>

enum { ROUNDS_MAX = 1000, HALVINGS = 60 };

static const double tolerance = 1e-9;

/* Q(s, t) = Gamma(s, t) / Gamma(s) for s = n / 2: for an integer s the tail of a Poisson law, else
 * erfc and the recurrence Q(s + 1, t) = Q(s, t) + t^s e^-t / Gamma(s + 1). */
static double upper_gamma(unsigned twice_s, double t)
{
    double s = twice_s % 2 ? 0.5 : 1;
    double sum = twice_s % 2 ? erfc(sqrt(t)) : exp(-t);
    for (double term = pow(t, s) * exp(-t) / tgamma(s + 1); 2 * s < twice_s; s++) {
        sum += term;
        term *= t / (s + 1);
    }
    return sum;
}

/* |x| of a generalised Gaussian. */
typedef struct source {
    double beta, a, mean;
    unsigned order; /* 2 / beta: moment k over x .. infinity is proportional to Q((k + 1) order / 2,
                       t) */
} source;

double lloyd_beta(lloyd_shape shape)
{
    return shape == LLOYD_GAUSSIAN ? 2 : shape == LLOYD_LAPLACIAN ? 1 : 0.5;
}

static source describe(lloyd_shape shape)
{
    double beta = lloyd_beta(shape);
    source s = {.beta = beta, .order = (unsigned)(2 / beta)};
    s.a = sqrt(tgamma(1 / beta) / tgamma(3 / beta));
    s.mean = s.a * tgamma(2 / beta) / tgamma(1 / beta);
    return s;
}

static double density(const source *s, double x)
{
    return s->beta / (s->a * tgamma(1 / s->beta)) * exp(-pow(x / s->a, s->beta));
}

/* P(|x| > at) and E(|x|; |x| > at). */
static void tail(const source *s, double at, double *probability, double *moment)
{
    double t = pow(at / s->a, s->beta);
    *probability = upper_gamma(s->order, t);
    *moment = s->mean * upper_gamma(2 * s->order, t);
}

/* The best positions of many levels: at equal steps of the integral of f^(1/3) (Panter and Dite),
 * which is a generalised Gaussian again. */
static void start(const source *s, uint32_t n, double *y)
{
    for (uint32_t i = 0; i < n; i++) {
        double low = 0, high = 1000, wanted = 1 - (i + 0.5) / n;
        for (int k = 0; k < HALVINGS; k++) {
            double middle = (low + high) / 2;
            if (upper_gamma(s->order, middle) > wanted)
                low = middle;
            else
                high = middle;
        }
        y[i] = s->a * pow(3 * low, 1 / s->beta);
    }
}

typedef struct cells {
    double edge[LLOYD_HALF_MAX + 1];
    double p[LLOYD_HALF_MAX], centroid[LLOYD_HALF_MAX];
    double residual; /* the largest distance of a level from its centroid */
} cells;

static void divide(const source *s, uint32_t n, const double *y, cells *c)
{
    double p0 = 1, m0 = s->mean;
    c->residual = 0;
    c->edge[0] = 0;
    for (uint32_t i = 0; i < n; i++) {
        double p1 = 0, m1 = 0;
        if (i + 1 < n) {
            c->edge[i + 1] = (y[i] + y[i + 1]) / 2;
            tail(s, c->edge[i + 1], &p1, &m1);
        }
        c->p[i] = p0 - p1;
        c->centroid[i] = c->p[i] > 0 ? (m0 - m1) / c->p[i] : y[i];
        c->residual = fmax(c->residual, fabs(c->centroid[i] - y[i]));
        p0 = p1;
        m0 = m1;
    }
}

/* Newton's step towards y = centroids(y). An edge moves half as far as either level beside it, and
 * a centroid by f(edge) |edge - centroid| / p of its edge's move: a tridiagonal system. Lloyd's
 * plain step, to the centroids, would take some n^2 rounds. */
static void newton(const source *s, uint32_t n, const double *y, const cells *c, double *to)
{
    double above[LLOYD_HALF_MAX], right[LLOYD_HALF_MAX];
    for (uint32_t i = 0; i < n; i++) {
        double low = 0, high = 0;
        if (i > 0)
            low = density(s, c->edge[i]) * (c->centroid[i] - c->edge[i]) / c->p[i] / 2;
        if (i + 1 < n)
            high = density(s, c->edge[i + 1]) * (c->edge[i + 1] - c->centroid[i]) / c->p[i] / 2;
        double pivot = 1 - low - high + (i > 0 ? low * above[i - 1] : 0);
        double rest = c->centroid[i] - y[i] + (i > 0 ? low * right[i - 1] : 0);
        above[i] = -high / pivot;
        right[i] = rest / pivot;
    }
    for (uint32_t i = n; i-- > 0;) {
        double move = right[i] - (i + 1 < n ? above[i] * (to[i + 1] - y[i + 1]) : 0);
        to[i] = y[i] + move;
    }
}

static bool is_rising(const double *y, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++)
        if (!(y[i] > (i > 0 ? y[i - 1] : 0)) || !isfinite(y[i]))
            return false;
    return true;
}

bool lloyd_design(lloyd_shape shape, unsigned bits, lloyd_quantizer *q)
{
    source s = describe(shape);
    uint32_t n = 1u << (bits - 1);
    double y[LLOYD_HALF_MAX], tried[LLOYD_HALF_MAX];
    cells now, then;
    start(&s, n, y);
    divide(&s, n, y, &now);
    for (int round = 0; round < ROUNDS_MAX && now.residual > tolerance; round++) {
        newton(&s, n, y, &now, tried);
        bool rises = is_rising(tried, n);
        if (rises)
            divide(&s, n, tried, &then);
        /* If Newton's step does not improve, Lloyd's always does. */
        if (!rises || !(then.residual < now.residual)) {
            memcpy(tried, now.centroid, n * sizeof *tried);
            divide(&s, n, tried, &then);
        }
        memcpy(y, tried, n * sizeof *y);
        now = then;
    }
    *q = (lloyd_quantizer){.half = n, .distortion = 1};
    for (uint32_t i = 0; i < n; i++) {
        q->level[i] = (float)y[i];
        q->threshold[i] = (float)now.edge[i];
        q->distortion -= now.p[i] * now.centroid[i] * now.centroid[i];
    }
    return now.residual <= tolerance;
}
