/* Layers of architectures: values that travel from fixed positions, weights that are shared, tables
 * of learned numbers. */
#include "architecture_tools.h"
#include "nn/graph.h"

/* --- values at fixed positions ------------------------------------------------------------------
 */

enum { KEPT = 8, PLACES = KEPT * SMALL, TRAVEL = SMALL_IMAGE / 4 };

/* Each column has a strength of its own, so that coefficient k of column c has the power
 * (strength(c) amplitude(k))^2, and the eigenvectors of one column or of all are the cosines. */
static double strength(size_t column)
{
    return 1 - 0.07 * (double)column;
}

static void make_uneven_images(float *images)
{
    make_images(false, images);
    for (size_t i = 0; i < SMALL_COUNT * SMALL_IMAGE; i++)
        images[i] = (float)(0.5 + strength(i % SMALL) * ((double)images[i] - 0.5));
}

static double power_at(size_t position)
{
    return pow(strength(position % SMALL) * amplitude(position / SMALL), 2);
}

/* Travels: fewer than TRAVEL others have more. */
static bool travels(size_t position)
{
    int above = 0;
    for (size_t i = 0; i < PLACES; i++)
        above += power_at(i) > power_at(position);
    return above < TRAVEL;
}

static const void *constant(const nn_model *model, const char *name, size_t count)
{
    for (int v = 0; v < model->n_values; v++)
        if (strcmp(model->values[v].name, name) == 0 && model->values[v].constant &&
            model->values[v].constant->count == count)
            return model->values[v].constant->data;
    printf("    no constant %s\n", name);
    return NULL;
}

static void check_lists(const nn_model *encoder, const nn_model *decoder)
{
    const int64_t *index = constant(encoder, "const.select1.index", TRAVEL);
    const int64_t *inverse = constant(decoder, "const.spread1.index", PLACES);
    const float *mask = constant(decoder, "const.spread1.mask", PLACES);
    REQUIRE(index && inverse && mask);
    int64_t next = 0;
    for (size_t i = 0; i < PLACES; i++) {
        CHECK((mask[i] == 1) == travels(i) && (mask[i] == 0) == !travels(i));
        if (!travels(i))
            continue;
        CHECK(inverse[i] == next);
        CHECK(index[next++] == (int64_t)i);
    }
    CHECK(next == TRAVEL);
}

static nn_model *saved_and_loaded(const nn_model *model)
{
    char path[] = "/tmp/csilink-select-XXXXXX";
    err e = {0};
    int fd = mkstemp(path);
    REQUIRE(fd >= 0);
    close(fd);
    CHECK(nn_model_save(model, path, &e) == 0);
    nn_model *again = nn_model_load(path, &e);
    unlink(path);
    REQUIRE(again != NULL);
    CHECK(nn_model_hash(again) == nn_model_hash(model));
    return again;
}

static void check_selection(const char *map)
{
    static float images[SMALL_COUNT * SMALL_IMAGE], out[SMALL_COUNT * SMALL_IMAGE],
        codewords[SMALL_COUNT * TRAVEL];
    char text[1024];
    train_pair pair;
    err e = {0};
    csi_dims dims = {.nt = SMALL, .nc = 256, .tp = SMALL, .ni = SMALL};
    snprintf(text, sizeof text,
             HEAD "codeword: [4, 1, columns]\n"
                  "encoder: [{offset: -0.5}, {scale: 5}, {reshape: [2*rows, 1, columns]},\n"
                  "  {%s: {out: 8, init: klt}}, {select: {count: 4*columns}}]\n"
                  "decoder: [{position: {}}, {spread: {out: 8}}, {%s: {out: 2*rows, init: klt}},\n"
                  "  {reshape: [2, rows, columns]}, {offset: 0.5}]\n",
             map, map);
    int rc = build_text(text, 4, SMALL, &pair, &e);
    if (rc)
        printf("    %s\n", e.text);
    REQUIRE(rc == 0);
    make_uneven_images(images);
    REQUIRE(train_architecture_start(&pair, &dims, images, SMALL_COUNT, &e) == 0);
    check_lists(pair.encoder, pair.decoder);
    run(pair.encoder, SMALL_COUNT, images, 0, codewords);
    run(pair.decoder, SMALL_COUNT, codewords, 0, out);
    double dropped = 0, missed = 0, power = 0;
    for (size_t i = 0; i < SMALL_IMAGE; i++)
        dropped += i < PLACES && travels(i) ? 0 : power_at(i);
    for (size_t i = 0; i < SMALL_COUNT * SMALL_IMAGE; i++)
        missed += pow((double)out[i] - (double)images[i], 2) / SMALL_COUNT;
    for (size_t i = 0; i < SMALL_COUNT * TRAVEL; i++)
        power += pow((double)codewords[i], 2) / (SMALL_COUNT * TRAVEL);
    CHECK_NEAR(missed, dropped, 1e-4 * dropped);
    CHECK_NEAR(sqrt(power), 2, 1e-3); /* codeword_rms */
    check_trains(pair.encoder, false);
    check_trains(pair.decoder, true);
    train_pair again = {saved_and_loaded(pair.encoder), saved_and_loaded(pair.decoder)};
    check_lists(again.encoder, again.decoder);
    uint64_t hash = nn_model_hash(again.decoder);
    CHECK(train_architecture_start(&again, &dims, images, SMALL_COUNT, &e) == 0);
    CHECK(nn_model_hash(again.decoder) == hash);
    train_pair_free(&again);
    train_pair_free(&pair);
}

