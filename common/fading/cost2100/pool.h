/* pool.h: the environments of one channel. The first UE that needs one builds it, and all its UEs
 * share it, from any thread. */
#ifndef FADING_COST2100_POOL_H
#define FADING_COST2100_POOL_H

#include "fading/cost2100/environment.h"

typedef struct cost2100_pool cost2100_pool;

cost2100_pool *cost2100_pool_create(const cost2100_network *n, double carrier_hz, uint64_t seed,
                                    err *e);

/* Give back every environment first. NULL allowed. */
void cost2100_pool_free(cost2100_pool *p);

/* Environment `number`; give it back after use. The pool caches a few unused environments, so that
 * UEs that come and go one by one do not rebuild theirs each time. NULL when out of memory. */
const cost2100_environment *cost2100_pool_take(cost2100_pool *p, uint32_t number, err *e);
void cost2100_pool_give_back(cost2100_pool *p, const cost2100_environment *v);

#endif
