/* Weights that encoder and decoder have in common: one weight, whose gradient is the sum of both.
 */
#include "architecture_tools.h"
#include "train/tie.h"

#define SHARED                                                                                     \
    HEAD "codeword: [32]\n"                                                                        \
         "blocks:\n"                                                                               \
         "  - name: back\n"                                                                        \
         "    layers:\n"                                                                           \
         "      - linear: {out: 128}\n"                                                            \
         "encoder:\n"                                                                              \
         "  - {linear: {out: 32}, as: code}\n"                                                     \
         "  - use: {block: back, tied: true}\n"                                                    \
         "  - linear: {out: 32}\n"                                                                 \
         "  - add: [code, previous]\n"                                                             \
         "decoder:\n"                                                                              \
         "  - use: {block: back, tied: true}\n"                                                    \
         "  - reshape: [2, rows, columns]\n"

enum { MATRIX = 32 * 128, BIAS = 128 };

/* The weights of a pair, and what of them is tied. */
typedef struct shared {
    train_pair pair;
    grad_weights *weights[2];
    train_ties ties;
} shared;

static shared open_shared(void)
{
    shared s;
    err e = {0};
    int rc = build_text(SHARED, 4, SMALL, &s.pair, &e);
    if (rc)
        printf("    %s\n", e.text);
    REQUIRE(rc == 0);
    s.weights[0] = grad_weights_open(s.pair.encoder, &e);
    s.weights[1] = grad_weights_open(s.pair.decoder, &e);
    REQUIRE(s.weights[0] && s.weights[1]);
    REQUIRE(train_ties_find((const grad_weights *const *)s.weights, &s.ties, &e) == 0);
    return s;
}

static void close_shared(shared *s)
{
    free(s->ties.list);
    grad_weights_free(s->weights[0]);
    grad_weights_free(s->weights[1]);
    train_pair_free(&s->pair);
}

static void a_block_of_both_sides_is_found_once(void)
{
    shared s = open_shared();
    CHECK(s.ties.count == 2); /* the matrix and the bias */
    CHECK(train_ties_parameters(&s.ties) == MATRIX + BIAS);
    for (int i = 0; i < s.ties.count; i++)
        CHECK(memcmp(s.weights[0]->values + s.ties.list[i].offset[0],
                     s.weights[1]->values + s.ties.list[i].offset[1],
                     s.ties.list[i].count * sizeof(float)) == 0);
    close_shared(&s);
}

static double squares(const float *v, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += (double)v[i] * v[i];
    return sum;
}

/* Gradients of whole numbers: sums are exact. */
static void both_copies_get_the_sum_of_their_gradients(void)
{
    shared s = open_shared();
    float *gradient[2], *before[2];
    rng r = rng_at(5, RNG_TEST, 0, 0);
    double first = 0, once = 0;
    for (int side = 0; side < 2; side++) {
        size_t n = s.weights[side]->count;
        gradient[side] = calloc(n, sizeof(float));
        before[side] = calloc(n, sizeof(float));
        REQUIRE(gradient[side] && before[side]);
        for (size_t i = 0; i < n; i++)
            before[side][i] = gradient[side][i] = (float)((int)(rng_uniform(&r) * 9) - 4);
        first += squares(gradient[side], n);
    }
    double change = train_ties_join(&s.ties, gradient);
    size_t tied = 0, differ = 0;
    for (int i = 0; i < s.ties.count; i++)
        for (size_t k = 0; k < s.ties.list[i].count; k++, tied++) {
            size_t a = s.ties.list[i].offset[0] + k, b = s.ties.list[i].offset[1] + k;
            differ += gradient[0][a] != before[0][a] + before[1][b];
            differ += gradient[1][b] != gradient[0][a];
            once -= (double)gradient[1][b] * gradient[1][b];
            before[0][a] = gradient[0][a];
            before[1][b] = gradient[1][b];
        }
    CHECK(tied == MATRIX + BIAS && differ == 0);
    for (int side = 0; side < 2; side++) { /* and no other gradient has changed */
        CHECK(memcmp(gradient[side], before[side], s.weights[side]->count * sizeof(float)) == 0);
        once += squares(gradient[side], s.weights[side]->count);
    }
    CHECK_NEAR(first + change, once, 0);
    for (int side = 0; side < 2; side++) {
        free(gradient[side]);
        free(before[side]);
    }
    close_shared(&s);
}

static void copies_that_differ_are_refused_by_name(void)
{
    shared s = open_shared();
    err e = {0};
    train_ties ties;
    s.weights[1]->values[s.ties.list[0].offset[1]] += 1;
    CHECK(train_ties_find((const grad_weights *const *)s.weights, &ties, &e) == ERR_MISMATCH);
    CHECK(strstr(e.text, "'tied.") != NULL);
    free(ties.list);
    close_shared(&s);
}

static const harness_test tests[] = {
    {"a block that both sides use is tied, and counts once", a_block_of_both_sides_is_found_once},
    {"both copies get the sum of their gradients, and the norm counts it once",
     both_copies_get_the_sum_of_their_gradients},
    {"copies that start from different values are refused by name",
     copies_that_differ_are_refused_by_name},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "tie", tests, sizeof tests / sizeof tests[0]);
}
