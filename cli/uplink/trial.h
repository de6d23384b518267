/* trial.h: a UCI word over a channel of complex Gaussian noise: random bits, encoded, scrambled,
 * mapped to symbols, noise, soft demapping with the noise power known, descrambled, decoded. */
#ifndef CLI_UPLINK_TRIAL_H
#define CLI_UPLINK_TRIAL_H

#include <stdint.h>

#include "base/error.h"
#include "uplink/digital/coded.h"

/* What all threads share; constant once made. */
typedef struct trial_link {
    uint32_t bits, coded, list;
    modulation modulation;
    uint64_t seed;
    uci_sizes sizes;
    coded *code;
} trial_link;

typedef enum trial_outcome {
    TRIAL_RIGHT,
    TRIAL_FAILED,     /* the check failed */
    TRIAL_UNDETECTED, /* it passed, and the bits are wrong */
} trial_outcome;

/* Fills `sizes` and `code` from the members before them. ERR_INVALID with the allowed values,
 * ERR_NOMEM; *link can be closed in either case. */
int trial_link_open(trial_link *link, err *e);
void trial_link_close(trial_link *link);

/* The workspace of one thread. NULL without memory. */
typedef struct trial trial;
trial *trial_create(const trial_link *link, err *e);
void trial_free(trial *t); /* NULL allowed */

/* Block number `block` at this Es/N0 in dB, INFINITY for no noise. Bits and noise are functions of
 * the link's seed and `block` alone: the noise at another SNR is the same, larger or smaller. */
trial_outcome trial_block(trial *t, double snr_db, uint32_t block);

#endif
