/* matrix.h: random projections of a complex vector, the same at both ends for the same seed.
 * Private to the codec kind sparse.
 *
 * A is K x n, complex, with orthonormal rows: A A^H = I. Over the draw of A, E |A x|^2 = (K/n)
 * |x|^2 for every x. Two ensembles:
 *
 *     SPARSE_FOURIER     K random rows of the unitary DFT of n points after a random permutation,
 *                        (A x)_k = n^(-1/2) sum_i x_i exp(-j 2 pi p_i w_k / n), w_0 < w_1 < ..
 *                        (Do, Gan, Nguyen and Tran, IEEE Trans. Signal Process. 60(1), 2012). A
 *                        product takes one FFT; the matrix stores the permutation and the row
 *                        numbers. Random signs instead of the permutation lose 0.4 to 0.7 dB (OAMP,
 *                        CR 4): channels occupy few delay columns, and the DFT of nt ni points
 *                        splits those into nt problems of ni taps each
 *     SPARSE_GAUSSIAN    K x n independent CN(0, 1), rows made orthonormal (QR): a random subspace
 *
 * Everything here may be used by any number of threads at once. */
#ifndef CODEC_SPARSE_MATRIX_H
#define CODEC_SPARSE_MATRIX_H

#include <complex.h>
#include <fftw3.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef enum sparse_ensemble { SPARSE_FOURIER, SPARSE_GAUSSIAN } sparse_ensemble;

/* The most taps, and the most complex entries of a Gaussian matrix: 128 MiB. */
enum { SPARSE_TAPS_MAX = 8192, SPARSE_ENTRIES_MAX = 1 << 24 };

typedef struct sparse_matrix {
    sparse_ensemble ensemble;
    uint32_t n, rows;
    uint32_t *position;  /* [n] p_i, a permutation; only Fourier, as the next four */
    uint32_t *frequency; /* [rows] w_k, ascending */
    float complex *root; /* [n] exp(-j 2 pi i / n) */
    fftwf_plan forward, backward;
    float complex *entry; /* [rows][n]; only Gaussian */
} sparse_matrix;

/* 1 <= rows <= n <= SPARSE_TAPS_MAX. ERR_INVALID for a Gaussian matrix of more than
 * SPARSE_ENTRIES_MAX entries, ERR_NOMEM. Free with sparse_matrix_free, also after a failure and on
 * a zeroed matrix. */
int sparse_matrix_draw(sparse_matrix *a, sparse_ensemble ensemble, uint32_t rows, uint32_t n,
                       uint32_t seed, err *e);
void sparse_matrix_free(sparse_matrix *a);

/* y[rows] = A x[n], and x[n] = A^H y[rows]. `scratch` has n entries from fftwf_alloc_complex and is
 * neither x nor y. */
void sparse_matrix_apply(const sparse_matrix *a, const float complex *x, float complex *scratch,
                         float complex *y);
void sparse_matrix_adjoint(const sparse_matrix *a, const float complex *y, float complex *scratch,
                           float complex *x);

/* Column i, into column[rows]. */
void sparse_matrix_column(const sparse_matrix *a, uint32_t i, float complex *column);

/* Bytes that a holds, without FFTW's own tables, and real multiplications of a product. */
size_t sparse_matrix_bytes(const sparse_matrix *a);
int64_t sparse_matrix_macs(const sparse_matrix *a);

#endif
