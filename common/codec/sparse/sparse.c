/* The codec kind `sparse`: compressive sensing. The UE multiplies its channel by a fixed random
 * matrix, and the base station looks for a sparse channel that explains what arrives.
 *
 * Let h be the truncated angle-delay matrix as a vector of n = nt ni complex taps, and A the K x n
 * projection of matrix.h, drawn from a seed. The UE sends y = A h, K = M / 2 complex numbers as M
 * values (real part, imaginary part, ..) in the scale of h. There is no training, no file, and no
 * side bits.
 *
 * The base station divides y by its root mean square, solves (lasso.h, amp.h, tv.h) and multiplies
 * by it. The choice of the solver is local: `identity` covers only the projection.
 *
 * By the SNR of the hint, the noise on y has variance mean |y|^2 / (1 + SNR). Each solver's header
 * describes how it uses this; the LASSO's lambda is
 *
 *     lambda = max(0.0025 n / K max_i |(A^H y)_i|, 1.5 sqrt(noise K / n)),
 *
 * The first term keeps the number of iterations small without noise; the second is 1.5 standard
 * deviations of the noise on a tap of A^H y. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/decibel.h"
#include "base/hash.h"
#include "base/text.h"
#include "codec/kind.h"
#include "codec/options.h"
#include "codec/sparse/amp.h"
#include "codec/sparse/lasso.h"
#include "codec/sparse/matrix.h"
#include "codec/sparse/tv.h"

enum {
    SIDE_MAX = 256,
    VALUES_MAX = 2 * SPARSE_TAPS_MAX,
    ITERATIONS_MAX = 10000,
    MILLISECONDS_MAX = 60000,
};

/* The highest SNR that a receiver estimates, and the estimate on a link without noise. */
static const double no_noise_db = 60;

static const double lambda_share = 0.0025, lambda_deviations = 1.5;

static const double tolerance = 1e-4;

typedef enum solver { OAMP, AMP, FISTA, ISTA, LASSO, TV, SOLVERS } solver;

static const struct {
    const char *name;
    uint32_t iterations; /* default of `iterations` */
} solvers[SOLVERS] = {
    [OAMP] = {"oamp", 20},  [AMP] = {"amp", 100},    [FISTA] = {"fista", 200},
    [ISTA] = {"ista", 500}, [LASSO] = {"lasso", 50}, [TV] = {"tv", 100},
};

typedef struct sparse {
    uint32_t cr, values; /* as given; 0: not given */
    uint32_t nt, ni, seed, iterations, milliseconds;
    solver solver;
    double lambda; /* over the largest that matters; 0: by the rule */
    bool parts;
    sparse_ensemble ensemble;
    sparse_matrix matrix;
    sparse_grid grid;
} sparse;

typedef struct sparse_work {
    const sparse *model;
    float complex *y, *x;
    sparse_space space;
} sparse_work;

static bool take_word(sparse *m, const char *key, const char *value)
{
    if (strcmp(key, "solver") == 0)
        for (solver s = 0; s < SOLVERS; s++)
            if (strcmp(value, solvers[s].name) == 0) {
                m->solver = s;
                return true;
            }
    if (strcmp(key, "matrix") == 0 && strcmp(value, "fourier") == 0)
        m->ensemble = SPARSE_FOURIER;
    else if (strcmp(key, "matrix") == 0 && strcmp(value, "gaussian") == 0)
        m->ensemble = SPARSE_GAUSSIAN;
    else if (strcmp(key, "shrink") == 0 && strcmp(value, "complex") == 0)
        m->parts = false;
    else if (strcmp(key, "shrink") == 0 && strcmp(value, "real") == 0)
        m->parts = true;
    else
        return false;
    return true;
}

