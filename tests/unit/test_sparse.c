/* Compressive sensing: the projections, the solvers by the conditions that their solutions meet,
 * and the kind from end to end. */
#include <cblas.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "codec/codec.h"
#include "codec/sparse/amp.h"
#include "codec/sparse/lasso.h"
#include "codec/sparse/tv.h"
#include "csi/metrics.h"
#include "harness.h"

enum { NT = 16, NI = 16, N = NT * NI, ROWS = N / 2 };

static const sparse_ensemble ensembles[] = {SPARSE_FOURIER, SPARSE_GAUSSIAN};

/* A problem with memory for its solvers. */
typedef struct bench {
    sparse_matrix matrix;
    sparse_space space;
    sparse_problem problem;
    float complex *y, *x, *truth;
} bench;

static bench bench_open(sparse_ensemble ensemble, uint32_t rows, uint32_t seed)
{
    bench b = {0};
    REQUIRE(sparse_matrix_draw(&b.matrix, ensemble, rows, N, seed, NULL) == ERR_NONE);
    b.space.vector[0] = fftwf_alloc_complex(SPARSE_VECTORS * N);
    b.space.scratch = fftwf_alloc_complex(N);
    b.space.residual = fftwf_alloc_complex(N);
    b.space.column = fftwf_alloc_complex(N);
    b.space.real[0] = calloc(SPARSE_REALS * N, sizeof(float));
    b.y = calloc(N, sizeof *b.y);
    b.x = calloc(N, sizeof *b.x);
    b.truth = calloc(N, sizeof *b.truth);
    REQUIRE(b.space.vector[0] && b.space.scratch && b.space.residual && b.space.column &&
            b.space.real[0] && b.y && b.x && b.truth);
    for (size_t i = 1; i < SPARSE_VECTORS; i++)
        b.space.vector[i] = b.space.vector[0] + i * N;
    for (size_t i = 1; i < SPARSE_REALS; i++)
        b.space.real[i] = b.space.real[0] + i * N;
    return b;
}

static void bench_close(bench *b)
{
    sparse_matrix_free(&b->matrix);
    fftwf_free(b->space.vector[0]);
    fftwf_free(b->space.scratch);
    fftwf_free(b->space.residual);
    fftwf_free(b->space.column);
    free(b->space.real[0]);
    free(b->y);
    free(b->x);
    free(b->truth);
}

/* y = A truth at mean power 1, for a truth of `taps` taps that are not 0. */
static void bench_pose(bench *b, uint32_t taps, uint32_t stream)
{
    rng r = rng_at(3, RNG_TEST, 11, stream);
    memset(b->truth, 0, N * sizeof *b->truth);
    for (uint32_t k = 0; k < taps; k++) {
        float re = (float)rng_normal(&r);
        b->truth[(uint32_t)(rng_uniform(&r) * N)] = re + I * (float)rng_normal(&r);
    }
    sparse_matrix_apply(&b->matrix, b->truth, b->space.scratch, b->y);
    float scale = 1 / sqrtf((float)(sparse_energy(b->y, b->matrix.rows) / b->matrix.rows));
    for (uint32_t i = 0; i < N; i++) {
        b->y[i] *= scale;
        b->truth[i] *= scale;
    }
    b->problem = (sparse_problem){.matrix = &b->matrix,
                                  .y = b->y,
                                  .lambda = 0.1,
                                  .nt = NT,
                                  .ni = NI,
                                  .iterations = 20000,
                                  .tolerance = 1e-7};
}

static double distance(const float complex *a, const float complex *b)
{
    return sqrt(csi_nmse(a, b, N));
}

static void draw(float complex *x, uint32_t n, uint32_t stream)
{
    rng r = rng_at(5, RNG_TEST, 12, stream);
    rng_normal_fill(&r, (float *)x, 2 * n, 1);
}

/* --- projections ------------------------------------------------------------------------------ */

