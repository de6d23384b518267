/* Where the networks of the zoo start. An image of CSI lies within some hundredths of 0.5, so that
 * the image without signal, 0.5 everywhere, has an NMSE of 0 dB. A network whose output starts far
 * from it spends a short training on coming back (docs/zoo.md). */
#include "architecture_tools.h"

#define LIST "models/recipes/zoo/zoo.txt"

enum { BATCH = 8, CR = 8, IMAGE = 2048, PATHS = 12 };

/* Some paths of falling power on 0.5, the largest value at the edge of [0, 1], as the link scales
 * it. */
static void draw_images(float *images)
{
    rng r = rng_at(8, RNG_TEST, 0, 0);
    for (int s = 0; s < BATCH; s++) {
        float *image = images + (size_t)s * IMAGE;
        memset(image, 0, IMAGE * sizeof *image);
        for (int p = 0; p < PATHS; p++)
            image[(int)(rng_uniform(&r) * IMAGE)] += (float)(pow(0.8, p) * rng_normal(&r));
        double largest = harness_max_abs(image, IMAGE);
        for (int i = 0; i < IMAGE; i++)
            image[i] = (float)(0.5 + 0.5 * image[i] / largest);
    }
}

/* Forward as in training, batch norm taking its statistics over the batch. */
static void forward(const nn_model *model, bool decoder, const float *in, size_t in_count,
                    float *out)
{
    err e = {0};
    grad_weights *w = grad_weights_open(model, &e);
    grad_net *net = w ? grad_net_open(w, BATCH, decoder, &e) : NULL;
    REQUIRE(net != NULL);
    nn_tensor *x = grad_net_input(net, 0);
    REQUIRE(x->count == in_count);
    memcpy(x->data, in, x->bytes);
    for (int i = 0; i < BATCH && grad_net_input(net, 1); i++)
        ((float *)grad_net_input(net, 1)->data)[i] = 40;
    REQUIRE(grad_net_forward(net, &e) == 0);
    memcpy(out, grad_net_output(net)->data, grad_net_output(net)->bytes);
    grad_net_free(net);
    grad_weights_free(w);
}

static double nmse(const float *x, const float *y)
{
    double error = 0, power = 0;
    for (size_t i = 0; i < (size_t)BATCH * IMAGE; i++) {
        error += pow((double)y[i] - x[i], 2);
        power += pow(x[i] - 0.5, 2);
    }
    return error / power;
}

static double start_of(const char *name)
{
    static float x[BATCH * IMAGE], s[BATCH * IMAGE / CR], y[BATCH * IMAGE];
    train_pair pair;
    err e = {0};
    train_architecture_config config = {
        .name = name, .cr = CR, .dims = CSI_DIMS_DEFAULT, .seed = 1};
    REQUIRE(train_architecture_build(&config, &pair, &e) == 0);
    draw_images(x);
    forward(pair.encoder, false, x, BATCH * IMAGE, s);
    forward(pair.decoder, true, s, BATCH * IMAGE / CR, y);
    train_pair_free(&pair);
    return nmse(x, y);
}

static void all_start_near_the_image_without_signal(void)
{
    char line[256], name[64];
    int seen = 0;
    FILE *list = fopen(LIST, "r");
    REQUIRE(list != NULL);
    while (fgets(line, sizeof line, list))
        if (line[0] != '#' && sscanf(line, "%63s", name) == 1) {
            double start = start_of(name);
            if (!(start < 4))
                printf("    %s starts at %.2f dB\n", name, 10 * log10(start));
            CHECK(start < 4);
            seen++;
        }
    fclose(list);
    CHECK(seen > 0);
}

static const harness_test tests[] = {
    {"networks of the zoo start within 6 dB of the image without signal",
     all_start_near_the_image_without_signal},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "zoo_start", tests, sizeof tests / sizeof tests[0]);
}
