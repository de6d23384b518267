#include "picture.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"

int picture_path(const char *prefix, const char *ending, char path[PATH_MAX], err *e)
{
    if (strlen(prefix) > PATH_MAX - 32)
        return err_set(e, ERR_INVALID, "--out: the path '%.64s...' is too long", prefix);
    snprintf(path, PATH_MAX, "%s%s", prefix, ending);
    return ERR_NONE;
}

static int draw(const figure *f, const char *path, err *e)
{
    err own = {0};
    int status = figure_draw(f, path, &own);
    if (status == ERR_UNSUPPORTED) {
        log_warning("no %s: %s", path, own.text);
        return ERR_NONE;
    }
    return status == ERR_NONE ? status : err_set(e, own.code, "%s", own.text);
}

int picture_draw(const figure *f, const char *prefix, err *e)
{
    char path[PATH_MAX];
    int status = ERR_NONE;
    for (int i = 0; status == ERR_NONE && i < 2; i++) {
        status = picture_path(prefix, i == 0 ? ".svg" : ".png", path, e);
        if (status == ERR_NONE)
            status = draw(f, path, e);
    }
    return status;
}