/* <A x, y> = <x, A^H y>, A A^H = I, and column i is A e_i. */
static void projections_have_adjoints_and_orthonormal_rows(void)
{
    static float complex x[N], ax[N], y[N], aty[N], again[N], unit[N], column[N];
    for (size_t which = 0; which < 2; which++) {
        bench b = bench_open(ensembles[which], ROWS, 1);
        float complex left, right;
        draw(x, N, 1);
        draw(y, ROWS, 2);
        sparse_matrix_apply(&b.matrix, x, b.space.scratch, ax);
        sparse_matrix_adjoint(&b.matrix, y, b.space.scratch, aty);
        cblas_cdotc_sub(ROWS, y, 1, ax, 1, &left);
        cblas_cdotc_sub(N, aty, 1, x, 1, &right);
        CHECK_NEAR((double)cabsf(left - right), 0, 1e-3);
        CHECK((double)cabsf(left) > 1);
        sparse_matrix_apply(&b.matrix, aty, b.space.scratch, again);
        CHECK_NEAR(harness_max_abs_diff((float *)again, (float *)y, 2 * ROWS), 0, 1e-5);
        for (uint32_t i = 0; i < N; i += 37) {
            memset(unit, 0, sizeof unit);
            unit[i] = 1;
            sparse_matrix_apply(&b.matrix, unit, b.space.scratch, ax);
            sparse_matrix_column(&b.matrix, i, column);
            CHECK_NEAR(harness_max_abs_diff((float *)ax, (float *)column, 2 * ROWS), 0, 1e-6);
        }
        bench_close(&b);
    }
}

/* Over 200 seeds the mean of |A x|^2 / |x|^2 has a deviation below 0.005 around K / n = 1/2. */
static void projections_keep_energy_in_the_mean(void)
{
    static float complex x[N], y[N];
    for (size_t which = 0; which < 2; which++) {
        double sum = 0;
        uint32_t seeds = 200;
        draw(x, N / 8, 3);
        for (uint32_t seed = 0; seed < seeds; seed++) {
            bench b = bench_open(ensembles[which], ROWS, seed);
            sparse_matrix_apply(&b.matrix, x, b.space.scratch, y);
            sum += sparse_energy(y, ROWS) / sparse_energy(x, N);
            bench_close(&b);
        }
        CHECK_NEAR(sum / seeds, 0.5, 0.02);
    }
}

static void seeds_make_projections(void)
{
    for (size_t which = 0; which < 2; which++) {
        static float complex x[N], y[3][N];
        static const uint32_t seeds[] = {7, 7, 8};
        draw(x, N, 4);
        for (int i = 0; i < 3; i++) {
            bench b = bench_open(ensembles[which], ROWS, seeds[i]);
            sparse_matrix_apply(&b.matrix, x, b.space.scratch, y[i]);
            bench_close(&b);
        }
        CHECK(memcmp(y[0], y[1], ROWS * sizeof y[0][0]) == 0);
        CHECK(memcmp(y[0], y[2], ROWS * sizeof y[0][0]) != 0);
    }
}

/* --- solvers ---------------------------------------------------------------------------------- */

/* The largest violation of the LASSO's optimality conditions, over lambda. */
static double violation(bench *b, double lambda, bool parts)
{
    double worst = 0;
    float complex *c = b->space.vector[0];
    sparse_residual(&b->problem, b->x, &b->space);
    sparse_matrix_adjoint(&b->matrix, b->space.residual, b->space.scratch, c);
    for (uint32_t i = 0; i < N; i++) {
        const float *part = (const float *)(b->x + i), *slope = (const float *)(c + i);
        double size = (double)cabsf(b->x[i]);
        for (int k = 0; parts && k < 2; k++)
            worst = fmax(worst, part[k] != 0
                                    ? fabs((double)slope[k] - copysign(lambda, (double)part[k]))
                                    : fabs((double)slope[k]) - lambda);
        if (!parts && size > 0)
            worst = fmax(worst, (double)cabsf(c[i] - b->x[i] * (float)(lambda / size)));
        if (!parts && !(size > 0))
            worst = fmax(worst, (double)cabsf(c[i]) - lambda);
    }
    return worst / lambda;
}

