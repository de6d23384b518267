/* view.h: shows a running link, from the telemetry of its processes and the settings in force: a
 * page redrawn in place on a terminal, one line a second elsewhere. NMSE and latency of a line are
 * for the last second, counts from the start. */
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
    double expected;   /* reports of the whole run; 0: no end */
    bool keys;         /* the page lists the keys of view_key */
} view_options;

/* NULL when memory ran out. */
view *view_create(const view_options *options);
void view_free(view *v); /* after view_end */

/* The latest figures of one process. Processes beyond VIEW_PROCESSES_MAX are left out. */
void view_take(view *v, const wire_telemetry *telemetry);

/* The settings in force, and the groups. Takes over the reply's contents and empties it. */
void view_settings(view *v, wire_control_reply *reply);

/* The next event, as a line for the page; kept by reference; NULL for none. */
void view_note(view *v, const char *note);

/* The run's elapsed time and duration, for the page. */
void view_time(view *v, double elapsed_s, double duration_s);

/* A problem and its remedy, as a line for the page; kept by reference; NULL for none. */
void view_warning(view *v, const char *warning);

/* Largest value of a metric among the processes of a role; NaN if none has reported it. */
double view_metric_largest(const view *v, const char *role, const char *metric);

/* Sum of a metric over the processes of a role; NaN if none has reported it. */
double view_metric(const view *v, const char *role, const char *metric);

/* Draws at most every fifth of a second, or every second for lines. */
void view_draw(view *v);

/* Restores the terminal, and leaves the last page's figures on it if `keep`. */
void view_end(view *v, bool keep);

/* --- keys: a page's only ------------------------------------------------------------------------
 *   + -  raise and lower the SNR by 1 dB: the change goes to *change
 *   g    those keys are for the next group, or for all again
 *   q    the run is to end
 */
typedef enum view_action { VIEW_NOTHING, VIEW_SET, VIEW_QUIT } view_action;

/* The action of the next key; sets *change for VIEW_SET. */
view_action view_key(view *v, wire_change *change);

#endif
