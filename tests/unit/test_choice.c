/* Which model stands for an auto name: by the channel, and by what is there. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cell/choice.h"
#include "harness.h"

static char folder[] = "/tmp/csilink-choice-XXXXXX";
static char there[8][128];
static size_t files;

/* A family that no other folder has; a file's content is not looked at. */
static void put(const char *scenario, const char *ending)
{
    char *path = there[files++];
    snprintf(path, sizeof there[0], "%s/none-such-cr8-%s.%s", folder, scenario, ending);
    int fd = open(path, O_CREAT | O_WRONLY, 0600);
    REQUIRE(fd >= 0);
    close(fd);
}

static void remove_all(void)
{
    while (files > 0)
        unlink(there[--files]);
}

static const char *chosen_over(const char *const *channels, size_t count)
{
    static char name[CODEC_NAME_MAX];
    const char *got = chain_resolve_model("none-such-cr8-auto", channels, count, name, NULL);
    return got ? got + strlen("none-such-cr8-") : "";
}

static const char *chosen(const char *channel)
{
    return chosen_over(&channel, 1);
}

static void the_scenario_is_that_of_the_channel(void)
{
    static const struct {
        const char *channel, *scenario;
    } cases[] = {
        {"cost2100-indoor", "indoor"},
        {"cost2100-indoor:ues=3", "indoor"},
        {"cost2100-outdoor:nlos", "outdoor"},
        {"uma-nlos", "uma-nlos"},
        {"umi-los:d=20-30", "uma-nlos"},
        {"rayleigh:eva", "universal"},
        {"cdl-c:rotate=60", "universal"},
        {"models/replay-cost2100-indoor.mat", "indoor"},
        {"/data/indoor/DATA_Htestout.mat", "outdoor"},
        {"DATA_Htestin.mat", "indoor"},
        {"x.npy", "universal"},
        {"no-such-channel", "universal"},
    };
    put("indoor", "encoder.onnx");
    put("outdoor", "encoder.int8.onnx");
    put("uma-nlos", "encoder.onnx");
    put("universal", "encoder.onnx");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        CU_ASSERT_STRING_EQUAL(chosen(cases[i].channel), cases[i].scenario);
    remove_all();
}

static void several_channels_share_one_model(void)
{
    static const char *const same[] = {"uma-nlos", "umi-los", "uma-los:floor"};
    static const char *const mixed[] = {"cost2100-indoor", "uma-nlos"};
    static const char *const unknown[] = {"cost2100-indoor", "rayleigh"};
    put("indoor", "encoder.onnx");
    put("uma-nlos", "encoder.onnx");
    put("universal", "encoder.onnx");
    CU_ASSERT_STRING_EQUAL(chosen_over(same, 3), "uma-nlos");
    CU_ASSERT_STRING_EQUAL(chosen_over(mixed, 2), "universal");
    CU_ASSERT_STRING_EQUAL(chosen_over(unknown, 2), "universal");
    static cell c;
    char name[CODEC_NAME_MAX];
    cell_init(&c);
    REQUIRE(cell_add_groups(&c, "1@umi-nlos,2@uma-los", false, 9, NULL) == ERR_NONE);
    const char *got = chain_resolve_cell_model("none-such-cr8-auto", &c, name, NULL);
    REQUIRE(got != NULL);
    CU_ASSERT_STRING_EQUAL(got, "none-such-cr8-uma-nlos");
    remove_all();
}

static void another_model_stands_in(void)
{
    const char *outdoor = "cost2100-outdoor";
    chain_choice choice;
    put("indoor", "encoder.onnx");
    put("outdoor", "decoder.onnx");
    CU_ASSERT_STRING_EQUAL(chosen(outdoor), "indoor");
    REQUIRE(chain_choose_model("none-such-cr8-auto", CODEC_DECODER, &outdoor, 1, &choice, NULL) ==
            ERR_NONE);
    CU_ASSERT_STRING_EQUAL(choice.name, "none-such-cr8-outdoor");
    put("universal", "encoder.onnx");
    CU_ASSERT_STRING_EQUAL(chosen(outdoor), "universal");
    REQUIRE(chain_choose_model("none-such-cr8-auto", CODEC_ENCODER, &outdoor, 1, &choice, NULL) ==
            ERR_NONE);
    CU_ASSERT_STRING_EQUAL(choice.wanted, "none-such-cr8-outdoor");
    remove_all();
}

static void without_any_the_names_are_told(void)
{
    const char *channel = "uma-nlos";
    chain_choice choice;
    err e = {0};
    CHECK(chain_choose_model("none-such-cr8-auto", CODEC_ENCODER, &channel, 1, &choice, &e) ==
          ERR_IO);
    CHECK(strstr(e.text, "none-such-cr8-uma-nlos") && strstr(e.text, "universal"));
}

static void other_names_stay(void)
{
    static const char *const names[] = {"csilink-net-cr8-indoor", "-auto", "auto", "x-auto-y", "",
                                        "no/such/model"};
    const char *channel = "uma-nlos";
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        CHECK(chain_resolve_model(names[i], &channel, 1, NULL, NULL) == names[i]);
}

/* Of a family with models of CR 8, where the name says no CR. */
static void a_family_has_cr_8(void)
{
    static const char *const others[] = {"none-such-x", "none-such-cr9", "none-such/", ""};
    const char *channel = "uma-nlos";
    char name[CODEC_NAME_MAX];
    put("indoor", "encoder.onnx");
    const char *got = chain_resolve_model("none-such", &channel, 1, name, NULL);
    CHECK(got && strcmp(got, "none-such-cr8-indoor") == 0);
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        CHECK(chain_resolve_model(others[i], &channel, 1, name, NULL) == others[i]);
    remove_all();
}

static void hostile_names_are_refused(void)
{
    const char *channel = "uma-nlos";
    char name[400], to[CODEC_NAME_MAX];
    memset(name, 'a', sizeof name);
    memcpy(name + sizeof name - 6, "-auto", 6);
    err e = {0};
    CHECK(!chain_resolve_model(name, &channel, 1, to, &e) && e.code == ERR_INVALID);
    CHECK(!chain_resolve_model("../x-auto", &channel, 1, to, &e) && e.code == ERR_IO);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"the scenario of an auto name is that of the channel",
         the_scenario_is_that_of_the_channel},
        {"several channels have the model of the scenario that they share, or the universal one",
         several_channels_share_one_model},
        {"a model that is not there gives way to the universal one, then to the indoor one",
         another_model_stands_in},
        {"where none is there, the message names what was looked for",
         without_any_the_names_are_told},
        {"names that say their scenario stay as they are", other_names_stay},
        {"a family by itself has CR 8", a_family_has_cr_8},
        {"names too long and paths are refused", hostile_names_are_refused},
    };
    log_init("test", LOG_ERROR);
    if (!mkdtemp(folder))
        return 1;
    setenv("CSILINK_MODELS", folder, 1);
    int status = harness_main(argc, argv, "choice", tests, sizeof tests / sizeof tests[0]);
    rmdir(folder);
    return status;
}
