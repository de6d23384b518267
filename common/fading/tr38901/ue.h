/* ue.h: fading.c's functions for a UE with a drop of rays. The channels of clauses 7.5 and 7.7.1
 * differ only in how they draw the drop. */
#ifndef FADING_TR38901_UE_H
#define FADING_TR38901_UE_H

#include "fading/model.h"
#include "fading/tr38901/channel.h"

/* Creates the synthesis of a UE after its drop was drawn; NULL, with the UE freed, when memory ran
 * out. NULL allowed. */
tr38901_ue *tr38901_ue_prepare(tr38901_ue *u, uint32_t ue, bool spherical, err *e);

/* As in fading_model_ops. */
void tr38901_close(void *model);
void tr38901_ue_free(void *state);
int tr38901_angle_delay(void *state, csi_transform *t, uint32_t seq, double time_s,
                        float complex *h_ad, err *e);
int tr38901_frequency(void *state, csi_transform *t, uint32_t seq, double time_s,
                      float complex *h_freq, err *e);
int tr38901_grid(void *state, csi_transform *t, uint32_t seq, double time_s, const csi_grid *grid,
                 float complex *h_grid, err *e);
int tr38901_paths(void *state, uint32_t seq, double time_s, fading_path *paths, size_t *count,
                  err *e);
size_t tr38901_paths_max(const void *model);

#endif
