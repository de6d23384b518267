#include "fading/cost2100/network.h"

const double cost2100_azimuth_mean = 43, cost2100_azimuth_deviation = 39;
const double cost2100_light_m_per_s = 3.0e8;

#define INDEPENDENT                                                                                \
    {                                                                                              \
        {1}, {0, 1}, {0, 0, 1}, {0, 0, 0, 1}, {0, 0, 0, 0, 1},                                     \
        {                                                                                          \
            0, 0, 0, 0, 0, 1                                                                       \
        }                                                                                          \
    }

/* IndoorHall_5GHz. The measurement behind it was obstructed: its "LOS" has no line-of-sight path.
 * The public code reads tau_B = 0.1 us as 0.1 s, so the decay has no floor; kept.
 */
const cost2100_network cost2100_indoor_hall = {
    .title = "IndoorHall at 5 GHz",
    .side_m = 20,
    .radius_m = 30,
    .vr_radius_m = 2.72,
    .vr_transition_m = 1.0,
    .far_clusters = 3.8,
    .far_is_poisson = true,
    .group_mean = 4,
    .decay_per_us = 16,
    .decay_end_s = 0.1,
    .single_share = 0,
    .mpcs = 3,
    .bs_local = true,
    .spread = {[COST2100_SHADOWING] = {1, 0},
               [COST2100_DELAY] = {2.9417e-9, 0.8601},
               [COST2100_BS_ELEVATION] = {1.0607, 3.6157},
               [COST2100_BS_AZIMUTH] = {2.4962, 2.6336},
               [COST2100_MS_ELEVATION] = {0.7071, 3.6157},
               [COST2100_MS_AZIMUTH] = {3.5777, 2.0515}},
    .mix = INDEPENDENT,
    .distance_m = 30,
    .link_mean_s = 107e-9,
    .link_least_s = 33.6e-9,
    .los_k = {0, 0},
    .los_cutoff_m = 30,
    .los_radius_m = 0,
    .most_active = 96,
};

/* SemiUrban_300MHz. Spreads of delay and of both azimuths are correlated by 0.9. The elevation
 * spread at the MS, 1.578, is in radians, but the public code uses it as degrees; kept. */
const cost2100_network cost2100_semi_urban_los = {
    .title = "SemiUrban at 300 MHz",
    .side_m = 400,
    .radius_m = 500,
    .vr_radius_m = 32.8,
    .vr_transition_m = 16.8,
    .far_clusters = 6,
    .decay_per_us = 2.7861,
    .decay_end_s = 2.4e-6,
    .single_share = 0.1,
    .mpcs = 27,
    .spread = {[COST2100_SHADOWING] = {1, 2.05},
               [COST2100_DELAY] = {139e-9, 3.66},
               [COST2100_BS_ELEVATION] = {90.4127, 0},
               [COST2100_BS_AZIMUTH] = {14.6104, 2.43},
               [COST2100_MS_ELEVATION] = {1.578, 0},
               [COST2100_MS_AZIMUTH] = {14.7537, 2.68}},
    .mix = {[COST2100_SHADOWING] = {1},
            [COST2100_DELAY] = {0, 1},
            [COST2100_BS_ELEVATION] = {0, 0, 1},
            [COST2100_BS_AZIMUTH] = {0, 0.9, 0, 0.435890},
            [COST2100_MS_ELEVATION] = {0, 0, 0, 0, 1},
            [COST2100_MS_AZIMUTH] = {0, 0.9, 0, 0.206474, 0, 0.383886}},
    .distance_m = 500,
    .link_mean_s = 854e-9,
    .link_least_s = 47.9e-9,
    .los_k = {0.338844, 2.0}, /* -4.7 dB */
    .los_cutoff_m = 350,
    .los_radius_m = 343,
    .most_active = 64,
};

/* The same without line of sight; shadowing is correlated by -0.1 with those spreads. */
const cost2100_network cost2100_semi_urban_nlos = {
    .title = "SemiUrban at 300 MHz without line of sight",
    .side_m = 400,
    .radius_m = 500,
    .vr_radius_m = 24.5,
    .vr_transition_m = 12.2,
    .far_clusters = 6,
    .decay_per_us = 1.6579,
    .decay_end_s = 4.2e-6,
    .single_share = 0.2,
    .mpcs = 48,
    .spread = {[COST2100_SHADOWING] = {1, 2.27},
               [COST2100_DELAY] = {317e-9, 2.5},
               [COST2100_BS_ELEVATION] = {90.4127, 0},
               [COST2100_BS_AZIMUTH] = {18.6440, 2.02},
               [COST2100_MS_ELEVATION] = {1.578, 0},
               [COST2100_MS_AZIMUTH] = {19.0107, 2.03}},
    .mix = {[COST2100_SHADOWING] = {1},
            [COST2100_DELAY] = {-0.1, 0.994987},
            [COST2100_BS_ELEVATION] = {0, 0, 1},
            [COST2100_BS_AZIMUTH] = {-0.1, 0.894484, 0, 0.435774},
            [COST2100_MS_ELEVATION] = {0, 0, 0, 0, 1},
            [COST2100_MS_AZIMUTH] = {-0.1, 0.894484, 0, 0.206297, 0, 0.383849}},
    .distance_m = 500,
    .link_mean_s = 1020e-9,
    .link_least_s = 52.4e-9,
    .los_k = {0, 0},
    .los_cutoff_m = 0,
    .los_radius_m = 0,
    .most_active = 60,
};
