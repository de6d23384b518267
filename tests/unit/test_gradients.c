/* Gradients of operators against central differences (gradient_tools.h), adding, and the statistics
 * of batch norm. */
#include "gradient_tools.h"
#include "onnx_builder.h"

/* --- small graphs ------------------------------------------------------------------------------
 */

/* A graph under test: input 0 "x" of this shape, output "y", nodes and weights added by `build`. */
typedef struct graph {
    const char *what;
    int opset, rank;
    int64_t dims[5];
    void (*build)(Onnx__ModelProto *m);
    double sigma, offset; /* of x */
} graph;

static nn_model *load_graph(const graph *g)
{
    err e = {0};
    Onnx__ModelProto *m = build_model(g->opset ? g->opset : 13);
    int64_t dims[5];
    memcpy(dims, g->dims, sizeof dims);
    dims[0] = -1;
    build_input(m, "x", g->rank, dims);
    build_output(m, "y");
    g->build(m);
    nn_model *model = build_load(m, &e);
    if (!model)
        printf("    %s: %s\n", g->what, e.text);
    build_free(m);
    return model;
}

static void check_graph(const graph *g)
{
    err e = {0};
    nn_model *m = load_graph(g);
    REQUIRE(m != NULL);
    grad_weights *w = grad_weights_open(m, &e);
    REQUIRE(w != NULL);
    grad_net *net = grad_net_open(w, g->dims[0], true, &e);
    if (!net)
        printf("    %s: %s\n", g->what, e.text);
    CHECK(net != NULL);
    if (net)
        check_differences(g->what, w, net, g->sigma, g->offset, NULL);
    grad_net_free(net);
    grad_weights_free(w);
    nn_model_free(m);
}

static void check_graphs(const graph *graphs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_graph(&graphs[i]);
}

#define CHECK_GRAPHS(list) check_graphs(list, sizeof list / sizeof list[0])

/* --- one operator of one input -----------------------------------------------------------------
 */

#define PLAIN(name, op)                                                                            \
    static void name(Onnx__ModelProto *m)                                                          \
    {                                                                                              \
        build_node(m, op, "n", "x", "y");                                                          \
    }

PLAIN(relu, "Relu")
PLAIN(leaky_relu, "LeakyRelu")
PLAIN(sigmoid, "Sigmoid")
PLAIN(tanh_, "Tanh")
PLAIN(hard_sigmoid, "HardSigmoid")
PLAIN(hard_swish, "HardSwish")
PLAIN(elu, "Elu")
PLAIN(selu, "Selu")
PLAIN(celu, "Celu")
PLAIN(softplus, "Softplus")
PLAIN(softsign, "Softsign")
PLAIN(thresholded, "ThresholdedRelu")
PLAIN(exp_, "Exp")
PLAIN(log_, "Log")
PLAIN(sqrt_, "Sqrt")
PLAIN(abs_, "Abs")
PLAIN(neg, "Neg")
PLAIN(reciprocal, "Reciprocal")
PLAIN(erf_, "Erf")
PLAIN(sin_, "Sin")
PLAIN(cos_, "Cos")
PLAIN(tan_, "Tan")
PLAIN(asin_, "Asin")
PLAIN(acos_, "Acos")
PLAIN(atan_, "Atan")
PLAIN(sinh_, "Sinh")
PLAIN(cosh_, "Cosh")
PLAIN(asinh_, "Asinh")
PLAIN(acosh_, "Acosh")
PLAIN(atanh_, "Atanh")
PLAIN(mish, "Mish")
PLAIN(gelu, "Gelu")
PLAIN(shrink, "Shrink")
PLAIN(identity, "Identity")
PLAIN(flatten, "Flatten")
PLAIN(dropout, "Dropout")
PLAIN(softmax, "Softmax")
PLAIN(log_softmax, "LogSoftmax")
PLAIN(global_average, "GlobalAveragePool")
PLAIN(global_max, "GlobalMaxPool")
PLAIN(transpose_plain, "Transpose")

static void gelu_tanh(Onnx__ModelProto *m)
{
    build_string(build_node(m, "Gelu", "n", "x", "y"), "approximate", "tanh");
}

static void clip(Onnx__ModelProto *m)
{
    int64_t scalar = 0;
    float low = -0.5f, high = 0.75f;
    BUILD_APPEND(m->graph, initializer, build_tensor("low", 1, 0, &scalar, &low, 4));
    BUILD_APPEND(m->graph, initializer, build_tensor("high", 1, 0, &scalar, &high, 4));
    build_node(m, "Clip", "n", "x low high", "y");
}

