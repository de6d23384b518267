/* quoted.h: text as a field of CSV. */
#ifndef CLI_UI_QUOTED_H
#define CLI_UI_QUOTED_H

#include <stdio.h>

/* RFC 4180: in quotes, which are doubled. */
void put_quoted(FILE *to, const char *text);

/* ",VALUE" with 17 digits, which read back as the same double; only "," for NaN, a missing figure.
 */
void put_figure(FILE *to, double value);

#endif
