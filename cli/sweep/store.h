/* store.h: the finished points of a running sweep: FOLDER/points.jsonl. */
#ifndef CLI_SWEEP_STORE_H
#define CLI_SWEEP_STORE_H

#include "points.h"

/* Opens the folder, and creates it if necessary. If it has a part of this sweep, reads the points
 * back. ERR_STATE if it has another sweep (with the difference) or is in use. */
int sweep_open_store(sweep *s, err *e);

/* Stores a finished point, which is on disk when this returns. */
int sweep_keep(sweep *s, const sweep_point *p, err *e);

#endif
