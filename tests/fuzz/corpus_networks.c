/* ONNX files as small as can be, for fuzz_onnx and fuzz_metadata. */
#include "make_corpus.h"

#include "fuzz.h"

#include "onnx_builder.h"

static void add_metadata(Onnx__ModelProto *m, const char *key, const char *value)
{
    BUILD_MESSAGE(Onnx__StringStringEntryProto, onnx__string_string_entry_proto, entry);
    entry->key = strdup(key);
    entry->value = strdup(value);
    BUILD_APPEND(m, metadata_props, entry);
}

/* A codec's side as small as can be: images of 4 x 4, 4 values. */
static void write_side(bool decoder)
{
    Onnx__ModelProto *m = build_model(13);
    size_t size;
    if (decoder) {
        build_input(m, "codeword", DIMS(-1, 4));
        build_weight(m, "w", 0.1f, 0, DIMS(4, 32));
        build_list(m, "shape", 4, (int64_t[]){-1, 2, 4, 4});
        build_node(m, "MatMul", "matmul", "codeword w", "flat");
        build_node(m, "Reshape", "reshape", "flat shape", "image");
        build_output(m, "image");
    } else {
        build_input(m, "image", DIMS(-1, 2, 4, 4));
        build_weight(m, "w", 0.1f, 0, DIMS(32, 4));
        build_list(m, "shape", 2, (int64_t[]){-1, 32});
        build_node(m, "Reshape", "reshape", "image shape", "flat");
        build_node(m, "MatMul", "matmul", "flat w", "codeword");
        build_output(m, "codeword");
    }
    add_metadata(m, "csilink.family", "tiny");
    add_metadata(m, "csilink.cr", "8");
    add_metadata(m, "csilink.scenario", "indoor");
    add_metadata(m, "csilink.layout", "angle-delay");
    add_metadata(m, "csilink.align", "delay");
    uint8_t *data = build_bytes(m, &size);
    write_seed("fuzz_metadata", decoder ? "decoder" : "encoder", decoder, data, size);
    write_seed("fuzz_onnx", decoder ? "decoder" : "encoder", -1, data, size);
    free(data);
    build_free(m);
}

static void write_convolution(void)
{
    Onnx__ModelProto *m = build_model(13);
    size_t size;
    build_input(m, "x", DIMS(-1, 2, 6, 6));
    build_weight(m, "w", 0.2f, 0, DIMS(3, 2, 3, 3));
    build_weight(m, "b", 0.1f, 0, DIMS(3));
    Onnx__NodeProto *conv = build_node(m, "Conv", "conv", "x w b", "y");
    build_ints(conv, "pads", 4, (int64_t[]){1, 1, 1, 1});
    Onnx__NodeProto *relu = build_node(m, "LeakyRelu", "relu", "y", "z");
    build_float(relu, "alpha", 0.3f);
    Onnx__NodeProto *pool = build_node(m, "AveragePool", "pool", "z", "p");
    build_ints(pool, "kernel_shape", 2, (int64_t[]){2, 2});
    build_ints(pool, "strides", 2, (int64_t[]){2, 2});
    build_output(m, "p");
    uint8_t *data = build_bytes(m, &size);
    write_seed("fuzz_onnx", "convolution", -1, data, size);
    free(data);
    build_free(m);
}

/* A dense layer whose weights are signs in bits, as nn_pack_signs writes them. */
static void write_signs(void)
{
    enum { OUT = 4, IN = 32, UINT8 = 2, FLOAT = 1, INT32 = 6 };
    Onnx__ModelProto *m = build_model(13);
    size_t size;
    uint8_t bits[OUT * IN / 8];
    float table[256][8];
    for (size_t i = 0; i < sizeof bits; i++)
        bits[i] = (uint8_t)(37 * i);
    for (int byte = 0; byte < 256; byte++)
        for (int k = 0; k < 8; k++)
            table[byte][k] = byte >> k & 1 ? -0.25f : 0.25f;
    build_input(m, "x", DIMS(-1, IN));
    BUILD_APPEND(m->graph, initializer,
                 build_tensor("const.bits", UINT8, DIMS(OUT, IN / 8), bits, sizeof bits));
    BUILD_APPEND(m->graph, initializer,
                 build_tensor("const.table", FLOAT, DIMS(256, 8), table, sizeof table));
    build_weight(m, "b", 0.1f, 0, DIMS(OUT));
    build_list(m, "const.shape", 2, (int64_t[]){OUT, IN});
    build_int(build_node(m, "Cast", "cast", "const.bits", "index"), "to", INT32);
    build_node(m, "Gather", "gather", "const.table index", "signs");
    build_node(m, "Reshape", "reshape", "signs const.shape", "w");
    build_int(build_node(m, "Gemm", "dense", "x w b", "y"), "transB", 1);
    build_output(m, "y");
    uint8_t *data = build_bytes(m, &size);
    write_seed("fuzz_onnx", "signs", -1, data, size);
    free(data);
    build_free(m);
}

void write_networks(void)
{
    write_side(false);
    write_side(true);
    write_convolution();
    write_signs();
}
