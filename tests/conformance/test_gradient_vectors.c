/* One training step of CLLWCsiNet against PyTorch: forward with the batch's statistics, loss, every
 * gradient, and the running statistics that the step leaves. */
#include <math.h>
#include <stdio.h>

#include "harness.h"
#include "io/mat.h"
#include "nn/grad.h"
#include "onnx_builder.h"
#include "train/architecture/architecture.h"

enum { BATCH = 6, IMAGE = 2 * 32 * 32, ROW = 32 };

/* --- the network, layer by layer ---------------------------------------------------------------
 */

typedef struct builder {
    Onnx__ModelProto *m;
    const char *file; /* with the weights */
    int n;            /* nodes so far; node n's output is "v<n>" */
    bool complete;    /* every weight was there */
} builder;

static bool read_array(const char *file, const char *variable, mat_array *out)
{
    err e = {0};
    const char *path = harness_reference(file);
    if (path && mat_read_float(path, variable, out, &e) == 0)
        return true;
    printf("    %s, %s: %s\n", file, variable, path ? e.text : "not there");
    return false;
}

/* Adds initializer <name>, whose values the file has as w_<name>. */
static void add_weight(builder *b, const char *name, int rank, const int64_t *dims)
{
    char variable[64];
    mat_array a = {0};
    size_t count = 1;
    for (int i = 0; i < rank; i++)
        count *= (size_t)dims[i];
    snprintf(variable, sizeof variable, "w_%s", name);
    bool there = read_array(b->file, variable, &a) && a.count == count;
    b->complete &= there;
    if (there)
        BUILD_APPEND(b->m->graph, initializer,
                     build_tensor(name, 1, rank, dims, a.data, count * sizeof(float)));
    mat_array_free(&a);
}

/* One node behind value `in` (and `second`, where it is not negative). Returns its output. */
static int add_node(builder *b, const char *op, int in, int second, Onnx__NodeProto **node)
{
    char inputs[64], output[32];
    int at =
        in == 0 ? snprintf(inputs, sizeof inputs, "x") : snprintf(inputs, sizeof inputs, "v%d", in);
    if (second == 0)
        snprintf(inputs + at, sizeof inputs - (size_t)at, " x");
    else if (second > 0)
        snprintf(inputs + at, sizeof inputs - (size_t)at, " v%d", second);
    snprintf(output, sizeof output, "v%d", ++b->n);
    Onnx__NodeProto *made = build_node(b->m, op, output, inputs, output);
    if (node)
        *node = made;
    return b->n;
}

static void add_input(Onnx__NodeProto *node, const char *name, const char *part)
{
    char text[64];
    snprintf(text, sizeof text, "%s_%s", name, part);
    BUILD_APPEND(node, input, strdup(text));
}

static int leaky(builder *b, int in)
{
    Onnx__NodeProto *node;
    int out = add_node(b, "LeakyRelu", in, -1, &node);
    build_float(node, "alpha", 0.3f);
    return out;
}

static int join(builder *b, int one, int other)
{
    Onnx__NodeProto *node;
    int out = add_node(b, "Concat", one, other, &node);
    build_int(node, "axis", 1);
    return out;
}

static void add_statistic(builder *b, const char *name, const char *part, int64_t n, float value)
{
    char text[64];
    snprintf(text, sizeof text, "%s_%s", name, part);
    build_weight(b->m, text, 0, value, 1, &n);
}

/* Convolution <name>_0 and batch norm <name>_1. */
static int conv(builder *b, int in, const char *name, int64_t from, int64_t to, int64_t kh,
                int64_t kw)
{
    char layer[48], text[64];
    Onnx__NodeProto *node;
    int out = add_node(b, "Conv", in, -1, &node);
    build_ints(node, "pads", DIMS(kh / 2, kw / 2, kh / 2, kw / 2));
    snprintf(layer, sizeof layer, "%s_0", name);
    add_input(node, layer, "weight");
    add_input(node, layer, "bias");
    snprintf(text, sizeof text, "%s_weight", layer);
    add_weight(b, text, DIMS(to, from, kh, kw));
    snprintf(text, sizeof text, "%s_bias", layer);
    add_weight(b, text, DIMS(to));

    out = add_node(b, "BatchNormalization", out, -1, &node);
    build_float(node, "epsilon", 1e-3f);
    snprintf(layer, sizeof layer, "%s_1", name);
    static const char *const parts[] = {"weight", "bias", "running_mean", "running_var"};
    for (int i = 0; i < 4; i++)
        add_input(node, layer, parts[i]);
    for (int i = 0; i < 2; i++) {
        snprintf(text, sizeof text, "%s_%s", layer, parts[i]);
        add_weight(b, text, DIMS(to));
    }
    add_statistic(b, layer, parts[2], to, 0);
    add_statistic(b, layer, parts[3], to, 1);
    return out;
}

