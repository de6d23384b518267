#include "nn/grad/backward.h"

void *grad_new_state(grad_step *step, size_t bytes, err *e)
{
    step->state = nn_pool_alloc(step->pool, bytes);
    if (!step->state)
        err_set(e, ERR_NOMEM, "no memory for %zu bytes of its reverse", bytes);
    return step->state;
}
