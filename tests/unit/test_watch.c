#include "harness.h"
#include "ue-agent/watch.h"

#include <complex.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { NT = 2, NI = 2, NC = 8 };

static const measurer_config measuring = {.dims = {.nt = NT, .nc = NC, .tp = NT, .ni = NI}};

/* Every UE up to `ues` reports once; what the message then shows, a bit for each UE. */
static uint64_t turn(watch_list *list, uint32_t ues)
{
    static float complex taps[NT * NI] = {1, 2, 3, 4};
    measure_truth truth = {.taps = taps};
    measurer *of = measurer_create(&measuring, NULL);
    uint64_t shown = 0;
    REQUIRE(of != NULL);
    for (uint32_t ue = 0; ue < ues; ue++)
        watch_keep(list, &(chain_outcome){.ue = ue}, of, &truth, taps);
    for (size_t i = 0; i < list->dues; i++)
        if (list->due[i].there)
            shown |= 1ull << list->due[i].ue;
    measurer_free(of);
    watch_next(list);
    return shown;
}

static int times(const uint64_t *shown, size_t turns, uint32_t ue)
{
    int n = 0;
    for (size_t i = 0; i < turns; i++)
        n += (int)(shown[i] >> ue & 1);
    return n;
}

static void as_many_as_there_is_room_for_are_in_each_message(void)
{
    watch_list list = {0};
    for (uint32_t ue = 0; ue < WIRE_SAMPLES_MAX; ue++)
        watch_set(&list, 1, ue, true);
    for (int i = 0; i < 10; i++)
        CHECK(turn(&list, 64) == (1u << WIRE_SAMPLES_MAX) - 1);
    watch_set(&list, 1, 0, false);
    turn(&list, 64);
    CHECK(turn(&list, 64) == ((1u << WIRE_SAMPLES_MAX) - 1) - 1);
    watch_clear(&list);
}

/* One watches 16 UEs, another one: it is in every other message at least. */
static void a_subscriber_does_not_take_anothers_place(void)
{
    enum { TURNS = 64 };
    watch_list list = {0};
    uint64_t shown[TURNS];
    for (uint32_t ue = 0; ue < 100; ue++)
        watch_set(&list, 1, ue, true);
    watch_set(&list, 2, 40, true);
    turn(&list, 64);
    for (size_t i = 0; i < TURNS; i++)
        shown[i] = turn(&list, 64);
    CHECK(times(shown, TURNS, 40) >= TURNS / 2);
    for (uint32_t ue = 0; ue < WATCH_PER_SUBSCRIBER; ue++)
        CHECK(times(shown, TURNS, ue) >= TURNS * 2 / WATCH_PER_SUBSCRIBER - 2);
    for (uint32_t ue = WATCH_PER_SUBSCRIBER; ue < 40; ue++)
        CHECK(times(shown, TURNS, ue) == 0); /* more than one may watch */
    watch_end(&list, 1);
    turn(&list, 64);
    CHECK(turn(&list, 64) == 1ull << 40);
    watch_end(&list, 2);
    turn(&list, 64);
    CHECK(turn(&list, 64) == 0);
    watch_clear(&list);
}

static void a_silent_ue_gives_its_place_up(void)
{
    watch_list list = {0};
    for (uint32_t ue = 60; ue < 60 + WIRE_SAMPLES_MAX; ue++)
        watch_set(&list, 1, ue, true); /* they never report */
    watch_set(&list, 1, 3, true);
    int shown = 0;
    for (int i = 0; i <= 2 * (WATCH_TURNS + 1); i++)
        shown += turn(&list, 50) == 1u << 3;
    CHECK(shown >= 1);
    watch_clear(&list);
}

static void watchers_are_bounded(void)
{
    watch_list list = {0};
    for (int subscriber = 0; subscriber < 1000; subscriber++)
        watch_set(&list, subscriber, (uint32_t)subscriber, true);
    CHECK(list.watchers == WATCH_SUBSCRIBERS);
    for (int subscriber = 0; subscriber < 1000; subscriber++)
        watch_set(&list, subscriber, (uint32_t)subscriber, false);
    CHECK(list.watchers == 0);
    watch_end(&list, 7);
    watch_clear(&list);
}

/* Directions go out over the grid's subcarriers, with their SGCS and no NMSE. */
static void directions_are_shown_as_such(void)
{
    static float complex grid[NC * NT], w[2 * NT] = {1, I, I, 2};
    const measure_truth truth = {.grid = grid};
    measurer_config config = measuring;
    const chain_outcome o = {.ue = 3, .quality = {.nmse = NAN, .rho = NAN, .sgcs = 0.75}};
    watch_list list = {0};
    for (size_t i = 0; i < NC * NT; i++)
        grid[i] = (float)(i + 1);
    config.subbands = 2;
    measurer *of = measurer_create(&config, NULL);
    REQUIRE(of != NULL);
    watch_set(&list, 1, 3, true);
    watch_keep(&list, &o, of, &truth, w);
    const wire_csi_sample *s = &list.due[0].sample;
    REQUIRE(list.dues == 1 && list.due[0].there);
    CHECK(s->directions && s->rows == NT && s->columns == NC && s->nmse == 0 && s->sgcs == 0.75);
    for (uint32_t i = 0; i < NC; i++) /* every subcarrier of a subband has its one precoder */
        CHECK(s->reconstruction[i] == s->reconstruction[i < NC / 2 ? 0 : NC - 1]);
    CHECK(s->truth[0] != s->truth[NC - 1]);
    const wire_telemetry t = {.role = "ue-agent", .samples = 1, .sample = &list.due[0].sample};
    CHECK(wire_telemetry_check(&t, NULL) == ERR_NONE);
    measurer_free(of);
    watch_clear(&list);
}

static const harness_test tests[] = {
    {"directions are shown over subcarriers, with an SGCS and no NMSE",
     directions_are_shown_as_such},
    {"as many pictures as a message has room for are in each",
     as_many_as_there_is_room_for_are_in_each_message},
    {"who watches many UEs does not take another's place",
     a_subscriber_does_not_take_anothers_place},
    {"a UE that does not report gives its place up", a_silent_ue_gives_its_place_up},
    {"watchers are bounded", watchers_are_bounded},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "watch", tests, sizeof tests / sizeof tests[0]);
}
