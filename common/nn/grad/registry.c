#include "nn/grad/registry.h"

#include <string.h>

const grad_op *grad_find_op(const char *name)
{
    static const grad_op *const families[] = {grad_ops_conv,   grad_ops_gemm, grad_ops_unary,
                                              grad_ops_binary, grad_ops_norm, grad_ops_move,
                                              grad_ops_reduce, grad_ops_pool};
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++)
        for (const grad_op *op = families[f]; op->name; op++)
            if (strcmp(op->name, name) == 0)
                return op;
    return NULL;
}
