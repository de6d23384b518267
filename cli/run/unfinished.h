/* unfinished.h: the mark of a run that has not written its summary: FOLDER/unfinished.json.
 *
 * It holds what the summary needs of the run's configuration (summary_head.c). Each process of the
 * run holds a lock on it by an inherited descriptor, so that whoever finds the folder can tell a
 * run that goes on from one that was killed, and finish the record of the latter (finish.h). Beside
 * it lies a reserve of disk space, for the summary of a run that has filled its disk. */
#ifndef CLI_RUN_UNFINISHED_H
#define CLI_RUN_UNFINISHED_H

#include <cjson/cJSON.h>

#include "place.h"

typedef struct unfinished {
    char path[RUN_PATH_MAX + 32], reserve[RUN_PATH_MAX + 32];
    cJSON *head;
    int lock; /* the descriptor; -1 where the file system has no locks */
} unfinished;

/* Writes the file and the reserve, and takes the lock. `head` is taken over in any case. ERR_IO,
 * ERR_NOMEM. */
int unfinished_begin(unfinished *u, const run_place *place, cJSON *head, uint32_t ues, err *e);

/* Gives the reserve back to the disk. */
void unfinished_make_room(unfinished *u);

/* Of a folder that is found: reads the head. *at_work: a process of the run still holds the lock;
 * otherwise it is ours until the end. ERR_IO, ERR_FORMAT. To be ended in any case. */
int unfinished_find(unfinished *u, const char *folder, bool *at_work, err *e);

/* Frees; with `finished`, the summary is there and the mark is removed, with the reserve. */
void unfinished_end(unfinished *u, bool finished);

#endif
