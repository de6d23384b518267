/* Principal components of training samples: eigenvectors of their second moment.
 *
 * Scale. The figure of merit is the mean over samples of the relative error, so a sample's norm
 * does not matter; with samples of norm 1 the components are optimal for exactly that figure.
 * Scaled to a largest part of 1, as images are, they lose 0.04 to 0.18 dB (reference sets, CR 4 to
 * 16).
 *
 * Form. Every channel has an arbitrary common phase. The second moment over all phases is that of
 * proper complex vectors, E h h^H, and its eigenvectors u give pairs of real components (u, j u).
 * From the same samples these generalise better than the plain principal components of the 2 nt ni
 * reals (0.04 to 0.2 dB from 10,000 samples, up to 0.4 dB from 4,000), since the moment to be
 * learnt has half the size; and they take half the file. */
#include "codec/klt/design.h"

#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/klt/file.h"
#include "codec/options.h"

/* LAPACK's eigenvalues of a symmetric or Hermitian matrix, in ascending order, by divide and
 * conquer; the eigenvectors replace the matrix, column by column. The last two arguments are the
 * lengths of the strings, as Fortran passes them. */
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info,
             size_t jobz_length, size_t uplo_length);
void zheevd_(const char *jobz, const char *uplo, const int *n, double complex *a, const int *lda,
             double *w, double complex *work, const int *lwork, double *rwork, const int *lrwork,
             int *iwork, const int *liwork, int *info, size_t jobz_length, size_t uplo_length);

enum { BLOCK = 256 }; /* samples taken at once */

typedef struct design {
    uint32_t cr;
    klt_form form;
    bool peak;
    size_t entries;   /* of a sample, nt ni complex numbers */
    size_t order;     /* of the moment: entries, or 2 entries with form=real */
    double *moment;   /* [order][order], complex in that form; then the eigenvectors, ascending */
    double *variance; /* [order], ascending */
    uint64_t samples; /* with energy */
} design;

static int take_option(void *user, const char *key, const char *value, err *e)
{
    design *d = user;
    if (strcmp(key, "cr") == 0 && codec_whole_option(value, 1, KLT_REALS_MAX, &d->cr))
        return ERR_NONE;
    if (strcmp(key, "form") == 0 && strcmp(value, "complex") == 0)
        d->form = KLT_COMPLEX;
    else if (strcmp(key, "form") == 0 && strcmp(value, "real") == 0)
        d->form = KLT_REAL;
    else if (strcmp(key, "scale") == 0 && strcmp(value, "norm") == 0)
        d->peak = false;
    else if (strcmp(key, "scale") == 0 && strcmp(value, "peak") == 0)
        d->peak = true;
    else
        return err_set(e, ERR_INVALID,
                       "option %.20s=%.40s; klt is designed with cr=N, form=complex or real, "
                       "scale=norm or peak",
                       key, value);
    return ERR_NONE;
}

/* A sample at its scale, in double precision. False for one without energy. */
static bool scale_sample(const design *d, const float complex *h, double *x)
{
    const float *part = (const float *)h;
    double energy = 0, most = 0;
    for (size_t i = 0; i < 2 * d->entries; i++) {
        energy += (double)part[i] * (double)part[i];
        most = fmax(most, fabs((double)part[i]));
    }
    double scale = d->peak ? most : sqrt(energy);
    if (!(scale > 0 && isfinite(scale)))
        return false;
    for (size_t i = 0; i < 2 * d->entries; i++)
        x[i] = (double)part[i] / scale;
    return true;
}

/* moment += sum over `count` samples x[count][2 entries], in one triangle: the lower one of E h h^H
 * by columns, as LAPACK reads it, is the upper one of sum conj(h) h^T by rows. */
static void add_samples(design *d, const double *x, size_t count)
{
    int n = (int)d->order, k = (int)count;
    if (d->form == KLT_COMPLEX)
        cblas_zherk(CblasRowMajor, CblasUpper, CblasConjTrans, n, k, 1, x, n, 1, d->moment, n);
    else
        cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, n, k, 1, x, n, 1, d->moment, n);
}

static int take_moment(design *d, const codec_training *t, err *e)
{
    float complex *h = malloc(BLOCK * d->entries * sizeof *h);
    double *x = malloc(BLOCK * d->entries * 2 * sizeof *x);
    int rc = h && x ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for training samples");
    for (size_t count = 1; rc == ERR_NONE && count > 0;) {
        rc = t->next(t->user, h, BLOCK, &count, e);
        if (rc != ERR_NONE)
            break;
        size_t taken = 0;
        for (size_t i = 0; i < count; i++)
            if (scale_sample(d, h + i * d->entries, x + taken * 2 * d->entries))
                taken++;
        if (taken > 0)
            add_samples(d, x, taken);
        d->samples += taken;
    }
    free(h);
    free(x);
    return rc;
}

