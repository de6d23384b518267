/* scenario.h: the parameters of 3GPP TR 38.901 v16.1 that depend on the scenario: Tables 7.5-6
 * part 1 (UMa and UMi), 7.5-7 and 7.5-8, 7.5-2 and 7.5-4. Lengths in metres, frequencies in GHz,
 * angles in degrees, lg is log10. */
#ifndef FADING_TR38901_SCENARIO_H
#define FADING_TR38901_SCENARIO_H

#include <stdbool.h>

/* Large-scale parameters, in the order in which the TR's step 4 draws them. */
enum tr38901_lsp_index {
    TR38901_SF,  /* shadow fading, dB */
    TR38901_K,   /* Ricean factor, dB */
    TR38901_DS,  /* lg of the delay spread in s */
    TR38901_ASD, /* lg of the azimuth spread of departure in degrees, and so on */
    TR38901_ASA,
    TR38901_ZSD,
    TR38901_ZSA,
    TR38901_LSPS
};

/* constant + slope lg(fc + the scenario's lg_offset_ghz). */
typedef struct tr38901_line {
    double constant, slope;
} tr38901_line;

typedef struct tr38901_scenario {
    const char *name; /* as in a channel's text: "uma-nlos" */
    bool los;
    double bs_height_m;
    double floor_ghz;      /* below it the TR uses this carrier for the LSPs */
    double lg_offset_ghz;  /* UMa: lg(fc); UMi: lg(1 + fc) */
    double min_distance_m; /* the model's smallest d2D */
    double near_m, far_m;  /* default range of the UEs */
    tr38901_line mean[TR38901_LSPS], deviation[TR38901_LSPS]; /* mean of ZSD: zsd_* instead */
    double zsd_least, zsd_per_km, zsd_constant;     /* max(least, per_km d2D / 1000 + constant) */
    double correlation[TR38901_LSPS][TR38901_LSPS]; /* Table 7.5-6; below the diagonal only */
    int clusters;                                   /* N; each of 20 rays */
    double delay_scaling;                           /* r_tau */
    double cluster_shadowing_db;                    /* zeta */
    tr38901_line cluster_ds_ns;                     /* c_DS, at least 0.25 */
    double cluster_asd, cluster_asa, cluster_zsa;   /* c_ASD, c_ASA, c_ZSA */
    double azimuth_scaling, zenith_scaling;         /* C_phi, C_theta, both without the K factor */
} tr38901_scenario;

enum { TR38901_SCENARIOS = 4 };
extern const tr38901_scenario tr38901_uma_nlos, tr38901_uma_los, tr38901_umi_nlos, tr38901_umi_los;

/* UE antenna height, m: outdoor UEs of TR 38.901. */
#define TR38901_UE_HEIGHT_M 1.5

/* The two means that depend on the distance d2D (and, for UMa, on the carrier): lg ZSD, and the
 * offset of the zenith of departure in degrees. */
double tr38901_mean_lg_zsd(const tr38901_scenario *s, double distance_m);
double tr38901_zod_offset(const tr38901_scenario *s, double carrier_ghz, double distance_m);

/* The value of a table entry at a carrier. */
double tr38901_at(const tr38901_scenario *s, tr38901_line line, double carrier_ghz);

#endif
