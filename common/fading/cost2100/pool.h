/* pool.h: the environments of one channel, each built when the first of its UEs asks for it and
 * shared by all of them, from any thread. */
#ifndef FADING_COST2100_POOL_H
#define FADING_COST2100_POOL_H

#include "fading/cost2100/environment.h"

typedef struct cost2100_pool cost2100_pool;

cost2100_pool *cost2100_pool_create(const cost2100_network *n, double carrier_hz, uint64_t seed,
                                    err *e);

/* Every environment must have been given back. NULL allowed. */
void cost2100_pool_free(cost2100_pool *p);

/* Environment `number`, to be given back. Those that nobody holds are kept for a while, so that
 * UEs that come and go one by one do not have theirs built each time. NULL when out of memory. */
const cost2100_environment *cost2100_pool_take(cost2100_pool *p, uint32_t number, err *e);
void cost2100_pool_give_back(cost2100_pool *p, const cost2100_environment *v);

#endif
