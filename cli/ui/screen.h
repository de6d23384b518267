/* screen.h: shows a page on a terminal, redrawn in place, and reads its keys.
 *
 * The page is on the terminal's alternate screen, so the old content comes back at the end. Each
 * frame is one write, with lines folded to the terminal's current width, so nothing flickers and
 * the next frame adapts to a resize. */
#ifndef CLI_UI_SCREEN_H
#define CLI_UI_SCREEN_H

#include <stdbool.h>
#include <stdio.h>

typedef struct screen screen;

/* NULL if `out` is not a terminal (or memory runs out); there are then no pages. With `keys`, keys
 * arrive without Return and are not echoed, if standard input is a terminal in the foreground. */
screen *screen_open(FILE *out, bool keys);

/* Restores the terminal. NULL allowed. */
void screen_close(screen *s);

/* The terminal's current number of columns. */
size_t screen_columns(const screen *s);

/* Shows `text` and below it `foot`; lines end with '\n'. A long line continues in the next row,
 * broken at a blank. If there are not enough rows, empty lines are dropped, then the last lines of
 * `text`, but never the foot. */
void screen_show(screen *s, const char *text, const char *foot);

/* The next key pressed, or -1 for none. Does not wait. */
int screen_key(screen *s);

#endif
