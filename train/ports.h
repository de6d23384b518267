/* ports.h: which inputs and outputs of a pair's network are what. A network's first input and
 * output are the image and the codeword; behind them come, in any order, a decoder's snr_db, and
 * values of the report before: inputs memory_* and as many outputs memory_*, the k-th of the
 * outputs being the next report's k-th input. */
#ifndef TRAIN_PORTS_H
#define TRAIN_PORTS_H

#include <stdbool.h>
#include <stddef.h>

#include "codec/codec.h"
#include "nn/nn.h"

enum { TRAIN_MEMORIES_MAX = 8 };

typedef struct train_memory_port {
    int input, output;    /* numbers of the model's ports */
    size_t offset, count; /* values of one sample, within all memories of the side */
} train_memory_port;

typedef struct train_ports {
    int snr; /* the input of the SNR; 0: none */
    int memories;
    train_memory_port memory[TRAIN_MEMORIES_MAX];
    size_t held; /* values of all memories, of one sample */
} train_ports;

/* ERR_MISMATCH where a port is none of these, or a memory's output has another shape than its
 * input. Sizes behind the batch must be fixed. */
int train_ports_find(const nn_model *model, codec_side side, train_ports *ports, err *e);

#endif
