/* Sizes that a file leaves open. */
#include <stdio.h>

#include "codec/onnx/internal.h"

enum { SIDE = 32, OPEN_MAX = 2, DIVISORS = 6 };

/* A size is tried only if the network needs at most this much memory. */
static const size_t memory_limit = (size_t)2 << 30;

static bool fix_memory(nn_port *shape)
{
    int open = 0;
    for (int i = 0; i < shape->rank; i++)
        if (shape->dims[i] < 0) {
            shape->dims[i] = 1;
            open++;
        }
    return open <= 1;
}

bool onnx_fix_shape(const nn_port *port, nn_port *shape)
{
    nn_axes_text axes;
    *shape = *port;
    if (onnx_is_memory(port))
        return fix_memory(shape);
    if (port->rank > 0 && port->dims[0] < 0)
        shape->dims[0] = 1;
    if (nn_port_axes(port, &axes) == 0)
        return true;
    int first = port->dims[1] == 2 ? 2 : 1; /* planes first, or last */
    if (port->rank != 4 || port->dims[first == 2 ? 1 : 3] != 2)
        return false;
    for (int i = first; i < first + 2; i++)
        shape->dims[i] = port->dims[i] < 0 ? SIDE : port->dims[i];
    return true;
}

/* --- an image of other sizes --------------------------------------------------------------------
 */

static void fix_image(nn_model *model, const nn_port *port, uint32_t rows, uint32_t columns)
{
    int64_t dims[NN_MAX_RANK] = {0};
    int first = port->dims[1] == 2 ? 2 : 1; /* planes first, or last */
    if (port->rank != 4 || port->dims[first == 2 ? 1 : 3] != 2)
        return; /* rejected elsewhere, by its axes */
    dims[first] = rows;
    dims[first + 1] = columns;
    nn_model_fix_input(model, 0, dims);
}

/* Whether a session with these inputs gives an image of the wanted size. */
static bool gives_image(const nn_model *model, const nn_port *shapes, uint32_t rows,
                        uint32_t columns)
{
    nn_session *s = nn_session_open_with(
        model, &(nn_session_options){.shapes = shapes, .memory_limit = memory_limit}, NULL);
    const nn_tensor *out = s ? nn_session_output(s, 0) : NULL;
    bool first = out && out->rank == 4 && out->dims[1] == 2 && out->dims[2] == rows &&
                 out->dims[3] == columns;
    bool last = out && out->rank == 4 && out->dims[3] == 2 && out->dims[1] == rows &&
                out->dims[2] == columns;
    bool flat = out && out->rank < 4 && rows == columns && out->count == (size_t)2 * rows * columns;
    nn_session_free(s);
    return first || last || flat;
}

/* Finds the open axes of the codeword. Returns their number, 0 where there are too many or another
 * input has no known shape. */
static int open_axes(const nn_model *model, nn_port shapes[ONNX_PORTS_MAX], int axis[OPEN_MAX])
{
    const nn_port *port = nn_model_input(model, 0);
    int open = 0, inputs = nn_model_inputs(model);
    for (int i = 1; i < port->rank; i++)
        if (port->dims[i] < 0) {
            if (open == OPEN_MAX)
                return 0;
            axis[open++] = i;
        }
    shapes[0] = *port;
    shapes[0].dims[0] = 1;
    for (int i = 1; i < inputs; i++)
        if (!onnx_fix_shape(nn_model_input(model, i), &shapes[i]))
            return 0;
    return open;
}

/* Two open axes follow the image's rows and columns, each a power of two smaller. A single one is
 * rejected, since nothing tells its length. */
static int fix_codeword(nn_model *model, uint32_t rows, uint32_t columns, err *e)
{
    nn_port shapes[ONNX_PORTS_MAX];
    nn_axes_text axes;
    int axis[OPEN_MAX], open = open_axes(model, shapes, axis);
    for (int a = 0; open == 2 && a < DIVISORS; a++)
        for (int b = 0; b < DIVISORS; b++) {
            if (rows % (1u << a) || columns % (1u << b))
                continue;
            shapes[0].dims[axis[0]] = rows >> a;
            shapes[0].dims[axis[1]] = columns >> b;
            if (gives_image(model, shapes, rows, columns)) {
                nn_model_fix_input(model, 0, shapes[0].dims);
                return 0;
            }
        }
    nn_port_axes(nn_model_input(model, 0), &axes);
    return err_set(
        e, ERR_MISMATCH,
        "its input '%.64s' has symbolic axes after the batch, %s, and at none of the "
        "sizes that csilink tries, an image's rows and columns divided by 1 to %d, its output "
        "is an image of %u x %u; export it with sizes",
        nn_model_input(model, 0)->name, axes.text, 1 << (DIVISORS - 1), rows, columns);
}

int onnx_fix_sizes(nn_model *model, codec_side side, uint32_t rows, uint32_t columns, err *e)
{
    nn_axes_text axes;
    int inputs = nn_model_inputs(model);
    if (inputs < 1 || inputs > ONNX_PORTS_MAX || nn_model_outputs(model) < 1)
        return 0; /* rejected elsewhere */
    const nn_port *port = nn_model_input(model, 0);
    if (onnx_is_memory(port) || nn_port_axes(port, &axes) == 0)
        return 0;
    if (side == CODEC_DECODER)
        return fix_codeword(model, rows, columns, e);
    fix_image(model, port, rows, columns);
    return 0;
}

/* --- sessions -----------------------------------------------------------------------------------
 */

/* The network cannot use the open sizes of the image; reports what failed, and why. */
static nn_session *open_image(const nn_model *model, const nn_port *shapes, err *e)
{
    nn_axes_text axes;
    const nn_port *image = nn_model_input(model, 0);
    err why = {0};
    nn_session *s = nn_session_open_shapes(model, shapes, &why);
    if (!s && nn_port_axes(image, &axes))
        err_set(e, (err_code)why.code,
                "its input '%.64s' has symbolic axes, %s, which csilink takes as %d: %.240s",
                image->name, axes.text, SIDE, why.text);
    else if (!s)
        err_set(e, (err_code)why.code, "%s", why.text);
    return s;
}

nn_session *onnx_open_session(const nn_model *model, err *e)
{
    nn_port shapes[ONNX_PORTS_MAX];
    nn_axes_text axes;
    int inputs = nn_model_inputs(model);
    if (inputs < 1 || inputs > ONNX_PORTS_MAX)
        return nn_session_open(model, 1, e); /* rejected elsewhere */
    for (int i = 0; i < inputs; i++) {
        const nn_port *port = nn_model_input(model, i);
        if (onnx_fix_shape(port, &shapes[i]))
            continue;
        nn_port_axes(port, &axes);
        err_set(e, ERR_MISMATCH,
                "its input '%.64s' has symbolic axes after the batch, %s; export it with sizes",
                port->name, axes.text);
        return NULL;
    }
    return open_image(model, shapes, e);
}
