/* store.h: what is kept of a sweep that is under way: FOLDER/points.jsonl. */
#ifndef CLI_SWEEP_STORE_H
#define CLI_SWEEP_STORE_H

#include "points.h"

/* The folder, made if it is not there. One that holds a part of this sweep gives its points back;
 * of another sweep, ERR_STATE with what differs; one in use, ERR_STATE. */
int sweep_open_store(sweep *s, err *e);

/* Keeps a point that is done: on the disk when this returns. */
int sweep_keep(sweep *s, const sweep_point *p, err *e);

#endif
