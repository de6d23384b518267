#include <string.h>

#include "nn/graph.h"

int nn_node_error(const nn_node *node, err *e)
{
    return err_prefix(e, "node %d '%s' (op '%s')", node->index, node->name, node->op->name);
}

const nn_attr *nn_find_attr(const nn_node *node, const char *name)
{
    for (int i = 0; i < node->n_attrs; i++)
        if (strcmp(node->attrs[i].name, name) == 0)
            return &node->attrs[i];
    return NULL;
}

int64_t nn_attr_int(const nn_node *node, const char *name, int64_t otherwise)
{
    const nn_attr *a = nn_find_attr(node, name);
    return a ? a->i : otherwise;
}

float nn_attr_float(const nn_node *node, const char *name, float otherwise)
{
    const nn_attr *a = nn_find_attr(node, name);
    return a ? a->f : otherwise;
}

const char *nn_attr_string(const nn_node *node, const char *name, const char *otherwise)
{
    const nn_attr *a = nn_find_attr(node, name);
    return a ? a->s : otherwise;
}