static int reshape(builder *b, int in, const char *name, int n, const int64_t *dims)
{
    Onnx__NodeProto *node;
    int out = add_node(b, "Reshape", in, -1, &node);
    build_list(b->m, name, n, dims);
    BUILD_APPEND(node, input, strdup(name));
    return out;
}

/* Convolutions (1,7) through these channels (up to a zero), named <name>_0, _2, _4 as in PyTorch's
 * Sequential with an LReLU between two; or with only the first LReLU: _0, _2, _3. */
static int chain(builder *b, int in, const char *name, const int64_t *channels, bool every)
{
    char layer[32];
    for (int i = 0, index = 0; channels[i + 1]; i++) {
        if (i == 1 || (i > 1 && every)) {
            in = leaky(b, in);
            index++;
        }
        snprintf(layer, sizeof layer, "%s_%d", name, index++);
        in = conv(b, in, layer, channels[i], channels[i + 1], 1, 7);
    }
    return in;
}

static const int64_t *widths(int cr)
{
    static const int64_t down4[] = {64, 32, 16, 0}, down8[] = {64, 32, 16, 8, 0},
                         down16[] = {64, 32, 16, 4, 0};
    return cr == 4 ? down4 : cr == 8 ? down8 : down16;
}

static int branch(builder *b, const char *name, int64_t k)
{
    char layer[32];
    snprintf(layer, sizeof layer, "%s_0", name);
    int out = leaky(b, conv(b, 0, layer, 2, 2, 1, k));
    snprintf(layer, sizeof layer, "%s_2", name);
    return conv(b, out, layer, 2, 2, k, 1);
}

static int build_encoder(builder *b, int cr)
{
    int64_t code = 64 / cr;
    int p0 = branch(b, "p_0", 7), p1 = branch(b, "p_1", 5), p2 = branch(b, "p_2", 3);
    if (cr == 4)
        p0 = leaky(b, p0);
    int all = leaky(b, conv(b, join(b, join(b, p0, p1), p2), "m", 6, 2, 1, 7));
    all = reshape(b, all, "rows", DIMS(0, 64, 1, 32));
    int a = chain(b, all, "e1", widths(cr), true);
    if (cr == 4)
        a = leaky(b, a);
    int other = conv(b, all, "e2", 64, code, 1, 7);
    return leaky(b, conv(b, leaky(b, join(b, a, other)), "e3", 2 * code, code, 1, 7));
}

static int refine_path(builder *b, int in, const char *name, char path, int64_t k)
{
    static const int64_t channels[] = {2, 8, 16, 2};
    char layer[32];
    for (int i = 0; i < 3; i++) {
        snprintf(layer, sizeof layer, "%s_%c_%d", name, path, 2 * i);
        in = conv(b, i ? leaky(b, in) : in, layer, channels[i], channels[i + 1], 1, k);
    }
    return in;
}

static int refine(builder *b, int in, const char *name)
{
    char layer[32];
    int a = refine_path(b, in, name, 'a', 7), other = refine_path(b, in, name, 'b', 5);
    snprintf(layer, sizeof layer, "%s_c", name);
    int merged = conv(b, leaky(b, join(b, a, other)), layer, 4, 2, 1, 7);
    return leaky(b, add_node(b, "Add", merged, in, NULL));
}

