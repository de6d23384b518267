/* Models built in memory, and networks as data: counts, shapes, starts, refusals. */
#include "architecture_tools.h"

static const uint32_t crs[] = {4, 8, 16, 32, 64};
enum { CRS = 5, IMAGE = 2048 };

/* --- models built in memory ---------------------------------------------------------------------
 */

static nn_builder *small_builder(void)
{
    static const float w[] = {1, 2, 3, 4, 5, 6};
    nn_builder *b = nn_builder_new();
    nn_builder_input(b, "x", 4, (int64_t[]){-1, 2, 4, 4});
    nn_builder_floats(b, "w", 4, (int64_t[]){1, 2, 1, 3}, w);
    nn_builder_node(b, "Conv", "conv", "x w", "c");
    nn_builder_ints(b, "pads", 4, (int64_t[]){0, 1, 0, 1});
    nn_builder_node(b, "LeakyRelu", "act", "c", "a");
    nn_builder_float(b, "alpha", 0.25f);
    nn_builder_list(b, "shape", 2, (int64_t[]){0, 16});
    nn_builder_node(b, "Reshape", "flat", "a shape", "y");
    nn_builder_output(b, "y", 2, (int64_t[]){-1, 16});
    nn_builder_metadata(b, "who", "test");
    return b;
}

static void built_is_saved_is_loaded(void)
{
    char path[] = "/tmp/csilink-build-XXXXXX";
    int fd = mkstemp(path);
    REQUIRE(fd >= 0);
    close(fd);
    err e = {0};
    nn_model *built = nn_builder_finish(small_builder(), "small", &e);
    REQUIRE(built != NULL);
    CHECK(strcmp(nn_model_metadata(built, "who"), "test") == 0);
    CHECK(nn_model_save(built, path, &e) == 0);
    nn_model *loaded = nn_model_load(path, &e);
    unlink(path);
    REQUIRE(loaded != NULL);
    CHECK(nn_model_hash(built) == nn_model_hash(loaded));
    CHECK(nn_model_input(loaded, 0)->dims[0] == -1);
    nn_session *s = nn_session_open(loaded, 1, &e);
    REQUIRE(s != NULL);
    float *x = nn_session_input(s, 0)->data;
    for (int i = 0; i < 32; i++)
        x[i] = i < 16 ? 1 : -1;
    CHECK(nn_session_run(s, &e) == 0);
    /* In the middle of a row 1 + 2 + 3 - 4 - 5 - 6 = -9, times 0.25; at its ends a tap is cut. */
    const float *y = nn_session_output(s, 0)->data;
    CHECK_NEAR(y[1], -9 * 0.25, 0);
    CHECK_NEAR(y[0], (2 + 3 - 5 - 6) * 0.25, 0);
    CHECK_NEAR(y[3], (1 + 2 - 4 - 5) * 0.25, 0);
    nn_session_free(s);
    nn_model_free(loaded);
    nn_model_free(built);
}

static void check_refused(nn_builder *b, const char *words)
{
    err e = {0};
    nn_model *m = nn_builder_finish(b, "bad", &e);
    CHECK(m == NULL);
    CHECK(strstr(e.text, words) != NULL);
    CHECK(strncmp(e.text, "bad: ", 5) == 0);
    nn_model_free(m);
}

static void bad_graphs_are_refused(void)
{
    nn_builder *b = small_builder();
    nn_builder_node(b, "Relu", "late", "nothing", "z");
    check_refused(b, "'nothing' is not the output of a node");
    b = small_builder();
    nn_builder_node(b, "Relu", "twice", "a", "y");
    check_refused(b, "'y' is produced twice");
    b = small_builder();
    nn_builder_node(b, "Fancy", "f", "a", "z");
    check_refused(b, "does not have this operator");
    b = nn_builder_new();
    nn_builder_int(b, "axis", 1);
    check_refused(b, "before any node");
    b = small_builder();
    nn_builder_floats(b, "huge", 2, (int64_t[]){(int64_t)1 << 40, (int64_t)1 << 40}, NULL);
    check_refused(b, "huge");
    check_refused(nn_builder_new(), "bad");
    check_refused(NULL, "no memory");
}

/* --- the architectures that ship ----------------------------------------------------------------
 */

