/* Architectures with memory have the parameters that docs/architectures.md tells, among them those
 * of the publications. */
#include "architecture_tools.h"

static const struct {
    const char *name;
    size_t ue, bs;
} counts[] = {
    {"csilink-net-memory", 17648, 27324},
    /* The encoder has CsiNet-Pro's decoder, too, and the factor of the difference. */
    {"markovnet-published", 2119489, 1060511},
    {"markovnet", 2119373, 1060455},
    {"csinet-lstm", 1049130, 3744546},
    {"reccsinet", 6294058, 1646370},
    {"reccsinet-published", 6294058, 22033698},
    {"convlstm-csinet", 6294316, 1644022},
    {"convlstm-csinet-published", 6294316, 22031350},
    /* Three LSTMs of 2 x 2048 units each: 100,687,872. */
    {"csinet-lstm-published", 1049130, 102790434},
};
enum { PUBLISHED = sizeof counts / sizeof counts[0] - 1 };

static void check(size_t i)
{
    train_architecture_config config = {.name = counts[i].name, .cr = 4, .dims = CSI_DIMS_DEFAULT};
    train_pair pair = {0};
    err e = {0};
    REQUIRE(train_architecture_build(&config, &pair, &e) == 0);
    size_t ue = parameters(pair.encoder), bs = parameters(pair.decoder);
    CHECK(ue == counts[i].ue && bs == counts[i].bs);
    if (ue != counts[i].ue || bs != counts[i].bs)
        printf("    %s has %zu and %zu\n", counts[i].name, ue, bs);
    train_pair_free(&pair);
}

static void parameters_are_those_of_the_page(void)
{
    for (size_t i = 0; i < PUBLISHED; i++)
        check(i);
}

static void the_published_size_is_the_published_one(void)
{
    if (!getenv("CSILINK_TEST_LARGE")) {
        harness_skip("it takes 1.6 GB and a minute: CSILINK_TEST_LARGE=1");
        return;
    }
    check(PUBLISHED);
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"networks with memory have the parameters of the page", parameters_are_those_of_the_page},
        {"CsiNet-LSTM as published has its parameters", the_published_size_is_the_published_one},
    };
    return harness_main(argc, argv, "parameters of architectures", tests,
                        sizeof tests / sizeof tests[0]);
}
