/* panel.h: what the operator of a run sees and steers: the view, fed with telemetry and the
 * settings in force, and the keys, turned into requests to channel-sim. */
#ifndef CLI_RUN_PANEL_H
#define CLI_RUN_PANEL_H

#include "place.h"
#include "service/service.h"
#include "wire/telemetry.h"

typedef struct run_panel run_panel;

/* NULL on failure. */
run_panel *run_panel_open(link_service *service, const run_config *config, const run_place *place,
                          err *e);

void run_panel_take(run_panel *p, const wire_telemetry *telemetry);

/* Sum of a metric over the processes of a role; NaN where none has told. */
double run_panel_metric(const run_panel *p, const char *role, const char *metric);

/* Obeys keys, asks for settings, draws; to be called often. `elapsed_s`: since UEs may report.
 * True once the operator wants to end. */
bool run_panel_tick(run_panel *p, double elapsed_s);

/* Gives the terminal back, closes the socket. */
void run_panel_end(run_panel *p);
void run_panel_free(run_panel *p); /* after the loop has ended; NULL allowed */

#endif
