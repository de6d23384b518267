/* model.h: the interface between a channel model and fading.c. For authors of models; callers use
 * fading.h. */
#ifndef FADING_MODEL_H
#define FADING_MODEL_H

#include <complex.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "csi/grid.h"
#include "csi/transform.h"
#include "fading/config.h"

enum { FADING_DESCRIPTION_MAX = 512 };

typedef struct fading_model_ops {
    double carrier_hz; /* the model's default; 0 is 5.3 GHz */
    /* Opens the model; `arguments` is the rest of the channel's text after the name ("" if there is
     * none), or the path of a file; the carrier is never 0. Writes fading_describe()'s line. NULL
     * on failure. */
    void *(*open)(const char *arguments, const fading_config *config,
                  char description[FADING_DESCRIPTION_MAX], err *e);
    void (*close)(void *model);
    /* fading_samples; NULL for an endless model. */
    uint64_t (*samples)(const void *model);
    /* fading_image_fill, and fading_ue_image_scale of a UE's state; NULL for a model. */
    float (*image_fill)(const void *model);
    float (*image_scale)(const void *state, uint32_t seq);
    /* fading_environment_ues; NULL if each UE has its own. */
    uint32_t (*environment_ues)(const void *model);
    /* Creates the state of one UE, which may point into the model. NULL on failure. */
    void *(*ue_create)(const void *model, uint32_t ue, err *e);
    void (*ue_free)(void *state);
    /* As fading_ue_frequency and fading_ue_angle_delay; `t` has been checked. */
    int (*frequency)(void *state, csi_transform *t, uint32_t seq, double time_s,
                     float complex *h_freq, err *e);
    int (*angle_delay)(void *state, csi_transform *t, uint32_t seq, double time_s,
                       float complex *h_ad, err *e);
    /* As fading_ue_grid, on a grid of this nc. */
    int (*grid)(void *state, csi_transform *t, uint32_t seq, double time_s, const csi_grid *grid,
                float complex *h_grid, err *e);
    /* As fading_ue_paths and fading_paths_max; both NULL for a model without paths. */
    int (*paths)(void *state, uint32_t seq, double time_s, fading_path *paths, size_t *count,
                 err *e);
    size_t (*paths_max)(const void *model);
} fading_model_ops;

extern const fading_model_ops fading_rayleigh;        /* paper, section II: see rayleigh.c */
extern const fading_model_ops fading_cost2100_indoor; /* cost2100/cost2100.c */
extern const fading_model_ops fading_cost2100_outdoor;
extern const fading_model_ops fading_dataset; /* replay of images: see dataset.c */
extern const fading_model_ops fading_raw;     /* replay of raw channels: see raw.c */
/* 3GPP TR 38.901, clause 7.5: see tr38901/tr38901.c */
extern const fading_model_ops fading_uma_nlos, fading_uma_los, fading_umi_nlos, fading_umi_los;
/* Clause 7.7: clustered and tapped delay lines, tr38901/cdl.c and tdl.c */
extern const fading_model_ops fading_cdl_a, fading_cdl_b, fading_cdl_c, fading_cdl_d, fading_cdl_e;
extern const fading_model_ops fading_tdl_a, fading_tdl_b, fading_tdl_c, fading_tdl_d, fading_tdl_e;

#endif
