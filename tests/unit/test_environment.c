/* The geometry of COST 2100: environments, clusters, UEs that move through them. */
#include "base/decibel.h"
#include "base/rng.h"
#include "csi/metrics.h"
#include "fading/cost2100/pool.h"
#include "fading/cost2100/ue.h"
#include "fading/fading.h"
#include "harness.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const cost2100_network *const networks[] = {&cost2100_indoor_hall, &cost2100_semi_urban_los,
                                                   &cost2100_semi_urban_nlos};
static const char *const channels[] = {"cost2100-indoor", "cost2100-outdoor",
                                       "cost2100-outdoor:nlos"};
static const double carrier_hz[] = {5.3e9, 300e6, 300e6};
enum { NETWORKS = 3 };

static const double LIGHT = 3e8;

static cost2100_environment *build(int network, uint32_t number)
{
    cost2100_environment *v =
        cost2100_environment_create(networks[network], carrier_hz[network], 1, number, NULL);
    REQUIRE(v != NULL);
    return v;
}

static void *room(size_t bytes)
{
    void *p = calloc(1, bytes);
    REQUIRE(p != NULL);
    return p;
}

static cost2100_point anywhere(double side, rng *r)
{
    double x = side * (rng_uniform(r) - 0.5);
    return (cost2100_point){x, side * (rng_uniform(r) - 0.5)};
}

/* --- environments ------------------------------------------------------------------------------
 */

/* N_far (R_C / (R_C - L_C))^2 regions over a point, the same at any: 25.2, 23.8, and indoors
 * 2.5008 E[max(1, Poisson(3.8))] = 9.56 less what regions of one cluster have in common, half a
 * percent. The error is over environments. */
static void as_many_clusters_in_sight_as_the_density_says(void)
{
    enum { ENVIRONMENTS = 150, POINTS = 40 };
    static const double want[] = {9.56, 25.21, 23.80}, slack[] = {0.06, 0, 0};
    rng r = rng_at(1, RNG_TEST, 40, 0);
    for (int n = 0; n < NETWORKS; n++) {
        cost2100_sight sights[96];
        double sum = 0, square = 0;
        for (uint32_t i = 0; i < ENVIRONMENTS; i++) {
            cost2100_environment *v = build(n, i);
            double mean = 0;
            for (int j = 0; j < POINTS; j++) {
                cost2100_point u = anywhere(networks[n]->side_m, &r);
                size_t count = cost2100_environment_look(v, u, sights);
                mean += (double)count / POINTS;
                for (size_t k = 0; k < count; k++)
                    CHECK(sights[k].gain > 0 && sights[k].gain < 1);
                for (size_t k = 1; k < count; k++)
                    CHECK(sights[k - 1].cluster < sights[k].cluster);
            }
            sum += mean / ENVIRONMENTS;
            square += mean * mean / ENVIRONMENTS;
            cost2100_environment_free(v);
        }
        double error = sqrt((square - sum * sum) / ENVIRONMENTS);
        CHECK_NEAR(sum, want[n], 4 * error + slack[n]);
    }
}

/* 1 + Poisson(4) regions indoors, cut short only where none are left; one outdoors. */
static void clusters_have_their_regions(void)
{
    size_t regions = 0, clusters = 0;
    for (uint32_t i = 0; i < 200; i++) {
        size_t all, groups, bytes;
        cost2100_environment *v = build(0, i);
        cost2100_environment_size(v, &all, &groups, &bytes);
        regions += all;
        clusters += groups;
        cost2100_environment_free(v);
    }
    CHECK_NEAR((double)regions / (double)clusters, 5, 0.05);
    size_t all, groups, bytes;
    cost2100_environment *v = build(1, 0);
    cost2100_environment_size(v, &all, &groups, &bytes);
    CHECK(all == 5859 && groups == 5859);
    cost2100_environment_free(v);
}

/* Walking through a region in small steps, its gain rises and falls without a step: at 5 mm a step,
 * A_VR's slope 2 sqrt(2) / (pi sqrt(lambda L_C)) allows 2 percent indoors. */
