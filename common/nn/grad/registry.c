#include <string.h>

#include "nn/grad/backward.h"

const train_op *train_find_op(const char *name)
{
    static const train_op *const families[] = {train_ops_conv,   train_ops_gemm, train_ops_unary,
                                               train_ops_binary, train_ops_norm, train_ops_move,
                                               train_ops_reduce, train_ops_pool};
    for (size_t f = 0; f < sizeof families / sizeof families[0]; f++)
        for (const train_op *op = families[f]; op->name; op++)
            if (strcmp(op->name, name) == 0)
                return op;
    return NULL;
}

void *train_new_state(train_step *step, size_t bytes, err *e)
{
    step->state = nn_pool_alloc(step->pool, bytes);
    if (!step->state)
        err_set(e, ERR_NOMEM, "no memory for %zu bytes of its reverse", bytes);
    return step->state;
}