static int build_decoder(builder *b, int cr)
{
    static const int64_t up[][5] = {{16, 32, 64, 0}, {8, 16, 32, 64, 0}, {4, 8, 16, 64, 0}};
    const int64_t *channels = up[cr == 4 ? 0 : cr == 8 ? 1 : 2];
    int d = chain(b, 0, "d", channels, true), n = chain(b, 0, "n", channels, false);
    if (cr == 4)
        d = leaky(b, d);
    int z = leaky(b, add_node(b, "Sub", d, n, NULL));
    z = reshape(b, z, "planes", DIMS(0, 2, 32, 32));
    z = refine(b, refine(b, z, "ref_0"), "ref_1");
    return add_node(b, "Sigmoid", conv(b, z, "last_0", 2, 2, 1, 7), -1, NULL);
}

static nn_model *build_part(const char *file, int cr, bool encoder)
{
    builder b = {.m = build_model(13), .file = file, .complete = true};
    char output[32];
    err e = {0};
    if (encoder)
        build_input(b.m, "x", DIMS(-1, 2, 32, 32));
    else
        build_input(b.m, "x", DIMS(-1, 64 / cr, 1, 32));
    int out = encoder ? build_encoder(&b, cr) : build_decoder(&b, cr);
    snprintf(output, sizeof output, "v%d", out);
    build_output(b.m, output);
    nn_model *m = b.complete ? build_load(b.m, &e) : NULL;
    if (!m)
        printf("    %s\n", e.text);
    build_free(b.m);
    return m;
}

/* --- the step ----------------------------------------------------------------------------------
 */

typedef struct part {
    nn_model *model;
    grad_weights *weights;
    grad_net *net;
} part;

static bool open_part(part *p, const char *file, int cr, bool encoder)
{
    err e = {0};
    *p = (part){.model = build_part(file, cr, encoder)};
    if (p->model)
        p->weights = grad_weights_open(p->model, &e);
    if (p->weights)
        p->net = grad_net_open(p->weights, BATCH, true, &e);
    if (!p->net)
        printf("    %s\n", e.text);
    return p->net != NULL;
}

static void close_part(part *p)
{
    grad_net_free(p->net);
    grad_weights_free(p->weights);
    nn_model_free(p->model);
}

/* Both networks, loss, and back: no noise. From the second attempt on, the input is moved by about
 * half the distance to the next float. */
static double run_step(part *encoder, part *decoder, const float *x, uint64_t attempt)
{
    err e = {0};
    nn_tensor *in = grad_net_input(encoder->net, 0), *code = grad_net_input(decoder->net, 0);
    double loss = 0;
    rng r = rng_at(attempt, RNG_TEST, 2, 0);
    memcpy(in->data, x, in->bytes);
    rng_normal_add(&r, in->data, in->count, attempt ? 3e-8f : 0);
    grad_net_clear_gradients(encoder->net);
    grad_net_clear_gradients(decoder->net);
    CHECK(grad_net_forward(encoder->net, &e) == 0);
    memcpy(code->data, grad_net_output(encoder->net)->data, code->bytes);
    CHECK(grad_net_forward(decoder->net, &e) == 0);
    const float *y = grad_net_output(decoder->net)->data;
    float *d_y = grad_net_output_gradient(decoder->net);
    for (size_t n = 0; n < BATCH; n++) {
        double power = 0, error = 0;
        for (size_t i = n * IMAGE; i < (n + 1) * IMAGE; i++) {
            power += ((double)x[i] - 0.5) * ((double)x[i] - 0.5);
            error += ((double)y[i] - (double)x[i]) * ((double)y[i] - (double)x[i]);
        }
        for (size_t i = n * IMAGE; i < (n + 1) * IMAGE; i++)
            d_y[i] = (float)(2 * ((double)y[i] - (double)x[i]) / (power * BATCH));
        loss += error / power / BATCH;
    }
    grad_net_backward(decoder->net);
    memcpy(grad_net_output_gradient(encoder->net), grad_net_input_gradient(decoder->net),
           code->bytes);
    grad_net_backward(encoder->net);
    return loss;
}

static double norm(const float *a, const float *b, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        double d = (double)a[i] - (b ? (double)b[i] : 0);
        sum += d * d;
    }
    return sqrt(sum);
}

/* The gradient of a bias in front of batch norm is zero but for rounding, which the batch's sums
 * leave at about 1e-6 of the gradients around it: that much is allowed absolutely. */