static int take_option(void *user, const char *key, const char *value, err *e)
{
    sparse *m = user;
    double lambda;
    const struct {
        const char *key;
        uint32_t least, most, *to;
    } wholes[] = {
        {"cr", 1, SPARSE_TAPS_MAX, &m->cr},
        {"m", 2, VALUES_MAX, &m->values},
        {"nt", 1, SIDE_MAX, &m->nt},
        {"ni", 1, SIDE_MAX, &m->ni},
        {"seed", 0, UINT32_MAX, &m->seed},
        {"iterations", 1, ITERATIONS_MAX, &m->iterations},
        {"time-limit", 1, MILLISECONDS_MAX, &m->milliseconds},
    };
    for (size_t i = 0; i < sizeof wholes / sizeof wholes[0]; i++)
        if (strcmp(key, wholes[i].key) == 0) {
            if (codec_whole_option(value, wholes[i].least, wholes[i].most, wholes[i].to))
                return ERR_NONE;
            return err_set(e, ERR_INVALID,
                           "option %s=%.40s of codec sparse; it must be a whole number from %u to "
                           "%u",
                           key, value, wholes[i].least, wholes[i].most);
        }
    if (strcmp(key, "lambda") == 0 && text_number(value, &lambda) && lambda > 0 && lambda < 1) {
        m->lambda = lambda;
        return ERR_NONE;
    }
    if (take_word(m, key, value))
        return ERR_NONE;
    return err_set(e, ERR_INVALID,
                   "option %.20s=%.40s of codec sparse; it takes m=M or cr=N, solver=oamp, amp, "
                   "fista, ista, lasso or tv, iterations=N, lambda=L between 0 and 1, "
                   "matrix=fourier or gaussian, shrink=complex or real, seed=S, time-limit=MS, "
                   "nt=N and ni=N",
                   key, value);
}

/* Computes the number of values, and checks that the options fit together. */
static int resolve_size(sparse *m, err *e)
{
    uint32_t n = m->nt * m->ni;
    if (n > SPARSE_TAPS_MAX)
        return err_set(e, ERR_INVALID,
                       "codec sparse of %u x %u taps; at most %d in all are "
                       "allowed",
                       m->nt, m->ni, SPARSE_TAPS_MAX);
    if (m->cr && m->values)
        return err_set(e, ERR_INVALID, "codec sparse takes m=M or cr=N, not both");
    if (!m->values)
        m->values = 2 * (n / (m->cr ? m->cr : 4));
    if (m->values < 2 || m->values > 2 * n || m->values % 2)
        return err_set(
            e, ERR_INVALID,
            "codec sparse with %u values (m=%u, cr=%u); %u x %u taps take an even number "
            "of values from 2 to %u",
            m->values, m->values, m->cr, m->nt, m->ni, 2 * n);
    bool has_lambda = m->solver == ISTA || m->solver == FISTA || m->solver == LASSO;
    if (!has_lambda && (m->lambda > 0 || m->parts))
        return err_set(e, ERR_INVALID,
                       "solver=%s takes neither lambda nor shrink=real; ista, fista and lasso do",
                       solvers[m->solver].name);
    if (!m->iterations)
        m->iterations = solvers[m->solver].iterations;
    return ERR_NONE;
}

static uint64_t identity_of(const sparse *m)
{
    char text[96];
    snprintf(text, sizeof text, "sparse,m=%u,nt=%u,ni=%u,seed=%u,matrix=%s", m->values, m->nt,
             m->ni, m->seed, m->ensemble == SPARSE_FOURIER ? "fourier" : "gaussian");
    uint64_t identity = hash_text(HASH_START, text);
    return identity ? identity : 1; /* 0 would mean none */
}

/* "cr=8,solver=tv" becomes sparse-cr8-solvertv in logs, records and tables. */
static void name_codec(const char *arguments, char name[CODEC_NAME_MAX])
{
    char rest[CODEC_NAME_MAX];
    codec_name_of_arguments(arguments, NULL, rest);
    snprintf(name, CODEC_NAME_MAX, "sparse%s%.80s", *rest ? "-" : "", rest);
}