static void gains_change_smoothly(void)
{
    cost2100_environment *v = build(0, 3);
    cost2100_sight now[96], before[96];
    size_t count = 0, last = 0, seen = 0;
    for (int step = 0; step < 3000; step++, last = count) {
        memcpy(before, now, sizeof now);
        count = cost2100_environment_look(v, (cost2100_point){-7.5 + 0.005 * step, 1.7}, now);
        for (size_t i = 0; i < count; i++)
            for (size_t j = 0; j < last; j++)
                if (now[i].cluster == before[j].cluster) {
                    CHECK_NEAR(now[i].gain, before[j].gain, 0.02);
                    seen++;
                }
    }
    CHECK(seen > 1000);
    cost2100_environment_free(v);
}

static bool same_cluster(const cost2100_network *n, const cost2100_cluster *a,
                         const cost2100_cluster *b)
{
    bool same = a->power == b->power && a->fixed == b->fixed && a->centre.x == b->centre.x;
    for (unsigned i = 0; i < n->mpcs; i++)
        same = same && a->mpc.x[i] == b->mpc.x[i] && a->mpc.re[i] == b->mpc.re[i];
    return same;
}

static void an_environment_is_a_function_of_its_number(void)
{
    for (int n = 0; n < NETWORKS; n++) {
        cost2100_environment *v = build(n, 7), *again = build(n, 7), *other = build(n, 8);
        float floats[3][COST2100_CLUSTER_FLOATS * COST2100_MPCS_MAX];
        cost2100_cluster a, b, c;
        cost2100_cluster_attach(&a, networks[n], floats[0]);
        cost2100_cluster_attach(&b, networks[n], floats[1]);
        cost2100_cluster_attach(&c, networks[n], floats[2]);
        for (uint32_t i = 0; i < 20; i++) {
            cost2100_environment_cluster(v, i, &a);
            cost2100_environment_cluster(again, i, &b);
            cost2100_environment_cluster(other, i, &c);
            CHECK(same_cluster(networks[n], &a, &b));
            CHECK(!same_cluster(networks[n], &a, &c));
            double power = 0;
            for (unsigned k = 0; k < networks[n]->mpcs; k++)
                power += (double)(a.mpc.re[k] * a.mpc.re[k] + a.mpc.im[k] * a.mpc.im[k]);
            CHECK_NEAR(power, 1, 1e-5);
        }
        cost2100_environment_free(v);
        cost2100_environment_free(again);
        cost2100_environment_free(other);
    }
}

/* --- UEs ---------------------------------------------------------------------------------------
 */

static cost2100_ue *enter(int network, const cost2100_environment *v, double speed_kmh, uint32_t ue)
{
    fading_config c = FADING_CONFIG_DEFAULT;
    c.speed_kmh = speed_kmh;
    c.carrier_hz = carrier_hz[network];
    cost2100_ue *u = cost2100_ue_create(networks[network], v, &c, ue, NULL);
    REQUIRE(u != NULL);
    return u;
}

/* At 36 km/h, 0.1 s is one metre: also when seen from behind a border, but for the bend. */
static void ues_move_straight_within_the_square(void)
{
    cost2100_environment *v = build(0, 0);
    for (uint32_t ue = 0; ue < 20; ue++) {
        cost2100_ue *u = enter(0, v, 36, ue);
        int bends = 0;
        for (double t = -50; t < 50; t += 0.1) {
            cost2100_point a = cost2100_ue_position(u, t), b = cost2100_ue_position(u, t + 0.1);
            double step = hypot(b.x - a.x, b.y - a.y);
            CHECK(fabs(a.x) <= 10 && fabs(a.y) <= 10 && step < 1 + 1e-9);
            bends += step < 1 - 1e-9;
        }
        CHECK(bends >= 20 && bends <= 300);
        cost2100_point far_off = cost2100_ue_position(u, 1e12);
        CHECK(fabs(far_off.x) <= 10 && fabs(far_off.y) <= 10);
        cost2100_ue_free(u);
    }
    cost2100_environment_free(v);
}

