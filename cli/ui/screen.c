#include "screen.h"

#include <poll.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

#define ENTER "\033[?1049h\033[?25l" /* alternate screen, no cursor */
#define LEAVE "\033[?25h\033[?1049l"

struct screen {
    int fd;
    bool keys;
    struct termios before;
};

static void write_all(int fd, const char *text, size_t size)
{
    while (size > 0) {
        ssize_t n = write(fd, text, size);
        if (n <= 0)
            return;
        text += n;
        size -= (size_t)n;
    }
}

/* Changing or reading a terminal from the background would stop the process. */
static bool take_keyboard(screen *s)
{
    struct termios t;
    if (!isatty(STDIN_FILENO) || tcgetpgrp(STDIN_FILENO) != getpgrp() ||
        tcgetattr(STDIN_FILENO, &s->before) != 0)
        return false;
    t = s->before;
    t.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    t.c_cc[VMIN] = 0;
    t.c_cc[VTIME] = 0;
    t.c_cc[VSUSP] = _POSIX_VDISABLE; /* a suspended page would hide the shell */
    return tcsetattr(STDIN_FILENO, TCSADRAIN, &t) == 0;
}

screen *screen_open(FILE *out, bool keys)
{
    screen *s = isatty(fileno(out)) ? calloc(1, sizeof *s) : NULL;
    if (!s)
        return NULL;
    fflush(out);
    s->fd = fileno(out);
    s->keys = keys && take_keyboard(s);
    write_all(s->fd, ENTER, sizeof ENTER - 1);
    return s;
}

void screen_close(screen *s)
{
    if (!s)
        return;
    write_all(s->fd, LEAVE, sizeof LEAVE - 1);
    if (s->keys)
        tcsetattr(STDIN_FILENO, TCSADRAIN, &s->before);
    free(s);
}

enum { INDENT = 10 }; /* of a continuation row: aligned after "reports " */

static struct winsize size_of(const screen *s)
{
    struct winsize size = {0};
    ioctl(s->fd, TIOCGWINSZ, &size);
    size.ws_row = size.ws_row ? size.ws_row : 24;
    size.ws_col = size.ws_col ? size.ws_col : 80;
    return size;
}

size_t screen_columns(const screen *s)
{
    return size_of(s).ws_col;
}

/* Bytes of `text` that fill `columns`; continuation bytes of UTF-8 take no column. */
static size_t fitting(const char *text, size_t length, size_t columns)
{
    size_t i = 0;
    for (size_t used = 0; i < length; i++) {
        used += ((unsigned char)text[i] & 0xc0) != 0x80;
        if (used > columns)
            break;
    }
    return i;
}

/* The same, but up to the last blank if the line continues, so that no word is cut. */
static size_t folding(const char *text, size_t length, size_t columns)
{
    size_t fits = fitting(text, length, columns), at = fits;
    if (fits == length)
        return fits;
    while (at > 0 && text[at] != ' ')
        at--;
    return strspn(text, " ") < at ? at : fits;
}

/* Returns the rest of a text after its first row, which begins with `*indent` blanks and has *n
 * bytes; sets *indent for the next row. */
static const char *next_row(const char *text, size_t length, size_t columns, size_t *indent,
                            size_t *n)
{
    *n = folding(text, length, columns - *indent);
    *indent = columns >= 2 * INDENT ? INDENT : 0;
    const char *rest = text + *n;
    while (rest < text + length && *rest == ' ')
        rest++;
    return rest;
}

/* Writes up to `most` rows of the text, each after a line break if `*rows` says that a row precedes
 * it. Without `f` only counts them. */
static void put_rows(FILE *f, const char *text, size_t columns, bool dense, size_t most,
                     size_t *rows)
{
    for (const char *end; *text && *rows < most; text = *end ? end + 1 : end) {
        end = text + strcspn(text, "\n");
        if (end == text && dense)
            continue;
        size_t indent = 0, before, n;
        do {
            before = indent;
            const char *rest = next_row(text, (size_t)(end - text), columns, &indent, &n);
            if (f)
                fprintf(f, "%s%*s%.*s\033[K", *rows ? "\r\n" : "", (int)before, "", (int)n, text);
            text = rest;
            ++*rows;
        } while (text < end && *rows < most);
    }
}

void screen_show(screen *s, const char *text, const char *foot)
{
    struct winsize size = size_of(s);
    char *frame = NULL;
    size_t bytes, rows = 0, foot_rows = 0, most = size.ws_row, columns = size.ws_col;
    FILE *f = open_memstream(&frame, &bytes);
    if (!f)
        return;
    put_rows(NULL, text, columns, false, SIZE_MAX, &rows);
    put_rows(NULL, foot, columns, false, SIZE_MAX, &rows);
    bool dense = rows > most;
    put_rows(NULL, foot, columns, dense, most, &foot_rows);
    rows = 0;
    fputs("\033[H", f);
    put_rows(f, text, columns, dense, most - foot_rows, &rows);
    put_rows(f, foot, columns, dense, most, &rows);
    fputs("\033[J", f);
    if (fclose(f) == 0)
        write_all(s->fd, frame, bytes);
    free(frame);
}

int screen_key(screen *s)
{
    unsigned char c;
    struct pollfd input = {STDIN_FILENO, POLLIN, 0};
    if (!s || !s->keys || poll(&input, 1, 0) <= 0)
        return -1;
    return read(STDIN_FILENO, &c, 1) == 1 ? c : -1;
}
