/* Rayleigh multipath, section II of the paper: gains alpha_{i,l} ~ CN(0, sigma_l^2), independent
 * over antennas i and paths l, and
 *
 *     H[n][i] = sum_l alpha_{i,l} exp(-j 2 pi n tau_l / Nc),   tau_l in samples.
 *
 * A moving UE's gain is a sum of M rays, each with its Doppler shift,
 *
 *     alpha_{i,l}(t) = sum_m g_{i,l,m} exp(j 2 pi f_D cos(theta_{l,m}) t),
 *
 * with g ~ CN(0, sigma_l^2 / M): so the gain is exactly CN(0, sigma_l^2) at every t, for any t.
 * Since theta is uniform on the circle, its autocorrelation over an ensemble of UEs is sigma_l^2
 * J0(2 pi f_D t) (Clarke's spectrum). Each theta stays within its M-th of the circle, which keeps a
 * single UE's autocorrelation near J0, too. A line of sight (TDL-D and -E) adds a wave with a
 * separate shift to the first path; a correlation of the antennas mixes each ray's gains. */
#include "fading/rayleigh.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "csi/mix.h"

/* A UE gets as many rays as fit into UE_BYTES at the default dimensions, within these bounds. */
enum { MIN_RAYS = 8, MAX_RAYS = 16, UE_BYTES = 64 * 1024 };

static const double LIGHT_M_PER_S = 299792458;

typedef struct rayleigh {
    csi_dims dims;
    uint64_t seed;
    fading_profile profile;
    double doppler_hz; /* f_D, the maximum */
    size_t rays;       /* M; 1 when nothing moves */
    double los;        /* amplitude of the specular wave / sigma_0; 0: none */
    double los_shift_hz;
    float *root;  /* [nt][nt], lower triangle, of the antennas' correlation; NULL: none */
    bool on_taps; /* every delay is a kept tap: H_ad holds the whole channel */
    csi_mix_fn *mix;
    float complex *frequency; /* [nc][paths]: sigma_l exp(-j 2 pi n tau_l / nc); NULL if on_taps */
    float complex *delay;     /* [ni][paths]: its inverse unitary DFT over n, first ni taps */
} rayleigh;

typedef struct rayleigh_ue {
    const rayleigh *model;
    double los_phase;      /* the specular wave's phase at time 0, in cycles */
    double *shift_hz;      /* [paths][rays]: f_D cos(theta) */
    float complex *gains;  /* [paths][rays][nt]: g / sigma_l */
    float complex *phasor; /* [rays] */
    float complex *alpha;  /* [paths][nt] at the time asked for, / sigma_l */
    float complex *taps;   /* [ni][nt] */
    float complex *h_ad;   /* [nt][ni] */
} rayleigh_ue;

/* --- the model ---------------------------------------------------------------------------------
 */

/* Dirichlet kernel: the response in tap r of a path at tau, x = r - tau. */
static double complex tap_response(double x, double nc)
{
    double below = sin(M_PI * x / nc);
    double ratio = fabs(below) < 1e-12 ? sqrt(nc) : sin(M_PI * x) / (sqrt(nc) * below);
    double angle = M_PI * x * (nc - 1) / nc;
    return fabs(below) < 1e-12 ? ratio : ratio * (cos(angle) + I * sin(angle));
}

static void fill_responses(rayleigh *m)
{
    int paths = m->profile.paths;
    for (int l = 0; l < paths; l++) {
        double sigma = sqrt(m->profile.power[l]), tau = m->profile.delay[l];
        for (uint32_t r = 0; r < m->dims.ni; r++)
            m->delay[r * (size_t)paths + (size_t)l] =
                (float complex)(sigma * tap_response(r - tau, m->dims.nc));
        for (uint32_t n = 0; m->frequency && n < m->dims.nc; n++) {
            double angle = -2 * M_PI * fmod(n * tau / m->dims.nc, 1);
            m->frequency[n * (size_t)paths + (size_t)l] =
                (float complex)(sigma * (cos(angle) + I * sin(angle)));
        }
    }
}

static bool all_on_taps(const rayleigh *m)
{
    for (int l = 0; l < m->profile.paths; l++)
        if (m->profile.delay[l] != floor(m->profile.delay[l]) || m->profile.delay[l] >= m->dims.ni)
            return false;
    return true;
}

static size_t workspace_bytes(const rayleigh *m)
{
    size_t paths = (size_t)m->profile.paths, nt = m->dims.nt, ni = m->dims.ni;
    return (paths * nt + 2 * ni * nt + MAX_RAYS) * sizeof(float complex);
}

