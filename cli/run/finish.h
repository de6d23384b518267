/* finish.h: completes the record of a run that was killed before it wrote its summary. */
#ifndef CLI_RUN_FINISH_H
#define CLI_RUN_FINISH_H

#include <cjson/cJSON.h>
#include <stdbool.h>

#include "base/error.h"

/* Completes the record in a folder from the files that the run left there: writes reports.csv from
 * the agents' parts, then summary.json, marked incomplete. Leaves a record that has a summary, and
 * a folder that is no record, as they are.
 *
 * If a process of the run is still running (*at_work), or if the folder is not writable (logs a
 * warning), it changes nothing and sets *summary to what the summary would be now; the caller
 * deletes it. Otherwise *summary is NULL. ERR_FORMAT, ERR_IO, ERR_NOMEM if the files cannot be
 * read. */
int run_finish(const char *folder, bool *at_work, cJSON **summary, err *e);

#endif
