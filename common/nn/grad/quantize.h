/* quantize.h: quantized layers, for the net and the rounding of its weights; nn/grad.h defines
 * them. Internal to nn/grad. */
#ifndef NN_GRAD_QUANTIZE_H
#define NN_GRAD_QUANTIZE_H

#include "nn/grad.h"
#include "nn/graph.h"

/* The weights of a quantized node. */
typedef struct grad_layer {
    const nn_node *node;
    int value; /* of the model: the weights */
    nn_weights shape;
    bool binary, wide;
} grad_layer;

/* Whether a node is quantized; if so, fills *layer. */
bool grad_quantizes(const grad_quantization *q, const nn_model *model, const nn_node *node,
                    grad_layer *layer);

/* ERR_INVALID if nothing remains to quantize; ERR_UNSUPPORTED, naming the node, if quantized
 * weights also have another use, or if there is batch norm. */
int grad_quantization_check(const grad_quantization *q, const nn_model *model, err *e);

/* to[] = the rounded weights that replace w[]: integers times their scale. `to` may be w. */
void grad_fake_weights(const grad_layer *layer, const float *w, float *to);

#endif
