/* Cells: how groups of UEs are written, cut among agents, and their channels opened. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "cell/cell.h"
#include "cell/timeline.h"
#include "chain/cell.h"
#include "harness.h"

enum { UES_MAX = 1000 };

static cell c, other; /* too large for a stack */

static int parse(cell *to, const char *text, err *e)
{
    cell_init(to);
    return cell_add_groups(to, text, false, UES_MAX, e);
}

static const char *channel_of(const cell *of, uint32_t ue)
{
    uint32_t group = cell_group_of(of, ue);
    return group == NO_GROUP ? "" : of->group[group].has.channel;
}

static void a_number_is_one_group(void)
{
    REQUIRE(parse(&c, "8", NULL) == ERR_NONE);
    CHECK(c.ues == 8 && c.groups == 1 && strcmp(c.group[0].has.channel, "rayleigh") == 0);
    cell_init(&c);
    snprintf(c.all.channel, sizeof c.all.channel, "a,b@c");
    REQUIRE(cell_add_groups(&c, "1000", true, UES_MAX, NULL) == ERR_NONE);
    CHECK(c.ues == 1000 && c.groups == 1 && strcmp(c.group[0].has.channel, "a,b@c") == 0);
}

static void groups_number_their_ues_in_order(void)
{
    REQUIRE(parse(&c, "4@cost2100-outdoor,3@rayleigh:0/0,30/-3,1@b@2.mat", NULL) == ERR_NONE);
    REQUIRE(c.ues == 8 && c.groups == 3);
    static const char *const want[] = {"cost2100-outdoor", "rayleigh:0/0,30/-3", "b@2.mat"};
    static const uint32_t first[] = {0, 4, 7, 8};
    for (size_t i = 0; i < 3; i++) {
        CHECK(strcmp(c.group[i].has.channel, want[i]) == 0 && c.group[i].first == first[i]);
        for (uint32_t ue = first[i]; ue < first[i + 1]; ue++)
            CHECK(cell_group_of(&c, ue) == i);
    }
}

/* What is no cell: one line that says so, and nothing is read past the text. */
static void hostile_texts_are_refused(void)
{
    static const char *const bad[] = {"",
                                      "0",
                                      "-1",
                                      "8.5",
                                      " 8",
                                      "8 ",
                                      "0x8",
                                      "1001",
                                      "@",
                                      "@x",
                                      "4@",
                                      "4@,4@y",
                                      "0@x",
                                      "4@x,0@y",
                                      "1000@x,1@y",
                                      "-4@x",
                                      "4 @x",
                                      ",4@x",
                                      "x,4@y",
                                      "999999999999@x",
                                      "4,4@x",
                                      "18446744073709551617",
                                      "18446744073709551617@x",
                                      "1@x,18446744073709551616@y"};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        err e = {0};
        CHECK(parse(&c, bad[i], &e) == ERR_INVALID);
        if (e.text[0] == '\0' || strchr(e.text, '\n'))
            printf("    '%s': '%s'\n", bad[i], e.text);
        CHECK(e.text[0] != '\0' && strchr(e.text, '\n') == NULL);
    }
}

static void sizes_are_bounded(void)
{
    char text[4 * CELL_TEXT_MAX] = "1@";
    memset(text + 2, 'x', CELL_CHANNEL_MAX - 1);
    CHECK(parse(&c, text, NULL) == ERR_NONE);
    memset(text + 2, 'x', CELL_CHANNEL_MAX);
    CHECK(parse(&c, text, NULL) == ERR_INVALID);
    memset(text + 2, 'x', sizeof text - 3);
    CHECK(parse(&c, text, NULL) == ERR_INVALID);
    size_t used = 0;
    for (int i = 0; i <= CELL_GROUPS_MAX; i++) {
        CHECK(parse(&c, i ? text : "1", NULL) == ERR_NONE);
        used += (size_t)sprintf(text + used, "%s1@x", i ? "," : "");
    }
    CHECK(parse(&c, text, NULL) == ERR_INVALID);
}

static void a_channel_is_named_once(void)
{
    cell_init(&c);
    CHECK(cell_add_groups(&c, "2@x", true, UES_MAX, NULL) == ERR_INVALID);
}

static void random_texts_never_harm(void)
{
    static const char letters[] = "0123456789@@@,,,x:/-. ";
    for (uint32_t n = 0; n < 20000; n++) {
        char text[64], again[CELL_TEXT_MAX], once[CELL_TEXT_MAX];
        rng r = rng_at(1, RNG_ORDER, n, 0);
        size_t length = (size_t)(rng_uniform(&r) * (sizeof text - 1));
        for (size_t i = 0; i < length; i++)
            text[i] = letters[(size_t)(rng_uniform(&r) * (sizeof letters - 1))];
        text[length] = '\0';
        if (parse(&c, text, NULL) != ERR_NONE)
            continue;
        CHECK(c.ues >= 1 && c.ues <= UES_MAX && c.groups >= 1);
        cell_text(&c, once);
        REQUIRE(parse(&c, once, NULL) == ERR_NONE);
        cell_text(&c, again);
        CHECK(strcmp(once, again) == 0);
    }
}

