/* Mean and covariance of codewords, and the eigenvectors of the covariance.
 *
 * A report's own power is known to the receiver (payload.power), so the moments are those of
 * codewords of mean power 1: only the distribution of the power over directions must be learnt. */
#include "codec/denoiser/design.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/denoiser.h"
#include "codec/denoiser/file.h"
#include "csi/transform.h"
#include "csi/view.h"

/* LAPACK's eigenvalues of a symmetric matrix, in ascending order, by divide and conquer; the
 * eigenvectors replace the matrix, column by column. The last two arguments are the lengths of the
 * strings, as Fortran passes them. */
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info,
             size_t jobz_length, size_t uplo_length);

enum { BLOCK = 256 }; /* samples taken at once */

/* Of the mean power of a value: the minimum, for directions that training never used. With it no
 * gain is 0, and above 60 dB SNR such directions do not change. */
static const double variance_least = 1e-6;

typedef struct design {
    size_t values;
    csi_transform *transform;
    csi_view *view;
    codec_work *work;
    payload payload;
    double *sum;      /* [values] */
    double *moment;   /* [values][values], upper triangle by rows; then the eigenvectors */
    double *variance; /* [values], ascending */
    double *block;    /* [BLOCK][values] */
    float *z;         /* [values] */
    uint64_t samples;
} design;

static int check_codec(const codec_info *info, const codec_training *t, err *e)
{
    int rc = payload_denoiser_check(info, e);
    if (rc != ERR_NONE)
        return rc;
    if (info->flags & CODEC_HAS_MEMORY)
        return err_set(e, ERR_INVALID,
                       "codec %s has memory: its codewords depend on earlier reports, which "
                       "training samples lack",
                       info->name);
    if (info->shape.values_max > DENOISER_VALUES_MAX)
        return err_set(e, ERR_INVALID, "codec %s sends %u values; a denoiser takes up to %d",
                       info->name, info->shape.values_max, DENOISER_VALUES_MAX);
    if (t->samples < 2 * (uint64_t)info->shape.values_max)
        return err_set(
            e, ERR_INVALID, "%llu samples for the covariance of %u values; at least %u are needed",
            (unsigned long long)t->samples, info->shape.values_max, 2 * info->shape.values_max);
    if (t->nr != info->nr || t->nt != info->nt || (info->ni > 0 && t->ni != info->ni))
        return err_set(e, ERR_MISMATCH,
                       "codec %s is for %u antennas and %u delay taps, the samples have %u and %u",
                       info->name, info->nt, info->ni, t->nt, t->ni);
    return ERR_NONE;
}

static int open_design(design *d, const codec *encoder, const codec_training *t, err *e)
{
    const codec_info *info = codec_info_of(encoder);
    size_t n = d->values = info->shape.values_max;
    csi_dims dims = CSI_DIMS_DEFAULT;
    dims.nt = dims.tp = t->nt;
    dims.ni = t->ni;
    if (!(d->transform = csi_transform_create(&dims, e)) ||
        !(d->view = csi_view_create(d->transform, e)) || !(d->work = codec_open(encoder, e)))
        return e->code;
    d->sum = calloc(n, sizeof *d->sum);
    d->moment = calloc(n * n, sizeof *d->moment);
    d->variance = calloc(n, sizeof *d->variance);
    d->block = calloc(BLOCK * n, sizeof *d->block);
    d->z = calloc(n, sizeof *d->z);
    if (!d->sum || !d->moment || !d->variance || !d->block || !d->z)
        return err_set(e, ERR_NOMEM, "out of memory for the covariance of %zu values", n);
    return payload_init(&d->payload, &info->shape, e);
}

static void close_design(design *d)
{
    codec_close(d->work);
    csi_view_free(d->view);
    csi_transform_free(d->transform);
    payload_free(&d->payload);
    free(d->sum);
    free(d->moment);
    free(d->variance);
    free(d->block);
    free(d->z);
}

/* The codeword of h, at mean power 1, into d->z; *some is false for a codeword without power. */
static int encode_sample(design *d, const float complex *h, bool *some, err *e)
{
    double energy = 0;
    csi_view_from_angle_delay(d->view, h);
    int rc = codec_encode(d->work, NULL, d->view, &d->payload, NULL, e);
    if (rc != ERR_NONE)
        return rc;
    for (size_t i = 0; i < d->values; i++)
        d->z[i] = i < d->payload.values ? d->payload.value[i] : 0;
    for (size_t i = 0; i < d->values; i++)
        energy += (double)d->z[i] * (double)d->z[i];
    *some = energy > 0;
    double scale = *some ? sqrt((double)d->values / energy) : 0;
    for (size_t i = 0; i < d->values; i++)
        d->z[i] = (float)((double)d->z[i] * scale);
    return ERR_NONE;
}

/* Passes the codewords of `count` samples to `take`, and adds them to the moments. */
static int add_samples(design *d, const float complex *h, size_t entries, size_t count,
                       denoiser_take_codeword *take, void *user, err *e)
{
    int n = (int)d->values, taken = 0, rc = ERR_NONE;
    for (size_t i = 0; rc == ERR_NONE && i < count; i++) {
        bool some = false;
        rc = encode_sample(d, h + i * entries, &some, e);
        if (rc == ERR_NONE && some && take)
            rc = take(user, d->z, (uint32_t)d->values, e);
        if (rc != ERR_NONE || !some)
            continue;
        for (int k = 0; k < n; k++) {
            d->block[taken * n + k] = (double)d->z[k];
            d->sum[k] += (double)d->z[k];
        }
        taken++;
    }
    if (taken > 0)
        cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, n, taken, 1, d->block, n, 1, d->moment,
                    n);
    d->samples += (uint64_t)taken;
    return rc;
}

