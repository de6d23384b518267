/* view.h: what a link shows while it runs, from the telemetry of its processes: one block redrawn
 * in place on a terminal, one line a second elsewhere. */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include <stdio.h>

#include "link/message.h"

enum { VIEW_PROCESSES_MAX = 128 };

typedef struct view view;

/* `title` is the block's first line, kept by reference; `expected` is the number of reports that
 * make the whole, 0 where there is no end. NULL when memory ran out. */
view *view_create(FILE *out, const char *title, double expected);
void view_free(view *v);

/* The latest figures of one process. Processes beyond VIEW_PROCESSES_MAX are left out. */
void view_take(view *v, const link_telemetry *telemetry);

/* Sum of a metric over the processes of a role; NaN where none has told. */
double view_metric(const view *v, const char *role, const char *metric);

/* Draws if the last drawing is a second old. */
void view_draw(view *v);

/* The last figures, on a terminal; the block stays. */
void view_end(view *v);

#endif
