/* The COST 2100 model as a channel: docs/channels.md lists the implemented parts.
 *
 * As under power control, each sample is scaled to mean |H|^2 = 1 over the kept angle-delay matrix,
 * as are replayed samples; H_freq and the paths get the same factor. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "csi/metrics.h"
#include "fading/cost2100/pool.h"
#include "fading/cost2100/settings.h"
#include "fading/cost2100/ue.h"
#include "fading/model.h"
#include "fading/paths.h"

typedef struct cost2100 {
    cost2100_settings settings;
    fading_config config;
    cost2100_pool *pool; /* of settings.network */
} cost2100;

typedef struct cost2100_state {
    const cost2100 *model;
    const cost2100_environment *environment;
    cost2100_ue *ue;
    fading_synthesis *synthesis;
    fading_path *paths;
    size_t count;
    float complex *h_ad; /* [nt][ni] */
    double time_s;       /* of `paths` and `h_ad`; NaN before the first */
} cost2100_state;

/* --- the model ---------------------------------------------------------------------------------
 */

static void cost2100_close(void *model)
{
    cost2100 *m = model;
    cost2100_pool_free(m->pool);
    free(m);
}

static void describe(const cost2100 *m, char text[FADING_DESCRIPTION_MAX])
{
    const cost2100_network *n = &m->settings.network;
    int used = snprintf(text, FADING_DESCRIPTION_MAX,
                        "COST 2100 %s: carrier %g MHz, a square of %g m, %u UEs in each "
                        "environment, %g km/h",
                        n->title, m->config.carrier_hz / 1e6, n->side_m, m->settings.ues,
                        m->config.speed_kmh);
    cost2100_settings_describe(&m->settings, text + used, FADING_DESCRIPTION_MAX - (size_t)used);
}

static void *open_network(bool indoor, const char *arguments, const fading_config *c,
                          char description[FADING_DESCRIPTION_MAX], err *e)
{
    cost2100 *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for a channel");
        return NULL;
    }
    m->config = *c;
    if (!cost2100_settings_read(indoor, arguments, &m->settings, e))
        m->pool = cost2100_pool_create(&m->settings.network, c->carrier_hz, c->seed, e);
    if (!m->pool) {
        cost2100_close(m);
        return NULL;
    }
    describe(m, description);
    return m;
}

static void *open_indoor(const char *arguments, const fading_config *c,
                         char description[FADING_DESCRIPTION_MAX], err *e)
{
    return open_network(true, arguments, c, description, e);
}

static void *open_outdoor(const char *arguments, const fading_config *c,
                          char description[FADING_DESCRIPTION_MAX], err *e)
{
    return open_network(false, arguments, c, description, e);
}

static uint32_t cost2100_environment_ues(const void *model)
{
    return ((const cost2100 *)model)->settings.ues;
}

static size_t cost2100_most_paths(const void *model)
{
    return cost2100_paths_max(&((const cost2100 *)model)->settings.network);
}

/* --- one UE ------------------------------------------------------------------------------------
 */

static void cost2100_state_free(void *state)
{
    cost2100_state *s = state;
    cost2100_ue_free(s->ue);
    if (s->environment)
        cost2100_pool_give_back(s->model->pool, s->environment);
    fading_synthesis_free(s->synthesis);
    free(s->paths);
    free(s->h_ad);
    free(s);
}

static bool fill_state(cost2100_state *s, uint32_t ue, err *e)
{
    const cost2100 *m = s->model;
    size_t most = cost2100_paths_max(&m->settings.network);
    s->environment = cost2100_pool_take(m->pool, ue / m->settings.ues, e);
    if (s->environment)
        s->ue = cost2100_ue_create(&m->settings.network, s->environment, &m->config, ue, e);
    if (s->ue)
        s->synthesis = fading_synthesis_create(&m->config.dims, m->config.bandwidth_hz, most, e);
    if (!s->synthesis)
        return false;
    s->paths = malloc(most * sizeof *s->paths);
    s->h_ad = malloc((size_t)m->config.dims.nt * m->config.dims.ni * sizeof *s->h_ad);
    if (!s->paths || !s->h_ad) {
        err_set(e, ERR_NOMEM, "out of memory for the channel of UE %u", ue);
        return false;
    }
    return true;
}

