/* Settings in the names of COST 2100 channels: how they are read and told, and what is refused. */
#include "csi/metrics.h"
#include "fading/cost2100/settings.h"
#include "fading/fading.h"
#include "harness.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- reading -----------------------------------------------------------------------------------
 */

static const char own_indoor[] =
    "ues=20:side=20:far=3.8:decay=16:single=0:link=107:reach=30:vr=2.72:transition=1:mpcs=3:"
    "spread=2.9417:angle=bs";
static const char own_outdoor[] =
    "los=power:angle=bs:k=-4.7:spread=139:mpcs=27:transition=16.8:vr=32.8:reach=500:link=854:"
    "single=0.1:cutoff=2.4:decay=2.7861:far=6:side=400";
static const char own_nlos[] = "side=400:far=6:decay=1.6579:cutoff=4.2:nlos:single=0.2:link=1020:"
                               "reach=500:vr=24.5:transition=12.2:mpcs=48:spread=317";

static fading *open_channel(const char *name, const char *settings)
{
    char channel[512];
    fading_config c = FADING_CONFIG_DEFAULT;
    snprintf(channel, sizeof channel, "%s:%s", name, settings);
    fading *f = fading_open(channel, &c, NULL);
    REQUIRE(f != NULL);
    return f;
}

static void own_values_change_nothing(void)
{
    static const char *const pairs[][3] = {{"cost2100-indoor", "", own_indoor},
                                           {"cost2100-outdoor", "", own_outdoor},
                                           {"cost2100-outdoor", "nlos", own_nlos}};
    for (int i = 0; i < 3; i++) {
        fading *f[2] = {open_channel(pairs[i][0], pairs[i][1]),
                        open_channel(pairs[i][0], pairs[i][2])};
        CHECK(strcmp(fading_describe(f[0]), fading_describe(f[1])) == 0);
        REQUIRE(fading_paths_max(f[0]) == fading_paths_max(f[1]));
        size_t bytes = fading_paths_max(f[0]) * sizeof(fading_path);
        for (uint32_t ue = 0; ue < 60; ue += 7) {
            fading_path *paths[2];
            size_t count[2] = {0};
            for (int k = 0; k < 2; k++) {
                fading_ue *u = fading_ue_create(f[k], ue, NULL);
                paths[k] = calloc(1, bytes);
                REQUIRE(u && paths[k]);
                CHECK(fading_ue_paths(u, 0, 0.3, paths[k], &count[k], NULL) == 0);
                fading_ue_free(u);
            }
            CHECK(count[0] == count[1] && memcmp(paths[0], paths[1], bytes) == 0);
            free(paths[0]);
            free(paths[1]);
        }
        fading_close(f[0]);
        fading_close(f[1]);
    }
}

static void settings_reach_the_network_and_the_description(void)
{
    static const char all[] = "far=1.8:decay=5:cutoff=3:single=0.5:link=100:reach=300:vr=40:"
                              "transition=20:mpcs=10:spread=50:k=3:angle=ue:los=sum:ues=4:side=300";
    cost2100_settings s;
    char told[256];
    REQUIRE(cost2100_settings_read(false, all, &s, NULL) == ERR_NONE);
    const cost2100_network *n = &s.network;
    CHECK(n->far_clusters == 1.8 && n->decay_per_us == 5 && n->decay_end_s == 3e-6);
    CHECK(n->single_share == 0.5 && n->link_mean_s == 100e-9 && n->distance_m == 300);
    CHECK(n->vr_radius_m == 40 && n->vr_transition_m == 20 && n->mpcs == 10);
    CHECK(n->spread[COST2100_DELAY].median == 50e-9 && n->angle_at_ue && n->los_of_sum);
    CHECK_NEAR(n->los_k.median, 1.99526, 1e-5);
    CHECK(s.ues == 4 && n->side_m == 300);
    cost2100_settings_describe(&s, told, sizeof told);
    CHECK(strcmp(told, ", far=1.8, decay=5, cutoff=3, single=0.5, link=100, reach=300, vr=40, "
                       "transition=20, mpcs=10, spread=50, k=3, angle=ue, los=sum") == 0);
    fading *f = open_channel("cost2100-outdoor", "distance=7/2");
    CHECK(strstr(fading_describe(f), "a square of 30 m") != NULL);
    CHECK(strstr(fading_describe(f), ", distance=7/2") != NULL);
    fading_close(f);
}

