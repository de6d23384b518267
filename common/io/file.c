#include "io/file.h"

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

/* On success the data are on the disk before the new name shows them. */
static int write_whole(int fd, const char *data, size_t size)
{
    while (size) {
        ssize_t n = write(fd, data, size);
        if (n < 0)
            return -1;
        data += n;
        size -= (size_t)n;
    }
    return fsync(fd);
}

int file_replace(const char *path, const void *data, size_t size, err *e)
{
    char *beside = NULL;
    if (asprintf(&beside, "%s.XXXXXX", path) < 0)
        return err_set(e, ERR_NOMEM, "%s: no memory for its name", path);
    int rc = 0, fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0) {
        rc = err_set(e, ERR_IO, "%s: cannot be written: %m", path);
        free(beside);
        return rc;
    }
    if (write_whole(fd, data, size) || fchmod(fd, 0644))
        rc = err_set(e, ERR_IO, "%s: cannot be written: %m", path);
    if (close(fd) && !rc)
        rc = err_set(e, ERR_IO, "%s: cannot be written: %m", path);
    if (!rc && rename(beside, path))
        rc = err_set(e, ERR_IO, "%s: cannot be put in place: %m", path);
    if (rc)
        unlink(beside);
    free(beside);
    return rc;
}
