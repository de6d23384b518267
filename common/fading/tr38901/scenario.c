#include "fading/tr38901/scenario.h"

#include <math.h>

/* Rows of correlation[][]: against SF, K, DS, ASD, ASA, ZSD in that order. */

const tr38901_scenario tr38901_uma_nlos = {
    .name = "uma-nlos",
    .bs_height_m = 25,
    .floor_ghz = 6,
    .min_distance_m = 35,
    .near_m = 35,
    .far_m = 250,
    .mean = {[TR38901_DS] = {-6.28, -0.204},
             [TR38901_ASD] = {1.5, -0.1144},
             [TR38901_ASA] = {2.08, -0.27},
             [TR38901_ZSA] = {1.512, -0.3236}},
    .deviation = {[TR38901_SF] = {6, 0},
                  [TR38901_DS] = {0.39, 0},
                  [TR38901_ASD] = {0.28, 0},
                  [TR38901_ASA] = {0.11, 0},
                  [TR38901_ZSD] = {0.49, 0},
                  [TR38901_ZSA] = {0.16, 0}},
    .zsd_least = -0.5,
    .zsd_per_km = -2.1,
    .zsd_constant = 0.9,
    .correlation = {[TR38901_DS] = {-0.4},
                    [TR38901_ASD] = {-0.6, 0, 0.4},
                    [TR38901_ASA] = {0, 0, 0.6, 0.4},
                    [TR38901_ZSD] = {0, 0, -0.5, 0.5, 0},
                    [TR38901_ZSA] = {-0.4, 0, 0, -0.1, 0, 0}},
    .clusters = 20,
    .delay_scaling = 2.3,
    .cluster_shadowing_db = 3,
    .cluster_ds_ns = {6.5622, -3.4084},
    .cluster_asd = 2,
    .cluster_asa = 15,
    .cluster_zsa = 7,
    .azimuth_scaling = 1.289,
    .zenith_scaling = 1.178,
};

const tr38901_scenario tr38901_uma_los = {
    .name = "uma-los",
    .los = true,
    .bs_height_m = 25,
    .floor_ghz = 6,
    .min_distance_m = 35,
    .near_m = 35,
    .far_m = 250,
    .mean = {[TR38901_K] = {9, 0},
             [TR38901_DS] = {-6.955, -0.0963},
             [TR38901_ASD] = {1.06, 0.1114},
             [TR38901_ASA] = {1.81, 0},
             [TR38901_ZSA] = {0.95, 0}},
    .deviation = {[TR38901_SF] = {4, 0},
                  [TR38901_K] = {3.5, 0},
                  [TR38901_DS] = {0.66, 0},
                  [TR38901_ASD] = {0.28, 0},
                  [TR38901_ASA] = {0.20, 0},
                  [TR38901_ZSD] = {0.40, 0},
                  [TR38901_ZSA] = {0.16, 0}},
    .zsd_least = -0.5,
    .zsd_per_km = -2.1,
    .zsd_constant = 0.75,
    .correlation = {[TR38901_DS] = {-0.4, -0.4},
                    [TR38901_ASD] = {-0.5, 0, 0.4},
                    [TR38901_ASA] = {-0.5, -0.2, 0.8, 0},
                    [TR38901_ZSD] = {0, 0, -0.2, 0.5, -0.3},
                    [TR38901_ZSA] = {-0.8, 0, 0, 0, 0.4, 0}},
    .clusters = 12,
    .delay_scaling = 2.5,
    .cluster_shadowing_db = 3,
    .cluster_ds_ns = {6.5622, -3.4084},
    .cluster_asd = 5,
    .cluster_asa = 11,
    .cluster_zsa = 7,
    .azimuth_scaling = 1.146,
    .zenith_scaling = 1.104,
};

