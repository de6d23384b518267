/* Cells of several channels: how they are written, cut among agents, and opened. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "cell/cell.h"
#include "harness.h"

enum { UES_MAX = 1000 };

static int parse(chain_cell *c, const char *text, err *e)
{
    return chain_cell_parse(c, text, NULL, "rayleigh", UES_MAX, e);
}

static void a_number_is_one_group(void)
{
    chain_cell c;
    REQUIRE(parse(&c, "8", NULL) == ERR_NONE);
    CHECK(c.ues == 8 && c.groups == 1 && strcmp(c.group[0].channel, "rayleigh") == 0);
    REQUIRE(chain_cell_parse(&c, "1000", "a,b@c", "rayleigh", UES_MAX, NULL) == ERR_NONE);
    CHECK(c.ues == 1000 && c.groups == 1 && strcmp(c.group[0].channel, "a,b@c") == 0);
}

static void groups_number_their_ues_in_order(void)
{
    chain_cell c;
    REQUIRE(parse(&c, "4@cost2100-outdoor,3@rayleigh:0/0,30/-3,1@b@2.mat", NULL) == ERR_NONE);
    REQUIRE(c.ues == 8 && c.groups == 3);
    static const char *const want[] = {"cost2100-outdoor", "rayleigh:0/0,30/-3", "b@2.mat"};
    static const uint32_t first[] = {0, 4, 7, 8};
    for (size_t i = 0; i < 3; i++) {
        CHECK(strcmp(c.group[i].channel, want[i]) == 0 && c.group[i].first == first[i]);
        for (uint32_t ue = first[i]; ue < first[i + 1]; ue++)
            CHECK(chain_cell_group(&c, ue) == &c.group[i]);
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
        chain_cell c;
        err e = {0};
        CHECK(parse(&c, bad[i], &e) == ERR_INVALID);
        if (e.text[0] == '\0' || strchr(e.text, '\n'))
            printf("    '%s': '%s'\n", bad[i], e.text);
        CHECK(e.text[0] != '\0' && strchr(e.text, '\n') == NULL);
    }
}

static void sizes_are_bounded(void)
{
    char text[4 * CHAIN_CELL_TEXT_MAX] = "1@";
    chain_cell c;
    memset(text + 2, 'x', CHAIN_CHANNEL_MAX - 1);
    CHECK(parse(&c, text, NULL) == ERR_NONE);
    memset(text + 2, 'x', CHAIN_CHANNEL_MAX);
    CHECK(parse(&c, text, NULL) == ERR_INVALID);
    memset(text + 2, 'x', sizeof text - 3);
    CHECK(parse(&c, text, NULL) == ERR_INVALID);
    CHECK(chain_cell_parse(&c, "1", text, "x", UES_MAX, NULL) == ERR_INVALID);
    size_t used = 0;
    for (int i = 0; i <= CHAIN_GROUPS_MAX; i++) {
        CHECK(parse(&c, i ? text : "1", NULL) == ERR_NONE);
        used += (size_t)sprintf(text + used, "%s1@x", i ? "," : "");
    }
    CHECK(parse(&c, text, NULL) == ERR_INVALID);
}

static void a_channel_is_named_once(void)
{
    chain_cell c;
    CHECK(chain_cell_parse(&c, "2@x", "y", "z", UES_MAX, NULL) == ERR_INVALID);
}

static void random_texts_never_harm(void)
{
    static const char letters[] = "0123456789@@@,,,x:/-. ";
    for (uint32_t n = 0; n < 20000; n++) {
        char text[64], again[CHAIN_CELL_TEXT_MAX], once[CHAIN_CELL_TEXT_MAX];
        rng r = rng_at(1, RNG_ORDER, n, 0);
        size_t length = (size_t)(rng_uniform(&r) * (sizeof text - 1));
        for (size_t i = 0; i < length; i++)
            text[i] = letters[(size_t)(rng_uniform(&r) * (sizeof letters - 1))];
        text[length] = '\0';
        chain_cell c;
        if (parse(&c, text, NULL) != ERR_NONE)
            continue;
        CHECK(c.ues >= 1 && c.ues <= UES_MAX && c.groups >= 1);
        chain_cell_text(&c, once);
        REQUIRE(parse(&c, once, NULL) == ERR_NONE);
        chain_cell_text(&c, again);
        CHECK(strcmp(once, again) == 0);
    }
}

/* However a cell is cut, every UE stays in its channel. */
static void slices_keep_every_ue_in_its_channel(void)
{
    chain_cell whole, slice, read;
    REQUIRE(parse(&whole, "3@a,1@b,4@a,2@c", NULL) == ERR_NONE);
    for (uint32_t first = 0; first < whole.ues; first++) {
        for (uint32_t ues = 1; first + ues <= whole.ues; ues++) {
            char text[CHAIN_CELL_TEXT_MAX];
            chain_cell_slice(&whole, first, ues, &slice);
            chain_cell_text(&slice, text);
            REQUIRE(parse(&read, text, NULL) == ERR_NONE);
            CHECK(read.ues == ues);
            for (uint32_t u = 0; u < ues; u++)
                CHECK(strcmp(chain_cell_group(&read, u)->channel,
                             chain_cell_group(&whole, first + u)->channel) == 0);
        }
    }
}

static void a_channel_is_opened_once(void)
{
    chain_cell c;
    REQUIRE(parse(&c, "1@rayleigh:eva,1@rayleigh:epa,2@rayleigh:eva", NULL) == ERR_NONE);
    chain_cell_close(&c); /* one that is not open */
    REQUIRE(chain_cell_open(&c, &FADING_CONFIG_DEFAULT, NULL) == ERR_NONE);
    CHECK(c.group[0].open != NULL && c.group[0].open == c.group[2].open);
    CHECK(c.group[1].open != NULL && c.group[1].open != c.group[0].open);
    chain_cell_close(&c);
    CHECK(c.group[0].open == NULL && c.group[1].open == NULL && c.group[2].open == NULL);
}

static void what_cannot_be_opened_is_named(void)
{
    chain_cell c;
    err e = {0};
    REQUIRE(parse(&c, "1@rayleigh,1@rayleigh,1@wormhole", NULL) == ERR_NONE);
    CHECK(chain_cell_open(&c, &FADING_CONFIG_DEFAULT, &e) == ERR_INVALID);
    CHECK(strstr(e.text, "wormhole") != NULL && c.group[0].open == NULL);
}

static const harness_test tests[] = {
    {"a plain number is one group in the named channel, or in the fallback", a_number_is_one_group},
    {"groups number their UEs in order; commas and @ may be in a name",
     groups_number_their_ues_in_order},
    {"what is no cell is refused in one line", hostile_texts_are_refused},
    {"names, texts and groups beyond the bounds are refused", sizes_are_bounded},
    {"a channel named by --channel and by a group is refused", a_channel_is_named_once},
    {"random texts are refused, or read, printed and read again the same", random_texts_never_harm},
    {"a slice keeps every UE in its channel", slices_keep_every_ue_in_its_channel},
    {"groups of one channel share it; closing closes each once", a_channel_is_opened_once},
    {"an unknown channel is named, and nothing stays open", what_cannot_be_opened_is_named},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "cell", tests, sizeof tests / sizeof tests[0]);
}
