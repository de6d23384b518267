/* Denoisers of codewords: codec/denoiser.h has the equations. */
#include "codec/denoiser.h"

#include <cblas.h>
#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/decibel.h"
#include "codec/denoiser/file.h"
#include "codec/denoiser/network.h"
#include "codec/models.h"
#include "io/file.h"

/* The highest SNR that a receiver estimates, and the estimate on a link without noise. */
static const double no_noise_db = 60;

enum { NETWORK_BYTES_MAX = 1 << 28 };

struct payload_denoiser {
    uint32_t values;
    denoiser_moments moments; /* all zero with a network */
    nn_model *network;        /* NULL with the linear estimate */
};

struct payload_denoiser_work {
    const payload_denoiser *denoiser;
    nn_session *session; /* NULL with the linear estimate */
    float *z, *part;     /* [values] each; part: coefficients on the eigenvectors */
};

bool payload_denoiser_is_asked(const char *name)
{
    return name && name[0] != '\0' && strcmp(name, PAYLOAD_DENOISER_NONE) != 0;
}

int payload_denoiser_check(const codec_info *of, err *e)
{
    if (of->shape.values_max > 0)
        return ERR_NONE;
    return err_set(e, ERR_INVALID,
                   "codec %s sends only bits, and a denoiser works on values; set denoise-payload "
                   "to none",
                   of->name);
}

/* A path, or a file among the models. */
static int read_file(const char *name, void **data, size_t *size, err *e)
{
    char path[PATH_MAX];
    bool is_path = strchr(name, '/') || access(name, R_OK) == 0;
    int rc = is_path ? ERR_NONE : models_find(name, path, sizeof path, e);
    return rc == ERR_NONE ? file_read(is_path ? name : path, NETWORK_BYTES_MAX, data, size, e) : rc;
}

static int check_codec(const denoiser_moments *m, const codec_info *of, err *e)
{
    if (m->identity == of->identity && m->values == of->shape.values_max)
        return ERR_NONE;
    return err_set(e, ERR_MISMATCH,
                   "it was made from the codewords of %s (%016" PRIx64 ", %" PRIu32
                   " values), not of %s (%016" PRIx64 ", %" PRIu32 "); `csilink model denoiser` "
                   "makes one",
                   m->codec, m->identity, m->values, of->name, of->identity, of->shape.values_max);
}

static int load_network(payload_denoiser *d, const char *name, const void *data, size_t size,
                        err *e)
{
    d->network = nn_model_load_memory(data, size, name, e);
    return d->network ? denoiser_network_check(d->network, d->values, e) : e->code;
}

static int load(payload_denoiser *d, const char *name, const codec_info *of, err *e)
{
    void *data = NULL;
    size_t size;
    int rc = payload_denoiser_check(of, e);
    if (rc == ERR_NONE)
        rc = read_file(name, &data, &size, e);
    if (rc != ERR_NONE)
        return rc;
    d->values = of->shape.values_max;
    if (denoiser_file_begins(data, size)) {
        rc = denoiser_file_read(data, size, &d->moments, e);
        if (rc == ERR_NONE)
            rc = check_codec(&d->moments, of, e);
    } else {
        rc = load_network(d, name, data, size, e);
    }
    free(data);
    return rc == ERR_NONE ? rc : err_prefix(e, "%.128s", name);
}

payload_denoiser *payload_denoiser_load(const char *name, const codec_info *of, err *e)
{
    err local = {0};
    payload_denoiser *d = calloc(1, sizeof *d);
    if (!d)
        err_set(&local, ERR_NOMEM, "out of memory for a denoiser");
    else if (load(d, name, of, &local) == ERR_NONE)
        return d;
    payload_denoiser_free(d);
    if (e)
        *e = local;
    return NULL;
}

void payload_denoiser_free(payload_denoiser *d)
{
    if (!d)
        return;
    denoiser_moments_free(&d->moments);
    nn_model_free(d->network);
    free(d);
}

payload_denoiser_work *payload_denoiser_open(const payload_denoiser *d, err *e)
{
    payload_denoiser_work *w = calloc(1, sizeof *w);
    if (w) {
        w->denoiser = d;
        w->z = calloc(d->values, sizeof *w->z);
        w->part = calloc(d->values, sizeof *w->part);
    }
    if (!w || !w->z || !w->part)
        err_set(e, ERR_NOMEM, "out of memory for a denoiser's workspace");
    else if (!d->network || (w->session = nn_session_open(d->network, 1, e)))
        return w;
    payload_denoiser_close(w);
    return NULL;
}

void payload_denoiser_close(payload_denoiser_work *w)
{
    if (!w)
        return;
    nn_session_free(w->session);
    free(w->z);
    free(w->part);
    free(w);
}

/* Replaces z by its linear MMSE estimate. */
static void estimate_linearly(payload_denoiser_work *w, double snr_db)
{
    const denoiser_moments *m = &w->denoiser->moments;
    const float noise = (float)power_of_db(-snr_db);
    const int n = (int)m->values;
    for (int i = 0; i < n; i++)
        w->z[i] -= m->mean[i];
    cblas_sgemv(CblasRowMajor, CblasNoTrans, n, n, 1, m->vector, n, w->z, 1, 0, w->part, 1);
    for (int i = 0; i < n; i++)
        w->part[i] *= m->variance[i] / (m->variance[i] + noise);
    cblas_sgemv(CblasRowMajor, CblasTrans, n, n, 1, m->vector, n, w->part, 1, 0, w->z, 1);
    for (int i = 0; i < n; i++)
        w->z[i] += m->mean[i];
}

/* The power of the values as sent. Where the uplink does not report it, it is computed from what
 * arrived, noise included. */
static double power_of(const payload *p, double snr_db)
{
    double sum = 0, snr = power_of_db(snr_db);
    if (isfinite(p->power))
        return p->power;
    for (uint32_t i = 0; i < p->values; i++)
        sum += (double)p->value[i] * (double)p->value[i];
    return sum / p->values * snr / (1 + snr);
}

int payload_denoiser_apply(payload_denoiser_work *w, payload *p, err *e)
{
    const payload_denoiser *d = w->denoiser;
    if (p->values != d->values)
        return err_set(e, ERR_FORMAT,
                       "a payload of %" PRIu32 " values; its denoiser takes %" PRIu32, p->values,
                       d->values);
    /* Without an SNR estimate there is nothing to remove. */
    if (!(p->snr_db < no_noise_db))
        return ERR_NONE;
    const double snr_db = fmax(p->snr_db, -no_noise_db), rms = sqrt(power_of(p, snr_db));
    const float *estimate = w->z;
    if (!(rms > 0))
        return ERR_NONE;
    for (uint32_t i = 0; i < p->values; i++)
        w->z[i] = (float)((double)p->value[i] / rms);
    int rc = ERR_NONE;
    if (w->session)
        rc = denoiser_network_run(w->session, w->z, snr_db, &estimate, e);
    else
        estimate_linearly(w, snr_db);
    for (uint32_t i = 0; rc == ERR_NONE && i < p->values; i++) {
        p->value[i] = (float)((double)estimate[i] * rms);
        if (!isfinite(p->value[i]))
            rc = err_set(e, ERR_FORMAT, "value %" PRIu32 " is not finite after the denoiser", i);
    }
    /* The estimate shrinks already where it is unsure. A decoder that knew of the noise would
     * shrink it a second time. */
    p->snr_db = no_noise_db;
    return rc;
}
