/* finish.h: the record of a run that was killed before it could write its summary. */
#ifndef CLI_RUN_FINISH_H
#define CLI_RUN_FINISH_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "base/error.h"

/* Makes the record in a folder whole where that is needed, from what the run left there:
 * reports.csv from the agents' parts, then summary.json, marked incomplete. A record that has a
 * summary, and a folder that is no record, stay as they are.
 *
 * While a process of the run is still at work (*at_work), or where the folder cannot be written to
 * (a warning says so), nothing is changed; *summary is then what the summary would be now. It is
 * NULL otherwise; the caller deletes it. ERR_FORMAT, ERR_IO, ERR_NOMEM for what the run left and
 * that cannot be read. */
int run_finish(const char *folder, bool *at_work, cJSON **summary, err *e);

#endif
