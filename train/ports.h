/* ports.h: what each input and output of a pair's network is for. The first input and output are
 * the image and the codeword. After them come, in any order, a decoder's input snr_db and the
 * memory of the previous report: inputs memory_* and as many outputs memory_*, where the k-th
 * output is the next report's k-th input. */
#ifndef TRAIN_PORTS_H
#define TRAIN_PORTS_H

#include <stdbool.h>
#include <stddef.h>

#include "codec/codec.h"
#include "nn/nn.h"

enum { TRAIN_MEMORIES_MAX = 8 };

typedef struct train_memory_port {
    int input, output;    /* numbers of the model's ports */
    size_t offset, count; /* values of one sample, within all of the side's memories */
} train_memory_port;

typedef struct train_ports {
    int snr; /* the input of the SNR; 0: none */
    int memories;
    train_memory_port memory[TRAIN_MEMORIES_MAX];
    size_t held; /* values of all memories, of one sample */
} train_ports;

/* ERR_MISMATCH for any other port, and where a memory's output differs in shape from its input. All
 * axes except the batch must have fixed sizes. */
int train_ports_find(const nn_model *model, codec_side side, train_ports *ports, err *e);

#endif