/* --- room --------------------------------------------------------------------------------------
 */

/* The probability that a Poisson variable exceeds k. */
static double poisson_tail(double mean, unsigned k)
{
    double sum = 0;
    for (unsigned j = k + 1; j < k + 400; j++)
        sum += exp(j * log(mean) - mean - lgamma(j + 1.0));
    return sum;
}

/* Outdoors the least room that is enough; indoors, where the mean is drawn, enough for all means.
 */
static void there_is_room_for_the_clusters_in_sight(void)
{
    static const double far_means[] = {0.01, 1, 2.5, 12, 20};
    for (int i = 0; i < 5; i++) {
        cost2100_settings s;
        char text[32];
        snprintf(text, sizeof text, "far=%g", far_means[i]);
        REQUIRE(cost2100_settings_read(false, text, &s, NULL) == ERR_NONE);
        double ratio = 32.8 / 16, mean = far_means[i] * ratio * ratio;
        CHECK(poisson_tail(mean, s.network.most_active) < 1e-9);
        CHECK(poisson_tail(mean, s.network.most_active - 1) >= 1e-9);
        REQUIRE(cost2100_settings_read(true, text, &s, NULL) == ERR_NONE);
        double more = 0, indoor = 2.72 / 1.72 * (2.72 / 1.72), share = exp(-far_means[i]);
        for (int drawn = 0; drawn < 100; share *= far_means[i] / ++drawn)
            more += share * poisson_tail(fmax(1, drawn) * indoor, s.network.most_active);
        CHECK(more < 1e-9);
    }
}

/* --- what is refused ---------------------------------------------------------------------------
 */

