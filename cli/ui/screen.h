/* screen.h: a terminal as one page that is redrawn in place, and the keys pressed on it.
 *
 * The page is the terminal's alternate screen: what stood there before comes back at the end. Each
 * frame is one write, lines cut to the width that the terminal has then, so nothing flickers or
 * wraps and a resize is put right by the next frame. */
#ifndef CLI_UI_SCREEN_H
#define CLI_UI_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

typedef struct screen screen;

/* NULL where `out` is no terminal (or memory ran out): there are no pages then. With `keys`, keys
 * come without Return and are not echoed, if standard input is a terminal that is ours. */
screen *screen_open(FILE *out, bool keys);

/* Gives the terminal back as it was. NULL allowed. */
void screen_close(screen *s);

/* Shows `text`, lines ended by '\n'; those that do not fit are left out. */
void screen_show(screen *s, const char *text);

/* The next key that was pressed; -1 for none. Does not wait. */
int screen_key(screen *s);

#endif