/* Own MPCs stay around the UE: no path over them is shorter than the direct one, nor longer by more
 * than twice their distance, which for 6 deviations of 10^(6 x 0.086) x 0.44 m / 3 is below 6 m. */
static void the_ues_own_cluster_moves_along(void)
{
    cost2100_environment *v = build(0, 2);
    fading_path *paths = room(cost2100_paths_max(networks[0]) * sizeof *paths);
    for (uint32_t ue = 40; ue < 60; ue++) {
        cost2100_ue *u = enter(0, v, 30, ue);
        for (double t = 0; t < 3; t += 0.37) {
            cost2100_point at = cost2100_ue_position(u, t);
            size_t count = cost2100_ue_paths(u, t, paths);
            REQUIRE(count >= 6);
            for (size_t i = count - 6; i < count - 3; i++) {
                double extra = paths[i].delay_s * LIGHT - hypot(at.x, at.y);
                CHECK(extra >= 0 && extra < 6);
            }
        }
        cost2100_ue_free(u);
    }
    free(paths);
    cost2100_environment_free(v);
}

/* The direct path is the last: its delay is the distance, its power that of the others times K,
 * lognormal of mean -4.7 dB, deviation 2 dB. */
static void outdoors_there_is_line_of_sight(void)
{
    enum { UES = 1000 };
    cost2100_environment *v = build(1, 0);
    fading_path *paths = room(cost2100_paths_max(networks[1]) * sizeof *paths);
    double sum = 0, square = 0;
    for (uint32_t ue = 0; ue < UES; ue++) {
        cost2100_ue *u = enter(1, v, 0, ue);
        cost2100_point at = cost2100_ue_position(u, 0);
        size_t count = cost2100_ue_paths(u, 0, paths);
        CHECK(count % 27 == 1);
        double others = 0, distance = hypot(at.x, at.y);
        for (size_t i = 0; i + 1 < count; i++)
            others += csi_energy(&paths[i].gain, 1);
        CHECK_NEAR(paths[count - 1].delay_s * LIGHT, distance, 1e-9);
        CHECK_NEAR(paths[count - 1].sine, at.x / distance, 1e-12);
        double k = db_of_power(csi_energy(&paths[count - 1].gain, 1) / others);
        sum += k / UES;
        square += k * k / UES;
        cost2100_ue_free(u);
    }
    CHECK_NEAR(sum, -4.7, 5 * 2 / sqrt(UES));
    CHECK_NEAR(sqrt(square - sum * sum), 2, 5 * 2 / sqrt(2 * UES));
    free(paths);
    cost2100_environment_free(v);
}

/* --- channels ----------------------------------------------------------------------------------
 */

enum { FREQ = 1024 * 32, AD = 32 * 32 };

static fading *open_channel(const char *channel, double speed_kmh)
{
    fading_config c = FADING_CONFIG_DEFAULT;
    c.speed_kmh = speed_kmh;
    fading *f = fading_open(channel, &c, NULL);
    REQUIRE(f != NULL);
    return f;
}

static fading_ue *open_ue(const fading *f, uint32_t ue)
{
    fading_ue *u = fading_ue_create(f, ue, NULL);
    REQUIRE(u != NULL);
    return u;
}

static csi_transform *open_transform(void)
{
    const csi_dims d = CSI_DIMS_DEFAULT;
    csi_transform *t = csi_transform_create(&d, NULL);
    REQUIRE(t != NULL);
    return t;
}

/* Within 1e-5 of the largest entry, as fading.h promises, and of unit power over the kept taps. */
static void both_domains_agree(void)
{
    static float complex h[FREQ], ad[AD], want[AD];
    csi_transform *t = open_transform();
    for (int n = 0; n < NETWORKS; n++) {
        fading *f = open_channel(channels[n], 30);
        for (uint32_t ue = 15; ue < 25; ue++) {
            fading_ue *u = open_ue(f, ue);
            CHECK(fading_ue_frequency(u, t, 0, 1.5, h, NULL) == 0);
            CHECK(fading_ue_angle_delay(u, t, 0, 1.5, ad, NULL) == 0);
            csi_transform_forward(t, h, want);
            double largest = harness_max_abs((const float *)want, 2 * AD);
            CHECK_NEAR(harness_max_abs_diff((const float *)ad, (const float *)want, 2 * AD), 0,
                       1e-5 * largest);
            CHECK_NEAR(csi_energy(ad, AD) / FREQ, 1, 1e-5);
            fading_ue_free(u);
        }
        fading_close(f);
    }
    csi_transform_free(t);
}

