/* A matrix that the encoder and the decoder share: one weight in training. */
#include "architecture_tools.h"
#include "trainer_tools.h"

static const char linear_pair[] =
    "family: f\ncodeword: [32]\n"
    "encoder: [{offset: -0.5}, {tied: {weight: W, out: 32}}]\n"
    "decoder: [{tied: {weight: W, out: 2*rows*columns, transposed: true}},\n"
    "  {reshape: [2, rows, columns]}, {offset: 0.5}]\n";

static train_pair build_pair(const char *text)
{
    train_pair pair;
    err e = {0};
    int rc = build_text(text, 4, NT, &pair, &e);
    if (rc)
        printf("    %s\n", e.text);
    REQUIRE(rc == 0);
    return pair;
}

static train_config tied_config(void)
{
    train_config c = make_config();
    c.feed.layout = ONNX_DELAY_ANGLE;
    return c;
}

static const float *matrix(const nn_model *model, size_t *count)
{
    int v = nn_model_find_constant(model, "tied.W.weight");
    REQUIRE(v >= 0);
    const nn_tensor *t = nn_model_constant(model, v);
    *count = t->count;
    return t->data;
}

static bool copies_are_equal(const train_pair *pair)
{
    size_t n[2];
    const float *a = matrix(pair->encoder, &n[0]), *b = matrix(pair->decoder, &n[1]);
    return n[0] == n[1] && memcmp(a, b, n[0] * sizeof *a) == 0;
}

/* y = x W^T W: the gradient of both places, and no drift between the copies. Two paths of 16
 * numbers each fit into 32 values, so that all can be learned. */
static void copies_move_as_one(void)
{
    train_pair pair = build_pair(linear_pair);
    size_t n;
    float before = matrix(pair.encoder, &n)[0];
    CHECK(copies_are_equal(&pair));
    train_config c = tied_config();
    c.samples = 20000;
    trainer *t = open_trainer(&c, &pair, NULL);
    advance_to(t, c.samples);
    CHECK(trainer_status(t)->best_score < -10);
    CHECK(trainer_store_best(t, NULL) == 0);
    CHECK(copies_are_equal(&pair));
    CHECK(matrix(pair.encoder, &n)[0] != before);
    trainer_free(t);
    train_pair_free(&pair);
}

/* The gradient of the joined weight, and how much its square differs from the two squares. */
static void gradients_are_added_once(void)
{
    train_tie tie = {.offset = {1, 0}, .count = 2};
    train_ties ties = {&tie, 1};
    float a[4] = {5, 1, -2, 7}, b[3] = {3, 4, 9};
    double change = train_ties_join(&ties, (float *const[]){a, b});
    CHECK(a[0] == 5 && a[1] == 4 && a[2] == 2 && a[3] == 7);
    CHECK(b[0] == 4 && b[1] == 2 && b[2] == 9);
    CHECK_NEAR(change, 16 + 4 - (1 + 4 + 9 + 16), 1e-12);
    CHECK(train_ties_parameters(&ties) == 2);
}

static void copies_that_differ_are_refused(void)
{
    static const char other_size[] =
        "family: f\ncodeword: [32]\n"
        "encoder: [{offset: -0.5}, {tied: {weight: W, out: 32}}]\n"
        "decoder: [{tied: {weight: W, out: 2*rows, transposed: true}},\n"
        "  {linear: {out: 2*rows*columns}}, {reshape: [2, rows, columns]}]\n";
    err e = {0};
    train_config c = tied_config();
    train_pair pair = build_pair(linear_pair);
    grad_weights *w = grad_weights_open(pair.decoder, &e);
    REQUIRE(w != NULL);
    w->values[0] += 1;
    REQUIRE(grad_weights_store(w, w->values, pair.decoder, &e) == 0);
    grad_weights_free(w);
    CHECK(trainer_open(&c, &pair, NULL, &e) == NULL && e.code == ERR_MISMATCH);
    CHECK(strstr(e.text, "'tied.W.weight' differs between the encoder and the decoder") != NULL);
    train_pair_free(&pair);
    pair = build_pair(other_size);
    e = (err){0};
    CHECK(trainer_open(&c, &pair, NULL, &e) == NULL && e.code == ERR_MISMATCH);
    CHECK(strstr(e.text, "has 4096 values in the encoder and 512 in the decoder") != NULL);
    train_pair_free(&pair);
}

static const harness_test tests[] = {
    {"both copies move as one and stay equal bit for bit", copies_move_as_one},
    {"their gradients are added, and count once in the norm", gradients_are_added_once},
    {"copies that differ are refused", copies_that_differ_are_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "tie", tests, sizeof tests / sizeof tests[0]);
}