static train_pair build(const char *name, uint32_t cr, uint64_t seed)
{
    train_pair pair;
    err e = {0};
    train_architecture_config config = {
        .name = name, .cr = cr, .dims = CSI_DIMS_DEFAULT, .layout = ONNX_DELAY_ANGLE, .seed = seed};
    int rc = train_architecture_build(&config, &pair, &e);
    if (rc)
        printf("    %s\n", e.text);
    REQUIRE(rc == 0);
    return pair;
}

static int64_t macs(const nn_model *model)
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
    return sum;
}

static void cllwcsinet_has_the_published_size(void)
{
    static const size_t published[] = {70268, 66756, 42608};
    for (int i = 0; i < 3; i++) {
        train_pair pair = build("cllwcsinet", crs[i], 1);
        CHECK_NEAR((double)(parameters(pair.encoder) + parameters(pair.decoder)),
                   (double)published[i], 0);
        train_pair_free(&pair);
    }
}

/* Multiplications of a chain of convolutions from widths[0] to widths[n - 1], `taps` each. */
static int64_t chain_macs(const int *widths, int n, int taps, int pixels)
{
    int64_t sum = 0;
    for (int i = 1; i < n; i++)
        sum += (int64_t)widths[i - 1] * widths[i] * taps * pixels;
    return sum;
}

static void cllwcsinet_costs_what_its_structure_says(void)
{
    /* Two 2 -> 2 convolutions with each of k = 7, 5, 3, and 6 -> 2, on 1024 pixels; then along
     * the 32 columns. */
    int64_t mixing = 2 * 2 * 2 * (7 + 5 + 3) * 1024 + 6 * 2 * 7 * 1024;
    int64_t refine = 2 * (chain_macs((int[]){2, 8, 16, 2}, 4, 7, 1024) +
                          chain_macs((int[]){2, 8, 16, 2}, 4, 5, 1024) + 4 * 2 * 7 * 1024);
    int64_t last = 2 * 2 * 7 * 1024;
    int64_t encoders[] = {chain_macs((int[]){64, 32, 16}, 3, 7, 32),
                          chain_macs((int[]){64, 32, 16, 8}, 4, 7, 32),
                          chain_macs((int[]){64, 32, 16, 4}, 4, 7, 32)};
    int64_t decoders[] = {chain_macs((int[]){16, 32, 64}, 3, 7, 32),
                          chain_macs((int[]){8, 16, 32, 64}, 4, 7, 32),
                          chain_macs((int[]){4, 8, 16, 64}, 4, 7, 32)};
    for (int i = 0; i < 3; i++) {
        int64_t c = 64 / crs[i];
        train_pair pair = build("cllwcsinet", crs[i], 1);
        CHECK_NEAR((double)macs(pair.encoder),
                   (double)(mixing + encoders[i] + 64 * c * 7 * 32 + 2 * c * c * 7 * 32), 0);
        CHECK_NEAR((double)macs(pair.decoder), (double)(2 * decoders[i] + refine + last), 0);
        train_pair_free(&pair);
    }
}

/* What csilink-net may cost: 70 K parameters and 3 M multiply-accumulates for both ends, of them
 * 0.65 M at the UE; csilink-net-xl has the same encoder and a decoder of up to ten times its size.
 */
static void csilink_net_keeps_its_budget(void)
{
    const char *names[][2] = {{"csilink-net", "csilink-net-xl"},
                              {"csilink-net-blocks", "csilink-net-xl-blocks"}};
    for (int a = 0; a < 2; a++)
        for (int i = 0; i < 3; i++) {
            train_pair net = build(names[a][0], crs[i], 1), xl = build(names[a][1], crs[i], 1);
            CHECK(parameters(net.encoder) + parameters(net.decoder) <= 70000);
            CHECK(macs(net.encoder) <= 650000);
            CHECK(macs(net.encoder) + macs(net.decoder) <= 3000000);
            CHECK(macs(net.encoder) == macs(xl.encoder));
            CHECK(parameters(xl.decoder) <= 10 * parameters(net.decoder));
            CHECK(macs(xl.decoder) <= 10 * macs(net.decoder));
            train_pair_free(&net);
            train_pair_free(&xl);
        }
}

static const char *const shipped[] = {
    "cllwcsinet",     "csilink-net",           "csilink-net-blocks",
    "csilink-net-xl", "csilink-net-xl-blocks", "cllwcsinet-folded"};