static int solve(design *d, err *e)
{
    int n = (int)d->order, lwork = -1, lrwork = -1, liwork = -1, info = 0, isize = 0;
    double size[2] = {0}, rsize = 0;
    bool is_complex = d->form == KLT_COMPLEX;
    double *work = NULL, *rwork = NULL;
    int *iwork = NULL;
    /* The first call asks for the sizes of the workspaces, the second does the work. */
    for (int call = 0; call < 2 && info == 0; call++) {
        if (is_complex)
            zheevd_("V", "L", &n, (double complex *)d->moment, &n, d->variance,
                    (double complex *)(call ? work : size), &lwork, call ? rwork : &rsize, &lrwork,
                    call ? iwork : &isize, &liwork, &info, 1, 1);
        else
            dsyevd_("V", "L", &n, d->moment, &n, d->variance, call ? work : size, &lwork,
                    call ? iwork : &isize, &liwork, &info, 1, 1);
        if (call)
            break;
        lwork = (int)size[0];
        lrwork = (int)rsize;
        liwork = isize;
        work = malloc((size_t)lwork * (is_complex ? 2 : 1) * sizeof *work);
        rwork = malloc(((size_t)lrwork + 1) * sizeof *rwork);
        iwork = malloc((size_t)liwork * sizeof *iwork);
        if (!work || !rwork || !iwork)
            info = INT32_MIN;
    }
    free(work);
    free(rwork);
    free(iwork);
    if (info == INT32_MIN)
        return err_set(e, ERR_NOMEM, "out of memory for the eigenvectors");
    return info ? err_set(e, ERR_FORMAT, "no eigenvectors found; are the samples finite?")
                : ERR_NONE;
}

/* Multiplies an eigenvector by the sign or phase that makes its largest entry positive; without it
 * the result would depend on the version of LAPACK. */
static void store_vector(const design *d, const double *v, float *out)
{
    size_t top = 0, step = d->form, n = 2 * d->entries;
    double most = 0, re = 1, im = 0;
    for (size_t i = 0; i < n; i += step) {
        double size = step == 2 ? hypot(v[i], v[i + 1]) : fabs(v[i]);
        if (size > most) {
            most = size;
            top = i;
        }
    }
    if (most > 0) {
        re = v[top] / most;
        im = step == 2 ? v[top + 1] / most : 0;
    }
    for (size_t i = 0; i < n; i += step) {
        out[i] = (float)(v[i] * re + (step == 2 ? v[i + 1] * im : 0));
        if (step == 2)
            out[i + 1] = (float)(v[i + 1] * re - v[i] * im);
    }
}

static int store_components(const design *d, klt_components *c, double *share, err *e)
{
    int rc = klt_components_allocate(c, e);
    double total = 0, kept = 0;
    if (rc != ERR_NONE)
        return rc;
    for (size_t i = 0; i < d->order; i++)
        total += d->variance[i];
    for (size_t i = 0; i < c->vectors; i++) {
        size_t from = d->order - 1 - i;
        /* Beyond as many components as there are samples, only rounding errors are left. */
        if (!(d->variance[from] > 1e-12 * d->variance[d->order - 1]))
            return err_set(e, ERR_INVALID,
                           "%llu samples have energy in %zu components only, not in %u; take more "
                           "samples or a higher CR",
                           (unsigned long long)d->samples, i, c->vectors);
        kept += d->variance[from];
        c->variance[i] = (float)(d->variance[from] / ((double)d->samples * (double)d->form));
        store_vector(d, d->moment + from * 2 * d->entries, c->vector + i * 2 * d->entries);
    }
    *share = kept / total;
    return ERR_NONE;
}

static int plan(design *d, const codec_training *t, klt_components *c, err *e)
{
    d->entries = (size_t)t->nr * t->nt * t->ni;
    d->order = 2 * d->entries / d->form;
    c->nt = t->nt;
    c->ni = t->ni;
    c->form = d->form;
    c->vectors = (uint32_t)(2 * d->entries / d->cr / d->form);
    snprintf(c->scenario, sizeof c->scenario, "%s", t->scenario);
    if (t->nr != 1 || t->nt > KLT_SIDE_MAX || t->ni > KLT_SIDE_MAX ||
        2 * d->entries > KLT_REALS_MAX)
        return err_set(e, ERR_UNSUPPORTED,
                       "klt of %u x %u x %u; it takes 1 receive antenna and up to %d complex "
                       "entries",
                       t->nr, t->nt, t->ni, KLT_REALS_MAX / 2);
    if (c->vectors < 1)
        return err_set(e, ERR_INVALID, "cr=%u leaves none of %zu values", d->cr, 2 * d->entries);
    d->moment = calloc(d->order * d->order * d->form, sizeof *d->moment);
    d->variance = calloc(d->order, sizeof *d->variance);
    if (!d->moment || !d->variance)
        return err_set(e, ERR_NOMEM, "out of memory for a second moment of %zu values", d->order);
    return ERR_NONE;
}

int klt_design(const char *arguments, const codec_training *training, void **file, size_t *size,
               char note[CODEC_NOTE_MAX], err *e)
{
    design d = {.cr = 4, .form = KLT_COMPLEX};
    klt_components c = {0};
    double share = 0;
    openblas_set_num_threads(1); /* the threads that encode samples already use the cores */
    int rc = codec_options("klt", arguments, take_option, &d, e);
    if (rc == ERR_NONE)
        rc = plan(&d, training, &c, e);
    if (rc == ERR_NONE)
        rc = take_moment(&d, training, e);
    if (rc == ERR_NONE)
        rc = solve(&d, e);
    if (rc == ERR_NONE) {
        c.samples = d.samples < UINT32_MAX ? (uint32_t)d.samples : UINT32_MAX;
        rc = store_components(&d, &c, &share, e);
    }
    if (rc == ERR_NONE)
        rc = klt_file_write(&c, file, size, e);
    if (rc == ERR_NONE)
        snprintf(note, CODEC_NOTE_MAX,
                 "%u of %zu %s principal components, for CR %u and up: %.2f %% of the energy of "
                 "%llu samples",
                 c.vectors, d.order, d.form == KLT_COMPLEX ? "complex" : "real", d.cr, 100 * share,
                 (unsigned long long)d.samples);
    klt_components_free(&c);
    free(d.moment);
    free(d.variance);
    return rc;
}
