#include "nn/quant/names.h"

#include <string.h>

bool quant_is_op(const nn_node *node, const char *op)
{
    return strcmp(node->op->name, op) == 0;
}

const char *quant_name(nn_pool *pool, const char *name, const char *ending)
{
    size_t length = strlen(name), tail = strlen(ending);
    char *text = nn_pool_alloc(pool, length + tail + 1);
    if (text) {
        memcpy(text, name, length);
        memcpy(text + length, ending, tail);
    }
    return text;
}
