#include "codec/sparse/matrix.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "csi/plan.h"

/* LAPACK's QR factorisation, and the function that turns its output into Q. */
void cgeqrf_(const int *m, const int *n, float complex *a, const int *lda, float complex *tau,
             float complex *work, const int *lwork, int *info);
void cungqr_(const int *m, const int *n, const int *k, float complex *a, const int *lda,
             const float complex *tau, float complex *work, const int *lwork, int *info);

/* Streams of a seed: for the frequencies, for the permutation, for the entries. */
enum { STREAM_FREQUENCIES, STREAM_PERMUTATION, STREAM_ENTRIES };

enum { QR_BLOCK = 32 }; /* workspace columns */

/* `rows` of 0 .. n - 1 in ascending order, every set with the same probability (selection
 * sampling). */
static void draw_frequencies(sparse_matrix *a, uint32_t seed)
{
    rng r = rng_at(seed, RNG_PROJECTION, 0, STREAM_FREQUENCIES);
    for (uint32_t w = 0, drawn = 0; drawn < a->rows; w++)
        if (rng_uniform(&r) * (a->n - w) < a->rows - drawn)
            a->frequency[drawn++] = w;
}

/* Every permutation with the same probability (Fisher and Yates). */
static void draw_permutation(sparse_matrix *a, uint32_t seed)
{
    rng r = rng_at(seed, RNG_PROJECTION, 0, STREAM_PERMUTATION);
    for (uint32_t i = 0; i < a->n; i++) {
        uint32_t at = (uint32_t)(rng_uniform(&r) * (i + 1));
        a->position[i] = a->position[at];
        a->position[at] = i;
    }
}

static int draw_fourier(sparse_matrix *a, uint32_t seed, err *e)
{
    float complex *buffer = fftwf_alloc_complex(a->n);
    a->position = calloc(a->n, sizeof *a->position);
    a->frequency = calloc(a->rows, sizeof *a->frequency);
    a->root = calloc(a->n, sizeof *a->root);
    if (buffer) {
        const csi_plan_loop axis = {.n = (int)a->n, .is = 1, .os = 1};
        a->forward = csi_plan_create(axis, 0, NULL, buffer, buffer, FFTW_FORWARD);
        a->backward = csi_plan_create(axis, 0, NULL, buffer, buffer, FFTW_BACKWARD);
    }
    fftwf_free(buffer);
    if (!a->position || !a->frequency || !a->root || !a->forward || !a->backward)
        return err_set(e, ERR_NOMEM, "out of memory for a projection of %u taps", a->n);
    for (uint32_t i = 0; i < a->n; i++) {
        double angle = -2 * M_PI * i / a->n;
        a->root[i] = (float)cos(angle) + I * (float)sin(angle);
    }
    draw_permutation(a, seed);
    draw_frequencies(a, seed);
    return ERR_NONE;
}

/* LAPACK sees the rows as columns. Q is unique where the diagonal of R is positive; without that
 * rule it would depend on the version of LAPACK. */
static int draw_gaussian(sparse_matrix *a, uint32_t seed, err *e)
{
    rng r = rng_at(seed, RNG_PROJECTION, 0, STREAM_ENTRIES);
    size_t n = a->n, rows = a->rows;
    int length = (int)n, count = (int)rows, lwork = QR_BLOCK * count, info = 0;
    if (n * rows > SPARSE_ENTRIES_MAX)
        return err_set(e, ERR_INVALID,
                       "a Gaussian matrix of %zu x %zu entries; at most %d are allowed, and "
                       "matrix=fourier stores none",
                       rows, n, SPARSE_ENTRIES_MAX);
    a->entry = calloc(n * rows, sizeof *a->entry);
    float complex *tau = calloc(2 * rows, sizeof *tau), *diagonal = tau ? tau + rows : NULL;
    float complex *work = calloc((size_t)lwork, sizeof *work);
    if (!a->entry || !tau || !work) {
        info = INT32_MIN;
    } else {
        rng_normal_fill(&r, (float *)a->entry, 2 * n * rows, 1);
        cgeqrf_(&length, &count, a->entry, &length, tau, work, &lwork, &info);
        for (size_t k = 0; k < rows; k++)
            diagonal[k] = a->entry[k * n + k];
        if (info == 0)
            cungqr_(&length, &count, &count, a->entry, &length, tau, work, &lwork, &info);
        for (size_t k = 0; k < rows; k++) {
            float complex phasor = diagonal[k] / cabsf(diagonal[k]);
            cblas_cscal(length, &phasor, a->entry + k * n, 1);
        }
    }
    free(tau);
    free(work);
    if (info == 0)
        return ERR_NONE;
    return err_set(e, ERR_NOMEM, "out of memory for a Gaussian matrix of %zu x %zu", rows, n);
}

