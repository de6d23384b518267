#include "fading/tr38901/ue.h"

#include <stdlib.h>

#include "fading/tr38901/planar.h"
#include "fading/tr38901/rays.h"
#include "fading/tr38901/spherical.h"

void tr38901_close(void *model)
{
    free(model);
}

void tr38901_ue_free(void *state)
{
    tr38901_ue *u = state;
    tr38901_planar_free(u->planar);
    tr38901_spherical_free(u->spherical);
    free(u);
}

tr38901_ue *tr38901_ue_prepare(tr38901_ue *u, uint32_t ue, bool spherical, err *e)
{
    if (u && spherical)
        u->spherical = tr38901_spherical_create(u);
    else if (u)
        u->planar = tr38901_planar_create(u);
    if (u && (u->planar || u->spherical))
        return u;
    err_set(e, ERR_NOMEM, "out of memory for the channel of UE %u", ue);
    free(u);
    return NULL;
}

int tr38901_angle_delay(void *state, csi_transform *t, uint32_t seq, double time_s,
                        float complex *h_ad, err *e)
{
    (void)seq, (void)e; /* the channel depends only on time, and nothing can fail */
    tr38901_ue *u = state;
    if (u->planar)
        tr38901_planar_angle_delay(u, t, time_s, h_ad);
    else
        tr38901_spherical_angle_delay(u, t, time_s, h_ad);
    return ERR_NONE;
}

int tr38901_frequency(void *state, csi_transform *t, uint32_t seq, double time_s,
                      float complex *h_freq, err *e)
{
    (void)t, (void)seq, (void)e;
    tr38901_ue *u = state;
    if (u->planar)
        tr38901_planar_frequency(u, time_s, h_freq);
    else
        tr38901_spherical_frequency(u, time_s, h_freq);
    return ERR_NONE;
}

int tr38901_grid(void *state, csi_transform *t, uint32_t seq, double time_s, const csi_grid *grid,
                 float complex *h_grid, err *e)
{
    (void)t, (void)seq, (void)e;
    tr38901_ue *u = state;
    if (u->planar)
        tr38901_planar_grid(u, time_s, grid, h_grid);
    else
        tr38901_spherical_grid(u, time_s, grid, h_grid);
    return ERR_NONE;
}

int tr38901_paths(void *state, uint32_t seq, double time_s, fading_path *paths, size_t *count,
                  err *e)
{
    (void)seq, (void)e;
    *count = tr38901_list(state, time_s, paths);
    return ERR_NONE;
}

size_t tr38901_paths_max(const void *model)
{
    (void)model;
    return TR38901_MAX_RAYS;
}
