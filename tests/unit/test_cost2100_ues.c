/* What UEs of a COST 2100 network see once its settings place them, choose its clusters, turn its
 * angles and weigh its line of sight. */
#include "csi/metrics.h"
#include "fading/cost2100/settings.h"
#include "fading/cost2100/ue.h"
#include "harness.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A UE of a channel's environment 0, and its paths at a time. */
typedef struct cell {
    cost2100_settings settings;
    fading_config config;
    cost2100_environment *environment;
    fading_path *paths;
    size_t count;
} cell;

static void enter(cell *c, const char *settings)
{
    *c = (cell){.config = FADING_CONFIG_DEFAULT};
    c->config.carrier_hz = 300e6;
    c->config.speed_kmh = 36;
    REQUIRE(cost2100_settings_read(false, settings, &c->settings, NULL) == ERR_NONE);
    const cost2100_network *n = &c->settings.network;
    c->environment = cost2100_environment_create(n, 300e6, 1, 0, NULL);
    c->paths = malloc(cost2100_paths_max(n) * sizeof *c->paths);
    REQUIRE(c->environment && c->paths);
}

static void leave(cell *c)
{
    cost2100_environment_free(c->environment);
    free(c->paths);
}

/* Where UE number `ue` is at a time; lists its paths. */
static cost2100_point visit(cell *c, uint32_t ue, double time_s)
{
    cost2100_ue *u = cost2100_ue_create(&c->settings.network, c->environment, &c->config, ue, NULL);
    REQUIRE(u != NULL);
    c->count = cost2100_ue_paths(u, time_s, c->paths);
    cost2100_point at = cost2100_ue_position(u, time_s);
    cost2100_ue_free(u);
    return at;
}

static bool in_sight(const cell *c, cost2100_point at)
{
    return cost2100_environment_los(c->environment, at);
}

/* --- places ------------------------------------------------------------------------------------
 */

/* Mean, deviation, and azimuths without a preferred direction, within five standard errors. */
static void ues_start_at_the_distance(void)
{
    enum { UES = 2000 };
    cell c;
    enter(&c, "distance=200/10");
    double sum = 0, square = 0, x = 0, y = 0, turn = 0;
    for (uint32_t ue = 0; ue < UES; ue++) {
        cost2100_point at = visit(&c, ue, 0);
        double d = hypot(at.x, at.y);
        sum += d / UES;
        square += d * d / UES;
        x += at.x / d / UES;
        y += at.y / d / UES;
        turn += at.x * at.y / d / d / UES;
    }
    CHECK_NEAR(sum, 200, 5 * 10 / sqrt(UES));
    CHECK_NEAR(sqrt(square - sum * sum), 10, 5 * 10 / sqrt(2 * UES));
    CHECK_NEAR(x, 0, 5 / sqrt(2 * UES));
    CHECK_NEAR(y, 0, 5 / sqrt(2 * UES));
    CHECK_NEAR(turn, 0, 5 / sqrt(8 * UES));
    leave(&c);
}

/* A square that holds the ring: nobody is reflected at the start, or leaves it. */
static void ues_of_a_distance_stay_in_their_square(void)
{
    static const struct {
        const char *settings;
        double half;
    } cases[] = {{"distance=200/10", 240}, {"distance=450/100", 500}, {"distance=5/0", 5}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        cell c;
        enter(&c, cases[i].settings);
        for (uint32_t ue = 0; ue < 50; ue++) {
            cost2100_point start = visit(&c, ue, 0), later = visit(&c, ue, 77.7 * ue);
            CHECK(hypot(start.x, start.y) <= cases[i].half * (1 + 1e-9));
            CHECK(fabs(later.x) <= cases[i].half && fabs(later.y) <= cases[i].half);
        }
        leave(&c);
    }
}

/* Seen from a BS beside it: all over it at the start, and in it at any time. */
static void ues_stay_in_a_square_beside_the_bs(void)
{
    cell c;
    enter(&c, "side=120:bs=140/-60");
    double least = 0, most = -200;
    for (uint32_t ue = 0; ue < 300; ue++) {
        cost2100_point start = visit(&c, ue, 0), later = visit(&c, ue, 77.7 * ue);
        CHECK(start.x >= -200 && start.x <= -80 && start.y >= 0 && start.y <= 120);
        CHECK(later.x >= -200 - 1e-9 && later.x <= -80 + 1e-9);
        CHECK(later.y >= -1e-9 && later.y <= 120 + 1e-9);
        least = fmin(least, start.x);
        most = fmax(most, start.x);
    }
    CHECK(least < -195 && most > -85);
    leave(&c);
}

static void ues_start_all_over_the_side(void)
{
    cell c;
    enter(&c, "side=700");
    double far_off = 0;
    for (uint32_t ue = 0; ue < 300; ue++) {
        cost2100_point at = visit(&c, ue, 0);
        far_off = fmax(far_off, fmax(fabs(at.x), fabs(at.y)));
    }
    CHECK(far_off > 340 && far_off <= 350);
    leave(&c);
}

/* --- paths -------------------------------------------------------------------------------------
 */

