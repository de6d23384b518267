/* internal.h: shared by the files of the quantizer. */
#ifndef NN_QUANT_INTERNAL_H
#define NN_QUANT_INTERNAL_H

#include "nn/build.h"
#include "nn/build_copy.h"
#include "nn/quant.h"
#include "nn/quant/names.h"
#include "nn/steps.h"

enum { QUANT_BINS = 8192 };

/* Counts of values in [(i - BINS/2) width, (i + 1 - BINS/2) width); the width doubles when a value
 * is outside. */
typedef struct quant_histogram {
    double width; /* 0: empty */
    double count[QUANT_BINS];
} quant_histogram;

void quant_histogram_add(quant_histogram *h, const float *x, size_t n);

/* The range that `rule` chooses: `seen`, or a part of it. */
nn_range quant_choose_range(quant_rule rule, const quant_histogram *h, nn_range seen);

/* A tensor that quantized layers read; shared by all of them. */
typedef struct quant_input {
    int value; /* of the folded model */
    nn_range seen;
    quant_histogram *histogram; /* NULL unless the rule needs it */
    nn_quantization chosen;
    bool wide; /* a layer needs its second part */
    bool emitted;
    int first, last; /* nodes of the quantized model that quantize it */
} quant_input;

typedef enum quant_kind { QUANT_CONV, QUANT_GEMM, QUANT_MATMUL } quant_kind;

typedef struct quant_work {
    quant_layer info;
    quant_kind kind;
    const nn_node *node;
    const nn_tensor *weights, *bias; /* folded constants; bias may be NULL */
    nn_weights shape;
    bool transposed; /* a Gemm's [channels][each], to be transposed for MatMulInteger */
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
    bool *raw; /* values that depend on no layer */
    int layers, inputs;
    size_t observed;
    quant_work *layer;
    quant_input *input;
};

/* Opens a session that keeps every value until its next run. */
nn_session *quant_session(const nn_model *model, err *e);

/* Finds the layers and their inputs. */
int quant_find_layers(quantizer *q, err *e);

#endif
