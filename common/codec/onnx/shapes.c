/* Sizes that a file leaves open. */
#include "codec/onnx/internal.h"

enum { SIDE = 32 };

static bool settle_memory(nn_port *shape)
{
    int open = 0;
    for (int i = 0; i < shape->rank; i++)
        if (shape->dims[i] < 0) {
            shape->dims[i] = 1;
            open++;
        }
    return open <= 1;
}

bool onnx_settle_shape(const nn_port *port, nn_port *shape)
{
    nn_axes_text axes;
    *shape = *port;
    if (onnx_is_memory(port))
        return settle_memory(shape);
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

/* The open sizes of the image are not what the network can do; so says what failed, and why. */
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
        return nn_session_open(model, 1, e); /* refused elsewhere */
    for (int i = 0; i < inputs; i++) {
        const nn_port *port = nn_model_input(model, i);
        if (onnx_settle_shape(port, &shapes[i]))
            continue;
        nn_port_axes(port, &axes);
        err_set(e, ERR_MISMATCH,
                "its input '%.64s' has symbolic axes after the batch, %s; export it with sizes",
                port->name, axes.text);
        return NULL;
    }
    return open_image(model, shapes, e);
}