enum { SHIPPED = sizeof shipped / sizeof shipped[0] };

static void check_port(const nn_port *p, const char *name, int rank, const int64_t *dims)
{
    REQUIRE(p != NULL);
    CHECK(strcmp(p->name, name) == 0);
    REQUIRE(p->rank == rank);
    for (int i = 0; i < rank; i++)
        CHECK(p->dims[i] == dims[i]);
}

static void shapes_fit_at_every_cr(void)
{
    for (size_t a = 0; a < SHIPPED; a++) {
        for (int i = 0; i < CRS; i++) {
            int64_t codeword[] = {-1, 64 / crs[i], 1, 32}, image[] = {-1, 2, 32, 32};
            train_pair pair = build(shipped[a], crs[i], 1);
            check_port(nn_model_input(pair.encoder, 0), "x", 4, image);
            check_port(nn_model_output(pair.encoder, 0), "s", 4, codeword);
            check_port(nn_model_input(pair.decoder, 0), "s", 4, codeword);
            check_port(nn_model_output(pair.decoder, 0), "y", 4, image);
            bool told = strncmp(shipped[a], "cllwcsinet", 10) != 0; /* the SNR */
            CHECK(nn_model_inputs(pair.decoder) == (told ? 2 : 1));
            if (told)
                check_port(nn_model_input(pair.decoder, 1), "snr_db", 1, (int64_t[]){-1});
            nn_session *s = nn_session_open(pair.decoder, 3, NULL);
            REQUIRE(s != NULL);
            CHECK(nn_session_output(s, 0)->count == 3 * IMAGE);
            nn_session_free(s);
            train_pair_free(&pair);
        }
    }
}

static void layouts_and_sizes_follow_the_configuration(void)
{
    train_pair pair;
    err e = {0};
    train_architecture_config config = {
        .name = "csilink-net", .cr = 4, .dims = {.nt = 16, .nc = 256, .tp = 16, .ni = 8}};
    REQUIRE(train_architecture_build(&config, &pair, &e) == 0);
    check_port(nn_model_input(pair.encoder, 0), "x", 4, (int64_t[]){-1, 2, 16, 8});
    CHECK(strcmp(nn_model_metadata(pair.encoder, "csilink.layout"), "angle-delay") == 0);
    CHECK(strcmp(nn_model_metadata(pair.decoder, "csilink.family"), "csilink-net") == 0);
    CHECK(strcmp(nn_model_metadata(pair.decoder, "csilink.cr"), "4") == 0);
    train_pair_free(&pair);
}

static void a_seed_is_a_start(void)
{
    train_pair a = build("cllwcsinet", 8, 5), b = build("cllwcsinet", 8, 5),
               c = build("cllwcsinet", 8, 6);
    CHECK(nn_model_hash(a.encoder) == nn_model_hash(b.encoder));
    CHECK(nn_model_hash(a.decoder) == nn_model_hash(b.decoder));
    CHECK(nn_model_hash(a.encoder) != nn_model_hash(c.encoder));
    CHECK(nn_model_hash(a.decoder) != nn_model_hash(c.decoder));
    train_pair_free(&a);
    train_pair_free(&b);
    train_pair_free(&c);
}

static const float *find_weight(const grad_weights *w, const char *name, size_t count)
{
    for (int i = 0; i < w->n_entries; i++)
        if (strcmp(w->entries[i].name, name) == 0 && w->entries[i].count == count)
            return w->values + w->entries[i].offset;
    return NULL;
}

/* Uniform with variance 2 / (fan in + fan out): 14336 values estimate it to 0.7 % (one sigma). */
static void xavier_weights_have_their_variance(void)
{
    train_pair pair = build("cllwcsinet", 8, 3);
    grad_weights *w = grad_weights_open(pair.encoder, NULL);
    REQUIRE(w != NULL);
    const float *v = find_weight(w, "deep.chain1.conv1.weight", 64 * 32 * 7);
    REQUIRE(v != NULL);
    double sum = 0, squares = 0, top = 0, variance = 2.0 / (7 * (64 + 32));
    for (size_t i = 0; i < 14336; i++) {
        sum += (double)v[i];
        squares += (double)v[i] * (double)v[i];
        top = fmax(top, fabs((double)v[i]));
    }
    CHECK_NEAR(squares / 14336, variance, 0.03 * variance);
    CHECK_NEAR(sum / 14336, 0, 5 * sqrt(variance / 14336));
    CHECK_NEAR(top, sqrt(3 * variance), 0.01 * sqrt(3 * variance));
    grad_weights_free(w);
    train_pair_free(&pair);
}

