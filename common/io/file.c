#include "io/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
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
    return err_set(e, ERR_IO, "%s: cannot be read whole", path);
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

static int write_whole(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t n = write(fd, data, size);
        if (n < 0)
            return -1;
        data += n;
        size -= (size_t)n;
    }
    return 0;
}

/* Some disks report that they are full no earlier than here. */
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

int file_put_in_place(const char *beside, const char *path, err *e)
{
    int rc = ERR_NONE;
    if (sync_file(beside) != 0)
        rc = err_set(e, ERR_IO, "%s: cannot be written: %m", path);
    else if (rename(beside, path) != 0)
        rc = err_set(e, ERR_IO, "%s: cannot be put in place: %m", path);
    if (rc)
        unlink(beside);
    return rc;
}

/* A random name, since processes of two containers on one volume may have the same number. */
int file_replace(const char *path, const void *data, size_t size, err *e)
{
    char *beside = NULL;
    if (asprintf(&beside, "%s.XXXXXX", path) < 0)
        return err_set(e, ERR_NOMEM, "%s: no memory for its name", path);
    int rc = ERR_NONE, fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0) {
        rc = err_set(e, ERR_IO, "%s: cannot be written: %m", path);
        free(beside);
        return rc;
    }
    if (write_whole(fd, data, size) || fchmod(fd, 0644))
        rc = err_set(e, ERR_IO, "%s: cannot be written: %m", path);
    if (close(fd) && !rc)
        rc = err_set(e, ERR_IO, "%s: cannot be written: %m", path);
    if (rc)
        unlink(beside);
    else
        rc = file_put_in_place(beside, path, e);
    free(beside);
    return rc;
}