static void test_maps(void)
{
    static const graph graphs[] = {
        {"Relu", 0, 2, {3, 7}, relu, 1, 0},
        {"LeakyRelu", 0, 2, {3, 37}, leaky_relu, 1, 0},
        {"Sigmoid", 0, 2, {3, 7}, sigmoid, 1, 0},
        {"Tanh", 0, 2, {3, 7}, tanh_, 1, 0},
        {"HardSigmoid", 0, 2, {3, 7}, hard_sigmoid, 2, 0},
        {"HardSwish", 14, 2, {3, 7}, hard_swish, 2, 0},
        {"Elu", 0, 2, {3, 7}, elu, 1, 0},
        {"Selu", 0, 2, {3, 7}, selu, 1, 0},
        {"Celu", 0, 2, {3, 7}, celu, 1, 0},
        {"Softplus", 0, 2, {3, 7}, softplus, 1, 0},
        {"Softsign", 0, 2, {3, 7}, softsign, 1, 0},
        {"ThresholdedRelu", 0, 2, {3, 7}, thresholded, 0.2, 0.5},
        {"Exp", 0, 2, {3, 7}, exp_, 1, 0},
        {"Log", 0, 2, {3, 7}, log_, 0.3, 2},
        {"Sqrt", 0, 2, {3, 7}, sqrt_, 0.3, 2},
        {"Abs", 0, 2, {3, 7}, abs_, 1, 0},
        {"Neg", 0, 2, {3, 7}, neg, 1, 0},
        {"Reciprocal", 0, 2, {3, 7}, reciprocal, 0.3, 2},
        {"Erf", 0, 2, {3, 7}, erf_, 1, 0},
        {"Sin", 0, 2, {3, 7}, sin_, 1, 0},
        {"Cos", 0, 2, {3, 7}, cos_, 1, 0},
        {"Tan", 0, 2, {3, 7}, tan_, 0.3, 0},
        {"Asin", 0, 2, {3, 7}, asin_, 0.2, 0},
        {"Acos", 0, 2, {3, 7}, acos_, 0.2, 0},
        {"Atan", 0, 2, {3, 7}, atan_, 1, 0},
        {"Sinh", 0, 2, {3, 7}, sinh_, 1, 0},
        {"Cosh", 0, 2, {3, 7}, cosh_, 1, 0},
        {"Asinh", 0, 2, {3, 7}, asinh_, 1, 0},
        {"Acosh", 0, 2, {3, 7}, acosh_, 0.2, 2},
        {"Atanh", 0, 2, {3, 7}, atanh_, 0.2, 0},
        {"Mish", 18, 2, {3, 7}, mish, 1, 0},
        {"Gelu", 20, 2, {3, 7}, gelu, 1, 0},
        {"Gelu by tanh", 20, 2, {3, 7}, gelu_tanh, 1, 0},
        {"Shrink", 0, 2, {3, 7}, shrink, 2, 0},
        {"Clip", 0, 2, {3, 7}, clip, 1, 0},
    };
    CHECK_GRAPHS(graphs);
}

/* --- two operands ------------------------------------------------------------------------------
 */

static const char *pair_op;
static int pair_rank;
static int64_t pair_dims[4];

/* x op w, and w op x, of one weight: y = (x op w) + (w op x). */
static void both_ways(Onnx__ModelProto *m)
{
    build_weight(m, "w", 0.3f, 2, pair_rank, pair_dims);
    build_node(m, pair_op, "one", "x w", "a");
    build_node(m, pair_op, "other", "w x", "b");
    build_node(m, "Add", "sum", "a b", "y");
}

static void test_pairs(void)
{
    static const char *const ops[] = {"Add", "Sub", "Mul", "Div", "Max", "Min", "Mean", "Sum"};
    static const struct {
        int rank;
        int64_t dims[4];
    } shapes[] = {{4, {2, 3, 2, 5}}, {3, {3, 1, 1}},    {4, {2, 3, 1, 1}}, {1, {1}},
                  {1, {5}},          {4, {1, 1, 2, 1}}, {4, {2, 1, 2, 5}}};
    for (size_t o = 0; o < sizeof ops / sizeof ops[0]; o++)
        for (size_t s = 0; s < sizeof shapes / sizeof shapes[0]; s++) {
            char what[64];
            graph g = {what, 0, 4, {2, 3, 2, 5}, both_ways, 0.3, 2};
            pair_op = ops[o];
            pair_rank = shapes[s].rank;
            memcpy(pair_dims, shapes[s].dims, sizeof pair_dims);
            snprintf(what, sizeof what, "%s, shape %zu", ops[o], s);
            check_graph(&g);
        }
}

