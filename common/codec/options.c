#include "codec/options.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/models.h"

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

/* Reads NAME from "NAME,cr=8". False where it is missing. */
static bool take_name(const char *arguments, char name[CODEC_SPEC_MAX])
{
    size_t length = strcspn(arguments, ",");
    if (length == 0 || length >= CODEC_SPEC_MAX)
        return false;
    snprintf(name, CODEC_SPEC_MAX, "%.*s", (int)length, arguments);
    return true;
}

bool codec_file_exists(const char *arguments, const char *ending)
{
    char name[CODEC_SPEC_MAX];
    return take_name(arguments, name) && models_has(name, ending);
}

int codec_file_read(const char *kind, const char *arguments, const char *ending, size_t limit,
                    void **data, size_t *size, char name[CODEC_SPEC_MAX], err *e)
{
    if (!take_name(arguments, name))
        return err_set(e, ERR_INVALID,
                       "codec %s takes the name of its file first, such as %s:%s-indoor, not "
                       "'%.40s'",
                       kind, kind, kind, arguments);
    return models_read(name, ending, limit, data, size, e);
}

void codec_name_of_arguments(const char *arguments, const char *ending, char name[CODEC_NAME_MAX])
{
    size_t length = strcspn(arguments, ","), used = 0, cut = ending ? strlen(ending) : 0;
    const char *slash = ending ? memrchr(arguments, '/', length) : NULL;
    for (const char *c = slash ? slash + 1 : arguments; *c && used + 1 < CODEC_NAME_MAX; c++) {
        if (cut > 0 && strncmp(c, ending, cut) == 0 && c + cut == arguments + length)
            c += cut - 1;
        else if (*c != '=')
            name[used++] = *c == ',' ? '-' : *c;
    }
    name[used] = '\0';
}