static int take_moments(design *d, const codec_training *t, denoiser_take_codeword *take,
                        void *user, err *e)
{
    size_t entries = (size_t)t->nr * t->nt * t->ni;
    float complex *h = malloc(BLOCK * entries * sizeof *h);
    int rc = h ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for training samples");
    for (size_t count = 1; rc == ERR_NONE && count > 0;) {
        rc = t->next(t->user, h, BLOCK, &count, e);
        if (rc == ERR_NONE)
            rc = add_samples(d, h, entries, count, take, user, e);
    }
    free(h);
    if (rc == ERR_NONE && d->samples < 2 * d->values)
        return err_set(e, ERR_INVALID,
                       "%llu samples have a codeword with power; at least %zu are needed",
                       (unsigned long long)d->samples, 2 * d->values);
    return rc;
}

/* Turns the moment into the covariance, then into its eigenvectors. */
static int solve(design *d, err *e)
{
    int n = (int)d->values, lwork = -1, liwork = -1, info = 0, isize = 0;
    double size = 0, *work = NULL, samples = (double)d->samples;
    int *iwork = NULL;
    for (int i = 0; i < n; i++)
        for (int k = i; k < n; k++)
            d->moment[i * n + k] =
                d->moment[i * n + k] / samples - d->sum[i] / samples * (d->sum[k] / samples);
    /* LAPACK reads columns, so the upper triangle by rows is its lower one. */
    dsyevd_("V", "L", &n, d->moment, &n, d->variance, &size, &lwork, &isize, &liwork, &info, 1, 1);
    lwork = (int)size;
    liwork = isize;
    work = malloc((size_t)lwork * sizeof *work);
    iwork = malloc((size_t)liwork * sizeof *iwork);
    int rc = work && iwork ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for eigenvectors");
    if (rc == ERR_NONE)
        dsyevd_("V", "L", &n, d->moment, &n, d->variance, work, &lwork, iwork, &liwork, &info, 1,
                1);
    free(work);
    free(iwork);
    return info ? err_set(e, ERR_FORMAT, "no eigenvectors found; are the codewords finite?") : rc;
}

/* Largest first. The sign makes the largest entry positive, so that the file does not depend on the
 * version of LAPACK. */
static void store(const design *d, denoiser_moments *m)
{
    size_t n = d->values;
    for (size_t i = 0; i < n; i++) {
        const double *v = d->moment + (n - 1 - i) * n;
        size_t top = 0;
        for (size_t j = 1; j < n; j++)
            top = fabs(v[j]) > fabs(v[top]) ? j : top;
        double sign = v[top] < 0 ? -1 : 1;
        for (size_t j = 0; j < n; j++)
            m->vector[i * n + j] = (float)(sign * v[j]);
        m->variance[i] = (float)fmax(d->variance[n - 1 - i], variance_least);
        m->mean[i] = (float)(d->sum[i] / (double)d->samples);
    }
}

/* How much the denoiser reduces the noise on codewords with these moments, in dB. */
static double gain_db(const denoiser_moments *m, double snr_db)
{
    double noise = pow(10, -snr_db / 10), left = 0;
    for (size_t i = 0; i < m->values; i++)
        left += (double)m->variance[i] / ((double)m->variance[i] + noise);
    return 10 * log10(m->values / left);
}

int denoiser_design(const codec *encoder, const codec_training *t, denoiser_take_codeword *take,
                    void *user, void **file, size_t *size, char note[CODEC_NOTE_MAX], err *e)
{
    const codec_info *info = codec_info_of(encoder);
    design d = {0};
    denoiser_moments m = {.values = info->shape.values_max, .identity = info->identity};
    openblas_set_num_threads(1); /* the threads that encode samples already use the cores */
    int rc = check_codec(info, t, e);
    if (rc == ERR_NONE)
        rc = open_design(&d, encoder, t, e);
    if (rc == ERR_NONE)
        rc = take_moments(&d, t, take, user, e);
    if (rc == ERR_NONE)
        rc = solve(&d, e);
    if (rc == ERR_NONE)
        rc = denoiser_moments_allocate(&m, e);
    if (rc == ERR_NONE) {
        m.samples = d.samples < UINT32_MAX ? (uint32_t)d.samples : UINT32_MAX;
        snprintf(m.codec, sizeof m.codec, "%s", info->name);
        store(&d, &m);
        rc = denoiser_file_write(&m, file, size, e);
    }
    if (rc == ERR_NONE)
        snprintf(note, CODEC_NOTE_MAX,
                 "codewords of %s, %u values, over %llu samples: it removes %.1f dB of their noise "
                 "at 0 dB, %.1f dB at 10 dB",
                 info->name, m.values, (unsigned long long)d.samples, gain_db(&m, 0),
                 gain_db(&m, 10));
    denoiser_moments_free(&m);
    close_design(&d);
    return rc;
}