static void prelu(Onnx__ModelProto *m)
{
    build_weight(m, "w", 0.3f, 0, DIMS(3, 1, 1));
    build_node(m, "PRelu", "n", "x w", "y");
}

static void prelu_alone(Onnx__ModelProto *m)
{
    build_weight(m, "w", 0.3f, 0, DIMS(1));
    build_node(m, "PRelu", "n", "x w", "y");
}

static void square(Onnx__ModelProto *m)
{
    int64_t scalar = 0;
    float two = 2;
    BUILD_APPEND(m->graph, initializer, build_tensor("two", 1, 0, &scalar, &two, 4));
    build_node(m, "Pow", "n", "x two", "y");
}

static void power(Onnx__ModelProto *m)
{
    build_weight(m, "w", 0.3f, 1.5f, DIMS(3, 1, 1));
    build_node(m, "Mul", "m", "x w", "p");
    build_node(m, "Pow", "n", "x p", "y");
}

static void where(Onnx__ModelProto *m)
{
    build_weight(m, "w", 1, 0, DIMS(3, 1, 1));
    build_weight(m, "const.level", 0, 2, DIMS(1));
    build_node(m, "Mul", "m", "x w", "scaled");
    build_node(m, "Greater", "g", "x const.level", "high");
    build_node(m, "Where", "n", "high scaled x", "y");
}

/* x x: the same value twice in one node, and x in three. */
static void reuse(Onnx__ModelProto *m)
{
    build_node(m, "Mul", "m", "x x", "square");
    build_node(m, "Tanh", "t", "x", "bent");
    build_node(m, "Sum", "s", "square bent x square", "y");
}

static void test_more_pairs(void)
{
    static const graph graphs[] = {
        {"PRelu", 0, 4, {2, 3, 2, 5}, prelu, 1, 0},
        {"PRelu with one slope", 0, 4, {2, 3, 2, 5}, prelu_alone, 1, 0},
        {"Pow 2", 0, 4, {2, 3, 2, 5}, square, 1, 0},
        {"Pow", 0, 4, {2, 3, 2, 5}, power, 0.2, 1.5},
        {"Where", 0, 4, {2, 3, 2, 5}, where, 0.5, 2},
        {"a value used several times", 0, 2, {3, 5}, reuse, 1, 0},
    };
    CHECK_GRAPHS(graphs);
}

/* --- operators that move elements --------------------------------------------------------------
 */

static void concat_split(Onnx__ModelProto *m)
{
    build_weight(m, "w", 1, 0, DIMS(2, 2, 2, 5));
    build_node(m, "Mul", "m", "x x", "square");
    build_int(build_node(m, "Concat", "c", "x w square", "all"), "axis", 1);
    build_list(m, "sizes", DIMS(3, 4, 1));
    build_int(build_node(m, "Split", "s", "all sizes", "a b c"), "axis", 1);
    build_node(m, "Add", "n", "b c", "y");
}

static void slice(Onnx__ModelProto *m)
{
    build_list(m, "starts", DIMS(1, -1));
    build_list(m, "ends", DIMS(9, -9));
    build_list(m, "axes", DIMS(1, 3));
    build_list(m, "steps", DIMS(1, -2));
    build_node(m, "Slice", "n", "x starts ends axes steps", "y");
}

static void reshapes(Onnx__ModelProto *m)
{
    build_list(m, "shape", DIMS(0, -1, 1));
    build_list(m, "two", DIMS(2));
    build_node(m, "Reshape", "r", "x shape", "a");
    build_node(m, "Squeeze", "s", "a two", "b");
    build_node(m, "Unsqueeze", "u", "b two", "y");
}

static void transpose(Onnx__ModelProto *m)
{
    build_ints(build_node(m, "Transpose", "n", "x", "y"), "perm", DIMS(2, 0, 3, 1));
}

static void expand(Onnx__ModelProto *m)
{
    build_list(m, "shape", DIMS(4, 1, 3, 2, 5));
    build_node(m, "Expand", "n", "x shape", "y");
}

static const char *pad_mode;

