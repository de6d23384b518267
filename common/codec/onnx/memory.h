/* memory.h: the memory of a network, as ports: the input memory_NAME takes, in the next report,
 * what the output memory_NAME_next was in this one, and zeros in a key. docs/memory.md describes
 * them.
 *
 *     onnx_memory m;
 *     onnx_memory_find(model, session, &m, &e);
 *     float *state = calloc(m.values + 1, sizeof *state);
 *     for each report:
 *         onnx_memory_put(&m, session, is_key ? NULL : state);
 *         fill the other inputs, nn_session_run(session, &e)
 *         onnx_memory_take(&m, session, state, &e); */
#ifndef CODEC_ONNX_MEMORY_H
#define CODEC_ONNX_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "nn/nn.h"

enum {
    ONNX_MEMORIES_MAX = 8,    /* inputs of memory of one network */
    ONNX_MEMORY_MAX = 1 << 18 /* values of them all: 1 MiB of a UE, which the link keeps 8 times */
};

typedef struct onnx_memory {
    int count;
    int in[ONNX_MEMORIES_MAX], out[ONNX_MEMORIES_MAX]; /* numbers of the ports */
    uint32_t values;                                   /* floats of all of them */
} onnx_memory;

/* Whether a port's name begins with "memory_". */
bool onnx_is_memory(const nn_port *port);

/* The ports of memory of a session of one sample; none is no error. ERR_MISMATCH where an input has
 * no output of its name and shape or an output no input, or all is too large. */
int onnx_memory_find(const nn_model *model, const nn_session *s, onnx_memory *m, err *e);

/* Sets the inputs before a run: m->values floats, zeros for NULL. */
void onnx_memory_put(const onnx_memory *m, nn_session *s, const float *before);

/* The outputs after a run, m->values floats. ERR_FORMAT where one is not finite. */
int onnx_memory_take(const onnx_memory *m, const nn_session *s, float *after, err *e);

#endif
