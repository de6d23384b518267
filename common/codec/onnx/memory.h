/* memory.h: the memory of a network, as ports: in the next report the input memory_NAME takes the
 * value that the output memory_NAME_next had in this one; in a key it takes zeros. docs/memory.md
 * describes them.
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
    ONNX_MEMORIES_MAX = 8,    /* memory inputs of one network */
    ONNX_MEMORY_MAX = 1 << 18 /* values in all: 1 MiB per UE, which the link keeps 8 times */
};

typedef struct onnx_memory {
    int count;
    int in[ONNX_MEMORIES_MAX], out[ONNX_MEMORIES_MAX]; /* numbers of the ports */
    uint32_t values;                                   /* floats of all of them */
} onnx_memory;

/* Whether a port's name begins with "memory_". */
bool onnx_is_memory(const nn_port *port);

/* Finds the memory ports in a session of one sample; having none is not an error. ERR_MISMATCH
 * where an input lacks an output of its name and shape, an output lacks an input, or all together
 * are too large. */
int onnx_memory_find(const nn_model *model, const nn_session *s, onnx_memory *m, err *e);

/* Sets the inputs before a run: m->values floats, zeros for NULL. */
void onnx_memory_put(const onnx_memory *m, nn_session *s, const float *before);

/* Copies the outputs after a run, m->values floats. ERR_FORMAT where one is not finite. */
int onnx_memory_take(const onnx_memory *m, const nn_session *s, float *after, err *e);

#endif
