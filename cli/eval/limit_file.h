/* limit_file.h: points of a separation limit from a file. */
#ifndef CLI_EVAL_LIMIT_FILE_H
#define CLI_EVAL_LIMIT_FILE_H

#include "cell/cell.h"
#include "limit.h"

/* Adds the points without uplink noise (snr_db "inf") of a sweep.json, or of a CSV with the columns
 * channel, snr_db, nmse_db, and bits_per_report or bits: a sweep.csv, a table of csilink eval, or
 * one written by hand. A sweep.json must have been measured with the settings of `c` (settings.h);
 * a CSV has no settings to check. ERR_IO, ERR_FORMAT also if the file has no such point, ERR_STATE
 * for other settings, ERR_NOMEM. */
int limit_read(limit *l, const char *path, const cell *c, err *e);

#endif