static void lasso_solvers_meet_one_minimum(void)
{
    static float complex first[N];
    uint32_t (*const solve[])(const sparse_problem *, sparse_space *,
                              float complex *) = {sparse_descend, sparse_fista, sparse_ista};
    for (size_t which = 0; which < 4; which++) {
        bench b = bench_open(ensembles[which % 2], ROWS, 2);
        bench_pose(&b, 40, 1);
        b.problem.parts = which >= 2;
        for (int i = 0; i < 3; i++) {
            uint32_t made = solve[i](&b.problem, &b.space, b.x);
            CHECK(made > 1 && made < b.problem.iterations);
            CHECK_NEAR(violation(&b, b.problem.lambda, b.problem.parts), 0, 2e-3);
            if (i == 0)
                memcpy(first, b.x, sizeof first);
            CHECK_NEAR(distance(first, b.x), 0, 1e-3);
        }
        bench_close(&b);
    }
}

/* And from lambda = max |A^H y| on the minimum is 0. */
static void a_large_lambda_leaves_nothing(void)
{
    bench b = bench_open(SPARSE_FOURIER, ROWS, 2);
    double largest = 0;
    bench_pose(&b, 40, 1);
    sparse_matrix_adjoint(&b.matrix, b.y, b.space.scratch, b.x);
    for (uint32_t i = 0; i < N; i++)
        largest = fmax(largest, (double)cabsf(b.x[i]));
    for (int above = 0; above < 2; above++) {
        b.problem.lambda = largest * (above ? 1.001 : 0.99);
        sparse_fista(&b.problem, &b.space, b.x);
        CHECK((sparse_energy(b.x, N) > 0) == !above);
        sparse_descend(&b.problem, &b.space, b.x);
        CHECK((sparse_energy(b.x, N) > 0) == !above);
    }
    bench_close(&b);
}

/* Each number of iterations starts from 0, so that k + 1 of them go on where k end. */
static void a_proximal_step_never_raises_the_objective(void)
{
    bench b = bench_open(SPARSE_GAUSSIAN, ROWS, 4);
    bench_pose(&b, 60, 2);
    double before = sparse_objective(&b.problem, &b.space, b.x), start = before;
    for (uint32_t k = 1; k <= 60; k++) {
        b.problem.iterations = k;
        CHECK(sparse_ista(&b.problem, &b.space, b.x) == k);
        double after = sparse_objective(&b.problem, &b.space, b.x);
        CHECK(after <= before * (1 + 1e-6));
        before = after;
    }
    CHECK(before < 0.7 * start);
    bench_close(&b);
}

/* Where AMP stays, lambda = t d (1 - b) makes the LASSO's conditions hold. */
static void amp_stays_at_a_minimum_of_the_lasso(void)
{
    for (size_t which = 0; which < 2; which++) {
        double lambda = 0;
        bench b = bench_open(ensembles[which], ROWS, 5);
        bench_pose(&b, 50, 3);
        b.problem.noise = 0.1;
        draw(b.space.scratch, ROWS, 9);
        for (uint32_t k = 0; k < ROWS; k++)
            b.y[k] += 0.22f * b.space.scratch[k];
        b.problem.iterations = 2000;
        CHECK(sparse_amp(&b.problem, &b.space, b.x, &lambda) < 2000);
        CHECK(lambda > 0 && sparse_energy(b.x, N) > 0);
        CHECK_NEAR(violation(&b, lambda, false), 0, 1e-2);
        bench_close(&b);
    }
}

static void few_taps_are_recovered_without_noise(void)
{
    for (size_t which = 0; which < 2; which++) {
        bench b = bench_open(ensembles[which], ROWS, 6);
        for (uint32_t stream = 0; stream < 5; stream++) {
            bench_pose(&b, 10, 20 + stream);
            b.problem.iterations = 200;
            sparse_oamp(&b.problem, &b.space, b.x);
            CHECK_NEAR(distance(b.truth, b.x), 0, 1e-2);
            sparse_amp(&b.problem, &b.space, b.x, NULL);
            CHECK_NEAR(distance(b.truth, b.x), 0, 1e-2);
            b.problem.lambda = 1e-3;
            b.problem.iterations = 5000;
            sparse_descend(&b.problem, &b.space, b.x);
            CHECK_NEAR(distance(b.truth, b.x), 0, 1e-2);
        }
        bench_close(&b);
    }
}