/* --- runs ---------------------------------------------------------------------------------------
 */

/* Whatever the SNR: 0.05 W s + 0.5, since residuals and modulation start at zero. */
static void a_fresh_decoder_is_its_linear_part(void)
{
    train_pair pair = build("csilink-net", 8, 9);
    grad_weights *w = grad_weights_open(pair.decoder, NULL);
    REQUIRE(w != NULL);
    const float *matrix = find_weight(w, "conv1.weight", 64 * 8);
    REQUIRE(matrix != NULL);
    float s[256], y[IMAGE];
    rng r = rng_at(1, RNG_TEST, 0, 0);
    rng_normal_fill(&r, s, 256, 1);
    for (int k = 0; k < 2; k++) {
        run(pair.decoder, 1, s, k ? 40 : -5, y);
        for (int i = 0; i < IMAGE; i++) {
            double want = 0.5;
            for (int c = 0; c < 8; c++)
                want += 0.05 * (double)matrix[i / 32 * 8 + c] * (double)s[c * 32 + i % 32];
            CHECK_NEAR(y[i], want, 1e-6);
        }
    }
    grad_weights_free(w);
    train_pair_free(&pair);
}

/* --- files of our own ---------------------------------------------------------------------------
 */

/* The mean square error of an image by which the linear code must miss, and the codeword's RMS. */
static void check_klt(const char *text, bool whole)
{
    static float images[SMALL_COUNT * SMALL_IMAGE], out[SMALL_COUNT * SMALL_IMAGE],
        codewords[SMALL_COUNT * SMALL_IMAGE / 4];
    train_pair pair;
    err e = {0};
    csi_dims dims = {.nt = SMALL, .nc = 256, .tp = SMALL, .ni = SMALL};
    size_t n = whole ? SMALL_IMAGE : 16;
    int rc = build_text(text, 4, SMALL, &pair, &e);
    if (rc)
        printf("    %s\n", e.text);
    REQUIRE(rc == 0);
    make_images(whole, images);
    REQUIRE(train_architecture_start(&pair, &dims, images, SMALL_COUNT, &e) == 0);
    run(pair.encoder, SMALL_COUNT, images, 0, codewords);
    run(pair.decoder, SMALL_COUNT, codewords, 0, out);
    double dropped = 0, missed = 0, power = 0;
    for (size_t k = n / 4; k < n; k++)
        dropped += amplitude(k) * amplitude(k) * (whole ? 1 : SMALL);
    for (size_t i = 0; i < SMALL_COUNT * SMALL_IMAGE; i++)
        missed += pow((double)out[i] - (double)images[i], 2) / SMALL_COUNT;
    for (size_t i = 0; i < sizeof codewords / sizeof codewords[0]; i++)
        power += pow((double)codewords[i], 2) / (double)(sizeof codewords / sizeof codewords[0]);
    CHECK_NEAR(missed, dropped, 1e-4 * dropped);
    CHECK_NEAR(sqrt(power), 2, 1e-3); /* codeword_rms */
    CHECK(nn_model_metadata(pair.encoder, "csilink.klt") == NULL);
    CHECK(nn_model_metadata(pair.decoder, "csilink.klt") == NULL);
    uint64_t hash = nn_model_hash(pair.encoder);
    CHECK(train_architecture_start(&pair, &dims, images, SMALL_COUNT, &e) == 0);
    CHECK(nn_model_hash(pair.encoder) == hash);
    train_pair_free(&pair);
}

static void klt_misses_the_dropped_eigenvalues(void)
{
    check_klt(HEAD "codeword: [4, 1, columns]\n"
                   "encoder: [{offset: -0.5}, {scale: 20}, {reshape: [2*rows, 1, columns]},\n"
                   "  {conv: {out: 4, init: klt}}]\n"
                   "decoder: [{conv: {out: 2*rows, init: klt}}, {scale: 0.25},\n"
                   "  {reshape: [2, rows, columns]}, {offset: 0.5}]\n",
              false);
}