/* The list is what H_freq is made of: here on a few subcarriers, summed in double precision. */
static void lists_are_the_channel(void)
{
    static float complex h[FREQ];
    csi_transform *t = open_transform();
    for (int n = 0; n < NETWORKS; n++) {
        fading *f = open_channel(channels[n], 3);
        fading_path *paths = room(fading_paths_max(f) * sizeof *paths);
        fading_ue *u = open_ue(f, 4);
        size_t count = 0;
        CHECK(fading_ue_paths(u, 0, 0.25, paths, &count, NULL) == 0);
        CHECK(count <= fading_paths_max(f));
        CHECK(fading_ue_frequency(u, t, 0, 0.25, h, NULL) == 0);
        double largest = harness_max_abs((const float *)h, 2 * FREQ);
        for (int at = 0; at < FREQ; at += 997) {
            double complex sum = 0;
            for (size_t l = 0; l < count; l++) {
                double turns =
                    at / 32 * paths[l].delay_s * 20e6 / 1024 + at % 32 * paths[l].sine / 2;
                sum += (double complex)paths[l].gain *
                       (cos(2 * M_PI * turns) - I * sin(2 * M_PI * turns));
            }
            CHECK_NEAR(cabs((double complex)h[at] - sum), 0, 1e-5 * largest);
        }
        fading_ue_free(u);
        free(paths);
        fading_close(f);
    }
    csi_transform_free(t);
}

static void times_in_any_order_give_the_same_bits(void)
{
    static float complex first[AD], other[AD], again[AD];
    csi_transform *t = open_transform();
    for (int n = 0; n < NETWORKS; n++) {
        fading *f = open_channel(channels[n], 100), *g = open_channel(channels[n], 100);
        fading_ue *u = open_ue(f, 3), *w = open_ue(g, 3);
        CHECK(fading_ue_angle_delay(u, t, 1, 0.1, first, NULL) == 0);
        for (double time = -40; time < 40; time += 3.3)
            CHECK(fading_ue_angle_delay(u, t, 2, time, other, NULL) == 0);
        CHECK(memcmp(first, other, sizeof first) != 0);
        CHECK(fading_ue_angle_delay(u, t, 5, 0.1, again, NULL) == 0);
        CHECK(memcmp(first, again, sizeof first) == 0);
        CHECK(fading_ue_angle_delay(w, t, 1, 0.1, again, NULL) == 0);
        CHECK(memcmp(first, again, sizeof first) == 0);
        fading_ue_free(u);
        fading_ue_free(w);
        fading_close(f);
        fading_close(g);
    }
    csi_transform_free(t);
}

static double correlation(const float complex *a, const float complex *b)
{
    double complex dot = 0;
    for (int i = 0; i < AD; i++)
        dot += (double complex)a[i] * conj((double complex)b[i]);
    return cabs(dot) / sqrt(csi_energy(a, AD) * csi_energy(b, AD));
}

/* Over a hundredth of a wavelength no path's phase turns by more than 2 pi / 50 against another's:
 * correlation above cos(0.13). Over many wavelengths, but for a strong direct path, none is left.
 */
static void channels_evolve_with_the_way(void)
{
    static float complex a[AD], b[AD];
    csi_transform *t = open_transform();
    for (int n = 0; n < NETWORKS; n++) {
        fading *f = open_channel(channels[n], 36);
        double wavelength = LIGHT / carrier_hz[n], far_sum = 0;
        for (uint32_t ue = 0; ue < 40; ue++) {
            fading_ue *u = open_ue(f, ue);
            CHECK(fading_ue_angle_delay(u, t, 0, 1, a, NULL) == 0);
            CHECK(fading_ue_angle_delay(u, t, 0, 1 + wavelength / 10 / 100, b, NULL) == 0);
            CHECK(correlation(a, b) > cos(2 * M_PI / 50));
            CHECK(fading_ue_angle_delay(u, t, 0, 1 + 30 * wavelength / 10, b, NULL) == 0);
            far_sum += correlation(a, b) / 40;
            fading_ue_free(u);
        }
        CHECK(far_sum < 0.6);
        fading_close(f);
    }
    csi_transform_free(t);
}

