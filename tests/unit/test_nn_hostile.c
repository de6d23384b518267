/* Models that are wrong: each is refused with a message that says where and what, and nothing
 * crashes. Run with sanitizers for what a crash would not show. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "harness.h"
#include "onnx_builder.h"

/* input 0 'x' [n][2][4][8] -> node 0 'c' Conv -> node 1 'r' Relu -> node 2 's' Reshape -> y */
static Onnx__ModelProto *good_model(void)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(-1, 2, 4, 8));
    build_weight(m, "w", 0.3f, 0, DIMS(3, 2, 1, 3));
    build_weight(m, "b", 0.3f, 0, DIMS(3));
    build_list(m, "shape", DIMS(0, -1));
    Onnx__NodeProto *n = build_node(m, "Conv", "c", "x w b", "h");
    build_ints(n, "pads", DIMS(0, 1, 0, 1));
    build_node(m, "Relu", "r", "h", "t");
    build_node(m, "Reshape", "s", "t shape", "y");
    build_output(m, "y");
    return m;
}

/* One operator on x [2][3][4] with a constant list "l" as second input, if there is one. */
static Onnx__ModelProto *one_node(const char *op, int n, const int64_t *list)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(2, 3, 4));
    if (list)
        build_list(m, "l", n, list);
    build_node(m, op, "n", list ? "x l" : "x", "y");
    build_output(m, "y");
    return m;
}

/* The message of loading and opening; "" when both succeed. Frees the model. */
static const char *refusal(Onnx__ModelProto *proto)
{
    static err e;
    e = (err){0};
    nn_model *m = build_load(proto, &e);
    nn_session *s =
        m ? nn_session_open_with(m, &(nn_session_options){.memory_limit = 1 << 26}, &e) : NULL;
    nn_session_free(s);
    nn_model_free(m);
    build_free(proto);
    return e.text;
}

static bool refused(Onnx__ModelProto *proto, const char *words)
{
    const char *text = refusal(proto);
    if (strstr(text, words))
        return true;
    printf("    \"%s\" does not say \"%s\"\n", text, words);
    return false;
}

static Onnx__NodeProto *node(Onnx__ModelProto *m, int i)
{
    return m->graph->node[i];
}

static void rename_input(Onnx__ModelProto *m, int i, int k, const char *name)
{
    free(node(m, i)->input[k]);
    node(m, i)->input[k] = strdup(name);
}

static void good_is_taken(void)
{
    CHECK(strcmp(refusal(good_model()), "") == 0);
}

static void every_prefix_is_refused(void)
{
    Onnx__ModelProto *proto = good_model();
    size_t size;
    uint8_t *data = build_bytes(proto, &size);
    build_free(proto);
    for (size_t n = 0; n < size; n++) {
        err e = {0};
        uint8_t *part = malloc(n + 1); /* its own block, so that a sanitizer sees its end */
        memcpy(part, data, n);
        nn_model *m = nn_model_load_memory(part, n, "part", &e);
        CHECK(m == NULL && e.code < 0 && strncmp(e.text, "part: ", 6) == 0);
        nn_model_free(m);
        free(part);
    }
    free(data);
}

/* What loads must also open or be refused, and then run. */
static void use(const uint8_t *data, size_t size)
{
    err e = {0};
    nn_model *m = nn_model_load_memory(data, size, "flipped", &e);
    nn_session *s =
        m ? nn_session_open_with(m, &(nn_session_options){.memory_limit = 1 << 24}, &e) : NULL;
    if (s)
        nn_session_run(s, &e);
    nn_session_free(s);
    nn_model_free(m);
}

static void flipped_bits_never_crash(void)
{
    Onnx__ModelProto *proto = good_model();
    size_t size;
    uint8_t *data = build_bytes(proto, &size);
    build_free(proto);
    for (size_t i = 0; i < size; i++)
        for (int bit = 0; bit < 8; bit++) {
            data[i] ^= (uint8_t)(1 << bit);
            use(data, size);
            data[i] ^= (uint8_t)(1 << bit);
        }
    free(data);
    CHECK(true); /* that we are here is the test */
}