const tr38901_scenario tr38901_umi_nlos = {
    .name = "umi-nlos",
    .bs_height_m = 10,
    .floor_ghz = 2,
    .lg_offset_ghz = 1,
    .min_distance_m = 10,
    .near_m = 10,
    .far_m = 150,
    .mean = {[TR38901_DS] = {-6.83, -0.24},
             [TR38901_ASD] = {1.53, -0.23},
             [TR38901_ASA] = {1.81, -0.08},
             [TR38901_ZSA] = {0.92, -0.04}},
    .deviation = {[TR38901_SF] = {7.82, 0},
                  [TR38901_DS] = {0.28, 0.16},
                  [TR38901_ASD] = {0.33, 0.11},
                  [TR38901_ASA] = {0.30, 0.05},
                  [TR38901_ZSD] = {0.35, 0},
                  [TR38901_ZSA] = {0.41, -0.07}},
    .zsd_least = -0.5,
    .zsd_per_km = -3.1,
    .zsd_constant = 0.2, /* + 0.01 max(hUT - hBS, 0), which is 0 */
    .correlation = {[TR38901_DS] = {-0.7},
                    [TR38901_ASA] = {-0.4, 0, 0.4, 0},
                    [TR38901_ZSD] = {0, 0, -0.5, 0.5, 0},
                    [TR38901_ZSA] = {0, 0, 0, 0.5, 0.2, 0}},
    .clusters = 19,
    .delay_scaling = 2.1,
    .cluster_shadowing_db = 3,
    .cluster_ds_ns = {11, 0},
    .cluster_asd = 10,
    .cluster_asa = 22,
    .cluster_zsa = 7,
    .azimuth_scaling = 1.273,
    .zenith_scaling = 1.184,
};

const tr38901_scenario tr38901_umi_los = {
    .name = "umi-los",
    .los = true,
    .bs_height_m = 10,
    .floor_ghz = 2,
    .lg_offset_ghz = 1,
    .min_distance_m = 10,
    .near_m = 10,
    .far_m = 150,
    .mean = {[TR38901_K] = {9, 0},
             [TR38901_DS] = {-7.14, -0.24},
             [TR38901_ASD] = {1.21, -0.05},
             [TR38901_ASA] = {1.73, -0.08},
             [TR38901_ZSA] = {0.73, -0.1}},
    .deviation = {[TR38901_SF] = {4, 0},
                  [TR38901_K] = {5, 0},
                  [TR38901_DS] = {0.38, 0},
                  [TR38901_ASD] = {0.41, 0},
                  [TR38901_ASA] = {0.28, 0.014},
                  [TR38901_ZSD] = {0.35, 0},
                  [TR38901_ZSA] = {0.34, -0.04}},
    .zsd_least = -0.21,
    .zsd_per_km = -14.8,
    .zsd_constant = 0.83 + 0.01 * 8.5, /* 0.01 |hUT - hBS| */
    .correlation = {[TR38901_K] = {0.5},
                    [TR38901_DS] = {-0.4, -0.7},
                    [TR38901_ASD] = {-0.5, -0.2, 0.5},
                    [TR38901_ASA] = {-0.4, -0.3, 0.8, 0.4},
                    [TR38901_ZSD] = {0, 0, 0, 0.5, 0},
                    [TR38901_ZSA] = {0, 0, 0.2, 0.3, 0, 0}},
    .clusters = 12,
    .delay_scaling = 3,
    .cluster_shadowing_db = 3,
    .cluster_ds_ns = {5, 0},
    .cluster_asd = 3,
    .cluster_asa = 17,
    .cluster_zsa = 7,
    .azimuth_scaling = 1.146,
    .zenith_scaling = 1.104,
};

double tr38901_at(const tr38901_scenario *s, tr38901_line line, double carrier_ghz)
{
    return line.constant + line.slope * log10(carrier_ghz + s->lg_offset_ghz);
}

double tr38901_mean_lg_zsd(const tr38901_scenario *s, double distance_m)
{
    return fmax(s->zsd_least, s->zsd_per_km * distance_m / 1000 + s->zsd_constant);
}

/* Tables 7.5-7 (UMa) and 7.5-8 (UMi) with hUT = 1.5 m. */
double tr38901_zod_offset(const tr38901_scenario *s, double carrier_ghz, double distance_m)
{
    if (s->los)
        return 0;
    if (s->lg_offset_ghz > 0) /* UMi */
        return -pow(10, -1.5 * log10(fmax(10, distance_m)) + 3.3);
    double lg_fc = log10(fmax(s->floor_ghz, carrier_ghz)); /* always floored, whatever the option */
    double a = 0.208 * lg_fc - 0.782, c = -0.13 * lg_fc + 2.03, e = 7.66 * lg_fc - 5.96;
    return e - pow(10, a * log10(fmax(25, distance_m)) + c);
}
