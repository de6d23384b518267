#include "screen.h"

#include <poll.h>
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
    t.c_cc[VSUSP] = _POSIX_VDISABLE; /* a suspended page would take the shell's place */
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

void screen_show(screen *s, const char *text)
{
    struct winsize size = {0};
    char *frame = NULL;
    size_t bytes;
    ioctl(s->fd, TIOCGWINSZ, &size);
    unsigned rows = size.ws_row ? size.ws_row : 24, columns = size.ws_col ? size.ws_col : 80;
    FILE *f = open_memstream(&frame, &bytes);
    if (!f)
        return;
    fputs("\033[H", f);
    for (unsigned row = 0; *text && row < rows; row++) {
        size_t length = strcspn(text, "\n");
        fprintf(f, "%s%.*s\033[K", row ? "\r\n" : "", (int)fitting(text, length, columns), text);
        text += length + (text[length] == '\n');
    }
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