/* D^T is the adjoint of D; a flat block is found from half as many numbers, and A x = y. */
static void total_variation_finds_what_is_flat(void)
{
    static float complex x[N], w[2 * N], dx[2 * N], dtw[N];
    float complex left, right;
    sparse_grid g;
    REQUIRE(sparse_grid_create(&g, NT, NI, NULL) == ERR_NONE);
    draw(x, N, 5);
    draw(w, 2 * N, 6);
    sparse_differences(&g, x, dx);
    sparse_differences_adjoint(&g, w, dtw);
    cblas_cdotc_sub(2 * N, w, 1, dx, 1, &left);
    cblas_cdotc_sub(N, dtw, 1, x, 1, &right);
    CHECK_NEAR((double)cabsf(left - right), 0, 1e-3);
    CHECK((double)cabsf(left) > 1);
    for (size_t which = 0; which < 2; which++) {
        bench b = bench_open(ensembles[which], ROWS, 8);
        bench_pose(&b, 1, 1);
        for (uint32_t i = 0; i < N; i++)
            b.truth[i] = i / NI >= 4 && i / NI < 10 && i % NI >= 3 && i % NI < 8 ? 2 + I : 0.5f;
        sparse_matrix_apply(&b.matrix, b.truth, b.space.scratch, b.y);
        b.problem.iterations = 1500;
        sparse_tv(&b.problem, &g, &b.space, b.x);
        CHECK_NEAR(distance(b.truth, b.x), 0, 1e-2);
        sparse_residual(&b.problem, b.x, &b.space);
        CHECK_NEAR(sqrt(sparse_energy(b.space.residual, ROWS) / sparse_energy(b.y, ROWS)), 0, 1e-4);
        bench_close(&b);
    }
    sparse_grid_free(&g);
}

/* --- the kind --------------------------------------------------------------------------------- */

typedef struct ends {
    codec *encoder, *decoder;
    csi_transform *transform;
    csi_view *view;
    codec_work *encoding, *decoding;
    payload payload;
} ends;

static ends ends_open(const char *spec)
{
    const csi_dims dims = {.nt = NT, .nc = 64, .tp = NT, .ni = NI};
    err e = {0};
    ends c = {.encoder = codec_load(CODEC_ENCODER, spec, &e),
              .decoder = codec_load(CODEC_DECODER, spec, &e)};
    if (!c.encoder || !c.decoder)
        printf("    %s: %s\n", spec, e.text);
    REQUIRE(c.encoder && c.decoder);
    CHECK(codec_check_match(c.encoder, c.decoder, NULL) == ERR_NONE);
    c.encoding = codec_open(c.encoder, NULL);
    c.decoding = codec_open(c.decoder, NULL);
    c.transform = csi_transform_create(&dims, NULL);
    REQUIRE(c.encoding && c.decoding && c.transform);
    c.view = csi_view_create(c.transform, NULL);
    REQUIRE(c.view && payload_init(&c.payload, &codec_info_of(c.encoder)->shape, NULL) == 0);
    return c;
}

static void ends_close(ends *c)
{
    payload_free(&c->payload);
    csi_view_free(c->view);
    csi_transform_free(c->transform);
    codec_close(c->encoding);
    codec_close(c->decoding);
    codec_unload(c->encoder);
    codec_unload(c->decoder);
}