/* Sequence types nested without end: each level costs a few bytes and a stack frame. */
static void deep_nesting_is_refused(void)
{
    enum { DEPTH = 20000, ROOM = 1 << 18 };
    uint8_t *data = malloc(ROOM), *at = data + ROOM;
    size_t length = 0;
    for (int i = 0; i < DEPTH; i++) {
        /* TypeProto.sequence_type (4), then Sequence.elem_type (1), in turn */
        uint8_t tag = i % 2 ? 0x22 : 0x0a;
        uint8_t varint[4];
        int n = 0;
        for (size_t rest = length; n == 0 || rest; rest >>= 7)
            varint[n++] = (uint8_t)((rest & 0x7f) | (rest > 0x7f ? 0x80 : 0));
        at -= n;
        memcpy(at, varint, (size_t)n);
        *--at = tag;
        length += (size_t)n + 1;
    }
    /* graph (7) { input (11) { type (2) { ... } } } */
    static const uint8_t outer[] = {0x12, 0x5a, 0x3a};
    for (int i = 0; i < 3; i++) {
        for (int k = 3; k >= 0; k--)
            *--at = (uint8_t)((length >> (7 * k) & 0x7f) | (k < 3 ? 0x80 : 0));
        *--at = outer[i];
        length += 5;
    }
    err e = {0};
    CHECK(nn_model_load_memory(at, length, "deep", &e) == NULL);
    CHECK(strstr(e.text, "nest more than") != NULL);
    free(data);
}

static void structure_is_checked(void)
{
    Onnx__ModelProto *m = good_model();
    rename_input(m, 0, 0, "y");
    CHECK(refused(m, "node 0 'c' (op 'Conv'): its input 'y' comes from node 2, which does not "
                     "precede it: a cycle"));
    m = good_model();
    rename_input(m, 1, 0, "nowhere");
    CHECK(refused(m, "node 1 'r' (op 'Relu'): its input 'nowhere' is not the output of a node"));
    m = good_model();
    build_node(m, "Relu", "again", "x", "t");
    CHECK(refused(m, "node 3 'again' (op 'Relu'): the value 't' is produced twice"));
    m = good_model();
    build_output(m, "z");
    CHECK(refused(m, "no node produces output 1 'z'"));
    m = good_model();
    build_node(m, "Scan", "foo", "x", "z");
    CHECK(refused(m, "node 3 'foo' (op 'Scan'): csilink does not have this operator"));
    m = good_model();
    node(m, 1)->domain = strdup("com.example");
    CHECK(refused(m, "node 1 'r' (op 'Relu'): it is of domain 'com.example'"));
    m = good_model();
    BUILD_APPEND(node(m, 1), input, strdup("x"));
    CHECK(refused(m, "node 1 'r' (op 'Relu'): it has 2 inputs; the operator takes 1 to 1"));
    m = good_model();
    build_int(build_node(m, "Concat", "join", "x", "z"), "axis", 0);
    BUILD_APPEND(node(m, 3), input, strdup(""));
    CHECK(refused(m, "node 3 'join' (op 'Concat'): its input '' is not the output of a node"));
    m = good_model();
    m->opset_import[0]->version = 22;
    CHECK(refused(m, "opset 22; csilink reads 7 to 21"));
}

/* A node of that operator on x [5][1][3] with recurrent weights of 4 units and `gates` gates. */
static Onnx__ModelProto *recurrent(const char *op, int gates)
{
    Onnx__ModelProto *m = build_model(14);
    build_input(m, "x", DIMS(5, 1, 3));
    build_weight(m, "w", 0.3f, 0, 3, (int64_t[]){1, 4 * gates, 3});
    build_weight(m, "r", 0.3f, 0, 3, (int64_t[]){1, 4 * gates, 4});
    build_node(m, op, "rec", "x w r", "y");
    build_output(m, "y");
    return m;
}

static void add_string(Onnx__NodeProto *n, const char *name, const char *value, bool list)
{
    Onnx__AttributeProto *a = build_attr(n, name,
                                         list ? ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRINGS
                                              : ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__STRING);
    ProtobufCBinaryData text = {.len = strlen(value), .data = (uint8_t *)strdup(value)};
    if (list) {
        BUILD_APPEND(a, strings, text);
    } else {
        a->has_s = 1;
        a->s = text;
    }
}

