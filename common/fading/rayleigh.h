/* rayleigh.h: the Rayleigh channel for any power-delay profile, shared by the profiles of
 * rayleigh.c and the tapped delay lines of tr38901/tdl.c. */
#ifndef FADING_RAYLEIGH_H
#define FADING_RAYLEIGH_H

#include "fading/model.h"
#include "fading/profile.h"

typedef struct rayleigh_line {
    fading_profile profile; /* the fading part; with los_power its powers sum to 1 */
    double los_power;       /* of a specular wave in the first path, equal at all antennas; or 0 */
    double los_shift;       /* its Doppler shift relative to the maximum */
    float *root;            /* [nt][nt], lower triangle: a square root of the antennas' correlation
                               matrix; malloc'ed. NULL: they fade independently */
} rayleigh_line;

/* The maximum Doppler shift, speed / wavelength. */
double rayleigh_doppler_hz(const fading_config *c);

/* Creates a model for the functions below, which implement fading_model_ops. Takes ownership of
 * line->root, and frees it on failure. NULL when memory ran out. */
void *rayleigh_create(const rayleigh_line *line, const fading_config *c, err *e);
void rayleigh_close(void *model);
void *rayleigh_ue_create(const void *model, uint32_t ue, err *e);
void rayleigh_ue_free(void *state);
int rayleigh_angle_delay(void *state, csi_transform *t, uint32_t seq, double time_s,
                         float complex *h_ad, err *e);
int rayleigh_frequency(void *state, csi_transform *t, uint32_t seq, double time_s,
                       float complex *h_freq, err *e);
int rayleigh_grid(void *state, csi_transform *t, uint32_t seq, double time_s, const csi_grid *grid,
                  float complex *h_grid, err *e);

#endif