static const char *const every_spec[] = {
    "sparse:nt=16,ni=16,cr=2",
    "sparse:nt=16,ni=16,m=256,matrix=gaussian",
    "sparse:nt=16,ni=16,cr=2,solver=amp",
    "sparse:nt=16,ni=16,cr=2,solver=fista,lambda=0.002",
    "sparse:nt=16,ni=16,cr=2,solver=ista,shrink=real",
    "sparse:nt=16,ni=16,cr=2,solver=lasso",
    "sparse:nt=16,ni=16,cr=2,solver=tv",
    "sparse:nt=16,ni=16,cr=1,time-limit=60000",
};
enum { SPECS = sizeof every_spec / sizeof every_spec[0] };

/* A path of few taps, of unit norm. */
static void draw_channel(float complex *h, uint32_t stream)
{
    rng r = rng_at(6, RNG_TEST, 13, stream);
    memset(h, 0, N * sizeof *h);
    for (uint32_t a = 6; a < 9; a++)
        for (uint32_t i = 2; i < 4; i++)
            h[a * NI + i] = (float)rng_normal(&r) + I * (float)rng_normal(&r);
    float scale = 1 / sqrtf((float)sparse_energy(h, N));
    for (uint32_t i = 0; i < N; i++)
        h[i] *= scale;
}

/* And in any scale, to the rounding of float: reports know no unit. */
static void every_solver_brings_a_sparse_channel_back(void)
{
    static float complex h[N], out[N], large[N];
    for (size_t i = 0; i < SPECS; i++) {
        ends c = ends_open(every_spec[i]);
        const codec_hint hint = {.snr_db = INFINITY};
        draw_channel(h, (uint32_t)i);
        csi_view_from_angle_delay(c.view, h);
        CHECK(codec_encode(c.encoding, NULL, c.view, &c.payload, NULL, NULL) == 0);
        CHECK(c.payload.values == codec_info_of(c.encoder)->shape.values_max);
        CHECK(codec_decode(c.decoding, NULL, &c.payload, &hint, out, NULL, NULL) == 0);
        CHECK(csi_nmse(h, out, N) < (strstr(every_spec[i], "=tv") ? 0.05 : 0.01));
        for (uint32_t k = 0; k < N; k++)
            large[k] = h[k] * 0x1p40f;
        csi_view_from_angle_delay(c.view, large);
        CHECK(codec_encode(c.encoding, NULL, c.view, &c.payload, NULL, NULL) == 0);
        CHECK(codec_decode(c.decoding, NULL, &c.payload, &hint, large, NULL, NULL) == 0);
        for (uint32_t k = 0; k < N; k++)
            large[k] *= 0x1p-40f;
        CHECK_NEAR(csi_nmse(out, large, N), 0, 1e-9);
        ends_close(&c);
    }
}

/* With all values and no noise left out of account, the estimate is better than the noise. */
static void solvers_use_the_snr(void)
{
    static float complex h[N], out[N];
    for (size_t i = 0; i < SPECS; i++) {
        ends c = ends_open(every_spec[i]);
        double error[2] = {0};
        for (uint32_t stream = 0; stream < 20; stream++) {
            draw_channel(h, stream);
            csi_view_from_angle_delay(c.view, h);
            CHECK(codec_encode(c.encoding, NULL, c.view, &c.payload, NULL, NULL) == 0);
            double power = 0;
            for (uint32_t k = 0; k < c.payload.values; k++)
                power += (double)(c.payload.value[k] * c.payload.value[k]) / c.payload.values;
            rng r = rng_at(8, RNG_TEST, 14, stream);
            rng_normal_add(&r, c.payload.value, c.payload.values, (float)sqrt(power / 4));
            for (int told = 0; told < 2; told++) {
                const codec_hint hint = {.snr_db = told ? 6 : INFINITY};
                CHECK(codec_decode(c.decoding, NULL, &c.payload, &hint, out, NULL, NULL) == 0);
                error[told] += csi_nmse(h, out, N) / 20;
            }
        }
        bool fixed = strstr(every_spec[i], "lambda=") != NULL;
        CHECK(fixed ? error[1] == error[0] : error[1] < 0.8 * error[0]);
        ends_close(&c);
    }
}

