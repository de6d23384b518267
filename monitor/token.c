#include "monitor/token.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/memops.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { RANDOM_BYTES = 32, PATH_MAX_BYTES = 4096 };

static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._~";

/* Writes a new token, complete, under `path`, which must not be there. */
static int write_token(const char *beside, const char *path, err *e)
{
    uint8_t random[RANDOM_BYTES];
    char text[2 * RANDOM_BYTES + 2];
    if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random)
        return err_set(e, ERR_IO, "no random bytes for %.200s: %s", path, strerror(errno));
    for (size_t i = 0; i < sizeof random; i++)
        snprintf(text + 2 * i, 3, "%02x", random[i]);
    text[2 * RANDOM_BYTES] = '\n';
    int fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0)
        return err_set(e, ERR_IO, "cannot make %.200s: %s", path, strerror(errno));
    size_t size = sizeof text - 1;
    bool written = write(fd, text, size) == (ssize_t)size && fsync(fd) == 0;
    written = close(fd) == 0 && written;
    /* A link, unlike a rename, replaces nothing: of two monitors that start at once, one makes the
     * token and both read it. */
    bool placed = written && (link(beside, path) == 0 || errno == EEXIST);
    int why = errno;
    unlink(beside);
    return placed ? ERR_NONE : err_set(e, ERR_IO, "cannot make %.200s: %s", path, strerror(why));
}

static int make_token(const char *path, err *e)
{
    char beside[PATH_MAX_BYTES];
    int n = snprintf(beside, sizeof beside, "%s.%ld.part", path, (long)getpid());
    if (n < 0 || (size_t)n >= sizeof beside)
        return err_set(e, ERR_INVALID, "the name of the token's file is too long: %.80s...", path);
    return write_token(beside, path, e);
}

static int check_file(int fd, const char *path, err *e)
{
    struct stat s;
    if (fstat(fd, &s) != 0 || !S_ISREG(s.st_mode))
        return err_set(e, ERR_INVALID, "%.200s is not a regular file", path);
    if (s.st_uid != geteuid() && s.st_uid != 0)
        return err_set(e, ERR_INVALID, "%.200s belongs to another user", path);
    mode_t others = s.st_uid == 0 && geteuid() != 0 ? 0037 : 0077;
    if (s.st_mode & others)
        return err_set(e, ERR_INVALID,
                       "%.200s has mode %04o, which lets others read the token or replace it; use "
                       "chmod 600",
                       path, (unsigned)(s.st_mode & 07777));
    return ERR_NONE;
}

static int read_token(int fd, const char *path, token *out, err *e)
{
    char text[TOKEN_MAX + 3]; /* with the end of its line */
    ssize_t size = read(fd, text, sizeof text - 1);
    if (size < 0)
        return err_set(e, ERR_IO, "cannot read %.200s: %s", path, strerror(errno));
    text[size] = '\0';
    size_t length = strspn(text, letters);
    const char *end = text + length + (text[length] == '\r');
    bool whole = text + size == end + (*end == '\n');
    if (!whole || length < TOKEN_MIN || length > TOKEN_MAX)
        return err_set(e, ERR_INVALID,
                       "%.200s holds no token: one line of %d to %d letters, digits, '-', '.', "
                       "'_' and '~' (the monitor makes the file if it is missing)",
                       path, TOKEN_MIN, TOKEN_MAX);
    memcpy(out->text, text, length);
    out->text[length] = '\0';
    return ERR_NONE;
}

int token_open(const char *path, token *out, err *e)
{
    /* Without O_NONBLOCK a pipe of that name would hold the monitor up. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT) {
        if (make_token(path, e) != ERR_NONE)
            return ERR_IO;
        fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    }
    if (fd < 0)
        return err_set(e, ERR_IO, "cannot open %.200s: %s", path, strerror(errno));
    int status = check_file(fd, path, e);
    if (status == ERR_NONE)
        status = read_token(fd, path, out, e);
    close(fd);
    return status;
}

bool token_is_shown(const token *t, const char *authorization)
{
    static const char scheme[] = "Bearer ";
    size_t skip = sizeof scheme - 1;
    if (!authorization || strncasecmp(authorization, scheme, skip) != 0)
        return false;
    const char *shown = authorization + skip + strspn(authorization + skip, " ");
    size_t size = strlen(t->text);
    return strlen(shown) == size && memeql_sec(shown, t->text, size);
}