static void pad(Onnx__ModelProto *m)
{
    build_list(m, "pads", DIMS(0, 1, 1, -1, 0, 0, 1, 2));
    Onnx__NodeProto *n = build_node(m, "Pad", "n", "x pads", "y");
    Onnx__AttributeProto *a = build_attr(n, "mode", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    a->has_s = 1;
    a->s.len = strlen(pad_mode);
    a->s.data = (uint8_t *)strdup(pad_mode);
}

static void tile(Onnx__ModelProto *m)
{
    build_list(m, "repeats", DIMS(1, 2, 3, 1));
    build_node(m, "Tile", "n", "x repeats", "y");
}

static void gather(Onnx__ModelProto *m)
{
    build_list(m, "index", DIMS(2, 0, -1));
    build_int(build_node(m, "Gather", "n", "x index", "y"), "axis", 1);
}

/* Of values that are apart by more than a difference moves them. */
static void topk(Onnx__ModelProto *m)
{
    build_list(m, "k", DIMS(2));
    Onnx__NodeProto *n = build_node(m, "TopK", "n", "x k", "y places");
    build_int(n, "axis", 1);
    build_int(n, "largest", 0);
}

static void test_moves(void)
{
    static const graph graphs[] = {
        {"Concat, Split", 0, 4, {2, 3, 2, 5}, concat_split, 1, 0},
        {"Slice", 0, 4, {2, 3, 2, 5}, slice, 1, 0},
        {"Reshape, Squeeze, Unsqueeze", 0, 4, {2, 3, 2, 5}, reshapes, 1, 0},
        {"Flatten", 0, 4, {2, 3, 2, 5}, flatten, 1, 0},
        {"Identity", 0, 2, {2, 3}, identity, 1, 0},
        {"Dropout", 0, 2, {2, 3}, dropout, 1, 0},
        {"Transpose", 0, 4, {2, 3, 2, 5}, transpose, 1, 0},
        {"Transpose, reversed", 0, 3, {2, 3, 5}, transpose_plain, 1, 0},
        {"Expand", 0, 4, {1, 3, 1, 5}, expand, 1, 0},
        {"Tile", 0, 4, {2, 3, 2, 5}, tile, 1, 0},
        {"Gather", 0, 4, {2, 3, 2, 5}, gather, 1, 0},
        {"TopK", 0, 4, {2, 3, 2, 5}, topk, 1, 0},
    };
    static const char *const modes[] = {"constant", "reflect", "edge"};
    CHECK_GRAPHS(graphs);
    for (int i = 0; i < 3; i++) {
        graph g = {modes[i], 0, 4, {2, 3, 2, 5}, pad, 1, 0};
        pad_mode = modes[i];
        check_graph(&g);
    }
}

/* --- reductions and pools ----------------------------------------------------------------------
 */

static const char *reduce_op;
static int64_t reduce_axes[2], reduce_keep;

/* At opset 13 ReduceSum alone has its axes as an input. */
static void reduce(Onnx__ModelProto *m)
{
    Onnx__NodeProto *n = build_node(m, reduce_op, "n", "x", "y");
    build_ints(n, "axes", 2, reduce_axes);
    build_int(n, "keepdims", reduce_keep);
}

static void test_reductions(void)
{
    static const char *const ops[] = {"ReduceSum", "ReduceMean",      "ReduceMax",
                                      "ReduceMin", "ReduceProd",      "ReduceL1",
                                      "ReduceL2",  "ReduceSumSquare", "ReduceLogSum"};
    for (size_t o = 0; o < sizeof ops / sizeof ops[0]; o++)
        for (int k = 0; k < 2; k++) {
            graph g = {ops[o], 11, 4, {2, 3, 2, 3}, reduce, 0.3, 1.5};
            reduce_op = ops[o];
            reduce_axes[0] = 1;
            reduce_axes[1] = k ? 3 : 2;
            reduce_keep = k;
            check_graph(&g);
        }
}

static const char *pool_op;
static int64_t pool_ceil, pool_count;

static void pool(Onnx__ModelProto *m)
{
    Onnx__NodeProto *n = build_node(m, pool_op, "n", "x", "y");
    build_ints(n, "kernel_shape", DIMS(3, 2));
    build_ints(n, "strides", DIMS(2, 1));
    build_ints(n, "pads", DIMS(1, 0, 1, 1));
    build_int(n, "ceil_mode", pool_ceil);
    if (strcmp(pool_op, "AveragePool") == 0)
        build_int(n, "count_include_pad", pool_count);
}

static void test_pools(void)
{
    static const graph graphs[] = {
        {"GlobalAveragePool", 0, 4, {2, 3, 4, 5}, global_average, 1, 0},
        {"GlobalMaxPool", 0, 4, {2, 3, 4, 5}, global_max, 1, 0},
    };
    CHECK_GRAPHS(graphs);
    for (int i = 0; i < 8; i++) {
        pool_op = i & 1 ? "MaxPool" : "AveragePool";
        pool_ceil = i >> 1 & 1;
        pool_count = i >> 2 & 1;
        graph g = {pool_op, 0, 4, {2, 3, 6, 5}, pool, 1, 0};
        check_graph(&g);
    }
}

/* --- normalisation -----------------------------------------------------------------------------
 */

static void batch_norm(Onnx__ModelProto *m)
{
    build_weight(m, "gain", 0.2f, 1, DIMS(3));
    build_weight(m, "shift", 0.2f, 0, DIMS(3));
    build_weight(m, "mean", 0, 0, DIMS(3));
    build_weight(m, "variance", 0, 1, DIMS(3));
    build_node(m, "BatchNormalization", "n", "x gain shift mean variance", "y");
}

static void add_norm(Onnx__ModelProto *m, const char *in, const char *out)
{
    char inputs[64];
    snprintf(inputs, sizeof inputs, "%s gain shift mean variance", in);
    build_node(m, "BatchNormalization", out, inputs, out);
}

/* With the activations that a session puts into the norm before them, also through a Concat. */
static void bent_norms(Onnx__ModelProto *m)
{
    build_weight(m, "gain", 0.2f, 1, DIMS(3));
    build_weight(m, "shift", 0.2f, 0, DIMS(3));
    build_weight(m, "mean", 0, 0, DIMS(3));
    build_weight(m, "variance", 0, 1, DIMS(3));
    add_norm(m, "x", "a");
    build_float(build_node(m, "LeakyRelu", "bend", "a", "b"), "alpha", 0.3f);
    build_node(m, "Mul", "m", "b x", "c");
    add_norm(m, "c", "d");
    add_norm(m, "b", "e");
    build_int(build_node(m, "Concat", "j", "d e", "f"), "axis", 1);
    build_node(m, "Relu", "cut", "f", "y");
}

static void instance_norm(Onnx__ModelProto *m)
{
    build_weight(m, "gain", 0.2f, 1, DIMS(3));
    build_weight(m, "shift", 0.2f, 0, DIMS(3));
    build_node(m, "InstanceNormalization", "n", "x gain shift", "y");
}

static void group_norm(Onnx__ModelProto *m)
{
    build_weight(m, "gain", 0.2f, 1, DIMS(6));
    build_weight(m, "shift", 0.2f, 0, DIMS(6));
    build_int(build_node(m, "GroupNormalization", "n", "x gain shift", "y"), "num_groups", 3);
}

static void group_norm_18(Onnx__ModelProto *m)
{
    build_weight(m, "gain", 0.2f, 1, DIMS(3));
    build_weight(m, "shift", 0.2f, 0, DIMS(3));
    build_int(build_node(m, "GroupNormalization", "n", "x gain shift", "y"), "num_groups", 3);
}

static void layer_norm(Onnx__ModelProto *m)
{
    build_weight(m, "gain", 0.2f, 1, DIMS(37));
    build_weight(m, "shift", 0.2f, 0, DIMS(37));
    build_node(m, "LayerNormalization", "n", "x gain shift", "y");
}

static void test_norms(void)
{
    static const graph graphs[] = {
        {"BatchNormalization", 0, 4, {3, 3, 2, 5}, batch_norm, 1, 0.5},
        {"BatchNormalization of [n, c]", 0, 2, {7, 3}, batch_norm, 1, 0.5},
        {"BatchNormalization of 37", 0, 3, {3, 3, 37}, batch_norm, 1, 0.5},
        {"BatchNormalization, LeakyRelu and Relu", 0, 4, {3, 3, 2, 5}, bent_norms, 1, 0.5},
        {"InstanceNormalization", 0, 4, {3, 3, 2, 5}, instance_norm, 1, 0.5},
        {"GroupNormalization", 21, 4, {2, 6, 2, 5}, group_norm, 1, 0.5},
        {"GroupNormalization of opset 18", 18, 4, {2, 6, 2, 5}, group_norm_18, 1, 0.5},
        {"LayerNormalization", 17, 3, {2, 2, 37}, layer_norm, 1, 0.5},
        {"Softmax", 13, 3, {2, 3, 5}, softmax, 1, 0},
        {"Softmax of opset 11", 11, 3, {2, 3, 5}, softmax, 1, 0},
        {"LogSoftmax", 13, 3, {2, 3, 5}, log_softmax, 1, 0},
    };
    CHECK_GRAPHS(graphs);
}

static const harness_test tests[] = {
    {"maps of one element have the derivative of their formula", test_maps},
    {"operands that are broadcast get the sum over what they were repeated along", test_pairs},
    {"PRelu, Pow, Where and values used twice agree with differences", test_more_pairs},
    {"moved elements send their gradient where they came from", test_moves},
    {"reductions agree with differences", test_reductions},
    {"pools agree with differences", test_pools},
    {"normalisations are differentiated through their statistics", test_norms},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "gradients", tests, sizeof tests / sizeof tests[0]);
}
