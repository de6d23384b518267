#include "csi/raw/raw.h"

#include <cblas.h>
#include <float.h>
#include <math.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "csi/raw/source.h"
#include "csi/transform.h"

/* The memory and plans of one call. A call takes one from the list and puts it back, so there are
 * as many as concurrent calls, whatever the number of UEs. */
typedef struct raw_work {
    struct raw_work *next;
    csi_transform *link;  /* of ni taps */
    csi_transform *file;  /* of all taps in the file; NULL in the other domains */
    float complex *h;     /* [nc][nt] */
    float complex *taps;  /* [depth][nt], or [nt][depth]: gains as stored, or all taps */
    float complex *phase; /* [nc][depth]: exp(-j 2 pi f tau) of the paths */
} raw_work;

struct csi_raw {
    csi_raw_source source;
    pthread_mutex_t lock;
    raw_work *free;
};

/* --- workspaces --------------------------------------------------------------------------------
 */

static void work_free(raw_work *w)
{
    if (!w)
        return;
    csi_transform_free(w->link);
    csi_transform_free(w->file);
    free(w->h);
    free(w->taps);
    free(w->phase);
    free(w);
}

static raw_work *work_create(const csi_raw_facts *f, err *e)
{
    csi_dims dims = {.nt = f->nt, .nc = f->nc, .tp = f->nt, .ni = f->ni};
    bool taps = f->domain == CSI_RAW_DELAY || f->domain == CSI_RAW_ANGLE_DELAY;
    raw_work *w = calloc(1, sizeof *w);
    if (w) {
        w->link = csi_transform_create(&dims, e);
        dims.ni = f->depth;
        w->file = taps ? csi_transform_create(&dims, e) : NULL;
        w->h = malloc((size_t)f->nc * f->nt * sizeof *w->h);
        /* Room for all taps twice: as stored, and as angles. */
        w->taps = malloc((size_t)2 * f->depth * f->nt * sizeof *w->taps);
        w->phase =
            f->domain == CSI_RAW_PATHS ? malloc((size_t)f->nc * f->depth * sizeof *w->phase) : NULL;
    }
    if (w && w->link && (!taps || w->file) && w->h && w->taps &&
        (f->domain != CSI_RAW_PATHS || w->phase))
        return w;
    work_free(w);
    err_set(e, ERR_NOMEM, "out of memory for channels of %u x %u", f->nc, f->nt);
    return NULL;
}

static raw_work *take_work(csi_raw *raw, err *e)
{
    pthread_mutex_lock(&raw->lock);
    raw_work *w = raw->free;
    if (w)
        raw->free = w->next;
    pthread_mutex_unlock(&raw->lock);
    return w ? w : work_create(&raw->source.facts, e);
}

static void put_work(csi_raw *raw, raw_work *w)
{
    pthread_mutex_lock(&raw->lock);
    w->next = raw->free;
    raw->free = w;
    pthread_mutex_unlock(&raw->lock);
}

/* --- opening -----------------------------------------------------------------------------------
 */

csi_raw *csi_raw_open(const csi_raw_spec *spec, const csi_dims *dims, double bandwidth_hz, err *e)
{
    csi_raw *raw = calloc(1, sizeof *raw);
    if (!raw) {
        err_set(e, ERR_NOMEM, "out of memory for channels");
        return NULL;
    }
    if (csi_raw_source_read(&raw->source, spec, dims, bandwidth_hz, e) != ERR_NONE) {
        free(raw);
        return NULL;
    }
    pthread_mutex_init(&raw->lock, NULL);
    openblas_set_num_threads(1); /* the callers are parallel already */
    return raw;
}

void csi_raw_close(csi_raw *raw)
{
    if (!raw)
        return;
    while (raw->free) {
        raw_work *w = raw->free;
        raw->free = w->next;
        work_free(w);
    }
    pthread_mutex_destroy(&raw->lock);
    csi_raw_source_free(&raw->source);
    free(raw);
}

const csi_raw_facts *csi_raw_facts_of(const csi_raw *raw)
{
    return &raw->source.facts;
}

