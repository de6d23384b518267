/* channel.h: the state that the parts of the TR 38.901 model share. */
#ifndef FADING_TR38901_CHANNEL_H
#define FADING_TR38901_CHANNEL_H

#include <stdint.h>

#include "csi/dims.h"
#include "csi/mix.h"
#include "fading/tr38901/drop.h"

/* The data for summing rays; the models of clauses 7.5 and 7.7.1 begin with it. */
typedef struct tr38901_model {
    csi_dims dims;
    double bandwidth_hz, carrier_hz;
    uint64_t seed;
    csi_mix_fn *mix;
} tr38901_model;

/* Plane waves, narrowband over the array. */
typedef struct tr38901_planar tr38901_planar;
/* Spherical waves from one bounce per cluster, with each cluster's delay at each antenna. */
typedef struct tr38901_spherical tr38901_spherical;

typedef struct tr38901_ue {
    const tr38901_model *model;
    tr38901_drop drop;
    tr38901_planar *planar; /* one of the two is NULL */
    tr38901_spherical *spherical;
} tr38901_ue;

#endif
