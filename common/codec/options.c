#include "codec/options.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int codec_options(const char *kind, const char *list, codec_take_option *take, void *user, err *e)
{
    char *copy = strdup(list), *rest = copy;
    int rc =
        copy ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for the options of codec %s", kind);
    for (char *option; rc == ERR_NONE && (option = strsep(&rest, ","));) {
        char *value = strchr(option, '=');
        if (value) {
            *value = '\0';
            rc = take(user, option, value + 1, e);
        } else if (*option) {
            rc = err_set(e, ERR_INVALID, "option '%.40s' of codec %s is not KEY=VALUE", option,
                         kind);
        }
    }
    free(copy);
    return rc;
}

bool codec_whole_option(const char *value, uint32_t least, uint32_t most, uint32_t *number)
{
    double given;
    if (!text_number(value, &given) || given != floor(given) || given < least || given > most)
        return false;
    *number = (uint32_t)given;
    return true;
}
