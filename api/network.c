/* ONNX files: networks and their sessions. */
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "nn/nn.h"

_Static_assert(CSL_FLOAT == (int)NN_FLOAT && CSL_INT64 == (int)NN_INT64, "types");
_Static_assert(CSL_INT32 == (int)NN_INT32 && CSL_BOOL == (int)NN_BOOL, "types");
_Static_assert(CSL_UINT8 == (int)NN_UINT8 && CSL_INT8 == (int)NN_INT8, "types");
_Static_assert(CSL_DOUBLE == (int)NN_DOUBLE && CSL_RANK_MAX == (int)NN_MAX_RANK, "types");

/* Lives until the last session is closed, in whatever order the caller closes them. */
struct csl_network {
    atomic_uint holders;
    nn_model *model;
};

struct csl_session {
    csl_network *network;
    nn_session *session;
};

int csl_network_open(const char *path, csl_network **out)
{
    err e = {0};
    if (api_need(out, "out", &e))
        return api_return(&e);
    *out = NULL;
    if (api_need(path, "the path of an ONNX file", &e))
        return api_return(&e);
    csl_network *n = calloc(1, sizeof *n);
    if (!n) {
        err_set(&e, ERR_NOMEM, "out of memory for a network");
        return api_return(&e);
    }
    atomic_init(&n->holders, 1);
    n->model = nn_model_load(path, &e);
    if (n->model)
        *out = n;
    else
        free(n);
    return api_return(&e);
}

void csl_network_close(csl_network *n)
{
    if (!n || atomic_fetch_sub(&n->holders, 1) > 1)
        return;
    nn_model_free(n->model);
    free(n);
}

uint32_t csl_network_inputs(const csl_network *n)
{
    return n ? (uint32_t)nn_model_inputs(n->model) : 0;
}

uint32_t csl_network_outputs(const csl_network *n)
{
    return n ? (uint32_t)nn_model_outputs(n->model) : 0;
}

static int get_port(const csl_network *n, bool input, uint32_t index, csl_port *port)
{
    err e = {0};
    const char *what = input ? "input" : "output";
    if (api_need(n, "the network", &e) || api_need(port, "port", &e))
        return api_return(&e);
    uint32_t count = input ? csl_network_inputs(n) : csl_network_outputs(n);
    if (index >= count) {
        err_set(&e, ERR_INVALID, "%s %u of a network with %u of them", what, index, count);
        return api_return(&e);
    }
    const nn_port *p =
        input ? nn_model_input(n->model, (int)index) : nn_model_output(n->model, (int)index);
    *port = (csl_port){.name = p->name, .type = (int32_t)p->dtype, .rank = p->rank};
    memcpy(port->dims, p->dims, sizeof port->dims);
    return CSL_OK;
}

int csl_network_input(const csl_network *n, uint32_t index, csl_port *port)
{
    return get_port(n, true, index, port);
}

int csl_network_output(const csl_network *n, uint32_t index, csl_port *port)
{
    return get_port(n, false, index, port);
}

/* Converts the caller's shapes to the engine's. */
static int take_shapes(const csl_network *n, const csl_port *from, nn_port *to, err *e)
{
    for (uint32_t i = 0; i < csl_network_inputs(n); i++) {
        const csl_port *p = &from[i];
        if (p->rank < 0 || p->rank > CSL_RANK_MAX)
            return err_set(e, ERR_INVALID, "the shape of input %u has rank %d; 0 to %d are allowed",
                           i, p->rank, CSL_RANK_MAX);
        to[i] = *nn_model_input(n->model, (int)i);
        to[i].rank = p->rank;
        for (int32_t k = 0; k < p->rank; k++) {
            if (p->dims[k] < 1)
                return err_set(e, ERR_INVALID, "size %d of input %u must be at least 1, not %lld",
                               k, i, (long long)p->dims[k]);
            to[i].dims[k] = p->dims[k];
        }
    }
    return ERR_NONE;
}

static int open_session(const csl_network *n, int64_t batch, const csl_port *shapes,
                        csl_session **out, err *e)
{
    if (!shapes && batch < 1)
        return err_set(e, ERR_INVALID, "a batch of %lld; at least 1 is allowed", (long long)batch);
    uint32_t inputs = csl_network_inputs(n);
    csl_session *s = calloc(1, sizeof *s);
    nn_port *ports = calloc(inputs ? inputs : 1, sizeof *ports);
    int rc = s && ports ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for a session");
    if (rc == ERR_NONE && shapes)
        rc = take_shapes(n, shapes, ports, e);
    const nn_session_options options = {.batch = batch, .shapes = shapes ? ports : NULL};
    if (rc == ERR_NONE && !(s->session = nn_session_open_with(n->model, &options, e)))
        rc = e->code;
    free(ports);
    if (rc != ERR_NONE) {
        free(s);
        return rc;
    }
    s->network = (csl_network *)n; /* const to the caller; only the reference count changes */
    atomic_fetch_add(&s->network->holders, 1);
    *out = s;
    return ERR_NONE;
}

int csl_session_open(const csl_network *n, int64_t batch, const csl_port *shapes, csl_session **out)
{
    err e = {0};
    if (api_need(out, "out", &e))
        return api_return(&e);
    *out = NULL;
    if (api_need(n, "the network", &e) == ERR_NONE)
        open_session(n, batch, shapes, out, &e);
    return api_return(&e);
}

void csl_session_close(csl_session *s)
{
    if (!s)
        return;
    nn_session_free(s->session);
    csl_network_close(s->network);
    free(s);
}

static int get_tensor(const csl_session *s, const nn_tensor *t, uint32_t index, csl_tensor *tensor,
                      const char *what)
{
    err e = {0};
    if (api_need(s, "the session", &e) || api_need(tensor, "tensor", &e))
        return api_return(&e);
    if (!t) {
        err_set(&e, ERR_INVALID, "the session has no %s %u", what, index);
        return api_return(&e);
    }
    *tensor = (csl_tensor){.data = t->data,
                           .count = t->count,
                           .bytes = t->bytes,
                           .type = (int32_t)t->dtype,
                           .rank = t->rank};
    memcpy(tensor->dims, t->dims, sizeof tensor->dims);
    return CSL_OK;
}

/* An index that an int cannot hold is beyond any list, as is -1. */
static int as_index(uint32_t index)
{
    return index <= INT32_MAX ? (int)index : -1;
}

int csl_session_input(csl_session *s, uint32_t index, csl_tensor *tensor)
{
    const nn_tensor *t = s ? nn_session_input(s->session, as_index(index)) : NULL;
    return get_tensor(s, t, index, tensor, "input");
}

int csl_session_output(csl_session *s, uint32_t index, csl_tensor *tensor)
{
    const nn_tensor *t = s ? nn_session_output(s->session, as_index(index)) : NULL;
    return get_tensor(s, t, index, tensor, "output");
}

int csl_session_run(csl_session *s)
{
    err e = {0};
    if (api_need(s, "the session", &e) == ERR_NONE)
        nn_session_run(s->session, &e);
    return api_return(&e);
}
