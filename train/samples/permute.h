/* permute.h: permutations and seeds as pure functions of numbers. The order of the samples
 * therefore needs no state, in memory or in a checkpoint. */
#ifndef TRAIN_SAMPLES_PERMUTE_H
#define TRAIN_SAMPLES_PERMUTE_H

#include <stdint.h>

/* The purpose of a derived seed. Changing a value changes the samples of every run. */
typedef enum train_seed {
    TRAIN_SEED_PASS = 1,     /* the order of one pass over a pool */
    TRAIN_SEED_CHANNEL = 2,  /* a source's channel, for training */
    TRAIN_SEED_HOLDOUT = 3,  /* and for validation and statistics */
    TRAIN_SEED_FILE = 4,     /* the order of one pass over a file's training part */
    TRAIN_SEED_HELD_OUT = 5, /* and over the part held out */
} train_seed;

/* An independent seed for each (seed, purpose, source, number), 0 <= source < 2^16. */
uint64_t train_seed_derive(uint64_t seed, train_seed purpose, int source, uint64_t number);

/* Maps `index` by the permutation of 0 .. count-1 that belongs to `key`. count is 1 .. 2^31. It is
 * a Feistel network of four rounds (Luby and Rackoff, SIAM J. Comput., 1988) over the next even
 * power of two, applied again until the result is below count. */
uint32_t train_permute(uint64_t key, uint32_t count, uint32_t index);

#endif
