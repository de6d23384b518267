/* network.h: the parameters of the COST 2100 networks (L. Liu et al., "The COST 2100 MIMO channel
 * model", IEEE Wireless Communications 19(6), 2012; values from the model's public implementation).
 * Single link: one BS at the origin, every antenna at height 0. A channel uses a copy of one of
 * them, which the settings in its name can change (settings.h). */
#ifndef FADING_COST2100_NETWORK_H
#define FADING_COST2100_NETWORK_H

#include <stdbool.h>

/* Lognormal: median 10^(0.1 sigma_db z), z standard normal. */
typedef struct cost2100_lognormal {
    double median, sigma_db;
} cost2100_lognormal;

/* The correlated quantities of a cluster, in the order of `mix`. */
enum {
    COST2100_SHADOWING,
    COST2100_DELAY,        /* spread, s */
    COST2100_BS_ELEVATION, /* spreads in degrees */
    COST2100_BS_AZIMUTH,
    COST2100_MS_ELEVATION,
    COST2100_MS_AZIMUTH,
    COST2100_SPREADS
};

enum { COST2100_MPCS_MAX = 48 };

typedef struct cost2100_network {
    const char *title;
    double side_m;          /* of the square that UEs move in */
    double bs_m[2];         /* position of the BS, x and y from the square's centre */
    double ring_m[2];       /* mean and deviation of the UEs' initial distance from the BS; 0: they
                               start anywhere in the square */
    double radius_m;        /* of the disc that contains the visibility regions (VRs) */
    double vr_radius_m;     /* R_C */
    double vr_transition_m; /* L_C */
    double far_clusters;    /* visible at a point on average, without the VRs' transitions */
    bool far_is_poisson;    /* drawn once per environment, at least 1 */
    double group_mean;      /* VRs of a cluster beyond its first, Poisson; 0: always one VR */
    double decay_per_us;    /* k_tau, of cluster power */
    double decay_end_s;     /* tau_B: no further decay after this delay */
    double single_share;    /* K_sel: share of single-bounce clusters; the others are twins */
    unsigned mpcs;          /* of each cluster */
    bool bs_local;          /* has a cluster around the BS */
    cost2100_lognormal spread[COST2100_SPREADS];
    double mix[COST2100_SPREADS][COST2100_SPREADS]; /* z = mix g, g independent normals */
    double distance_m;                              /* BS to cluster: uniform from 0 to this */
    double link_mean_s, link_least_s;  /* of a twin's link delay: exponential, shifted */
    cost2100_lognormal los_k;          /* power over that of all other paths */
    double los_cutoff_m, los_radius_m; /* of the line-of-sight path; 0: there is none */
    bool los_of_sum;      /* los_k: relative to the power of the other paths' sum, with phases */
    bool angle_at_ue;     /* the array response uses a path's azimuth at the UE, not at the BS */
    unsigned most_active; /* clusters in sight at once; probability of more below 1e-9 */
} cost2100_network;

/* Azimuth from a VR to its cluster, degrees: normal, the same in every network. */
extern const double cost2100_azimuth_mean, cost2100_azimuth_deviation;

/* The model's value of the speed of light. */
extern const double cost2100_light_m_per_s;

extern const cost2100_network cost2100_indoor_hall;
extern const cost2100_network cost2100_semi_urban_los;
extern const cost2100_network cost2100_semi_urban_nlos;

#endif
