#include "io/config.h"

unsigned config_line(const char *text, size_t size, const char *place)
{
    config_tree *tree;
    unsigned line;
    if (config_tree_read(text, size, &tree, &line, NULL) != ERR_NONE || !tree)
        return 0;
    line = config_tree_line(tree, place);
    config_tree_free(tree);
    return line;
}