static void klt_of_each_column_misses_the_same(void)
{
    check_klt(HEAD "codeword: [4, 1, columns]\n"
                   "encoder: [{offset: -0.5}, {reshape: [2*rows, 1, columns]},\n"
                   "  {columns: {out: 4, init: klt}}]\n"
                   "decoder: [{columns: {out: 2*rows, init: klt}},\n"
                   "  {reshape: [2, rows, columns]}, {offset: 0.5}]\n",
              false);
}

static void klt_of_whole_images_misses_the_same(void)
{
    check_klt(HEAD "codeword: [32]\n"
                   "encoder: [{offset: -0.5}, {linear: {out: 32, init: klt}}]\n"
                   "decoder: [{linear: {out: 2*rows*columns, init: klt}},\n"
                   "  {reshape: [2, rows, columns]}, {offset: 0.5}]\n",
              true);
}

static void every_shipped_architecture_trains(void)
{
    for (size_t a = 0; a < SHIPPED; a++) {
        train_pair pair = build(shipped[a], 16, 1);
        check_trains(pair.encoder, false);
        check_trains(pair.decoder, true);
        train_pair_free(&pair);
    }
}

/* --- refusals -----------------------------------------------------------------------------------
 */

static void check_text_refused(const char *encoder, const char *line, const char *words)
{
    char text[1024];
    train_pair pair;
    err e = {0};
    snprintf(text, sizeof text,
             "family: f\ncodeword: [4, 1, columns]\nencoder:\n%s"
             "decoder: [{linear: {out: 128}}, {reshape: [2, 8, 8]}]\n",
             encoder);
    int rc = build_text(text, 4, SMALL, &pair, &e);
    CHECK(rc < 0);
    CHECK(pair.encoder == NULL && pair.decoder == NULL);
    bool told = strstr(e.text, line) && strstr(e.text, words);
    if (!told)
        printf("    %s\n", e.text);
    CHECK(told);
}

static void faults_are_told_with_their_line(void)
{
    check_text_refused("  - conv: {out: 3, kernle: [1, 3]}\n", "line 4", "out, kernel, group");
    check_text_refused("  - conv: {kernel: [1, 3]}\n", "line 4", "out");
    check_text_refused("  - conv: {out: 3, kernel: [1, x]}\n", "line 4", "'x'");
    check_text_refused("  - convolve: 3\n", "line 4", "conv, chain, linear");
    check_text_refused("  - [\n", "line", "");
    check_text_refused("  - act: relu\n  - conv: {out: 3, kernel: [1, 4]}\n", "line 5", "odd");
    check_text_refused("  - act: relu\n  - act: rleu\n", "line 5", "lrelu, relu, relu6, sigmoid");
    check_text_refused("  - conv: {out: 3, init: kaiming}\n", "line 4", "xavier, he, zero");
    check_text_refused("  - conv: {out: D}\n", "line 4", "'D' is neither a parameter");
    check_text_refused("  - conv: {out: 2*}\n", "line 4", "size");
    check_text_refused("  - conv: {out: 2*rows/3}\n", "line 4", "whole number");
    check_text_refused("  - conv: {out: 99999999999999999999}\n", "line 4", "above");
    check_text_refused("  - add: [previous, nobody]\n", "line 4", "named 'nobody'");
    check_text_refused("  - reshape: [3, 8, 8]\n", "line 4", "192");
    check_text_refused("  - {act: relu, scale: 2}\n", "line 4", "one operation");
    check_text_refused("  - {as: nothing}\n", "line 4", "no operation");
    check_text_refused("  - residual:\n      layers:\n        - conv: {out: 3}\n", "line 4",
                       "residual");
    check_text_refused("  - repeat:\n      times: 2\n      layers:\n        - conv: {out: 0}\n",
                       "line 7", "at least 1");
    check_text_refused("  - use: {block: b}\n", "line 4", "unknown block 'b'");
    check_text_refused("  - modulate: {hidden: 4}\n", "line 4", "decoder");
    check_text_refused("  - conv: {out: 2, init: klt}\n", "line 4", "with an offset");
    check_text_refused("  - select: {count: 32}\n", "line 4", "[channels, 1, columns]");
    check_text_refused("  - reshape: [16, 1, 8]\n  - select: {count: 31}\n", "line 5",
                       "select 31 values");
    check_text_refused("  - reshape: [2, 1, 8]\n  - select: {count: 32}\n", "line 4", "16");
    check_text_refused("  - reshape: [16, 1, 8]\n  - slice: {axis: 1, from: 0, to: 2}\n"
                       "  - select: {count: 32}\n",
                       "line 6", "cannot select");
    check_text_refused("  - spread: {out: 16}\n", "line 4", "decoder");
    check_text_refused("  - repeat:\n      times: 2\n      shared: true\n      layers:\n"
                       "        - conv: {out: 3}\n",
                       "line 4", "shared repeat");
    check_text_refused("  - repeat:\n      times: 2\n      shared: true\n      layers:\n"
                       "        - conv: {out: 2, bn: true}\n",
                       "line 8", "statistics");
    check_text_refused("  - reduce: {by: sum, axes: [1]}\n", "line 4", "not max or mean");
    check_text_refused("  - reduce: {by: max, axes: [2, 1]}\n", "line 4", "rising order");
    check_text_refused("  - reduce: {by: max, axes: [0]}\n", "line 4", "1 to 3");
    check_text_refused("  - shuffle: 3\n", "line 4", "3 groups do not share the channels of [2");
    check_text_refused("  - upsample: 65\n", "line 4", "by 1 to 64");
    check_text_refused("  - batchnorm: {axis: 4}\n", "line 4", "axis 4");
    check_text_refused("  - batchnorm: {eps: 0}\n", "line 4", "eps 0 is not");
    check_text_refused("  - batchnorm: {eps: .nan}\n", "line 4", "eps");
    check_text_refused("  - conv: {out: 2, group: 0}\n", "line 4", "at least 1");
    check_text_refused("  - project: {out: 2000000}\n", "line 4", "above");
    check_text_refused("  - reshape: [128]\n  - repeat:\n      times: 2\n      shared: true\n"
                       "      layers:\n        - project: {out: 128}\n",
                       "line 9", "project in a shared repeat");
    check_text_refused("  - act: relu\n  - gate:\n      layers:\n        - conv: {out: 3}\n",
                       "line 5", "do not fit together");
    check_text_refused("  - act: relu\n", "line", "must end with");
    check_text_refused("  - act: &a relu\n  - act: *b\n", "line 5", "alias *b has no anchor");
}