static void describe(const sparse *m, codec_side side, const char *arguments, codec_info *info)
{
    int64_t product = sparse_matrix_macs(&m->matrix);
    name_codec(arguments, info->name);
    info->identity = identity_of(m);
    info->flags = CODEC_WANTS_SNR;
    info->shape = (payload_shape){.values_max = m->values};
    info->nr = 1;
    info->nt = m->nt;
    info->ni = m->ni;
    info->macs = side == CODEC_ENCODER ? product : 2 * product * (int64_t)m->iterations;
    info->weight_bytes = sparse_matrix_bytes(&m->matrix);
}

static void unload(void *model)
{
    sparse *m = model;
    sparse_matrix_free(&m->matrix);
    sparse_grid_free(&m->grid);
    free(m);
}

static void *load(codec_side side, const char *arguments, codec_info *info, err *e)
{
    sparse *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for codec sparse");
        return NULL;
    }
    m->nt = m->ni = 32;
    int rc = codec_options("sparse", arguments, take_option, m, e);
    if (rc == ERR_NONE)
        rc = resolve_size(m, e);
    if (rc == ERR_NONE)
        rc = sparse_matrix_draw(&m->matrix, m->ensemble, m->values / 2, m->nt * m->ni, m->seed, e);
    if (rc == ERR_NONE && m->solver == TV)
        rc = sparse_grid_create(&m->grid, m->nt, m->ni, e);
    if (rc == ERR_NONE) {
        describe(m, side, arguments, info);
        return m;
    }
    unload(m);
    return NULL;
}

static void close_work(void *work)
{
    sparse_work *w = work;
    fftwf_free(w->y);
    fftwf_free(w->x);
    fftwf_free(w->space.vector[0]);
    fftwf_free(w->space.scratch);
    fftwf_free(w->space.residual);
    fftwf_free(w->space.column);
    free(w->space.real[0]);
    free(w);
}

static void *open_work(const void *model, err *e)
{
    const sparse *m = model;
    size_t n = m->matrix.n, rows = m->matrix.rows;
    sparse_work *w = calloc(1, sizeof *w);
    if (w) {
        w->model = m;
        w->y = fftwf_alloc_complex(rows);
        w->x = fftwf_alloc_complex(n);
        w->space.vector[0] = fftwf_alloc_complex(SPARSE_VECTORS * n);
        w->space.scratch = fftwf_alloc_complex(n);
        w->space.residual = fftwf_alloc_complex(rows);
        w->space.column = fftwf_alloc_complex(rows);
        w->space.real[0] = calloc(SPARSE_REALS * n, sizeof(float));
        if (w->y && w->x && w->space.vector[0] && w->space.scratch && w->space.residual &&
            w->space.column && w->space.real[0]) {
            for (size_t i = 1; i < SPARSE_VECTORS; i++)
                w->space.vector[i] = w->space.vector[0] + i * n;
            for (size_t i = 1; i < SPARSE_REALS; i++)
                w->space.real[i] = w->space.real[0] + i * n;
            return w;
        }
        close_work(w);
    }
    err_set(e, ERR_NOMEM, "out of memory for a workspace of codec sparse");
    return NULL;
}

static int encode(void *work, const void *before, csi_view *csi, payload *out, void *after, err *e)
{
    sparse_work *w = work;
    const sparse *m = w->model;
    (void)before, (void)after;
    const csi_dims *dims = csi_view_dims(csi);
    if (dims->nt != m->nt || dims->ni != m->ni)
        return err_set(e, ERR_MISMATCH, "a channel of %u x %u for a codec sparse of %u x %u",
                       dims->nt, dims->ni, m->nt, m->ni);
    sparse_matrix_apply(&m->matrix, csi_view_angle_delay(csi), w->space.scratch, w->y);
    memcpy(out->value, w->y, m->values * sizeof *out->value);
    out->values = m->values;
    out->side_bits = 0;
    for (size_t i = 0; i < m->values; i++)
        if (!isfinite(out->value[i]))
            return err_set(e, ERR_FORMAT, "the channel has values that are not finite");
    return ERR_NONE;
}

