#include "io/config.h"

unsigned config_line(const char *text, size_t size, const char *path)
{
    config_tree *tree;
    unsigned line;
    if (config_tree_read(text, size, &tree, &line, NULL) != ERR_NONE || !tree)
        return 0;
    line = config_tree_line(tree, path);
    config_tree_free(tree);
    return line;
}
