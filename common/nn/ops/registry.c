#include "nn/ops/registry.h"

#include <string.h>

#include "nn/ops/ops.h"

const nn_op *nn_find_op(const char *name)
{
    static const nn_op *const families[] = {
        nn_ops_unary,        nn_ops_binary,         nn_ops_conv,      nn_ops_gemm,
        nn_ops_norm,         nn_ops_pool,           nn_ops_reduce,    nn_ops_move,
        nn_ops_view,         nn_ops_index,          nn_ops_cast,      nn_ops_quantize,
        nn_ops_integer_conv, nn_ops_integer_matmul, nn_ops_recurrent, nn_ops_einsum,
        nn_ops_rearrange,    nn_ops_range,          nn_ops_topk};
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++)
        for (const nn_op *op = families[f]; op->name; op++)
            if (strcmp(op->name, name) == 0)
                return op;
    return NULL;
}
