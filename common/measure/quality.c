#include "measure/quality.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "csi/grid.h"
#include "csi/metrics.h"
#include "csi/precoding.h"

struct measurer {
    measurer_config config;
    csi_grid grid;
    csi_transform *transform;
    measure_truth now;    /* at the time of use */
    float complex *known; /* the reconstruction on the grid, as a channel */
};

double measure_se_snr_db(double dl_snr_db)
{
    return isinf(dl_snr_db) ? MEASURE_SE_SNR_DB : dl_snr_db;
}

static size_t taps_of(const csi_dims *d)
{
    return (size_t)d->nt * d->ni;
}

static size_t grid_of(const csi_dims *d)
{
    return (size_t)csi_grid_of(d).count * d->nt;
}

size_t measure_truth_bytes(const csi_dims *d)
{
    return (taps_of(d) + grid_of(d)) * sizeof(float complex);
}

int measure_truth_init(measure_truth *truth, const csi_dims *d, err *e)
{
    truth->taps = calloc(taps_of(d), sizeof *truth->taps);
    truth->grid = calloc(grid_of(d), sizeof *truth->grid);
    if (truth->taps && truth->grid)
        return ERR_NONE;
    measure_truth_free(truth);
    return err_set(e, ERR_NOMEM, "out of memory for a report's truth");
}

void measure_truth_free(measure_truth *truth)
{
    free(truth->taps);
    free(truth->grid);
    *truth = (measure_truth){0};
}

int measure_truth_at(fading_ue *channel, csi_transform *t, bool whole_band, uint32_t seq,
                     double time_s, measure_truth *truth, err *e)
{
    csi_grid grid = csi_grid_of(csi_transform_dims(t));
    int rc = fading_ue_angle_delay(channel, t, seq, time_s, truth->taps, e);
    if (rc == ERR_NONE && whole_band)
        rc = fading_ue_grid(channel, t, seq, time_s, grid.count, truth->grid, e);
    else if (rc == ERR_NONE)
        csi_transform_inverse_on_grid(t, truth->taps, &grid, truth->grid);
    return rc;
}

size_t measurer_entries(const measurer_config *c)
{
    return c->subbands > 0 ? (size_t)c->subbands * c->dims.nt : taps_of(&c->dims);
}

static int open_measurer(measurer *m, err *e)
{
    const csi_dims *d = &m->config.dims;
    if (m->config.subbands > d->nc)
        return err_set(e, ERR_INVALID, "%u subbands of %u subcarriers", m->config.subbands, d->nc);
    m->grid = csi_grid_of(d);
    if (!(m->transform = csi_transform_create(d, e)))
        return e->code;
    m->known = calloc(grid_of(d), sizeof *m->known);
    if (!m->known)
        return err_set(e, ERR_NOMEM, "out of memory to measure with");
    int rc = measure_truth_init(&m->now, d, e);
    /* Creates the plan for this grid now, so that measuring allocates nothing. */
    if (rc == ERR_NONE)
        csi_transform_inverse_on_grid(m->transform, m->now.taps, &m->grid, m->known);
    return rc;
}

measurer *measurer_create(const measurer_config *config, err *e)
{
    err local = {0};
    measurer *m = calloc(1, sizeof *m);
    if (!m)
        err_set(&local, ERR_NOMEM, "out of memory to measure with");
    else
        m->config = *config;
    if (m && open_measurer(m, &local) == ERR_NONE)
        return m;
    measurer_free(m);
    if (e)
        *e = local;
    return NULL;
}

void measurer_free(measurer *m)
{
    if (!m)
        return;
    csi_transform_free(m->transform);
    measure_truth_free(&m->now);
    free(m->known);
    free(m);
}

int measurer_recompute(measurer *m, fading_ue *channel, uint32_t seq, double time_s,
                       measure_truth *truth, err *e)
{
    return measure_truth_at(channel, m->transform, m->config.whole_band, seq, time_s, truth, e);
}

/* The subband that has subcarrier n: floor(s nc / subbands) <= n, for the largest such s. */
static size_t subband_of(const measurer_config *c, uint32_t n)
{
    return (size_t)((((uint64_t)n + 1) * c->subbands - 1) / c->dims.nc);
}

