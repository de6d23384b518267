/* ops.h: shared by the operator families. Internal to nn/ops. */
#ifndef NN_OPS_OPS_H
#define NN_OPS_OPS_H

#include "nn/graph.h"

/* Each family's operators; the last entry has no name. */
extern const nn_op nn_ops_unary[], nn_ops_binary[], nn_ops_conv[], nn_ops_gemm[], nn_ops_norm[],
    nn_ops_pool[], nn_ops_reduce[], nn_ops_move[], nn_ops_view[], nn_ops_index[], nn_ops_cast[],
    nn_ops_quantize[], nn_ops_integer_conv[], nn_ops_integer_matmul[], nn_ops_recurrent[],
    nn_ops_einsum[], nn_ops_rearrange[], nn_ops_range[], nn_ops_topk[];

/* One line of a family's table: name, inputs, outputs, attributes, then fields by name. */
#define NN_OP(op, least_in, most_in, least_out, most_out, list, ...)                               \
    {                                                                                              \
        .name = op, .min_in = least_in, .max_in = most_in, .min_out = least_out,                   \
        .max_out = most_out, .attrs = list, __VA_ARGS__                                            \
    }

static inline const nn_tensor *nn_in(const nn_step *step, int k)
{
    return k < step->n_in ? step->in[k] : NULL;
}

static inline nn_tensor *nn_out(const nn_step *step, int k)
{
    return k < step->n_out ? step->out[k] : NULL;
}

/* Refuses an input of another type, or of a rank outside the range. */
int nn_need_dtype(const nn_step *step, int k, nn_dtype dtype, err *e);
int nn_need_rank(const nn_step *step, int k, int least, int most, err *e);

/* An axis in [-rank, rank), made non-negative. */
int nn_need_axis(int64_t axis, int rank, int *out, err *e);

/* Reads input k as a list of at most `most` integers (int64 or int32) known before a run. */
int nn_need_ints(const nn_step *step, int k, int64_t *values, int most, int *count, err *e);

/* Reads an attribute that is a list of integers; count is -1 if it is absent. */
int nn_attr_ints(const nn_step *step, const char *name, int64_t *values, int most, int *count,
                 err *e);

/* Reads integers that a later opset moved from an attribute to input k, from either. */
int nn_ints_either(const nn_step *step, int k, const char *name, int64_t *values, int most,
                   int *count, err *e);

/* The axes of input 0 that a reduction covers: reduced[NN_MAX_RANK]. */
int nn_reduced_axes(const nn_step *step, bool *reduced, err *e);

/* Gives out[0] the shape and type of in[0]. */
int nn_infer_same(nn_step *step, err *e);
/* The same, for operators on floats only. */
int nn_infer_same_float(nn_step *step, err *e);

/* The numpy broadcast of two shapes. */
int nn_broadcast(const nn_tensor *a, const nn_tensor *b, int64_t *dims, int *rank, err *e);

/* State of a step: zeroed memory of the session. NULL sets *e. */
void *nn_new_state(nn_step *step, size_t bytes, err *e);

#endif