static void selection_misses_the_powers_dropped(void)
{
    check_selection("conv");
    check_selection("columns");
}

static void selecting_all_changes_nothing(void)
{
    static const char *const texts[] = {
        "codeword: [4, 1, columns]\n"
        "encoder: [{reshape: [2*rows, 1, columns]}, {conv: {out: 4}}]\n"
        "decoder: [{conv: {out: 2*rows}}, {reshape: [2, rows, columns]}]\n",
        "codeword: [4, 1, columns]\n"
        "encoder: [{reshape: [2*rows, 1, columns]}, {conv: {out: 4}}, {select: {count: "
        "4*columns}}]\n"
        "decoder: [{spread: {out: 4}}, {conv: {out: 2*rows}}, {reshape: [2, rows, columns]}]\n"};
    float x[SMALL_IMAGE], s[2][TRAVEL], y[2][SMALL_IMAGE];
    rng r = rng_at(7, RNG_TEST, 0, 0);
    rng_normal_fill(&r, x, SMALL_IMAGE, 1);
    for (int i = 0; i < 2; i++) {
        char text[512];
        train_pair pair;
        err e = {0};
        snprintf(text, sizeof text, HEAD "%s", texts[i]);
        REQUIRE(build_text(text, 4, SMALL, &pair, &e) == 0);
        run(pair.encoder, 1, x, 0, s[i]);
        run(pair.decoder, 1, s[i], 0, y[i]);
        train_pair_free(&pair);
    }
    CHECK(harness_max_abs_diff(s[0], s[1], TRAVEL) == 0);
    CHECK(harness_max_abs_diff(y[0], y[1], SMALL_IMAGE) == 0);
}

/* Without images: (channel + 1) (1 + distance from column 4) rises. Of 2 channels with 8 columns 1
 * is at 4; 2 at 3, 5 and 12; 3 at 2 and 6; 4 at 1, 7, 11 and 13, of which the first two still go.
 */
static void without_images_the_middle_travels(void)
{
    static const int64_t wanted[] = {1, 2, 3, 4, 5, 6, 7, 12};
    train_pair pair;
    err e = {0};
    REQUIRE(build_text(HEAD "codeword: [8]\n"
                            "encoder: [{reshape: [2*rows, 1, columns]}, {conv: {out: 2}},\n"
                            "  {select: {count: 8}}]\n"
                            "decoder: [{spread: {out: 2}}, {conv: {out: 2*rows}},\n"
                            "  {reshape: [2, rows, columns]}]\n",
                       16, SMALL, &pair, &e) == 0);
    const int64_t *index = constant(pair.encoder, "const.select1.index", 8);
    const float *mask = constant(pair.decoder, "const.spread1.mask", 16);
    REQUIRE(index && mask);
    for (int i = 0; i < 8; i++)
        CHECK(index[i] == wanted[i] && mask[wanted[i]] == 1);
    train_pair_free(&pair);
}

/* A pair whose sides would disagree is refused. */
static void sides_must_agree(void)
{
    train_pair pair;
    err e = {0};
    CHECK(build_text(HEAD "codeword: [8]\n"
                          "encoder: [{reshape: [2*rows, 1, columns]}, {conv: {out: 2}},\n"
                          "  {select: {count: 8}}]\n"
                          "decoder: [{spread: {out: 3}}, {conv: {out: 2*rows}},\n"
                          "  {reshape: [2, rows, columns]}]\n",
                     16, SMALL, &pair, &e) == ERR_MISMATCH);
    CHECK(strstr(e.text, "8 of 2 x 1 x 8") != NULL);
    CHECK(pair.encoder == NULL && pair.decoder == NULL);
}

/* --- shared and other weights -------------------------------------------------------------------
 */