static void recurrent_nodes_are_checked(void)
{
    CHECK(strcmp(refusal(recurrent("LSTM", 4)), "") == 0);
    CHECK(refused(recurrent("GRU", 4), "input 1 has shape 1 x 16 x 3; it must be 1 x 12 x 3"));
    Onnx__ModelProto *m = recurrent("LSTM", 4);
    build_int(node(m, 0), "hidden_size", 5);
    CHECK(refused(m, "node 0 'rec' (op 'LSTM'): its hidden_size is 5, but input 2 is for 4"));
    m = recurrent("RNN", 1);
    add_string(node(m, 0), "direction", "sideways", false);
    CHECK(refused(m, "its direction is 'sideways'; it must be forward, reverse or bidirectional"));
    m = recurrent("RNN", 1);
    add_string(node(m, 0), "direction", "bidirectional", false);
    CHECK(refused(m, "input 1 has shape 1 x 4 x 3; it must be 2 x 4 x 3"));
    m = recurrent("GRU", 3);
    add_string(node(m, 0), "activations", "Tanh", true);
    CHECK(refused(m, "it has 1 activations; 1 directions need 2"));
    m = recurrent("RNN", 1);
    add_string(node(m, 0), "activations", "Sine", true);
    CHECK(refused(m, "csilink does not have its activation 'Sine'"));
    m = recurrent("RNN", 1);
    build_float(node(m, 0), "clip", -1);
    CHECK(refused(m, "its clip is -1; it must be above 0"));
}

/* x [2][3][4] with itself. */
static Onnx__ModelProto *einsum(const char *equation)
{
    Onnx__ModelProto *m = build_model(14);
    build_input(m, "x", DIMS(2, 3, 4));
    add_string(build_node(m, "Einsum", "e", "x x", "y"), "equation", equation, false);
    build_output(m, "y");
    return m;
}

static void equations_are_checked(void)
{
    CHECK(strcmp(refusal(einsum("abc,abd->cd")), "") == 0);
    CHECK(refused(einsum("abc,acd->bd"), "label 'c' has sizes 4 and 3"));
    CHECK(refused(einsum("abc->a"), "its equation has 1 terms for 2 inputs"));
    CHECK(refused(einsum("ab,abc->a"), "term 0 of its equation has 2 labels for rank 3"));
    CHECK(refused(einsum("abcd,abc->a"), "term 0 of its equation has 4 labels for rank 3"));
    CHECK(refused(einsum("ab1,abc->a"), "its equation has a '1'; labels are letters"));
    CHECK(refused(einsum("abc,abc->z"), "its equation's output has a 'z'"));
    CHECK(refused(einsum("abc,abc->aa"), "its equation's output has a 'a'"));
    CHECK(refused(einsum("a..c,abc->a"), "term 0 of its equation does not fit rank 3"));
    CHECK(refused(einsum("abc,def->a->b"), "its equation's output has a '-'"));
    CHECK(refused(einsum(""), "its equation must have 1 to 255 characters"));
}

static void attributes_are_checked(void)
{
    Onnx__ModelProto *m = good_model();
    build_float(node(m, 0), "group", 1);
    CHECK(
        refused(m, "node 0 'c' (op 'Conv'): attribute 'group' is a float; it must be an integer"));
    m = good_model();
    build_int(node(m, 1), "fancy", 1);
    CHECK(refused(m, "node 1 'r' (op 'Relu'): csilink does not know its attribute 'fancy'"));
    m = good_model();
    build_int(node(m, 0), "strides", 1);
    CHECK(refused(m, "attribute 'strides' is an integer; it must be a list of integers"));
    m = good_model();
    build_ints(node(m, 0), "pads", DIMS(0, 1, 0, 1));
    CHECK(refused(m, "node 0 'c' (op 'Conv'): attribute 'pads' is given twice"));
    m = good_model();
    build_attr(node(m, 1), "body", ONNX__ATTRIBUTE_PROTO__ATTRIBUTE_TYPE__GRAPH);
    CHECK(refused(m, "node 1 'r' (op 'Relu')"));
    m = good_model();
    node(m, 0)->attribute[0]->ints[1] = -1;
    CHECK(refused(m, "node 0 'c' (op 'Conv'): attribute 'pads' has -1; it must be 0 to 2^30"));
    m = good_model();
    build_ints(node(m, 0), "strides", DIMS(0, 1));
    CHECK(refused(m, "attribute 'strides' has 0; it must be 1 to 2^30"));
    m = good_model();
    build_ints(node(m, 0), "dilations", DIMS(1, 1000));
    CHECK(refused(m, "a kernel that spans 2001 does not fit an input of size 8"));
    m = good_model();
    build_int(node(m, 0), "group", 0);
    CHECK(refused(m, "node 0 'c' (op 'Conv'): weights 3 x 2 x 1 x 3 do not fit"));
}

