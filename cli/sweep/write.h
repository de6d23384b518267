/* write.h: the figures of a sweep for other programs. */
#ifndef CLI_SWEEP_WRITE_H
#define CLI_SWEEP_WRITE_H

#include "points.h"

/* FOLDER/sweep.csv, sweep.json and, with --uses, best.csv, each atomically. */
int sweep_write(const sweep *s, err *e);

#endif
