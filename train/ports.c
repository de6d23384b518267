#include "train/ports.h"

#include <string.h>

#include "codec/onnx/memory.h"

/* Values of one sample; 0 for a port that cannot be a memory: not float, or without a free batch
 * axis. */
static size_t count_values(const nn_port *port)
{
    size_t count = port->dtype == NN_FLOAT && port->rank > 0 && port->dims[0] < 0;
    for (int i = 1; i < port->rank; i++)
        if (port->dims[i] < 1 || __builtin_mul_overflow(count, (size_t)port->dims[i], &count))
            return 0;
    return count;
}

static bool same_shape(const nn_port *a, const nn_port *b)
{
    return a->rank == b->rank &&
           memcmp(a->dims + 1, b->dims + 1, (size_t)(a->rank - 1) * sizeof *a->dims) == 0;
}

static int add_memory(train_ports *p, const nn_port *port, int input, err *e)
{
    size_t count = count_values(port);
    if (p->memories == TRAIN_MEMORIES_MAX)
        return err_set(e, ERR_MISMATCH, "it has more than %d memories", TRAIN_MEMORIES_MAX);
    if (count == 0)
        return err_set(e, ERR_MISMATCH,
                       "its memory '%.64s' is not of floats with the batch first and fixed sizes "
                       "behind it",
                       port->name);
    p->memory[p->memories++] =
        (train_memory_port){.input = input, .offset = p->held, .count = count};
    p->held += count;
    return 0;
}

static int match_outputs(const nn_model *model, train_ports *p, err *e)
{
    int found = 0;
    for (int i = 1; i < nn_model_outputs(model); i++) {
        const nn_port *port = nn_model_output(model, i);
        if (!onnx_is_memory(port))
            continue; /* other outputs are ignored */
        if (found < p->memories && !same_shape(nn_model_input(model, p->memory[found].input), port))
            return err_set(e, ERR_MISMATCH,
                           "its output '%.64s' has another shape than its input '%.64s'",
                           port->name, nn_model_input(model, p->memory[found].input)->name);
        if (found < p->memories)
            p->memory[found].output = i;
        found++;
    }
    if (found == p->memories)
        return 0;
    return err_set(e, ERR_MISMATCH,
                   "it has %d inputs and %d outputs named memory_*; they must pair up", p->memories,
                   found);
}

int train_ports_find(const nn_model *model, codec_side side, train_ports *ports, err *e)
{
    *ports = (train_ports){0};
    for (int i = 1; i < nn_model_inputs(model); i++) {
        const nn_port *port = nn_model_input(model, i);
        if (onnx_is_memory(port)) {
            int rc = add_memory(ports, port, i, e);
            if (rc)
                return rc;
        } else if (side == CODEC_DECODER && ports->snr == 0) {
            ports->snr = i;
        } else {
            return err_set(e, ERR_MISMATCH,
                           "an encoder has one input; a decoder may have a second one, snr_db, "
                           "float [n]; any others must be memory_*");
        }
    }
    return match_outputs(model, ports, e);
}