static size_t choose_rays(const rayleigh *m)
{
    if (m->doppler_hz == 0)
        return 1;
    size_t used = workspace_bytes(m);
    size_t per_ray =
        (size_t)m->profile.paths * (m->dims.nt * sizeof(float complex) + sizeof(double));
    size_t rays = used < UE_BYTES ? (UE_BYTES - used) / per_ray : 0;
    return rays < MIN_RAYS ? MIN_RAYS : rays > MAX_RAYS ? MAX_RAYS : rays;
}

double rayleigh_doppler_hz(const fading_config *c)
{
    return c->speed_kmh / 3.6 * c->carrier_hz / LIGHT_M_PER_S;
}

void rayleigh_close(void *model)
{
    rayleigh *m = model;
    free(m->frequency);
    free(m->delay);
    free(m->root);
    free(m);
}

void *rayleigh_create(const rayleigh_line *line, const fading_config *c, err *e)
{
    rayleigh *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for a channel");
        free(line->root);
        return NULL;
    }
    m->dims = c->dims;
    m->seed = c->seed;
    m->mix = csi_mix_choose();
    m->doppler_hz = rayleigh_doppler_hz(c);
    m->profile = line->profile;
    m->los = sqrt(line->los_power / line->profile.power[0]);
    m->los_shift_hz = line->los_shift * m->doppler_hz;
    m->root = line->root;
    m->on_taps = all_on_taps(m);
    m->rays = choose_rays(m);
    uint32_t paths = (uint32_t)m->profile.paths; /* at most FADING_MAX_PATHS */
    m->delay = calloc((size_t)c->dims.ni * paths, sizeof *m->delay);
    m->frequency = m->on_taps ? NULL : calloc((size_t)c->dims.nc * paths, sizeof *m->frequency);
    if (!m->delay || (!m->frequency && !m->on_taps)) {
        err_set(e, ERR_NOMEM, "out of memory for a channel of %u paths", paths);
        rayleigh_close(m);
        return NULL;
    }
    fill_responses(m);
    return m;
}

static void *rayleigh_open(const char *arguments, const fading_config *c,
                           char description[FADING_DESCRIPTION_MAX], err *e)
{
    rayleigh_line line = {.los_power = 0};
    double last = 0;
    if (fading_profile_parse(&line.profile, arguments, c->bandwidth_hz, c->dims.nc, e))
        return NULL;
    for (int l = 0; l < line.profile.paths; l++)
        last = fmax(last, line.profile.delay[l]);
    snprintf(description, FADING_DESCRIPTION_MAX,
             "rayleigh:%.48s: %d paths over %.0f ns, %g km/h (%.3g Hz Doppler)",
             *arguments ? arguments : "exponential", line.profile.paths,
             last / c->bandwidth_hz * 1e9, c->speed_kmh, rayleigh_doppler_hz(c));
    return rayleigh_create(&line, c, e);
}

/* --- one UE ------------------------------------------------------------------------------------
 */

void rayleigh_ue_free(void *state)
{
    rayleigh_ue *u = state;
    free(u->shift_hz);
    free(u->gains);
    free(u->phasor);
    free(u->alpha);
    free(u->taps);
    free(u->h_ad);
    free(u);
}

static bool allocate_ue(rayleigh_ue *u)
{
    const rayleigh *m = u->model;
    size_t paths = (size_t)m->profile.paths, nt = m->dims.nt, ni = m->dims.ni;
    u->shift_hz = calloc(paths * m->rays, sizeof *u->shift_hz);
    u->gains = calloc(paths * m->rays * nt, sizeof *u->gains);
    u->phasor = calloc(m->rays, sizeof *u->phasor);
    u->alpha = calloc(paths * nt, sizeof *u->alpha);
    u->taps = calloc(ni * nt, sizeof *u->taps);
    u->h_ad = calloc(ni * nt, sizeof *u->h_ad);
    return u->shift_hz && u->gains && u->phasor && u->alpha && u->taps && u->h_ad;
}

/* Correlates one ray's independent gains at all antennas, in place: starts at the last antenna,
 * which needs them all. */
static void correlate(const float *root, size_t nt, float complex *gains)
{
    for (size_t i = nt; i-- > 0;) {
        float re = 0, im = 0;
        for (size_t j = 0; j <= i; j++) {
            re += root[i * nt + j] * crealf(gains[j]);
            im += root[i * nt + j] * cimagf(gains[j]);
        }
        gains[i] = re + im * I;
    }
}

