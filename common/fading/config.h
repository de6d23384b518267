/* config.h: types shared by callers and channel models: the configuration, and a path. Callers
 * include fading.h, authors of models include model.h. */
#ifndef FADING_CONFIG_H
#define FADING_CONFIG_H

#include <complex.h>
#include <stdint.h>

#include "csi/dims.h"

#define FADING_CARRIER_MIN_HZ 1e6
#define FADING_CARRIER_MAX_HZ 1e12
#define FADING_BANDWIDTH_MIN_HZ 1e5
#define FADING_BANDWIDTH_MAX_HZ 1e10
#define FADING_SPEED_MAX_KMH 2000.0

typedef struct fading_config {
    csi_dims dims;
    double bandwidth_hz; /* 1e5..1e10; Nc subcarriers span it; one delay tap is 1 / bandwidth */
    double carrier_hz;   /* 1e6..1e12; 0 is the channel's default: 5.3 GHz, unless the channel
                            documents another */
    double speed_kmh;    /* UE speed, 0..2000 */
    uint64_t seed;       /* the run's seed */
    /* For a replayed file: returns the allowed image scale nearest to the one asked for. A sample
     * is scaled so that its image has that scale, and so to mean |H_freq|^2 = 1 except for this
     * rounding. NULL: exactly 1. */
    float (*image_scale)(float asked);
} fading_config;

#define FADING_CONFIG_DEFAULT                                                                      \
    ((fading_config){.dims = CSI_DIMS_DEFAULT,                                                     \
                     .bandwidth_hz = 20e6,                                                         \
                     .carrier_hz = 0,                                                              \
                     .speed_kmh = 0,                                                               \
                     .seed = 1})

/* One path to a UE at one moment. */
typedef struct fading_path {
    double delay_s;     /* absolute, or relative to the first path: depends on the model */
    double sine;        /* direction cosine along the BS array, -1 to 1: the plane wave is
                           exp(-j pi k sine) at antenna k (half-wavelength spacing); 0: broadside */
    float complex gain; /* carrier phase included */
} fading_path;

#endif
