#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_open(FILE *f, const char *path, size_t limit, void **data, size_t *size, err *e)
{
    struct stat info;
    if (fstat(fileno(f), &info))
        return err_set(e, ERR_IO, "%s: cannot be read: %m", path);
    if (!S_ISREG(info.st_mode))
        return err_set(e, ERR_IO, "%s: is not a regular file", path);
    if (info.st_size < 1 || (uintmax_t)info.st_size > limit)
        return err_set(e, ERR_FORMAT, "%s: %jd bytes; it must have 1 to %zu", path,
                       (intmax_t)info.st_size, limit);
    *size = (size_t)info.st_size;
    *data = malloc(*size);
    if (!*data)
        return err_set(e, ERR_NOMEM, "%s: no memory for its %zu bytes", path, *size);
    if (fread(*data, 1, *size, f) == *size)
        return 0;
    free(*data);
    *data = NULL;
    return err_set(e, ERR_IO, "%s: cannot be read completely", path);
}

int file_read(const char *path, size_t limit, void **data, size_t *size, err *e)
{
    *data = NULL;
    FILE *f = fopen(path, "rbe");
    if (!f)
        return err_set(e, ERR_IO, "%s: cannot be opened: %m", path);
    int rc = read_open(f, path, limit, data, size, e);
    fclose(f);
    return rc;
}

/* --- replacing ----------------------------------------------------------------------------------
 */

/* Syncs the folder's list of names. Some file systems cannot sync a folder, and a folder without
 * read permission cannot be opened: the rename is then as durable as the system makes it. */
static int sync_folder_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    char *folder = slash ? strndup(path, slash == path ? 1 : (size_t)(slash - path)) : strdup(".");
    int fd = folder ? open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1, failed = 0;
    free(folder);
    if (fd < 0)
        return 0;
    if (fsync(fd) != 0 && errno != EINVAL && errno != ENOTSUP && errno != EROFS)
        failed = errno;
    close(fd);
    errno = failed;
    return failed ? -1 : 0;
}

/* Some disks do not report that they are full before this. */
static int sync_file(const char *path)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return -1;
    int failed = fsync(fd), reason = errno;
    close(fd);
    errno = reason;
    return failed;
}

int file_beside(const char *path, char *beside, size_t size, err *e)
{
    int n = snprintf(beside, size, "%s.%ld.part", path, (long)getpid());
    return n > 0 && (size_t)n < size
               ? ERR_NONE
               : err_set(e, ERR_INVALID, "the path '%.64s...' is too long", path);
}

/* The last step; the file is on the disk by then. */
static int rename_into_place(const char *beside, const char *path, err *e)
{
    struct stat there;
    if (stat(path, &there) == 0 && !S_ISREG(there.st_mode))
        return err_set(e, ERR_IO, "%s: is not a regular file, and is kept", path);
    if (rename(beside, path) != 0)
        return err_set(e, ERR_IO, "%s: cannot be renamed into place: %m", path);
    return sync_folder_of(path) == 0
               ? ERR_NONE
               : err_set(e, ERR_IO, "%s: its folder cannot be synced: %m", path);
}

int file_put_in_place(const char *beside, const char *path, err *e)
{
    int rc = sync_file(beside) == 0 ? rename_into_place(beside, path, e)
                                    : err_set(e, ERR_IO, "%s: cannot be written: %m", path);
    if (rc)
        unlink(beside);
    return rc;
}

struct file_writer {
    FILE *to;
    char *path;   /* the final file, with links resolved */
    char *beside; /* NULL: not a regular file, written directly */
};

static file_writer *free_writer(file_writer *w)
{
    if (w->to)
        fclose(w->to);
    free(w->beside);
    free(w->path);
    free(w);
    return NULL;
}

/* A random name: processes of two containers on one volume can have the same process ID. */
static int open_beside(file_writer *w, mode_t mode, err *e)
{
    uint32_t random = 0;
    int fd = -1;
    for (int again = 0; fd < 0 && again < 16; again++) {
        free(w->beside);
        if (getrandom(&random, sizeof random, 0) != sizeof random ||
            asprintf(&w->beside, "%s.%08x.part", w->path, random) < 0) {
            w->beside = NULL;
            return err_set(e, ERR_NOMEM, "%s: out of memory for its name", w->path);
        }
        fd = open(w->beside, O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0666);
        if (fd < 0 && errno != EEXIST)
            break;
    }
    if (fd < 0)
        return err_set(e, ERR_IO, "%s: cannot be written: %m", w->path);
    if (mode)
        (void)fchmod(fd, mode); /* fails on another user's file */
    w->to = fdopen(fd, "we");
    if (w->to)
        return ERR_NONE;
    close(fd);
    unlink(w->beside);
    return err_set(e, ERR_NOMEM, "%s: no memory to write it", w->path);
}

/* The target of a link to a file, or the path itself; NULL when memory ran out. */
static char *end_of_link(const char *path)
{
    struct stat link, end;
    bool leads = lstat(path, &link) == 0 && S_ISLNK(link.st_mode) && stat(path, &end) == 0 &&
                 S_ISREG(end.st_mode);
    return leads ? realpath(path, NULL) : strdup(path);
}

file_writer *file_writer_open(const char *path, err *e)
{
    struct stat there;
    file_writer *w = calloc(1, sizeof *w);
    bool exists = stat(path, &there) == 0;
    if (!w || !(w->path = end_of_link(path))) {
        err_set(e, ERR_NOMEM, "%s: no memory to write it", path);
        return w ? free_writer(w) : NULL;
    }
    if (exists && S_ISDIR(there.st_mode)) {
        err_set(e, ERR_IO, "%s: cannot be written: it is a folder", path);
        return free_writer(w);
    }
    if (!exists || S_ISREG(there.st_mode))
        return open_beside(w, exists ? there.st_mode & 0777 : 0, e) == ERR_NONE ? w
                                                                                : free_writer(w);
    w->to = fopen(path, "we");
    if (w->to)
        return w;
    err_set(e, ERR_IO, "%s: cannot be written: %m", path);
    return free_writer(w);
}

FILE *file_writer_stream(file_writer *w)
{
    return w->to;
}

/* Checks that every byte was written, and is on the disk. */
static int finish_stream(file_writer *w, err *e)
{
    int rc = ERR_NONE;
    if (ferror(w->to)) /* errno of the failed write is lost by now */
        rc = err_set(e, ERR_IO, "%s: cannot be written completely; is the disk full?", w->path);
    else if (fflush(w->to) != 0 || (w->beside && fsync(fileno(w->to)) != 0))
        rc = err_set(e, ERR_IO, "%s: cannot be written: %m", w->path);
    if (fclose(w->to) != 0 && !rc)
        rc = err_set(e, ERR_IO, "%s: cannot be written: %m", w->path);
    w->to = NULL;
    return rc;
}

int file_writer_close(file_writer *w, err *e)
{
    int rc = finish_stream(w, e);
    if (!rc && w->beside)
        rc = rename_into_place(w->beside, w->path, e);
    if (rc && w->beside)
        unlink(w->beside);
    free_writer(w);
    return rc;
}

void file_writer_drop(file_writer *w)
{
    if (!w)
        return;
    if (w->beside)
        unlink(w->beside);
    free_writer(w);
}

int file_replace(const char *path, const void *data, size_t size, err *e)
{
    file_writer *w = file_writer_open(path, e);
    if (!w)
        return ERR_IO;
    if (fwrite(data, 1, size, w->to) == size)
        return file_writer_close(w, e);
    int rc = err_set(e, ERR_IO, "%s: cannot be written: %m", path);
    file_writer_drop(w);
    return rc;
}