static double check_gradients(const part *p, const char *file)
{
    const float *all = grad_net_gradients(p->net);
    double scale = norm(all, NULL, p->weights->count), worst = 0;
    for (int i = 0; i < p->weights->n_entries; i++) {
        const grad_entry *entry = &p->weights->entries[i];
        char variable[64];
        mat_array want = {0};
        snprintf(variable, sizeof variable, "g_%s", entry->name);
        if (entry->kind == GRAD_STATISTIC)
            continue;
        bool there = read_array(file, variable, &want) && want.count == entry->count;
        CHECK(there);
        if (!there)
            continue;
        double error = norm(all + entry->offset, want.data, want.count);
        double relative = error / (norm(want.data, NULL, want.count) + 1e-3 * scale);
        worst = relative > worst || isnan(relative) ? relative : worst;
        mat_array_free(&want);
    }
    return worst;
}

/* Largest difference of the running statistics after one step of momentum 0.01 from mean 0 and
 * variance 1. PyTorch's running variance is unbiased. */
static double check_statistics(part *p, const char *file)
{
    double *sums = build_new((p->weights->count + 1) * sizeof *sums), worst = 0;
    CHECK_NEAR((double)grad_net_statistics_take(p->net, sums), 1, 0);
    for (int i = 0; i + 1 < p->weights->n_entries; i++) {
        const grad_entry *mean = &p->weights->entries[i], *variance = mean + 1;
        if (mean->kind != GRAD_STATISTIC || !strstr(mean->name, "running_mean"))
            continue;
        double m = BATCH * (strchr("edn", mean->name[0]) ? ROW : 32.0 * ROW);
        char variable[64];
        mat_array want_mean = {0}, want_variance = {0};
        snprintf(variable, sizeof variable, "b_%s", mean->name);
        bool there = read_array(file, variable, &want_mean);
        snprintf(variable, sizeof variable, "b_%s", variance->name);
        there &= read_array(file, variable, &want_variance);
        CHECK(there);
        for (size_t c = 0; there && c < mean->count; c++) {
            double average = sums[mean->offset + c];
            double spread = sums[variance->offset + c] - average * average;
            double running = 0.99 + 0.01 * spread * m / (m - 1);
            worst = fmax(worst, fabs(0.01 * average - (double)want_mean.data[c]));
            worst = fmax(worst, fabs(running - (double)want_variance.data[c]) / running);
        }
        mat_array_free(&want_mean);
        mat_array_free(&want_variance);
    }
    free(sums);
    return worst;
}

/* --- the same network as data -------------------------------------------------------------------
 */

/* Weights come in the order of the layers, the same in both: counts alone must agree. */
static bool take_weights(grad_weights *to, const grad_weights *from)
{
    bool same = to->n_entries == from->n_entries && to->count == from->count;
    for (int i = 0; same && i < to->n_entries; i++)
        same = to->entries[i].count == from->entries[i].count &&
               to->entries[i].kind == from->entries[i].kind &&
               to->entries[i].offset == from->entries[i].offset;
    if (same)
        memcpy(to->values, from->values, from->count * sizeof *from->values);
    return same;
}

/* Largest difference of the outputs, with the weights and the input of `p`, which has run. */
static double difference_from(const nn_model *model, const part *p)
{
    err e = {0};
    double worst = INFINITY;
    part other = {.weights = grad_weights_open(model, &e)};
    if (other.weights && take_weights(other.weights, p->weights))
        other.net = grad_net_open(other.weights, BATCH, true, &e);
    if (other.net) {
        const nn_tensor *x = grad_net_input(p->net, 0), *y = grad_net_output(p->net);
        memcpy(grad_net_input(other.net, 0)->data, x->data, x->bytes);
        if (grad_net_forward(other.net, &e) == 0 && grad_net_output(other.net)->count == y->count)
            worst = harness_max_abs_diff(grad_net_output(other.net)->data, y->data, y->count);
    } else {
        printf("    other weights, or %s\n", e.text);
    }
    grad_net_free(other.net);
    grad_weights_free(other.weights);
    return worst;
}