/* csi/precoding.h uses the conjugate of a known channel as its precoder, so the conjugate of a
 * precoder is the channel that it represents. */
static void stand_for_channels(measurer *m, const float complex *w)
{
    size_t nt = m->config.dims.nt;
    for (uint32_t i = 0; i < m->grid.count; i++) {
        const float complex *of = w + subband_of(&m->config, csi_grid_subcarrier(&m->grid, i)) * nt;
        for (size_t k = 0; k < nt; k++)
            m->known[i * nt + k] = conjf(of[k]);
    }
}

bool measurer_at_estimation(measurer *m, const measure_truth *truth, const float complex *h,
                            measure_quality *q)
{
    const csi_dims *d = &m->config.dims;
    bool directions = m->config.subbands > 0;
    if (directions)
        stand_for_channels(m, h);
    else
        csi_transform_inverse_on_grid(m->transform, h, &m->grid, m->known);
    csi_quality on_grid = csi_quality_of(truth->grid, m->known, m->grid.count, d->nt,
                                         measure_se_snr_db(m->config.dl_snr_db));
    *q = (measure_quality){.nmse = directions ? NAN : csi_nmse(truth->taps, h, taps_of(d)),
                           .rho = directions ? NAN : on_grid.rho,
                           .sgcs = on_grid.sgcs,
                           .se = on_grid.se};
    bool there = directions ? csi_energy(truth->grid, grid_of(d)) > 0
                            : isfinite(q->nmse) && isfinite(q->rho);
    return there && isfinite(q->sgcs) && isfinite(q->se);
}

int measurer_at_use(measurer *m, fading_ue *channel, uint32_t seq, double time_s, double age_s,
                    const float complex *h, measure_quality *q, err *e)
{
    int rc = measurer_recompute(m, channel, seq, time_s + age_s, &m->now, e);
    if (rc == ERR_NONE && !measurer_at_estimation(m, &m->now, h, q))
        rc = err_set(e, ERR_INVALID, "the channel at the time of use is all zero");
    return rc;
}

measure_picture measurer_picture_size(const measurer *m)
{
    bool directions = m->config.subbands > 0;
    return (measure_picture){.rows = m->config.dims.nt,
                             .columns = directions ? m->grid.count : m->config.dims.ni,
                             .directions = directions};
}

static void take_magnitudes(const float complex *h, size_t count, float *out)
{
    for (size_t i = 0; i < count; i++)
        out[i] = cabsf(h[i]);
}

/* m->now.grid = the rows of h[count][nt], each scaled to unit norm; zero rows stay zero. */
static void normalise_rows(measurer *m, const float complex *h)
{
    size_t nt = m->config.dims.nt;
    for (size_t i = 0; i < m->grid.count; i++) {
        double energy = csi_energy(h + i * nt, nt);
        double scale = energy > 0 ? 1 / sqrt(energy) : 0;
        for (size_t k = 0; k < nt; k++)
            m->now.grid[i * nt + k] = (float)scale * h[i * nt + k];
    }
}

/* The angles of rows on the grid. The transform takes ni rows at a time, and the grid has at least
 * that many: the last batch overlaps the one before. */
static void picture_of_rows(measurer *m, const float complex *h, float *out)
{
    size_t nt = m->config.dims.nt, ni = m->config.dims.ni, count = m->grid.count;
    normalise_rows(m, h);
    for (size_t done = 0; done < count; done += ni) {
        size_t first = done + ni <= count ? done : count - ni;
        csi_transform_angle(m->transform, m->now.grid + first * nt, m->now.taps);
        for (size_t a = 0; a < nt; a++)
            take_magnitudes(m->now.taps + a * ni, ni, out + a * count + first);
    }
}

void measurer_picture(measurer *m, const measure_truth *truth, const float complex *h,
                      float *of_truth, float *of_h)
{
    if (m->config.subbands > 0) {
        stand_for_channels(m, h);
        picture_of_rows(m, truth->grid, of_truth);
        picture_of_rows(m, m->known, of_h);
    } else {
        take_magnitudes(truth->taps, taps_of(&m->config.dims), of_truth);
        take_magnitudes(h, taps_of(&m->config.dims), of_h);
    }
}

bool measure_ages(const fading *channel)
{
    return fading_samples(channel) == 0;
}
