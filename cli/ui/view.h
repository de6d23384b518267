/* view.h: what a link shows while it runs, from the telemetry of its processes and the settings in
 * force: one page redrawn in place on a terminal, one line a second elsewhere. A line's NMSE and
 * latency are those of the last second, its counts those from the start. */
#ifndef CLI_UI_VIEW_H
#define CLI_UI_VIEW_H

#include <stdbool.h>
#include <stdio.h>

#include "wire/control.h"
#include "wire/telemetry.h"

enum { VIEW_PROCESSES_MAX = 256 };

typedef struct view view;

typedef struct view_options {
    FILE *out;
    const char *title; /* the page's first line, kept by reference */
    double expected;   /* reports that make the whole; 0 where there is no end */
    bool keys;         /* the page says which keys there are: view_key */
} view_options;

/* NULL when memory ran out. */
view *view_create(const view_options *options);
void view_free(view *v); /* after view_end */

/* The latest figures of one process. Processes beyond VIEW_PROCESSES_MAX are left out. */
void view_take(view *v, const wire_telemetry *telemetry);

/* The settings in force, and the groups there are. Takes over what the reply owns, and empties it.
 */
void view_settings(view *v, wire_control_reply *reply);

/* What is to come, a line for the page; kept by reference; NULL for none. */
void view_note(view *v, const char *note);

/* How long the run has lasted, and how long it is to last; for the page. */
void view_time(view *v, double elapsed_s, double duration_s);

/* What is wrong and what helps, a line for the page; kept by reference; NULL for none. */
void view_warning(view *v, const char *warning);

/* Largest value of a metric among the processes of a role; NaN where none has told. */
double view_metric_largest(const view *v, const char *role, const char *metric);

/* Sum of a metric over the processes of a role; NaN where none has told. */
double view_metric(const view *v, const char *role, const char *metric);

/* Draws if the last drawing is old enough: a fifth of a second, a second for lines. */
void view_draw(view *v);

/* Gives the terminal back, and leaves the last page's figures on it if `keep`. */
void view_end(view *v, bool keep);

/* --- keys: a page's only ------------------------------------------------------------------------
 *   + -  raise and lower the SNR by 1 dB: the change goes to *change
 *   g    those keys are for the next group, or for all again
 *   q    the run is to end
 */
typedef enum view_action { VIEW_NOTHING, VIEW_SET, VIEW_QUIT } view_action;

/* What the next key asks for; *change is set where that is VIEW_SET. */
view_action view_key(view *v, wire_change *change);

#endif