/* --- sharing -----------------------------------------------------------------------------------
 */

enum { THREADS = 4, SHARED_UES = 40 };

typedef struct job {
    const fading *f;
    uint32_t offset;
    float complex first[SHARED_UES]; /* an entry of each UE's channel */
} job;

static void *visit(void *argument)
{
    job *j = argument;
    float complex ad[AD];
    csi_transform *t = csi_transform_create(&FADING_CONFIG_DEFAULT.dims, NULL);
    for (uint32_t i = 0; t && i < SHARED_UES; i++) {
        uint32_t ue = (i * 7 + j->offset) % SHARED_UES;
        fading_ue *u = fading_ue_create(j->f, ue, NULL);
        if (u && fading_ue_angle_delay(u, t, 0, 2, ad, NULL) == 0)
            j->first[ue] = ad[17 * 32];
        fading_ue_free(u);
    }
    csi_transform_free(t);
    return NULL;
}

/* Four UEs to an environment, more environments than are kept: threads that build and drop them
 * under each other's hands all see what one thread alone sees. */
static void threads_share_environments(void)
{
    static job jobs[THREADS], alone;
    fading *f = open_channel("cost2100-indoor:ues=4", 3);
    pthread_t thread[THREADS];
    alone.f = f;
    visit(&alone);
    for (uint32_t i = 0; i < THREADS; i++) {
        jobs[i].f = f;
        jobs[i].offset = 10 * i;
        REQUIRE(pthread_create(&thread[i], NULL, visit, &jobs[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], NULL);
        CHECK(memcmp(jobs[i].first, alone.first, sizeof alone.first) == 0);
    }
    CHECK(fading_environment_ues(f) == 4);
    fading_close(f);
}

static void arguments_are_checked(void)
{
    static const char *const bad[] = {"cost2100-indoor:nlos",        "cost2100-indoor:ues=0",
                                      "cost2100-indoor:ues=",        "cost2100-indoor:ues=-3",
                                      "cost2100-outdoor:ues=2x",     "cost2100-outdoor:los",
                                      "cost2100-outdoor:nlos,ues=3", "cost2100-outdoor::"};
    fading_config c = FADING_CONFIG_DEFAULT;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        CHECK(fading_open(bad[i], &c, &e) == NULL && e.text[0]);
    }
    fading *f = open_channel("cost2100-outdoor:ues=7:nlos", 3);
    CHECK(fading_environment_ues(f) == 7 && strstr(fading_describe(f), "without line of sight"));
    fading_close(f);
}

static const harness_test tests[] = {
    {"clusters in sight are as many as their density says",
     as_many_clusters_in_sight_as_the_density_says},
    {"clusters have the model's number of visibility regions", clusters_have_their_regions},
    {"gains of visibility regions change smoothly", gains_change_smoothly},
    {"an environment is a function of its number", an_environment_is_a_function_of_its_number},
    {"UEs move straight, within the square", ues_move_straight_within_the_square},
    {"a UE's own cluster moves along", the_ues_own_cluster_moves_along},
    {"outdoors the direct path has K times the others' power", outdoors_there_is_line_of_sight},
    {"frequency and angle-delay domains agree", both_domains_agree},
    {"H_freq is the sum over the list of paths", lists_are_the_channel},
    {"times in any order give the same bits", times_in_any_order_give_the_same_bits},
    {"channels evolve with the way a UE goes", channels_evolve_with_the_way},
    {"threads share environments", threads_share_environments},
    {"arguments are checked", arguments_are_checked},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "environment", tests, sizeof tests / sizeof tests[0]);
}