static void hostile_values_give_a_finite_channel_or_a_reason(void)
{
    static float complex out[N];
    static const float sizes[] = {0, 1e-45f, 1e-38f, 1, 1e19f, 3.4e38f};
    static const double snrs_db[] = {-1000, -30, 0, 59.99, 1e308, INFINITY, -INFINITY, NAN};
    for (size_t i = 0; i < SPECS; i++) {
        ends c = ends_open(every_spec[i]);
        uint32_t values = codec_info_of(c.decoder)->shape.values_max;
        for (size_t k = 0; k < sizeof sizes / sizeof sizes[0] * 8; k++) {
            rng r = rng_at(8, RNG_TEST, 15, (uint32_t)k);
            const codec_hint hint = {.snr_db = snrs_db[k % 8]};
            bool one = rng_u32(&r) & 1;
            for (uint32_t v = 0; v < values; v++)
                c.payload.value[v] = sizes[k / 8] * (one               ? (float)(v == 3)
                                                     : rng_u32(&r) & 1 ? 1
                                                                       : -1);
            c.payload.values = values;
            c.payload.side_bits = 0;
            err e = {0};
            int rc = codec_decode(c.decoding, NULL, &c.payload, &hint, out, NULL, &e);
            CHECK(rc == ERR_NONE || (rc == ERR_FORMAT && strstr(e.text, "not finite")));
            for (uint32_t t = 0; rc == ERR_NONE && t < N; t++)
                REQUIRE(isfinite(crealf(out[t])) && isfinite(cimagf(out[t])));
            CHECK(sizes[k / 8] > 0 || (rc == ERR_NONE && csi_energy(out, N) == 0));
        }
        const codec_hint hint = {.snr_db = 10};
        c.payload.values = values - 2;
        CHECK(codec_decode(c.decoding, NULL, &c.payload, &hint, out, NULL, NULL) == ERR_FORMAT);
        c.payload.values = 0;
        CHECK(codec_decode(c.decoding, NULL, &c.payload, &hint, out, NULL, NULL) == ERR_FORMAT);
        ends_close(&c);
    }
}

typedef struct errand {
    const codec *decoder;
    const payload *in;
    float complex out[N];
    int rc;
} errand;

static void *run_errand(void *user)
{
    errand *a = user;
    const codec_hint hint = {.snr_db = 15};
    codec_work *w = codec_open(a->decoder, NULL);
    a->rc = w ? codec_decode(w, NULL, a->in, &hint, a->out, NULL, NULL) : ERR_NOMEM;
    codec_close(w);
    return NULL;
}

static void any_thread_decodes_the_same(void)
{
    enum { THREADS = 3 };
    static errand errands[THREADS];
    static float complex h[N];
    for (size_t i = 0; i < SPECS; i++) {
        ends c = ends_open(every_spec[i]);
        pthread_t thread[THREADS];
        draw_channel(h, 1);
        csi_view_from_angle_delay(c.view, h);
        CHECK(codec_encode(c.encoding, NULL, c.view, &c.payload, NULL, NULL) == 0);
        for (int t = 0; t < THREADS; t++) {
            errands[t] = (errand){.decoder = c.decoder, .in = &c.payload};
            REQUIRE(pthread_create(&thread[t], NULL, run_errand, &errands[t]) == 0);
        }
        for (int t = 0; t < THREADS; t++) {
            pthread_join(thread[t], NULL);
            CHECK(errands[t].rc == ERR_NONE);
            CHECK(memcmp(errands[0].out, errands[t].out, sizeof errands[0].out) == 0);
        }
        ends_close(&c);
    }
}

