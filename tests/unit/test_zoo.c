/* The networks of the field as architectures: each has exactly the number of parameters that its
 * layers add up to as published (docs/zoo.md has the sources), fits together at every CR, and has
 * gradients. */
#include "architecture_tools.h"

/* Numbers that training may change, batch norm's running statistics left out. A network stands at
 * several CRs where these follow no one rule. */
typedef struct zoo_row {
    const char *name;
    uint32_t cr;
    size_t encoder, decoder;
} zoo_row;

static const zoo_row zoo[] = {
    {"csinet", 4, 1049130, 1053986},     {"csinet-keras", 4, 1049190, 1054266},
    {"csinet-keras", 64, 65670, 71226},  {"csinet-plus", 4, 1049492, 1072576},
    {"crnet", 4, 1049260, 1053578},      {"crnet", 64, 65740, 70538},
    {"clnet", 4, 1049556, 1052402},      {"clnet", 8, 525012, 528114},
    {"acrnet-1x", 4, 1049362, 1052982},  {"acrnet-10x", 4, 1049362, 1073142},
    {"acrnet-20x", 4, 1049362, 1095542}, {"dcrnet-1x", 4, 1049358, 1052350},
    {"dcrnet-10x", 4, 1049358, 1066462},
};
enum { ZOO = sizeof zoo / sizeof zoo[0], IMAGE = 2048 };

static train_pair build(const char *name, uint32_t cr)
{
    train_pair pair;
    err e = {0};
    train_architecture_config config = {
        .name = name, .cr = cr, .dims = CSI_DIMS_DEFAULT, .seed = 1};
    int rc = train_architecture_build(&config, &pair, &e);
    if (rc)
        printf("    %s\n", e.text);
    REQUIRE(rc == 0);
    return pair;
}

static void parameters_are_those_published(void)
{
    for (size_t i = 0; i < ZOO; i++) {
        train_pair pair = build(zoo[i].name, zoo[i].cr);
        size_t encoder = parameters(pair.encoder), decoder = parameters(pair.decoder);
        if (encoder != zoo[i].encoder || decoder != zoo[i].decoder)
            printf("    %s, CR %u: %zu + %zu, not %zu + %zu\n", zoo[i].name, zoo[i].cr, encoder,
                   decoder, zoo[i].encoder, zoo[i].decoder);
        CHECK(encoder == zoo[i].encoder);
        CHECK(decoder == zoo[i].decoder);
        train_pair_free(&pair);
    }
}

/* Once for each name: rows of one network stand together. */
static bool is_first(size_t i)
{
    return i == 0 || strcmp(zoo[i].name, zoo[i - 1].name) != 0;
}

static void every_cr_fits_together(void)
{
    static const uint32_t crs[] = {4, 8, 16, 32, 64};
    static float x[IMAGE], s[IMAGE], y[IMAGE];
    rng r = rng_at(6, RNG_TEST, 0, 0);
    rng_normal_fill(&r, x, IMAGE, 1);
    for (size_t i = 0; i < ZOO; i++)
        for (size_t k = 0; k < sizeof crs / sizeof crs[0] && is_first(i); k++) {
            train_pair pair = build(zoo[i].name, crs[k]);
            run(pair.encoder, 1, x, 0, s);
            run(pair.decoder, 1, s, 10, y);
            CHECK(harness_max_abs(s, IMAGE / crs[k]) > 0);
            CHECK(isfinite(harness_max_abs(s, IMAGE / crs[k])));
            CHECK(harness_max_abs(y, IMAGE) > 0);
            CHECK(isfinite(harness_max_abs(y, IMAGE)));
            train_pair_free(&pair);
        }
}

static void all_have_gradients(void)
{
    for (size_t i = 0; i < ZOO; i++)
        if (is_first(i)) {
            train_pair pair = build(zoo[i].name, 32);
            check_trains(pair.encoder, false);
            check_trains(pair.decoder, true);
            train_pair_free(&pair);
        }
}

static const harness_test tests[] = {
    {"networks of the zoo have the published numbers of parameters",
     parameters_are_those_published},
    {"each fits together at every CR and gives finite values", every_cr_fits_together},
    {"each has gradients on both sides", all_have_gradients},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "zoo", tests, sizeof tests / sizeof tests[0]);
}
