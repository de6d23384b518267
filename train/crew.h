/* crew.h: threads that wait for a job, do it together, and wait for the next. */
#ifndef TRAIN_CREW_H
#define TRAIN_CREW_H

#include "base/error.h"

typedef struct train_crew train_crew;

/* `members` >= 1 threads, of which the caller of train_crew_run is the first: members - 1 are
 * started. They take no signals. NULL when they cannot be started. */
train_crew *train_crew_open(unsigned members, err *e);
void train_crew_free(train_crew *crew);

/* work(arg, member) for every member 0 .. members - 1 at once; returns when all are done, and all
 * that they wrote is seen by the caller. By one thread at a time. */
void train_crew_run(train_crew *crew, void (*work)(void *arg, unsigned member), void *arg);

#endif