static train_pair build_repeat(const char *shared)
{
    char text[1024];
    train_pair pair;
    err e = {0};
    snprintf(text, sizeof text,
             HEAD "codeword: [32]\nencoder: [{linear: {out: 32}}]\n"
                  "decoder:\n  - linear: {out: 2*rows*columns}\n"
                  "  - reshape: [2, rows, columns]\n"
                  "  - repeat: {times: 3, shared: %s, layers: [{residual: {layers: [\n"
                  "      {conv: {out: 4, kernel: [3, 3], act: prelu}}, {layernorm: 1},\n"
                  "      {repeat: {times: 2, layers: [{conv: {out: 4}}]}},\n"
                  "      {weigh: {}}, {conv: {out: 2}}]}}]}\n",
             shared);
    int rc = build_text(text, 4, SMALL, &pair, &e);
    if (rc)
        printf("    %s\n", e.text);
    REQUIRE(rc == 0);
    return pair;
}

/* The gradients of a decoder by the sum of its outputs, at a fixed input. */
static grad_net *run_back(const grad_weights *w)
{
    err e = {0};
    grad_net *net = grad_net_open(w, 2, true, &e);
    REQUIRE(net != NULL);
    rng r = rng_at(5, RNG_TEST, 0, 0);
    nn_tensor *x = grad_net_input(net, 0);
    rng_normal_fill(&r, x->data, x->count, 1);
    REQUIRE(grad_net_forward(net, &e) == 0);
    for (size_t i = 0; i < grad_net_output(net)->count; i++)
        grad_net_output_gradient(net)[i] = 1;
    grad_net_clear_gradients(net);
    grad_net_backward(net);
    return net;
}

/* Entry `i` of the shared net, in repetition `repeat` of the other: repeat10.x is
 * repeat1<repeat>.x. */
static const grad_entry *entry_of(const grad_weights *w, const char *name, int repeat)
{
    char wanted[128];
    snprintf(wanted, sizeof wanted, "%s", name);
    if (strncmp(wanted, "repeat10.", 9) == 0)
        wanted[7] = (char)('0' + repeat);
    for (int i = 0; i < w->n_entries; i++)
        if (strcmp(w->entries[i].name, wanted) == 0)
            return &w->entries[i];
    return NULL;
}

/* Turns with weights of their own, which are all those of the shared one, give the same output, and
 * the shared gradient is the sum of theirs. */
static void shared_weights_are_one_set(void)
{
    train_pair shared = build_repeat("true"), own = build_repeat("false");
    size_t turn = 2 * 4 * 9 + 4 + 4 + 2 * 4 * 64 + 2 * (16 + 4) + 4 * 64 + 4 * 2 + 2;
    CHECK(parameters(shared.decoder) == 33 * 128 + turn);
    CHECK(parameters(own.decoder) == 33 * 128 + 3 * turn);
    grad_weights *one = grad_weights_open(shared.decoder, NULL);
    grad_weights *many = grad_weights_open(own.decoder, NULL);
    REQUIRE(one && many);
    for (int i = 0; i < one->n_entries; i++)
        for (int t = 0; t < 3; t++) {
            const grad_entry *from = &one->entries[i], *to = entry_of(many, from->name, t);
            REQUIRE(to && to->count == from->count);
            memcpy(many->values + to->offset, one->values + from->offset,
                   from->count * sizeof(float));
        }
    grad_net *a = run_back(one), *b = run_back(many);
    const float *ga = grad_net_gradients(a), *gb = grad_net_gradients(b);
    CHECK(harness_max_abs_diff(grad_net_output(a)->data, grad_net_output(b)->data,
                               grad_net_output(a)->count) == 0);
    double worst = 0, top = harness_max_abs(ga, one->count);
    for (int i = 0; i < one->n_entries; i++) {
        const grad_entry *entry = &one->entries[i];
        bool inside = strncmp(entry->name, "repeat10.", 9) == 0;
        for (size_t k = 0; k < entry->count; k++) {
            double sum = 0;
            for (int t = 0; t < (inside ? 3 : 1); t++)
                sum += (double)gb[entry_of(many, entry->name, t)->offset + k];
            worst = fmax(worst, fabs(sum - (double)ga[entry->offset + k]));
        }
    }
    CHECK(top > 0 && worst < 1e-5 * top); /* single precision, sums in another order */
    grad_net_free(a);
    grad_net_free(b);
    grad_weights_free(one);
    grad_weights_free(many);
    train_pair_free(&shared);
    train_pair_free(&own);
}

