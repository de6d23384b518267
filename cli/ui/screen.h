/* screen.h: a terminal as one page that is redrawn in place, and the keys pressed on it.
 *
 * The page is the terminal's alternate screen: what stood there before comes back at the end. Each
 * frame is one write, lines folded to the width that the terminal has then, so nothing flickers
 * and a resize is put right by the next frame. */
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

/* How many columns the terminal has now. */
size_t screen_columns(const screen *s);

/* Shows `text` and below it `foot`, lines ended by '\n'. A line that is too long goes on in the
 * next row, at a blank. Where the rows do not suffice, empty lines are left out, then the last
 * lines of `text`; the foot stays. */
void screen_show(screen *s, const char *text, const char *foot);

/* The next key that was pressed; -1 for none. Does not wait. */
int screen_key(screen *s);

#endif
