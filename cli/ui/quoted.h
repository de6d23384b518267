/* quoted.h: text as a field of CSV. */
#ifndef CLI_UI_QUOTED_H
#define CLI_UI_QUOTED_H

#include <stdio.h>

/* Writes the text in quotes, with those inside doubled (RFC 4180). */
void put_quoted(FILE *to, const char *text);

/* ",VALUE" with 17 digits, which identify the double exactly; only "," for NaN, a missing figure.
 */
void put_figure(FILE *to, double value);

#endif
