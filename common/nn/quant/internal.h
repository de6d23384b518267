/* internal.h: what the files of the quantizer share. */
#ifndef NN_QUANT_INTERNAL_H
#define NN_QUANT_INTERNAL_H

#include "nn/build.h"
#include "nn/build_copy.h"
#include "nn/quant.h"
#include "nn/quant/names.h"
#include "nn/steps.h"

enum { QUANT_BINS = 8192 };

/* How often values fell into [(i - BINS/2) width, (i + 1 - BINS/2) width); the width doubles when a
 * value lies outside. */
typedef struct quant_histogram {
    double width; /* 0: empty */
    double count[QUANT_BINS];
} quant_histogram;

void quant_histogram_add(quant_histogram *h, const float *x, size_t n);

/* The range that `rule` makes of what was seen: `seen` itself, or a part of it. */
nn_range quant_choose_range(quant_rule rule, const quant_histogram *h, nn_range seen);

/* A tensor that quantized layers read; one for all of them. */
typedef struct quant_input {
    int value; /* of the folded model */
    nn_range seen;
    quant_histogram *histogram; /* NULL unless a rule needs it */
    nn_quantization chosen;
    bool wide; /* some layer needs its second part */
    bool emitted;
    int first, last; /* nodes of the quantized model that quantize it */
} quant_input;

typedef enum quant_kind { QUANT_CONV, QUANT_GEMM, QUANT_MATMUL } quant_kind;

typedef struct quant_work {
    quant_layer told;
    quant_kind kind;
    const nn_node *node;
    const nn_tensor *weights, *bias; /* folded constants; bias may be NULL */
    nn_weights shape;
    bool transposed; /* a Gemm's [channels][each], for MatMulInteger to be turned */
    quant_input *input;
    int first, last; /* nodes of the quantized model */
    int output;      /* value of the quantized model */
    double signal, own_noise, noise;
} quant_work;

struct quantizer {
    quant_options options;
    nn_pool pool;
    nn_model *model, *quantized; /* folded; converted */
    nn_session *session, *quantized_session;
    bool *raw; /* values that no layer stands before */
    int layers, inputs;
    size_t observed;
    quant_work *layer;
    quant_input *input;
};

/* A session of the model that keeps every value until its next run. */
nn_session *quant_session(const nn_model *model, err *e);

/* Finds the layers and what they read. */
int quant_find_layers(quantizer *q, err *e);

#endif