/* --- samples -----------------------------------------------------------------------------------
 */

/* Frequency domain: output rows ascend; FFT order has the carrier first and the lower half last. */
static void take_subcarriers(const csi_raw_source *s, size_t i, float complex *h)
{
    uint32_t nc = s->facts.nc, nt = s->facts.nt;
    size_t begin = csi_raw_source_gains(s, i);
    for (uint32_t n = 0; n < nc; n++) {
        size_t at = begin + s->depth_at[s->spec.fft_band ? (n + nc - nc / 2) % nc : n];
        for (uint32_t k = 0; k < nt; k++) {
            float complex x = csi_raw_source_at(s, at + s->nt_at[k]);
            h[(size_t)n * nt + k] = s->spec.conjugate ? conjf(x) : x;
        }
    }
}

/* The taps of a forward DFT are in reverse order. For subcarriers in FFT order, the phase differs
 * from tap to tap: shifting the band by floor(nc / 2) subcarriers multiplies tap r by exp(j 2 pi
 * floor(nc / 2) r / nc). */
static uint32_t tap_of(const csi_raw_source *s, uint32_t r)
{
    return s->spec.conjugate ? (s->facts.depth - r) % s->facts.depth : r;
}

static void take_taps(const csi_raw_source *s, size_t i, float complex *taps)
{
    const csi_raw_facts *f = &s->facts;
    size_t begin = csi_raw_source_gains(s, i);
    for (uint32_t r = 0; r < f->depth; r++) {
        double angle = 2 * M_PI * fmod((double)(f->nc / 2) * r, f->nc) / f->nc;
        float complex by = s->spec.fft_band ? (float complex)cexp(I * angle) : 1;
        for (uint32_t k = 0; k < f->nt; k++)
            taps[(size_t)r * f->nt + k] =
                by * csi_raw_source_at(s, begin + s->depth_at[tap_of(s, r)] + s->nt_at[k]);
    }
}

static void take_angles(const csi_raw_source *s, size_t i, float complex *angles)
{
    const csi_raw_facts *f = &s->facts;
    size_t begin = csi_raw_source_gains(s, i);
    for (uint32_t a = 0; a < f->nt; a++) {
        uint32_t from = s->spec.fft_angles ? (a + f->nt - f->nt / 2) % f->nt : a;
        for (uint32_t r = 0; r < f->depth; r++)
            angles[(size_t)a * f->depth + r] =
                csi_raw_source_at(s, begin + s->nt_at[from] + s->depth_at[tap_of(s, r)]);
    }
}

/* All taps of the file as angles[nt][depth]. */
static const float complex *all_angles(const csi_raw_source *s, raw_work *w, size_t i)
{
    size_t entries = (size_t)s->facts.depth * s->facts.nt;
    if (s->facts.domain == CSI_RAW_ANGLE_DELAY) {
        take_angles(s, i, w->taps);
        return w->taps;
    }
    take_taps(s, i, w->taps + entries);
    csi_transform_angle(w->file, w->taps + entries, w->taps);
    return w->taps;
}

/* exp(-j 2 pi f_n tau) for all n, each from the one before by one product. In double precision,
 * 8192 products lose 1e-12. */
static void fill_phases(const csi_raw_source *s, double tau, float complex *phase, size_t stride)
{
    uint32_t nc = s->facts.nc;
    double spacing = s->spec.bandwidth_hz / nc;
    double first = s->spec.lowest ? 0 : -(double)(nc / 2) * spacing;
    double complex z = cexp(-2 * M_PI * I * fmod(first * tau, 1));
    double complex step = cexp(-2 * M_PI * I * fmod(spacing * tau, 1));
    for (uint32_t n = 0; n < nc; n++, z *= step)
        phase[n * stride] = (float complex)z;
}

static double earliest_path(const csi_raw_source *s, size_t gains, size_t delays)
{
    double earliest = DBL_MAX;
    for (uint32_t k = 0; k < s->facts.nt; k++)
        for (uint32_t p = 0; p < s->facts.depth; p++)
            if (csi_raw_source_at(s, gains + s->nt_at[k] + s->depth_at[p]) != 0)
                earliest = fmin(
                    earliest, (double)s->delays.data[delays + s->delay_nt_at[k] + s->delay_at[p]]);
    return earliest;
}