static void bad_settings_are_refused(void)
{
    static const struct {
        bool indoor;
        const char *text, *says;
    } bad[] = {
        {false, "far=0", "far=N is the mean of far clusters in sight, 0.01 to 20, not '0'"},
        {false, "far=21", "far=N"},
        {false, "far=nan", "far=N"},
        {false, "far=", "not ''"},
        {false, "far", "not ''"},
        {false, "far=3x:ues=2", "not '3x'"},
        {false, "far=3,5", "far=N"},
        {false, "far= 3", "far=N"},
        {false, "far=3:ues=2:far=3", "far is set twice"},
        {false, "ues=3:ues=3", "ues is set twice"},
        {false, "ues=0", "ues=N is the UEs of an environment, 1 to 1000000, not '0'"},
        {false, "ues=1000001", "ues=N"},
        {false, "fa=3", "has no setting 'fa'; did you mean far?"},
        {false, "=3",
         "has no setting ''; the settings are nlos, ues=N, side=M, bs=X/Y, distance=MEAN/SD, "
         "far=N"},
        {false, "bs=10", "bs=X/Y"},
        {false, "bs=10/501", "-500 to 500 m, not '10/501'"},
        {true, "bs=-31/0", "-30 to 30 m"},
        {true, "bs=20/20", "UEs are up to 42.4264 m from the BS; the cell reaches 30 m"},
        {false, "bs=10/10:distance=200/10", "bs and distance"},
        {false, "bs=nan/1", "bs=X/Y"},
        {true, "nlos", "cost2100-indoor has no setting 'nlos'; the settings are ues=N"},
        {true, "k=3", "cost2100-indoor has no line of sight, so k cannot be set"},
        {true, "los=sum", "no line of sight"},
        {true, "cutoff=3", "cost2100-indoor has no delay at which the decay ends, so cutoff"},
        {false, "k=3:nlos", "cost2100-outdoor:nlos has no line of sight"},
        {false, "k=101", "-100 to 100 dB"},
        {false, "k=-inf", "k=DB"},
        {false, "side=701", "5 to 700 m"},
        {true, "side=43", "0.3 to 42 m"},
        {false, "distance=200", "distance=MEAN/SD"},
        {false, "distance=200/", "distance=MEAN/SD"},
        {false, "distance=200/-1", "5 to 500 m, not '200/-1'"},
        {false, "distance=200/501", "distance=MEAN/SD"},
        {false, "distance=0/5", "distance=MEAN/SD"},
        {false, "distance=200/10:side=300", "side and distance"},
        {false, "decay=-1", "decay=X"},
        {false, "cutoff=1e999", "cutoff=US"},
        {false, "single=1.1", "single=SHARE"},
        {false, "link=-1", "link=NS"},
        {false, "reach=0", "reach=M"},
        {false, "mpcs=0", "1 to 48"},
        {false, "mpcs=49", "1 to 48"},
        {false, "mpcs=3.5", "1 to 48"},
        {false, "spread=0", "spread=NS"},
        {false, "angle=ms", "angle=bs|ue is the end whose azimuths the array sees, not 'ms'"},
        {false, "los=", "los=power|sum"},
        {false, "transition=32.8",
         "transition must be less than vr, but 32.8 m is not less than 32.8"},
        {false, "vr=16", "transition must be less than vr, but 16.8 m"},
        {false, "transition=32.79", "visibility regions, more than 200000"},
        {true, "far=20:vr=3:transition=2", "more than 400 clusters in sight"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        cost2100_settings s;
        err e = {0};
        CHECK(cost2100_settings_read(bad[i].indoor, bad[i].text, &s, &e) == ERR_INVALID);
        if (!strstr(e.text, bad[i].says)) {
            printf("    %s: %s\n", bad[i].text, e.text);
            CHECK(false);
        }
    }
}

/* The ends of the ranges, together: every sample is finite, and of unit power. */
static void extremes_have_samples(void)
{
    static const char *const extreme[] = {
        "decay=40:cutoff=0:side=700:far=20:k=100:spread=10000:link=10000:reach=5000:mpcs=48",
        "decay=40:cutoff=1000:far=0.01:vr=500:transition=0.5:mpcs=1:spread=0.01:reach=5:k=-100",
        "distance=500/500:vr=5:transition=1:single=1:angle=ue:los=sum:decay=0",
        "nlos:distance=5/0:link=0:single=0:angle=ue"};
    csi_transform *t = csi_transform_create(&FADING_CONFIG_DEFAULT.dims, NULL);
    REQUIRE(t != NULL);
    for (size_t i = 0; i < sizeof extreme / sizeof extreme[0]; i++) {
        static float complex h[32 * 32];
        fading *f = open_channel("cost2100-outdoor", extreme[i]);
        for (uint32_t ue = 0; ue < 5; ue++) {
            fading_ue *u = fading_ue_create(f, ue, NULL);
            REQUIRE(u != NULL);
            CHECK(fading_ue_angle_delay(u, t, 0, 1, h, NULL) == 0);
            CHECK_NEAR(csi_energy(h, 32 * 32) / (1024 * 32), 1, 1e-4);
            fading_ue_free(u);
        }
        fading_close(f);
    }
    csi_transform_free(t);
}

static const harness_test tests[] = {
    {"a network's own values change nothing", own_values_change_nothing},
    {"settings reach the network and the description",
     settings_reach_the_network_and_the_description},
    {"there is room for the clusters in sight", there_is_room_for_the_clusters_in_sight},
    {"what cannot be set is refused, by name", bad_settings_are_refused},
    {"settings at the ends of their ranges have samples", extremes_have_samples},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "COST 2100 settings", tests, sizeof tests / sizeof tests[0]);
}