static void *cost2100_state_create(const void *model, uint32_t ue, err *e)
{
    cost2100_state *s = calloc(1, sizeof *s);
    if (!s) {
        err_set(e, ERR_NOMEM, "out of memory for the channel of UE %u", ue);
        return NULL;
    }
    s->model = model;
    s->time_s = NAN;
    if (!fill_state(s, ue, e)) {
        cost2100_state_free(s);
        return NULL;
    }
    return s;
}

/* Computes the scaled paths and h_ad at a time; cached, since a report asks for several forms at
 * one time. */
static void go_to(cost2100_state *s, double time_s)
{
    if (s->time_s == time_s)
        return;
    const csi_dims *d = &s->model->config.dims;
    size_t entries = (size_t)d->nt * d->ni;
    s->count = cost2100_ue_paths(s->ue, time_s, s->paths);
    fading_synthesis_angle_delay(s->synthesis, s->paths, s->count, s->h_ad);
    double energy = csi_energy(s->h_ad, entries), entry = (double)d->nt * d->nc;
    float scale = energy > 0 ? (float)sqrt(entry / energy) : 0;
    for (size_t i = 0; i < entries; i++)
        s->h_ad[i] *= scale;
    for (size_t l = 0; l < s->count; l++)
        s->paths[l].gain *= scale;
    s->time_s = time_s;
}

static int cost2100_angle_delay(void *state, csi_transform *t, uint32_t seq, double time_s,
                                float complex *h_ad, err *e)
{
    (void)t, (void)seq, (void)e; /* the channel depends only on time, and nothing can fail */
    cost2100_state *s = state;
    const csi_dims *d = &s->model->config.dims;
    go_to(s, time_s);
    memcpy(h_ad, s->h_ad, (size_t)d->nt * d->ni * sizeof *h_ad);
    return ERR_NONE;
}

static int cost2100_frequency(void *state, csi_transform *t, uint32_t seq, double time_s,
                              float complex *h_freq, err *e)
{
    (void)t, (void)seq, (void)e;
    cost2100_state *s = state;
    go_to(s, time_s);
    fading_synthesis_frequency(s->synthesis, s->paths, s->count, h_freq);
    return ERR_NONE;
}

static int cost2100_grid(void *state, csi_transform *t, uint32_t seq, double time_s,
                         const csi_grid *grid, float complex *h_grid, err *e)
{
    (void)t, (void)seq, (void)e;
    cost2100_state *s = state;
    go_to(s, time_s);
    fading_synthesis_grid(s->synthesis, s->paths, s->count, grid, h_grid);
    return ERR_NONE;
}

static int cost2100_list(void *state, uint32_t seq, double time_s, fading_path *paths,
                         size_t *count, err *e)
{
    (void)seq, (void)e;
    cost2100_state *s = state;
    go_to(s, time_s);
    memcpy(paths, s->paths, s->count * sizeof *paths);
    *count = s->count;
    return ERR_NONE;
}

const fading_model_ops fading_cost2100_indoor = {.carrier_hz = 5.3e9,
                                                 .open = open_indoor,
                                                 .close = cost2100_close,
                                                 .environment_ues = cost2100_environment_ues,
                                                 .ue_create = cost2100_state_create,
                                                 .ue_free = cost2100_state_free,
                                                 .frequency = cost2100_frequency,
                                                 .grid = cost2100_grid,
                                                 .angle_delay = cost2100_angle_delay,
                                                 .paths = cost2100_list,
                                                 .paths_max = cost2100_most_paths};

const fading_model_ops fading_cost2100_outdoor = {.carrier_hz = 300e6,
                                                  .open = open_outdoor,
                                                  .close = cost2100_close,
                                                  .environment_ues = cost2100_environment_ues,
                                                  .ue_create = cost2100_state_create,
                                                  .ue_free = cost2100_state_free,
                                                  .frequency = cost2100_frequency,
                                                  .grid = cost2100_grid,
                                                  .angle_delay = cost2100_angle_delay,
                                                  .paths = cost2100_list,
                                                  .paths_max = cost2100_most_paths};