/* h = phases x gains: one product if all antennas have the same delays, else one per antenna. */
static void sum_paths(const csi_raw_source *s, raw_work *w, size_t i)
{
    const csi_raw_facts *f = &s->facts;
    const float complex one = 1, zero = 0;
    size_t gains = csi_raw_source_gains(s, i), delays = csi_raw_source_delays(s, i);
    double start = s->spec.from_first ? earliest_path(s, gains, delays) : 0;
    bool shared = s->d.of[CSI_RAW_NT].count == 1;
    for (uint32_t p = 0; p < f->depth; p++)
        for (uint32_t k = 0; k < f->nt; k++)
            w->taps[(size_t)p * f->nt + k] =
                csi_raw_source_at(s, gains + s->nt_at[k] + s->depth_at[p]);
    if (s->spec.conjugate) /* the sum of a exp(+j ...) is the conjugate of a* exp(-j ...) */
        for (size_t j = 0; j < (size_t)f->depth * f->nt; j++)
            w->taps[j] = conjf(w->taps[j]);
    for (uint32_t k = 0; k < (shared ? 1 : f->nt); k++) {
        for (uint32_t p = 0; p < f->depth; p++) {
            double tau = (double)s->delays.data[delays + s->delay_nt_at[k] + s->delay_at[p]];
            fill_phases(s, tau - start, w->phase + p, f->depth);
        }
        cblas_cgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)f->nc,
                    (int)(shared ? f->nt : 1), (int)f->depth, &one, w->phase, (int)f->depth,
                    w->taps + k, (int)f->nt, &zero, w->h + k, (int)f->nt);
    }
}

static double energy_of(const float complex *h, size_t n)
{
    const float *x = (const float *)h;
    double sum = 0;
    for (size_t i = 0; i < 2 * n; i++)
        sum += (double)x[i] * (double)x[i];
    return sum;
}

/* Computes the whole band in w->h. */
static void make_band(const csi_raw_source *s, raw_work *w, size_t i)
{
    if (s->facts.domain == CSI_RAW_FREQUENCY)
        take_subcarriers(s, i, w->h);
    else if (s->facts.domain == CSI_RAW_PATHS)
        sum_paths(s, w, i);
    else
        csi_transform_inverse(w->file, all_angles(s, w, i), w->h);
}

int csi_raw_frequency(csi_raw *raw, size_t i, float complex *h_freq, err *e)
{
    const csi_raw_source *s = &raw->source;
    raw_work *w = take_work(raw, e);
    if (!w)
        return ERR_NOMEM;
    make_band(s, w, i);
    memcpy(h_freq, w->h, (size_t)s->facts.nc * s->facts.nt * sizeof *h_freq);
    put_work(raw, w);
    return ERR_NONE;
}

int csi_raw_angle_delay(csi_raw *raw, size_t i, float complex *h_ad, double *energy, err *e)
{
    const csi_raw_source *s = &raw->source;
    const csi_raw_facts *f = &s->facts;
    raw_work *w = take_work(raw, e);
    if (!w)
        return ERR_NOMEM;
    if (f->domain == CSI_RAW_FREQUENCY || f->domain == CSI_RAW_PATHS) {
        make_band(s, w, i);
        csi_transform_forward(w->link, w->h, h_ad);
        if (energy)
            *energy = energy_of(w->h, (size_t)f->nc * f->nt);
    } else {
        const float complex *all = all_angles(s, w, i);
        uint32_t taps = f->ni < f->depth ? f->ni : f->depth;
        memset(h_ad, 0, (size_t)f->nt * f->ni * sizeof *h_ad);
        for (uint32_t a = 0; a < f->nt; a++)
            memcpy(h_ad + (size_t)a * f->ni, all + (size_t)a * f->depth, taps * sizeof *h_ad);
        if (energy)
            *energy = energy_of(all, (size_t)f->depth * f->nt);
    }
    put_work(raw, w);
    return ERR_NONE;
}