static void initializers_are_checked(void)
{
    Onnx__ModelProto *m = good_model();
    m->graph->initializer[0]->raw_data.len -= 1;
    CHECK(refused(m, "initializer 0 'w': raw_data has 71 bytes; its shape and type say 72"));
    m = good_model();
    m->graph->initializer[0]->data_type = 7;
    CHECK(refused(m, "initializer 0 'w': raw_data has 72 bytes; its shape and type say 144"));
    m = good_model();
    m->graph->initializer[0]->data_type = 14;
    CHECK(refused(m, "csilink does not handle data type COMPLEX64 (14)"));
    m = good_model();
    m->graph->initializer[0]->dims[0] = -3;
    CHECK(refused(m, "initializer 0 'w': a tensor has size -3 in dimension 0"));
    m = good_model();
    m->graph->initializer[0]->dims[0] = INT64_MAX;
    CHECK(refused(m, "initializer 0 'w': a tensor is larger than 2^40 bytes"));
    m = good_model();
    m->graph->initializer[0]->dims[0] = 1 << 20;
    CHECK(refused(m, "its shape 1048576 x 2 x 1 x 3 needs 6291456 values"));
    m = good_model();
    for (int i = 0; i < 5; i++)
        BUILD_APPEND(m->graph->initializer[0], dims, 1);
    CHECK(refused(m, "rank 9; csilink handles 0 to 8"));
    m = good_model();
    m->graph->initializer[0]->has_data_location = 1;
    m->graph->initializer[0]->data_location = ONNX__TENSOR_PROTO__DATA_LOCATION__EXTERNAL;
    CHECK(refused(m, "its data are in another file"));
    m = good_model();
    m->graph->initializer[0]->has_raw_data = 0;
    BUILD_APPEND(m->graph->initializer[0], float_data, 1.0f);
    CHECK(refused(m, "initializer 0 'w'"));
    m = good_model();
    m->graph->initializer[1]->dims[0] = 1;
    m->graph->initializer[1]->raw_data.len = 4;
    CHECK(refused(m, "node 0 'c' (op 'Conv'): the bias has 1 values for 3 output channels"));
}