/* K is lognormal with a deviation of 2 dB: 90 dB are five deviations below. */
static void a_large_k_leaves_one_path(void)
{
    cell c;
    enter(&c, "k=100");
    int seen = 0;
    for (uint32_t ue = 0; ue < 100; ue++) {
        if (!in_sight(&c, visit(&c, ue, 0)))
            continue;
        double others = 0;
        for (size_t i = 0; i + 1 < c.count; i++)
            others += csi_energy(&c.paths[i].gain, 1);
        CHECK(csi_energy(&c.paths[c.count - 1].gain, 1) > 1e9 * others);
        seen++;
    }
    CHECK(seen > 10);
    leave(&c);
}

/* What is in sight where hardly anything is, and a cluster around the UE. */
static void few_far_clusters_leave_one(void)
{
    cell c;
    enter(&c, "nlos:far=0.01:mpcs=5");
    int one = 0;
    for (uint32_t ue = 0; ue < 200; ue++) {
        visit(&c, ue, 0);
        CHECK(c.count >= 10 && c.count % 5 == 0);
        one += c.count == 10;
    }
    CHECK(one > 180);
    leave(&c);
}

/* The sine of a uniform azimuth is below s in a share of 1/2 + asin(s) / pi. */
static void own_clusters_surround_the_ue(void)
{
    enum { UES = 300, MPCS = 27, ALL = UES * MPCS };
    cell c;
    enter(&c, "angle=ue");
    int below[9] = {0};
    for (uint32_t ue = 0; ue < UES; ue++) {
        bool los = in_sight(&c, visit(&c, ue, 0));
        for (size_t i = 0; i < MPCS; i++)
            for (int s = 0; s < 9; s++)
                below[s] += c.paths[c.count - los - MPCS + i].sine < (s - 4) / 4.5;
    }
    for (int s = 0; s < 9; s++)
        CHECK_NEAR(below[s] / (double)ALL, 0.5 + asin((s - 4) / 4.5) / M_PI, 5 * 0.5 / sqrt(ALL));
    leave(&c);
}

/* A far component's azimuth is that of the vector from the UE to it, the BS's that of the way back.
 */
static void angles_at_the_ue_point_from_the_ue(void)
{
    cell c;
    enter(&c, "angle=ue");
    const unsigned mpcs = c.settings.network.mpcs;
    float floats[COST2100_CLUSTER_FLOATS * COST2100_MPCS_MAX];
    cost2100_cluster far_off;
    cost2100_cluster_attach(&far_off, &c.settings.network, floats);
    for (uint32_t ue = 0; ue < 20; ue++) {
        cost2100_sight sights[64];
        cost2100_point at = visit(&c, ue, 3);
        size_t count = cost2100_environment_look(c.environment, at, sights);
        for (size_t i = 0; i < count; i++) {
            cost2100_environment_cluster(c.environment, sights[i].cluster, &far_off);
            for (unsigned k = 0; k < mpcs; k++) {
                double dx = (double)far_off.mpc.x[k] - at.x, dy = (double)far_off.mpc.y[k] - at.y;
                CHECK_NEAR(c.paths[i * mpcs + k].sine, dx / hypot(dx, dy), 1e-9);
            }
        }
        if (in_sight(&c, at))
            CHECK_NEAR(c.paths[c.count - 1].sine, -at.x / hypot(at.x, at.y), 1e-12);
    }
    leave(&c);
}

/* The same UEs with either: K is the same, so the powers of the line of sight are as what K is
 * relative to, and the other paths are the same. */
static void the_line_of_sight_is_relative_to_the_sum(void)
{
    cell power, sum;
    enter(&power, "los=power");
    enter(&sum, "los=sum");
    int seen = 0;
    for (uint32_t ue = 0; ue < 60; ue++) {
        if (!in_sight(&power, visit(&power, ue, 0)))
            continue;
        visit(&sum, ue, 0);
        size_t others = power.count - 1;
        double complex total = 0;
        for (size_t i = 0; i < others; i++)
            total += (double complex)sum.paths[i].gain;
        double powers = 0;
        for (size_t i = 0; i < others; i++)
            powers += csi_energy(&power.paths[i].gain, 1);
        double k = csi_energy(&power.paths[others].gain, 1) / powers;
        double want = k * creal(total * conj(total));
        CHECK_NEAR(csi_energy(&sum.paths[others].gain, 1), want, 1e-3 * want + 1e-9);
        CHECK(memcmp(power.paths, sum.paths, others * sizeof *sum.paths) == 0);
        seen++;
    }
    CHECK(seen > 5);
    leave(&power);
    leave(&sum);
}

static const harness_test tests[] = {
    {"UEs start at the distance that is set", ues_start_at_the_distance},
    {"UEs of a square beside the BS start all over it and stay in it",
     ues_stay_in_a_square_beside_the_bs},
    {"UEs at a distance stay in a square that holds it", ues_of_a_distance_stay_in_their_square},
    {"UEs start all over the side that is set", ues_start_all_over_the_side},
    {"a large K leaves one path", a_large_k_leaves_one_path},
    {"a small mean of far clusters leaves one", few_far_clusters_leave_one},
    {"seen from the UE, its own cluster is all around", own_clusters_surround_the_ue},
    {"angles at the UE are those of vectors from the UE", angles_at_the_ue_point_from_the_ue},
    {"the line of sight can be relative to the power of a sum",
     the_line_of_sight_is_relative_to_the_sum},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "UEs of COST 2100 settings", tests,
                        sizeof tests / sizeof tests[0]);
}