static void draw_rays(rayleigh_ue *u, uint32_t ue)
{
    const rayleigh *m = u->model;
    rng r = rng_at(m->seed, RNG_CHANNEL, ue, 0);
    size_t paths = (size_t)m->profile.paths, rays = m->rays;
    for (size_t i = 0; i < paths * rays; i++) {
        double sector = (double)(i % rays);
        double theta = 2 * M_PI * (sector + rng_uniform(&r)) / (double)rays;
        u->shift_hz[i] = m->doppler_hz * cos(theta);
    }
    rng_normal_fill(&r, (float *)u->gains, 2 * paths * rays * m->dims.nt,
                    (float)sqrt(0.5 / (double)rays));
    u->los_phase = rng_uniform(&r);
    for (size_t i = 0; m->root && i < paths * rays; i++)
        correlate(m->root, m->dims.nt, u->gains + i * m->dims.nt);
}

void *rayleigh_ue_create(const void *model, uint32_t ue, err *e)
{
    rayleigh_ue *u = calloc(1, sizeof *u);
    if (u)
        u->model = model;
    if (!u || !allocate_ue(u)) {
        err_set(e, ERR_NOMEM, "out of memory for the channel of UE %u", ue);
        if (u)
            rayleigh_ue_free(u);
        return NULL;
    }
    draw_rays(u, ue);
    return u;
}

/* Computes the gains of every path at a time in u->alpha. */
static void gains_at(rayleigh_ue *u, double time_s)
{
    const rayleigh *m = u->model;
    size_t nt = m->dims.nt, rays = m->rays;
    for (size_t l = 0; l < (size_t)m->profile.paths; l++) {
        for (size_t i = 0; i < rays; i++) {
            double cycles = u->shift_hz[l * rays + i] * time_s;
            double angle = 2 * M_PI * (cycles - floor(cycles));
            u->phasor[i] = (float complex)(cos(angle) + I * sin(angle));
        }
        m->mix(u->phasor, u->gains + l * rays * nt, rays, nt, u->alpha + l * nt);
    }
    if (m->los > 0) {
        double cycles = u->los_phase + m->los_shift_hz * time_s;
        double angle = 2 * M_PI * (cycles - floor(cycles));
        float complex wave = (float complex)(m->los * (cos(angle) + I * sin(angle)));
        for (size_t k = 0; k < nt; k++)
            u->alpha[k] += wave;
    }
}

int rayleigh_angle_delay(void *state, csi_transform *t, uint32_t seq, double time_s,
                         float complex *h_ad, err *e)
{
    (void)seq, (void)e; /* the channel depends only on time, and nothing can fail */
    rayleigh_ue *u = state;
    const rayleigh *m = u->model;
    size_t nt = m->dims.nt, paths = (size_t)m->profile.paths;
    gains_at(u, time_s);
    for (size_t r = 0; r < m->dims.ni; r++)
        m->mix(m->delay + r * paths, u->alpha, paths, nt, u->taps + r * nt);
    csi_transform_angle(t, u->taps, h_ad);
    return ERR_NONE;
}

int rayleigh_frequency(void *state, csi_transform *t, uint32_t seq, double time_s,
                       float complex *h_freq, err *e)
{
    rayleigh_ue *u = state;
    const rayleigh *m = u->model;
    if (m->on_taps) {
        rayleigh_angle_delay(u, t, seq, time_s, u->h_ad, e);
        csi_transform_inverse(t, u->h_ad, h_freq);
        return ERR_NONE;
    }
    size_t nt = m->dims.nt, paths = (size_t)m->profile.paths;
    gains_at(u, time_s);
    for (size_t n = 0; n < m->dims.nc; n++)
        m->mix(m->frequency + n * paths, u->alpha, paths, nt, h_freq + n * nt);
    return ERR_NONE;
}

int rayleigh_grid(void *state, csi_transform *t, uint32_t seq, double time_s, const csi_grid *grid,
                  float complex *h_grid, err *e)
{
    rayleigh_ue *u = state;
    const rayleigh *m = u->model;
    size_t nt = m->dims.nt, paths = (size_t)m->profile.paths;
    if (m->on_taps) {
        rayleigh_angle_delay(u, t, seq, time_s, u->h_ad, e);
        csi_transform_inverse_on_grid(t, u->h_ad, grid, h_grid);
        return ERR_NONE;
    }
    gains_at(u, time_s);
    for (uint32_t i = 0; i < grid->count; i++)
        m->mix(m->frequency + csi_grid_subcarrier(grid, i) * paths, u->alpha, paths, nt,
               h_grid + i * nt);
    return ERR_NONE;
}

const fading_model_ops fading_rayleigh = {.open = rayleigh_open,
                                          .close = rayleigh_close,
                                          .ue_create = rayleigh_ue_create,
                                          .ue_free = rayleigh_ue_free,
                                          .frequency = rayleigh_frequency,
                                          .grid = rayleigh_grid,
                                          .angle_delay = rayleigh_angle_delay};