int sparse_matrix_draw(sparse_matrix *a, sparse_ensemble ensemble, uint32_t rows, uint32_t n,
                       uint32_t seed, err *e)
{
    *a = (sparse_matrix){.ensemble = ensemble, .n = n, .rows = rows};
    openblas_set_num_threads(1); /* the process already has a thread for every core */
    return ensemble == SPARSE_FOURIER ? draw_fourier(a, seed, e) : draw_gaussian(a, seed, e);
}

void sparse_matrix_free(sparse_matrix *a)
{
    csi_plan_free(a->forward);
    csi_plan_free(a->backward);
    free(a->position);
    free(a->frequency);
    free(a->root);
    free(a->entry);
    *a = (sparse_matrix){0};
}

void sparse_matrix_apply(const sparse_matrix *a, const float complex *x, float complex *scratch,
                         float complex *y)
{
    static const float complex one = 1, zero = 0;
    float size = 1 / sqrtf((float)a->n);
    if (a->ensemble == SPARSE_GAUSSIAN) {
        cblas_cgemv(CblasRowMajor, CblasNoTrans, (int)a->rows, (int)a->n, &one, a->entry, (int)a->n,
                    x, 1, &zero, y, 1);
        return;
    }
    for (uint32_t i = 0; i < a->n; i++)
        scratch[a->position[i]] = x[i];
    fftwf_execute_dft(a->forward, scratch, scratch);
    for (uint32_t k = 0; k < a->rows; k++)
        y[k] = size * scratch[a->frequency[k]];
}

void sparse_matrix_adjoint(const sparse_matrix *a, const float complex *y, float complex *scratch,
                           float complex *x)
{
    static const float complex one = 1, zero = 0;
    float size = 1 / sqrtf((float)a->n);
    if (a->ensemble == SPARSE_GAUSSIAN) {
        cblas_cgemv(CblasRowMajor, CblasConjTrans, (int)a->rows, (int)a->n, &one, a->entry,
                    (int)a->n, y, 1, &zero, x, 1);
        return;
    }
    memset(scratch, 0, a->n * sizeof *scratch);
    for (uint32_t k = 0; k < a->rows; k++)
        scratch[a->frequency[k]] = size * y[k];
    fftwf_execute_dft(a->backward, scratch, scratch);
    for (uint32_t i = 0; i < a->n; i++)
        x[i] = scratch[a->position[i]];
}

/* p_i w_k does not overflow: n is at most SPARSE_TAPS_MAX. */
void sparse_matrix_column(const sparse_matrix *a, uint32_t i, float complex *column)
{
    float size = 1 / sqrtf((float)a->n);
    if (a->ensemble == SPARSE_GAUSSIAN) {
        cblas_ccopy((int)a->rows, a->entry + i, (int)a->n, column, 1);
        return;
    }
    for (uint32_t k = 0; k < a->rows; k++)
        column[k] = size * a->root[a->position[i] * a->frequency[k] % a->n];
}

size_t sparse_matrix_bytes(const sparse_matrix *a)
{
    size_t n = a->n, rows = a->rows;
    if (a->ensemble == SPARSE_GAUSSIAN)
        return n * rows * sizeof *a->entry;
    return n * (sizeof *a->position + sizeof *a->root) + rows * sizeof *a->frequency;
}

/* The FFT, and the scaling of K numbers. */
int64_t sparse_matrix_macs(const sparse_matrix *a)
{
    if (a->ensemble == SPARSE_GAUSSIAN)
        return 4 * (int64_t)a->n * a->rows;
    return csi_plan_macs((uint32_t)a->n) + 2 * (int64_t)a->rows;
}