/* Small files that would make endless networks. */
static void growth_is_bounded(void)
{
    static const char recursion[] = "blocks: [{name: b, layers: [{use: {block: b}}]}]\n";
    train_pair pair;
    err e = {0};
    char text[1024];
    snprintf(text, sizeof text,
             HEAD "codeword: [32]\n%sencoder: [{use: {block: b}}]\ndecoder: [{act: relu}]\n",
             recursion);
    CHECK(build_text(text, 4, SMALL, &pair, &e) == ERR_UNSUPPORTED);
    CHECK(strstr(e.text, "use itself") != NULL);
    CHECK(build_text(HEAD "codeword: [32]\nencoder: [{repeat: {times: 1000000, layers: [{repeat:\n"
                          " {times: 1000000, layers: [{act: relu, cr: [8]}]}}]}}]\n"
                          "decoder: [{act: relu}]\n",
                     4, SMALL, &pair, &e) == ERR_UNSUPPORTED);
    CHECK(build_text(HEAD
                     "codeword: [32]\nencoder: [{linear: {out: 20000}}, {linear: {out: 20000}}]\n"
                     "decoder: [{act: relu}]\n",
                     4, SMALL, &pair, &e) == ERR_UNSUPPORTED);
    CHECK(strstr(e.text, "weights") != NULL);
    /* Each parameter is found once, not twice as often as the one behind it. */
    char *parameters = calloc(1, 1 << 15), *end = parameters;
    REQUIRE(parameters != NULL);
    end += sprintf(end, HEAD "codeword: [32]\nparameters:\n  - {name: p0, value: 1}\n");
    for (int i = 1; i < 100; i++)
        end += sprintf(end, "  - {name: p%d, value: p%d*p%d}\n", i, i - 1, i - 1);
    sprintf(end, "encoder: [{linear: {out: 32*p99}}]\ndecoder: [{linear: {out: 128}},\n"
                 "  {reshape: [2, rows, columns]}]\n");
    CHECK(build_text(parameters, 4, SMALL, &pair, &e) == 0);
    train_pair_free(&pair);
    free(parameters);
}