static void shapes_are_checked(void)
{
    Onnx__ModelProto *m = one_node("Reshape", DIMS(5, -1));
    CHECK(refused(m, "node 0 'n' (op 'Reshape'): 24 elements do not divide into the 5"));
    CHECK(refused(one_node("Reshape", DIMS(-1, -1)), "-1 in dimensions 0 and 1"));
    CHECK(
        refused(one_node("Reshape", DIMS(7, 7)), "7 x 7 does not have as many elements as 2 x 3"));
    CHECK(refused(one_node("Reshape", DIMS(2, 3, 4, 0)), "copies dimension 3"));
    CHECK(refused(one_node("Reshape", DIMS(INT64_MAX, INT64_MAX)), "larger than 2^40"));
    CHECK(refused(one_node("Reshape", DIMS(INT64_MAX, INT64_MAX, -1)), "node 0 'n'"));
    CHECK(refused(one_node("Unsqueeze", DIMS(9)), "axis 9 is out of range; it must be -4 to 3"));
    CHECK(refused(one_node("Unsqueeze", DIMS(0, 0)), "axis 0 is given twice"));
    CHECK(refused(one_node("Squeeze", DIMS(0)), "dimension 0, whose size is 2, not 1"));
    CHECK(refused(one_node("Expand", DIMS(5, 3, 4)), "do not broadcast"));
    CHECK(refused(one_node("Expand", DIMS(1 << 30, 1, 1, 1)), "the largest, 'y', 98304 MiB"));
    CHECK(refused(one_node("Tile", DIMS(INT64_MAX, 1, 1)), "repeats dimension 0"));
    CHECK(refused(one_node("Pad", DIMS(0, 0, -9, 0, 0, 0)), "do not fit dimension 2 of size 4"));
    CHECK(refused(one_node("Pad", DIMS(1, 1)), "2 pads for rank 3"));
    CHECK(refused(one_node("ReduceSum", DIMS(3)), "axis 3 is out of range; it must be -3 to 2"));
    CHECK(refused(one_node("MatMul", DIMS(1, 2)), "input 1 is of type int64"));
    m = one_node("Transpose", 0, NULL);
    build_ints(node(m, 0), "perm", DIMS(0, 0, 1));
    CHECK(refused(m, "node 0 'n' (op 'Transpose'): attribute 'perm' is no permutation"));
    m = one_node("Softmax", 0, NULL);
    build_int(node(m, 0), "axis", INT64_MIN);
    CHECK(refused(m, "node 0 'n' (op 'Softmax'): axis -9223372036854775808 is out of range"));
    m = one_node("Split", DIMS(1, -1));
    BUILD_APPEND(node(m, 0), output, strdup("z"));
    CHECK(refused(m, "part 1 has size -1; 1 are left"));
    m = one_node("Slice", DIMS(0, 0, 0));
    BUILD_APPEND(node(m, 0), input, strdup("l"));
    build_int(node(m, 0), "axes", 1);
    CHECK(refused(m, "attribute 'axes' is an integer"));
}

static void constants_that_divide_by_zero(void)
{
    Onnx__ModelProto *m = build_model(13);
    build_list(m, "a", DIMS(1, INT64_MIN));
    build_list(m, "zero", DIMS(0, -1));
    build_node(m, "Div", "ratio", "a zero", "y");
    build_output(m, "y");
    CHECK(refused(m, "node 0 'ratio' (op 'Div'): an integer is divided by zero"));
}

/* 10 x 0 x 2^31: no elements, but loops over the other sizes would not end. */
static void empty_tensors_cost_nothing(void)
{
    Onnx__ModelProto *m = build_model(13);
    build_input(m, "x", DIMS(10, 0, (int64_t)1 << 31));
    build_int(build_node(m, "Softmax", "n", "x", "y"), "axis", 1);
    build_output(m, "y");
    err e = {0};
    nn_model *model = build_load(m, &e);
    build_free(m);
    REQUIRE(model != NULL);
    nn_session *s = nn_session_open(model, 1, &e);
    REQUIRE(s != NULL);
    CHECK(nn_session_steps(s) == 0);
    CHECK(nn_session_run(s, &e) == 0);
    CHECK(nn_session_output(s, 0)->count == 0 && nn_session_output(s, 0)->dims[2] == 1LL << 31);
    nn_session_free(s);
    nn_model_free(model);
}

static const harness_test tests[] = {
    {"the model that the others are made from is taken", good_is_taken},
    {"a model cut off anywhere is refused", every_prefix_is_refused},
    {"a model with any one bit flipped is refused or runs", flipped_bits_never_crash},
    {"messages nested without end are refused", deep_nesting_is_refused},
    {"cycles, missing and double values, unknown operators are refused by name",
     structure_is_checked},
    {"attributes of wrong names, types and ranges are refused by name", attributes_are_checked},
    {"recurrent nodes of wrong shapes, directions and activations are refused by name",
     recurrent_nodes_are_checked},
    {"equations that do not fit are refused by name", equations_are_checked},
    {"initializers whose data do not fit their shape are refused by name",
     initializers_are_checked},
    {"shapes and axes that do not fit are refused by name", shapes_are_checked},
    {"an integer division by zero among constants is refused", constants_that_divide_by_zero},
    {"an empty tensor costs nothing, however large its other sizes", empty_tensors_cost_nothing},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "nn, hostile models", tests, sizeof tests / sizeof tests[0]);
}
