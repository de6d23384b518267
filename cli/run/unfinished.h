/* unfinished.h: FOLDER/unfinished.json, which marks a run that has not written its summary.
 *
 * The file holds the part of the configuration that the summary needs (summary_head.c). Each
 * process of the run holds a lock on it through an inherited descriptor. The lock tells a run in
 * progress from one that was killed, whose record can be completed (finish.h). A second file
 * reserves disk space for the summary, in case the run fills its disk. */
#ifndef CLI_RUN_UNFINISHED_H
#define CLI_RUN_UNFINISHED_H

#include <cjson/cJSON.h>

#include "paths.h"

typedef struct unfinished {
    char path[RUN_PATH_MAX + 32], reserve[RUN_PATH_MAX + 32];
    cJSON *head;
    int lock; /* the descriptor; -1 if the file system has no locks */
} unfinished;

/* Writes the file and the reserve, and takes the lock. Takes ownership of `head`, also on failure.
 * ERR_IO, ERR_NOMEM. */
int unfinished_begin(unfinished *u, const run_paths *paths, cJSON *head, uint32_t ues, err *e);

/* Frees the reserved disk space. */
void unfinished_make_room(unfinished *u);

/* Reads the head in an existing folder. Sets *at_work if a process of the run still holds the lock;
 * otherwise takes the lock. ERR_IO, ERR_FORMAT. Call unfinished_end in any case. */
int unfinished_find(unfinished *u, const char *folder, bool *at_work, err *e);

/* Releases the lock and frees. `finished`: the summary exists, so it also removes both files. */
void unfinished_end(unfinished *u, bool finished);

#endif