/* cllwcsinet.yaml is this network: with the same weights, to the last bit. */
static void compare_architecture(const part *encoder, const part *decoder, uint32_t cr)
{
    err e = {0};
    train_pair pair;
    train_architecture_config config = {
        .name = "cllwcsinet", .cr = cr, .dims = CSI_DIMS_DEFAULT, .layout = ONNX_DELAY_ANGLE};
    int rc = train_architecture_build(&config, &pair, &e);
    if (rc)
        printf("    %s\n", e.text);
    CHECK(rc == 0);
    if (rc)
        return;
    CHECK(difference_from(pair.encoder, encoder) == 0);
    CHECK(difference_from(pair.decoder, decoder) == 0);
    train_pair_free(&pair);
}

static double output_error(const part *p, const char *file, const char *variable)
{
    mat_array want = {0};
    const nn_tensor *got = grad_net_output(p->net);
    double worst = INFINITY;
    if (read_array(file, variable, &want) && want.count == got->count)
        worst = harness_max_abs_diff(got->data, want.data, want.count);
    mat_array_free(&want);
    return worst;
}

/* Single precision on both sides, in other orders, through some 20 layers: 1e-4 for values of order
 * 1, and 1e-3 of each gradient's norm. A LeakyRelu's derivative jumps at 0; of half a million
 * values a few lie as near to it as rounding and take one side here and the other there, which
 * changes gradients by more than that. So the step is tried again with the input moved by rounding,
 * until every such value has taken PyTorch's side. A wrong gradient never gets there. */
static void compare_step(part *encoder, part *decoder, const char *file, const float *x,
                         double loss)
{
    enum { ATTEMPTS = 32 };
    double got = run_step(encoder, decoder, x, 0), in_encoder = INFINITY, in_decoder = INFINITY;
    double s = output_error(encoder, file, "s_train"), y = output_error(decoder, file, "y_train");
    double statistics = fmax(check_statistics(encoder, file), check_statistics(decoder, file));
    int attempt = 0;
    for (; attempt < ATTEMPTS && !(in_encoder < 1e-3 && in_decoder < 1e-3); attempt++) {
        if (attempt)
            run_step(encoder, decoder, x, (uint64_t)attempt);
        in_encoder = fmin(in_encoder, check_gradients(encoder, file));
        in_decoder = fmin(in_decoder, check_gradients(decoder, file));
    }
    printf("    loss %.6f; differences: s %.1e, y %.1e, running statistics %.1e, gradients %.1e "
           "and %.1e (%d attempts)\n",
           got, s, y, statistics, in_encoder, in_decoder, attempt);
    CHECK_NEAR(got, loss, 1e-6 * loss);
    CHECK(s < 1e-4 && y < 1e-4);
    CHECK(statistics < 1e-6);
    CHECK(in_encoder < 1e-3 && in_decoder < 1e-3);
}

static void check_step(int cr, size_t parameters)
{
    char file[64];
    part encoder = {0}, decoder = {0};
    mat_array x = {0}, loss = {0};
    snprintf(file, sizeof file, "vectors/cllwcsinet_cr%d.mat", cr);
    if (!harness_reference(file)) {
        harness_skip("no reference vectors");
        return;
    }
    bool ready = open_part(&encoder, file, cr, true) && open_part(&decoder, file, cr, false) &&
                 read_array(file, "x", &x) && read_array(file, "loss", &loss);
    CHECK(ready);
    if (ready) {
        CHECK(encoder.weights->parameters + decoder.weights->parameters == parameters);
        compare_step(&encoder, &decoder, file, x.data, (double)loss.data[0]);
        compare_architecture(&encoder, &decoder, (uint32_t)cr);
    }
    close_part(&encoder);
    close_part(&decoder);
    mat_array_free(&x);
    mat_array_free(&loss);
}

static void test_cr4(void)
{
    check_step(4, 70268);
}

static void test_cr8(void)
{
    check_step(8, 66756);
}

static void test_cr16(void)
{
    check_step(16, 42608);
}

static const harness_test tests[] = {
    {"one step of CLLWCsiNet at CR 4 agrees with PyTorch, and its file is that network", test_cr4},
    {"one step of CLLWCsiNet at CR 8 agrees with PyTorch, and its file is that network", test_cr8},
    {"one step of CLLWCsiNet at CR 16 agrees with PyTorch, and its file is that network",
     test_cr16},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "gradient vectors", tests, sizeof tests / sizeof tests[0]);
}
