#include "fading/tr38901/cluster_rays.h"

const double tr38901_ray_offset[TR38901_RAYS] = {
    0.0447, -0.0447, 0.1413, -0.1413, 0.2492, -0.2492, 0.3715, -0.3715, 2.1551, -2.1551,
    0.5129, -0.5129, 0.6797, -0.6797, 1.5195, -1.5195, 0.8844, -0.8844, 1.1481, -1.1481};

void tr38901_couple(rng *r, const int *first, int parts, uint8_t order[TR38901_RAYS])
{
    for (int m = 0; m < TR38901_RAYS; m++)
        order[m] = (uint8_t)m;
    for (int part = 0; part < parts; part++) {
        for (int m = first[part + 1] - 1; m > first[part]; m--) {
            uint64_t choices = (uint64_t)(m - first[part] + 1);
            int other = first[part] + (int)(rng_u32(r) * choices >> 32);
            uint8_t held = order[m];
            order[m] = order[other];
            order[other] = held;
        }
    }
}