/* Scales y to mean power 1; returns the divisor, 0 for a y of zeros. Divides by the largest part
 * first: squares of untrusted values may overflow. */
static double normalize(float *y, uint32_t values)
{
    double largest = 0, power = 0;
    for (uint32_t i = 0; i < values; i++)
        largest = fmax(largest, fabs((double)y[i]));
    for (uint32_t i = 0; i < values && largest > 0; i++)
        power += ((double)y[i] / largest) * ((double)y[i] / largest);
    double scale = largest * sqrt(2 * power / values);
    for (uint32_t i = 0; i < values && largest > 0; i++)
        y[i] = (float)((double)y[i] / scale);
    return scale;
}

/* The LASSO's lambda, by the rule above. x is scratch. */
static double choose_lambda(const sparse *m, const sparse_problem *p, sparse_work *w)
{
    double largest = 0, d = (double)m->matrix.rows / m->matrix.n;
    sparse_matrix_adjoint(&m->matrix, p->y, w->space.scratch, w->x);
    for (uint32_t i = 0; i < m->matrix.n; i++) {
        double re = fabs((double)crealf(w->x[i])), im = fabs((double)cimagf(w->x[i]));
        largest = fmax(largest, m->parts ? fmax(re, im) : hypot(re, im));
    }
    if (m->lambda > 0)
        return m->lambda * largest;
    return fmax(lambda_share / d * largest, lambda_deviations * sqrt(p->noise * d));
}

static void solve(sparse_work *w, sparse_problem *p)
{
    const sparse *m = w->model;
    switch (m->solver) {
    case OAMP:
        sparse_oamp(p, &w->space, w->x);
        return;
    case AMP:
        sparse_amp(p, &w->space, w->x, NULL);
        return;
    case TV:
        sparse_tv(p, &m->grid, &w->space, w->x);
        return;
    default:
        break;
    }
    p->lambda = choose_lambda(m, p, w);
    if (m->solver == FISTA)
        sparse_fista(p, &w->space, w->x);
    else if (m->solver == ISTA)
        sparse_ista(p, &w->space, w->x);
    else
        sparse_descend(p, &w->space, w->x);
}

static int decode(void *work, const void *before, const payload *in, const codec_hint *hint,
                  float complex *h, void *after, err *e)
{
    sparse_work *w = work;
    const sparse *m = w->model;
    (void)before, (void)after;
    if (in->values != m->values || in->side_bits != 0)
        return err_set(e, ERR_FORMAT,
                       "%u values and %u side bits; this codec sparse takes %u and none",
                       in->values, in->side_bits, m->values);
    memcpy(w->y, in->value, m->values * sizeof *in->value);
    double scale = normalize((float *)w->y, m->values);
    memset(h, 0, m->matrix.n * sizeof *h);
    if (!(scale > 0))
        return ERR_NONE;
    /* A hint that is not a number means no noise. */
    bool noisy = hint->snr_db < no_noise_db;
    sparse_problem p = {
        .matrix = &m->matrix,
        .y = w->y,
        .noise = noisy ? 1 / (1 + power_of_db(hint->snr_db)) : 0,
        .parts = m->parts,
        .nt = m->nt,
        .ni = m->ni,
        .iterations = m->iterations,
        .tolerance = tolerance,
        .deadline_ns = m->milliseconds ? clock_ns() + m->milliseconds * UINT64_C(1000000) : 0,
    };
    solve(w, &p);
    for (uint32_t i = 0; i < m->matrix.n; i++)
        h[i] = w->x[i] * (float)scale;
    return ERR_NONE;
}

const codec_kind codec_sparse = {
    .name = "sparse",
    .usage = "sparse[:m=M|cr=N][,solver=oamp|amp|fista|ista|lasso|tv][,iterations=N][,seed=S]",
    .load = load,
    .unload = unload,
    .open = open_work,
    .close = close_work,
    .encode = encode,
    .decode = decode,
};
