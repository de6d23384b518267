#include "lines.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

int lines_open(const char *path, const char *busy, int *fd, err *e)
{
    *fd = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
    if (*fd < 0)
        return err_set(e, ERR_IO, "cannot write %s: %m", path);
    if (flock(*fd, LOCK_EX | LOCK_NB) != 0)
        return err_set(e, ERR_STATE, "%s", busy);
    return ERR_NONE;
}

int lines_add(int fd, const char *path, const char *text, err *e)
{
    size_t length = strlen(text) + 1, done = 0;
    char *line = malloc(length);
    if (!line)
        return err_set(e, ERR_NOMEM, "no memory for a line of %s", path);
    memcpy(line, text, length - 1);
    line[length - 1] = '\n';
    off_t before = lseek(fd, 0, SEEK_END);
    ssize_t n = 1;
    while (done < length && n > 0)
        if ((n = write(fd, line + done, length - done)) > 0)
            done += (size_t)n;
    free(line);
    if (done == length && fsync(fd) == 0)
        return ERR_NONE;
    err_set(e, ERR_IO, "cannot write %s: %m", path);
    (void)!ftruncate(fd, before); /* the lock makes this the only writer */
    return ERR_IO;
}

static int take_lines(int fd, const char *path, char *text, size_t size, lines_take *take,
                      void *user, size_t *count, err *e)
{
    size_t whole = size;
    while (whole > 0 && text[whole - 1] != '\n')
        whole--;
    int rc = ERR_NONE;
    if (memchr(text, '\0', whole)) /* the rest of the line would be skipped and remain */
        return err_set(e, ERR_FORMAT, "%s contains a zero byte", path);
    for (char *at = text; rc == ERR_NONE && at < text + whole;) {
        char *line = strsep(&at, "\n");
        rc = take(user, line, ++*count, e);
        if (rc != ERR_NONE && rc != ERR_STATE)
            rc = err_prefix(e, "%s:%zu", path, *count);
    }
    if (rc == ERR_NONE && ftruncate(fd, (off_t)whole) != 0)
        rc = err_set(e, ERR_IO, "cannot write %s: %m", path);
    return rc;
}

int lines_read(int fd, const char *path, lines_take *take, void *user, size_t *count, err *e)
{
    struct stat st;
    *count = 0;
    if (fstat(fd, &st) != 0 || st.st_size > LINES_BYTES_MAX)
        return err_set(e, ERR_IO, "cannot read %s", path);
    char *text = malloc((size_t)st.st_size + 1);
    if (!text)
        return err_set(e, ERR_NOMEM, "no memory for %s", path);
    ssize_t n = pread(fd, text, (size_t)st.st_size, 0);
    text[st.st_size] = '\0';
    int rc = n == st.st_size ? take_lines(fd, path, text, (size_t)n, take, user, count, e)
                             : err_set(e, ERR_IO, "cannot read %s", path);
    free(text);
    return rc;
}