static void wrong_options_are_refused(void)
{
    static const struct {
        const char *spec, *says;
    } cases[] = {
        {"sparse:m=3", "even number of values from 2 to 2048"},
        {"sparse:m=2050", "even number of values from 2 to 2048"},
        {"sparse:cr=1025", "even number of values from 2"},
        {"sparse:cr=0", "cr=0 of codec sparse; it must be a whole number from 1"},
        {"sparse:m=64,cr=4", "not both"},
        {"sparse:solver=omp", "solver=oamp, amp"},
        {"sparse:iterations=0", "iterations=0"},
        {"sparse:iterations=1e9", "from 1 to 10000"},
        {"sparse:solver=fista,lambda=1", "lambda=L between 0 and 1"},
        {"sparse:solver=fista,lambda=nan", "lambda=nan"},
        {"sparse:lambda=0.1", "solver=oamp takes neither lambda"},
        {"sparse:solver=tv,shrink=real", "solver=tv takes neither lambda"},
        {"sparse:seed=-1", "seed=-1"},
        {"sparse:nt=256,ni=256", "at most 8192"},
        {"sparse:nt=128,ni=64,cr=1,matrix=gaussian", "matrix=fourier stores none"},
        {"sparse:matrix", "not KEY=VALUE"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        err e = {0};
        CHECK(codec_load(CODEC_DECODER, cases[i].spec, &e) == NULL && e.code == ERR_INVALID);
        if (!strstr(e.text, cases[i].says))
            printf("    \"%s\" does not say \"%s\"\n", e.text, cases[i].says);
        CHECK(strstr(e.text, cases[i].says) != NULL);
    }
}

/* What the projection is made of decides who understands whom; the solver is the decoder's. */
static void ends_share_the_projection_alone(void)
{
    static const struct {
        const char *encoder, *decoder;
        bool match;
    } cases[] = {
        {"sparse:cr=4", "sparse:m=512,solver=tv", true},
        {"sparse", "sparse:cr=4,iterations=3,seed=0", true},
        {"sparse:cr=4", "sparse:cr=4,seed=1", false},
        {"sparse:cr=4", "sparse:cr=4,matrix=gaussian", false},
        {"sparse:cr=4", "sparse:cr=8", false},
        {"sparse:nt=16", "sparse:ni=16,cr=4", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        codec *a = codec_load(CODEC_ENCODER, cases[i].encoder, NULL);
        codec *b = codec_load(CODEC_DECODER, cases[i].decoder, NULL);
        REQUIRE(a && b);
        CHECK((codec_check_match(a, b, NULL) == ERR_NONE) == cases[i].match);
        CHECK(codec_info_of(a)->weight_bytes > 0 && codec_info_of(a)->macs > 0);
        codec_unload(a);
        codec_unload(b);
    }
    codec *held = codec_load(CODEC_ENCODER, "sparse:cr=4,matrix=gaussian", NULL);
    REQUIRE(held != NULL);
    CHECK(codec_info_of(held)->weight_bytes == 256 * 1024 * 8);
    codec_unload(held);
}

static const harness_test tests[] = {
    {"a projection has an adjoint, orthonormal rows and columns",
     projections_have_adjoints_and_orthonormal_rows},
    {"a projection keeps K / n of the energy in the mean", projections_keep_energy_in_the_mean},
    {"a seed makes a projection", seeds_make_projections},
    {"descent, FISTA and ISTA meet at one minimum, where the LASSO's conditions hold",
     lasso_solvers_meet_one_minimum},
    {"a large lambda leaves nothing, and a smaller one something", a_large_lambda_leaves_nothing},
    {"a proximal step never raises the objective", a_proximal_step_never_raises_the_objective},
    {"AMP stays at a minimum of the LASSO", amp_stays_at_a_minimum_of_the_lasso},
    {"few taps are recovered without noise", few_taps_are_recovered_without_noise},
    {"total variation finds what is flat, and explains what arrived",
     total_variation_finds_what_is_flat},
    {"every solver brings a sparse channel back, in any scale",
     every_solver_brings_a_sparse_channel_back},
    {"solvers use the SNR", solvers_use_the_snr},
    {"hostile values give a finite channel or a reason",
     hostile_values_give_a_finite_channel_or_a_reason},
    {"any thread decodes the same", any_thread_decodes_the_same},
    {"wrong options are refused with what is right", wrong_options_are_refused},
    {"two ends share the projection alone", ends_share_the_projection_alone},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "sparse", tests, sizeof tests / sizeof tests[0]);
}
