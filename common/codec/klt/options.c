#include "codec/klt/options.h"

#include <stdlib.h>
#include <string.h>

int klt_options(const char *list, klt_take_option *take, void *user, err *e)
{
    char *copy = strdup(list), *rest = copy;
    int rc = copy ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for the options of codec klt");
    for (char *option; rc == ERR_NONE && (option = strsep(&rest, ","));) {
        char *value = strchr(option, '=');
        if (value) {
            *value = '\0';
            rc = take(user, option, value + 1, e);
        } else if (*option) {
            rc = err_set(e, ERR_INVALID, "'%.40s' is not KEY=VALUE", option);
        }
    }
    free(copy);
    return rc;
}
