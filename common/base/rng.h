/* rng.h: counter-based random numbers (Philox 4x32-10, Salmon et al., SC 2011).
 *
 * Everything random in csilink is a pure function of (run seed, purpose, UE, sequence number): two
 * runs of the same command draw the same channels and the same noise whatever the timing, the
 * number of threads or of processes. So there is no shared generator: create one with rng_at()
 * where numbers are needed, and drop it.
 *
 * The numbers are the same at every instruction set level (see cpu.h), bit for bit. */
#ifndef BASE_RNG_H
#define BASE_RNG_H

#include <stddef.h>
#include <stdint.h>

/* What the numbers are for: streams of different purposes are independent. A run repeats only if
 * these values stay the same: append, never renumber. */
typedef enum rng_purpose {
    RNG_CHANNEL = 1,        /* a UE's channel: path gains, angles, delays */
    RNG_ENVIRONMENT = 2,    /* the scatterers that UEs of one cell share */
    RNG_PILOT_NOISE = 3,    /* receiver noise at the UE, on the pilots */
    RNG_UPLINK_NOISE = 4,   /* noise on codeword and reference symbols, in channel-sim */
    RNG_LOSS = 5,           /* whether a report is lost */
    RNG_JITTER = 6,         /* the delay of a report */
    RNG_ORDER = 7,          /* which sample of a data set */
    RNG_TRAIN_ORDER = 8,    /* training: which sample of a pool, and its phase */
    RNG_TRAIN_LINK = 9,     /* training: a sample's SNR, the noise on its codeword */
    RNG_TRAIN_WEIGHTS = 10, /* training: initial weights */
    RNG_CODED_BLOCK = 11,   /* csilink uplink ber: a block's bits and its noise */
    RNG_PROJECTION = 12,    /* codec sparse: its random projection */
    RNG_CODEBOOK = 13,      /* csilink model vq: starts of a codebook */
    RNG_CHECK = 14,         /* codec onnx: inputs for comparing two forms of a network */
    RNG_TRAIN_LOSSES = 20,  /* training: keys and losses of a sequence */
    RNG_TEST = 100,         /* test programs */
} rng_purpose;

typedef struct rng {
    uint32_t key[2];     /* the seed */
    uint32_t counter[4]; /* block, purpose, UE, sequence number */
    uint32_t block[4];   /* the current block's numbers */
    unsigned used;       /* how many of them have been returned */
} rng;

/* The stream of (seed, purpose, ue, seq), at its start. A stream has 2^34 numbers. */
rng rng_at(uint64_t seed, rng_purpose purpose, uint32_t ue, uint32_t seq);

uint32_t rng_u32(rng *r);

/* Uniform on [0, 1), 53 random bits. */
double rng_uniform(rng *r);

/* Standard normal N(0, 1) (Box-Muller in double precision). */
double rng_normal(rng *r);

/* out[i] = sigma * N(0, 1), i < n, starting at a fresh block; the fast way to draw many. The tails
 * end at 6.66 sigma, since the underlying uniform numbers have 32 bits. */
void rng_normal_fill(rng *r, float *out, size_t n, float sigma);

/* out[i] += sigma * N(0, 1), with the numbers of rng_normal_fill: adds noise in place. */
void rng_normal_add(rng *r, float *out, size_t n, float sigma);

#endif
