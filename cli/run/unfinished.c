#include "unfinished.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <unistd.h>

#include "io/file.h"
#include "io/json.h"
#include "record/record.h"

enum { RESERVE_BYTES = 256 << 10, RESERVE_BYTES_A_UE = 512 };

static void name_files(unfinished *u, const char *folder)
{
    snprintf(u->path, sizeof u->path, "%.*s/unfinished.json", RUN_PATH_MAX - 1, folder);
    snprintf(u->reserve, sizeof u->reserve, "%.*s/reserve", RUN_PATH_MAX - 1, folder);
}

/* Ignores a failure (a full disk, a file system without this call): the reserve is optional. */
static void reserve_room(const unfinished *u, uint32_t ues)
{
    int fd = open(u->reserve, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    off_t bytes = RESERVE_BYTES + (off_t)RESERVE_BYTES_A_UE * ues;
    if (fd < 0)
        return;
    if (fallocate(fd, 0, 0, bytes) != 0)
        unlink(u->reserve);
    close(fd);
}

int unfinished_begin(unfinished *u, const run_paths *paths, cJSON *head, uint32_t ues, err *e)
{
    *u = (unfinished){.head = head, .lock = -1};
    name_files(u, paths->folder);
    int status = json_replace(u->path, head, e);
    if (status != ERR_NONE)
        return status;
    u->lock = open(u->path, O_RDONLY | O_CLOEXEC);
    if (u->lock >= 0 && flock(u->lock, LOCK_EX | LOCK_NB) != 0) {
        close(u->lock);
        u->lock = -1;
    }
    reserve_room(u, ues);
    return ERR_NONE;
}

void unfinished_make_room(unfinished *u)
{
    unlink(u->reserve);
}

void unfinished_end(unfinished *u, bool finished)
{
    if (finished) {
        unfinished_make_room(u);
        unlink(u->path);
    }
    if (u->lock >= 0)
        close(u->lock);
    cJSON_Delete(u->head);
    *u = (unfinished){.lock = -1};
}

int unfinished_find(unfinished *u, const char *folder, bool *at_work, err *e)
{
    void *text;
    size_t size;
    *u = (unfinished){.lock = -1};
    name_files(u, folder);
    u->lock = open(u->path, O_RDONLY | O_CLOEXEC);
    *at_work = u->lock >= 0 && flock(u->lock, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
    int status = file_read(u->path, RECORD_BYTES_MAX, &text, &size, e);
    if (status != ERR_NONE)
        return status;
    u->head = json_parse(u->path, text, size, e);
    free(text);
    if (!u->head)
        return ERR_FORMAT;
    return cJSON_IsObject(u->head) ? ERR_NONE
                                   : err_set(e, ERR_FORMAT, "%s: not a JSON object", u->path);
}
