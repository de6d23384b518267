/* Networks of the field with attention, unfolded iterations, binary matrices and entropy models:
 * each has exactly the number of parameters that its published layers add up to, costs the
 * published multiplications, fits together at every CR, and has gradients. */
#include "architecture_tools.h"
#include "train/tie.h"

/* Numbers that training may change, batch norm's running statistics left out; the decoder's without
 * those that it shares with the encoder. */
typedef struct zoo_row {
    const char *name;
    uint32_t cr;
    size_t encoder, decoder;
} zoo_row;

static const zoo_row zoo[] = {
    {"fista-net", 4, 1048576, 35160},
    {"fista-net", 64, 65536, 35160},
    {"transnet", 4, 1330240, 1348672},
    {"transnet", 64, 346720, 365632},
    {"bcsinet-a2", 4, 1049128, 1053936},
    {"bcsinet-b3", 4, 1049168, 1055572},
    {"stnet", 4, 1061320, 1063637},
    {"bacrnet-1x", 4, 1049362, 1052982},
    {"bacrnet-10x", 4, 1049362, 1073142},
    {"csi-l2o", 4, 1048576, 116164}, /* its layers add up to that; no count is published */
    {"csi-l2o", 64, 65536, 116164},
    {"attention-csinet", 4, 1049848,
     1054232},                            /* from here on our choice of sizes, as their files */
    {"ds-nlcsinet", 4, 1049153, 1059105}, /* say; 2.108 M in all are quoted of this one */
    {"vae-gdn", 8, 1080384, 1080322},
    {"deepcmc", 8, 2091072, 9762562},
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

/* What the two models have in common. */
static size_t shared_parameters(const train_pair *pair)
{
    err e = {0};
    const grad_weights *const w[2] = {grad_weights_open(pair->encoder, &e),
                                      grad_weights_open(pair->decoder, &e)};
    train_ties ties;
    REQUIRE(w[0] && w[1] && train_ties_find(w, &ties, &e) == 0);
    size_t n = train_ties_parameters(&ties);
    free(ties.list);
    grad_weights_free((grad_weights *)w[0]);
    grad_weights_free((grad_weights *)w[1]);
    return n;
}

static void parameters_are_those_published(void)
{
    for (size_t i = 0; i < ZOO; i++) {
        train_pair pair = build(zoo[i].name, zoo[i].cr);
        size_t encoder = parameters(pair.encoder);
        size_t decoder = parameters(pair.decoder) - shared_parameters(&pair);
        if (encoder != zoo[i].encoder || decoder != zoo[i].decoder)
            printf("    %s, CR %u: %zu + %zu, not %zu + %zu\n", zoo[i].name, zoo[i].cr, encoder,
                   decoder, zoo[i].encoder, zoo[i].decoder);
        CHECK(encoder == zoo[i].encoder);
        CHECK(decoder == zoo[i].decoder);
        train_pair_free(&pair);
    }
}

/* Millions of multiply-accumulates at CR 4, to the digits that are published or that published
 * totals confirm (batch norm, biases and gates left out). Of FISTA-Net's 74.71 a session folds the
 * first phase's product of zeros, 2048 x 512. STNet's layers are 2.69 and 4.09; the products of its
 * attention (2 x 16 x 4 windows and heads of 8 x 8 x 2, twice; 2 x 4 x 64 x 4, twice) come on top,
 * once in the encoder and twice in the decoder. */
static const struct {
    const char *name;
    double encoder, decoder, digit;
} costs[] = {
    {"fista-net", 1.049, 74.71 - 1.049, 0.01},
    {"transnet", 19.14, 20.45, 0.01},
    {"bcsinet-a2", 1.085, 4.329, 0.001},
    {"bcsinet-b3", 1.122, 5.951, 0.001},
    {"stnet", 2.69 + 0.0369, 4.09 + 2 * 0.0369, 0.01},
};

static double million_macs(const nn_model *model)
{
    nn_session *s = nn_session_open(model, 1, NULL);
    REQUIRE(s != NULL);
    int64_t sum = 0;
    for (int i = 0; i < nn_session_steps(s); i++) {
        nn_step_info step;
        CHECK(nn_session_step(s, i, &step) == 0);
        sum += step.macs;
    }
    nn_session_free(s);
    return (double)sum / 1e6;
}

static void costs_are_those_published(void)
{
    for (size_t i = 0; i < sizeof costs / sizeof costs[0]; i++) {
        train_pair pair = build(costs[i].name, 4);
        double encoder = million_macs(pair.encoder), decoder = million_macs(pair.decoder);
        if (fabs(encoder - costs[i].encoder) > costs[i].digit ||
            fabs(decoder - costs[i].decoder) > costs[i].digit)
            printf("    %s: %.4f + %.4f\n", costs[i].name, encoder, decoder);
        CHECK_NEAR(encoder, costs[i].encoder, costs[i].digit);
        CHECK_NEAR(decoder, costs[i].decoder, costs[i].digit);
        train_pair_free(&pair);
    }
}

/* Thousands of words of 32 bits, 32 signs of a binary matrix in each and one word for its size,
 * rounded up: the column of sizes in table V of CLLWCsiNet's paper. Of QACRNet it counts what is
 * not dense. */
static const struct {
    const char *name;
    uint32_t cr;
    int binary, dense; /* matrices of signs; dense layers that are left out */
    size_t published;
} sizes[] = {
    {"bacrnet-1x", 4, 2, 0, 71},  {"bacrnet-1x", 8, 2, 0, 38},   {"bacrnet-10x", 4, 2, 0, 91},
    {"bacrnet-10x", 8, 2, 0, 58}, {"bacrnet-10x", 16, 2, 0, 42}, {"bcsinet-a2", 4, 1, 0, 1088},
    {"bcsinet-a2", 8, 1, 0, 547}, {"bcsinet-a2", 16, 1, 0, 276}, {"acrnet-1x", 4, 0, 2, 3},
    {"acrnet-10x", 4, 0, 2, 23},
};

static void sizes_are_those_of_table_v(void)
{
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        train_pair pair = build(sizes[i].name, sizes[i].cr);
        size_t matrix = (size_t)IMAGE * IMAGE / sizes[i].cr, values = IMAGE / sizes[i].cr;
        size_t words = parameters(pair.encoder) + parameters(pair.decoder);
        words -= (size_t)sizes[i].binary * (matrix - matrix / 32 - 1);
        words -= sizes[i].dense ? 2 * matrix + values + IMAGE : 0;
        if ((words + 999) / 1000 != sizes[i].published)
            printf("    %s, CR %u: %zu words\n", sizes[i].name, sizes[i].cr, words);
        CHECK((words + 999) / 1000 == sizes[i].published);
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
    {"networks have the published numbers of parameters", parameters_are_those_published},
    {"and cost the published multiplications", costs_are_those_published},
    {"binary and quantized networks have the sizes of the published table",
     sizes_are_those_of_table_v},
    {"both sides fit together at every CR", every_cr_fits_together},
    {"all have gradients", all_have_gradients},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "zoo with attention", tests, sizeof tests / sizeof tests[0]);
}