static void tables_start_as_the_identity_and_are_trained(void)
{
    static const char text[] =
        HEAD "codeword: [4, 1, columns]\n"
             "encoder: [{reshape: [2*rows, 1, columns]}, {slice: {axis: 1, from: 0, to: 4}},\n"
             "  {position: {}}, {weigh: {}}]\n"
             "decoder: [{modulate: {hidden: 3, each: true}}, {linear: {out: 2*rows*columns}},\n"
             "  {reshape: [2, rows, columns]}]\n";
    float x[SMALL_IMAGE], s[TRAVEL];
    train_pair pair;
    err e = {0};
    REQUIRE(build_text(text, 4, SMALL, &pair, &e) == 0);
    rng r = rng_at(3, RNG_TEST, 0, 0);
    rng_normal_fill(&r, x, SMALL_IMAGE, 1);
    run(pair.encoder, 1, x, 0, s);
    CHECK(harness_max_abs_diff(x, s, TRAVEL) == 0);
    CHECK(parameters(pair.encoder) == 2 * TRAVEL);
    CHECK(parameters(pair.decoder) == 6 + 4 * 2 * TRAVEL + (TRAVEL + 1) * SMALL_IMAGE);
    grad_weights *w = grad_weights_open(pair.encoder, &e);
    REQUIRE(w != NULL);
    for (int i = 0; i < w->n_entries; i++)
        CHECK(w->entries[i].kind == GRAD_VECTOR); /* no decay: 1 is where gains rest */
    grad_weights_free(w);
    check_trains(pair.encoder, false);
    check_trains(pair.decoder, true);
    train_pair_free(&pair);
}

/* Every operation once, in a network that can be run. */
static void every_operation_builds_and_runs(void)
{
    static const char text[] =
        HEAD "parameters: [{name: C, cr: {4: 4}}, {name: n, value: 2}]\n"
             "codeword: [C, 1, columns]\n"
             "blocks: [{name: b, layers: [{conv: {out: 4, kernel: [3, 3], group: 2, dilation: 2,\n"
             "  bias: false, init: he, act: prelu, slope: 0.1}}]}]\n"
             "encoder:\n"
             "  - reshape: [2*rows, 1, columns]\n"
             "  - {columns: {out: 8, gain: 0.5}, as: a}\n"
             "  - {linear: {out: columns, axis: 3, init: identity, bias: false}, as: b}\n"
             "  - {linear: {out: 8, axis: 1, act: tanh}, from: a, as: c}\n"
             "  - mul: [a, b, c]\n"
             "  - split: {axis: 1, as: [p, q]}\n"
             "  - {add: [p, q]}\n"
             "  - {slice: {axis: 1, from: 0, to: n+2}}\n"
             "decoder:\n"
             "  - {use: {block: b}, as: x}\n"
             "  - layernorm: 1\n"
             "  - {transpose: [2, 3, 1], as: k}\n"
             "  - {transpose: [1, 3, 2], as: kt}\n"
             "  - matmul: [k, kt]\n"
             "  - {softmax: 3, as: attention}\n"
             "  - matmul: [attention, k]\n"
             "  - transpose: [3, 1, 2]\n"
             "  - {branches: {merge: mul, paths: [{name: a, layers: [{act: sigmoid}]},\n"
             "      {name: b, layers: [{repeat: {times: n, layers: [{act: relu}]}}]}]}}\n"
             "  - {residual: {layers: [{chain: {out: [6, 4], kernel: [1, 3], act: relu}}]}}\n"
             "  - concat: [x, previous]\n"
             "  - modulate: {hidden: 3}\n"
             "  - {scale: 2}\n"
             "  - {linear: {out: 2*rows*columns, act: lrelu}}\n"
             "  - {reshape: [2, rows, columns]}\n";
    float x[SMALL_IMAGE], s[SMALL_IMAGE], y[SMALL_IMAGE];
    train_pair pair;
    err e = {0};
    int rc = build_text(text, 4, SMALL, &pair, &e);
    if (rc)
        printf("    %s\n", e.text);
    REQUIRE(rc == 0);
    rng r = rng_at(2, RNG_TEST, 0, 0);
    rng_normal_fill(&r, x, SMALL_IMAGE, 1);
    run(pair.encoder, 1, x, 0, s);
    run(pair.decoder, 1, s, 10, y);
    CHECK(harness_max_abs(y, SMALL_IMAGE) > 0);
    CHECK(isfinite(harness_max_abs(y, SMALL_IMAGE)));
    check_trains(pair.encoder, false);
    check_trains(pair.decoder, true);
    train_pair_free(&pair);
}

static const harness_test tests[] = {
    {"every operation builds, runs and has gradients", every_operation_builds_and_runs},
    {"selected coefficients miss the powers dropped, on both sides alike, saved and loaded",
     selection_misses_the_powers_dropped},
    {"selecting all values changes nothing", selecting_all_changes_nothing},
    {"a shared repeat has one set of weights, whose gradient is the sum",
     shared_weights_are_one_set},
    {"position and weigh start as the identity and are trained",
     tables_start_as_the_identity_and_are_trained},
    {"without images the values near the middle travel", without_images_the_middle_travels},
    {"a pair that selects and spreads differently is refused", sides_must_agree},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "architecture layers", tests, sizeof tests / sizeof tests[0]);
}