/* However a cell is cut among agents, every UE keeps its number, its group and its channel. */
static void agents_keep_every_ue_in_its_channel(void)
{
    REQUIRE(parse(&c, "3@a,1@b,4@a,2@c", NULL) == ERR_NONE);
    for (uint32_t first = 0; first < c.ues; first++) {
        for (uint32_t ues = 1; first + ues <= c.ues; ues++) {
            other = c;
            REQUIRE(cell_keep(&other, first, ues, NULL) == ERR_NONE);
            uint32_t sum = 0;
            for (size_t i = 0; i < other.groups; i++)
                sum += other.group[i].ues;
            CHECK(other.ues == ues && sum == ues);
            for (uint32_t ue = 0; ue < c.ues; ue++) {
                bool kept = ue >= first && ue - first < ues;
                CHECK(strcmp(channel_of(&other, ue), kept ? channel_of(&c, ue) : "") == 0);
            }
        }
    }
    CHECK(cell_keep(&c, 0, 0, NULL) == ERR_INVALID && cell_keep(&c, 10, 1, NULL) == ERR_INVALID);
    CHECK(cell_keep(&c, 9, 2, NULL) == ERR_INVALID && cell_keep(&c, 1, UINT32_MAX, NULL) != 0);
    CHECK(c.ues == 10 && c.groups == 4);
}

static void a_channel_is_opened_once(void)
{
    fading_config still = FADING_CONFIG_DEFAULT, moving = still;
    chain_cell open = {0};
    moving.speed_kmh = 30;
    REQUIRE(chain_cell_add(&open, 1, "rayleigh:eva", &still, NULL) == ERR_NONE);
    REQUIRE(chain_cell_add(&open, 1, "rayleigh:epa", &still, NULL) == ERR_NONE);
    REQUIRE(chain_cell_add(&open, 2, "rayleigh:eva", &still, NULL) == ERR_NONE);
    REQUIRE(chain_cell_add(&open, 3, "rayleigh:eva", &moving, NULL) == ERR_NONE);
    const chain_group *g = open.group;
    CHECK(g[0].open && g[0].open == g[2].open && g[1].open && g[1].open != g[0].open);
    CHECK(g[3].open && g[3].open != g[0].open); /* other UEs move otherwise */
    static const size_t of[] = {0, 1, 2, 2, 3, 3, 3};
    CHECK(open.ues == 7);
    for (uint32_t ue = 0; ue < 7; ue++)
        CHECK(chain_cell_group(&open, ue) == &g[of[ue]]);
    chain_cell_close(&open);
    CHECK(open.groups == 0 && open.ues == 0);
    chain_cell_close(&open); /* one that is not open */
}

static void what_cannot_be_opened_is_named(void)
{
    chain_cell open = {0};
    err e = {0};
    fading_config config = FADING_CONFIG_DEFAULT;
    REQUIRE(chain_cell_add(&open, 1, "rayleigh", &config, &e) == ERR_NONE);
    CHECK(chain_cell_add(&open, 1, "wormhole", &config, &e) == ERR_INVALID);
    CHECK(strstr(e.text, "wormhole") != NULL && open.groups == 1);
    CHECK(chain_cell_add(&open, 1, "", &config, &e) == ERR_INVALID);
    CHECK(chain_cell_add(&open, 0, "rayleigh", &config, &e) == ERR_INVALID);
    for (size_t i = open.groups; i < CHAIN_GROUPS_MAX; i++)
        REQUIRE(chain_cell_add(&open, 1, "rayleigh", &config, &e) == ERR_NONE);
    CHECK(chain_cell_add(&open, 1, "rayleigh", &config, &e) == ERR_INVALID);
    chain_cell_close(&open);
}

static const harness_test tests[] = {
    {"a plain number is one group in the named channel, or in the fallback", a_number_is_one_group},
    {"groups number their UEs in order; commas and @ may be in a name",
     groups_number_their_ues_in_order},
    {"what is no cell is refused in one line", hostile_texts_are_refused},
    {"names, texts and groups beyond the bounds are refused", sizes_are_bounded},
    {"a channel named by --channel and by a group is refused", a_channel_is_named_once},
    {"random texts are refused, or read, printed and read again the same", random_texts_never_harm},
    {"a cell cut among agents keeps every UE in its channel", agents_keep_every_ue_in_its_channel},
    {"groups of one channel and speed share it; closing closes each once",
     a_channel_is_opened_once},
    {"a channel that cannot be opened is named, and leaves the cell as it was",
     what_cannot_be_opened_is_named},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "cell", tests, sizeof tests / sizeof tests[0]);
}
