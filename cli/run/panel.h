/* panel.h: what the operator of a run sees and controls: feeds the view with telemetry and the
 * settings in force, and turns key presses into requests to channel-sim. */
#ifndef CLI_RUN_PANEL_H
#define CLI_RUN_PANEL_H

#include "paths.h"
#include "service/service.h"
#include "wire/telemetry.h"

typedef struct run_panel run_panel;

/* NULL on failure. */
run_panel *run_panel_open(link_service *service, const run_config *config, const run_paths *paths,
                          err *e);

void run_panel_take(run_panel *p, const wire_telemetry *telemetry);

/* Sum of a metric over the processes of a role; NaN where none has reported it. */
double run_panel_metric(const run_panel *p, const char *role, const char *metric);

/* Handles keys, requests the settings and draws; call it often. `elapsed_s` counts from when UEs
 * were allowed to report. True once the operator has asked to end the run. */
bool run_panel_tick(run_panel *p, double elapsed_s);

/* Restores the terminal and closes the socket. */
void run_panel_end(run_panel *p);
void run_panel_free(run_panel *p); /* after the loop has ended; NULL allowed */

#endif