static void unknown_names_and_ratios_are_refused(void)
{
    train_pair pair;
    err e = {0};
    train_architecture_config config = {.name = "nobody", .cr = 8, .dims = CSI_DIMS_DEFAULT};
    CHECK(train_architecture_build(&config, &pair, &e) == ERR_IO);
    CHECK(strstr(e.text, "nobody") != NULL);
    config.name = "cllwcsinet";
    config.cr = 7;
    CHECK(train_architecture_build(&config, &pair, &e) == ERR_INVALID);
    CHECK(strstr(e.text, "4, 8, 16, 32, 64") != NULL);
    CHECK(train_architecture_build(&config, &pair, NULL) == ERR_INVALID);
}

/* libcyaml alone takes each of these for a number or a flag. */
static void numbers_and_flags_are_whole_words(void)
{
    static const char *const whole[] = {"3x", "3.0", "0x3", "03", "+3", "-3", "", "3 4", "1e0"};
    static const char *const flag[] = {"flase", "off", "on", "2", ""};
    static const char *const real[] = {"0.3x", "nan", "inf", "1e999", "0.3 dB", ""};
    char line[256];
    for (size_t i = 0; i < sizeof whole / sizeof whole[0]; i++) {
        snprintf(line, sizeof line, "  - conv: {out: 3, kernel: [1, \"%s\"]}\n", whole[i]);
        check_text_refused(line, "line 4: kernel takes a whole number", whole[i]);
        snprintf(line, sizeof line, "  - conv:\n      out: 3\n      dilation: '%s'\n", whole[i]);
        check_text_refused(line, "line 6: dilation takes a whole number", whole[i]);
    }
    for (size_t i = 0; i < sizeof flag / sizeof flag[0]; i++) {
        snprintf(line, sizeof line, "  - conv: {out: 3, bias: '%s'}\n", flag[i]);
        check_text_refused(line, "line 4: bias takes true, yes, false or no", flag[i]);
    }
    for (size_t i = 0; i < sizeof real / sizeof real[0]; i++) {
        snprintf(line, sizeof line, "  - {act: lrelu, slope: '%s'}\n", real[i]);
        check_text_refused(line, "line 4: slope takes a finite number", real[i]);
    }
    /* A fault in an alias's values is reported on the line of the alias. */
    check_text_refused("  - conv: {out: &n 3x, kernel: [1, 1]}\n  - conv: {out: 3, dilation: *n}\n",
                       "line 5: dilation takes", "3x");
    check_text_refused("  - conv: &c {out: 3, dilation: 3x}\n  - conv: {<<: *c, out: 4}\n",
                       "line 4: dilation takes", "3x");
}

static const harness_test tests[] = {
    {"a model built, saved and loaded again is the same model", built_is_saved_is_loaded},
    {"graphs that are wrong are refused with a reason", bad_graphs_are_refused},
    {"CLLWCsiNet has the published numbers of parameters", cllwcsinet_has_the_published_size},
    {"CLLWCsiNet costs what its structure says", cllwcsinet_costs_what_its_structure_says},
    {"csilink-net and csilink-net-xl keep their budgets", csilink_net_keeps_its_budget},
    {"inputs and outputs have their shapes at every CR", shapes_fit_at_every_cr},
    {"layout and sizes follow the configuration", layouts_and_sizes_follow_the_configuration},
    {"the same seed gives the same weights, another seed others", a_seed_is_a_start},
    {"xavier weights have their mean, variance and limit", xavier_weights_have_their_variance},
    {"a fresh csilink-net decodes linearly, whatever the SNR", a_fresh_decoder_is_its_linear_part},
    {"a KLT start misses the dropped eigenvalues and no more", klt_misses_the_dropped_eigenvalues},
    {"so does one with a matrix for each column", klt_of_each_column_misses_the_same},
    {"so does one of whole images", klt_of_whole_images_misses_the_same},
    {"every shipped architecture has gradients", every_shipped_architecture_trains},
    {"faults in a file are told with their line", faults_are_told_with_their_line},
    {"numbers and flags are whole words", numbers_and_flags_are_whole_words},
    {"a small file makes no endless network", growth_is_bounded},
    {"unknown names and ratios are refused", unknown_names_and_ratios_are_refused},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "architecture", tests, sizeof tests / sizeof tests[0]);
}
