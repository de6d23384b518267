/* taps.h: quantized taps of an angle-delay matrix as an arithmetic-coded string. Private to
 * transform.
 *
 * A tap h has a level l = floor(|h| / step), and where l > 0 one of P_l phases
 *
 *     q = round(P_l arg(h) / 2 pi) mod P_l,   P_l = round(2 pi (l + 1/2)),
 *
 * which makes the cells of the complex plane roughly squares of one step. Its reconstruction is
 *
 *     (l + 1/2 - c_l) step sinc(1 / P_l) exp(2 pi j q / P_l),   c_1 = 0.08, else c_l = 0.03,
 *
 * the centre of the cell (the sinc), moved towards the more frequent small magnitudes (c_l).
 *
 * The string goes through the matrix delay by delay, with rising angles. Beams and clusters make
 * large taps neighbours. So the probability that a tap has a level, and that of each decision about
 * the level, depend on
 *
 *     s = 2 l(t-1, d) + l(t-2, d) + 2 l(t, d-1) + l(t-1, d-1) + l(t+1, d-1) + l(t, d-2),
 *
 * the levels sent before, each limited to 63, zeros outside; angles wrap around at neighbours of an
 * earlier delay. Probabilities start as rough guesses and adapt within the string. A level is sent
 * as its number of binary digits in unary, then the digits. Phases are equally likely.
 *
 * Alternatively the string lists the positions of the taps with a level: how many there are, and
 * their enumerative rank (payload/enumerative.h). That is shorter where taps are spread at random,
 * and bounds the bits of the positions by log2 C(n, K) + 1 beside the number K. The first decision
 * of the string says which. */
#ifndef CODEC_TRANSFORM_TAPS_H
#define CODEC_TRANSFORM_TAPS_H

#include <complex.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "payload/arithmetic.h"

enum { TAPS_LEVEL_MAX = 65535, TAPS_MAX = 8192 /* of nt ni */ };

/* A matrix of nt angles and ni delays: entry d nt + t is angle t at delay d. */
typedef struct taps {
    uint32_t nt, ni;
    uint16_t *level; /* [ni][nt] */
    uint32_t *phase; /* [ni][nt], of those with a level */
} taps;

/* Scratch for one thread. */
typedef struct taps_work taps_work;

/* `bits` is the budget, which gives the first guess of how many taps have a level. NULL when
 * memory ran out. taps_close(NULL) is allowed. */
taps_work *taps_open(uint32_t nt, uint32_t ni, uint32_t bits, err *e);
void taps_close(taps_work *w);

/* The most bits that the string can take, from the levels only: every phase takes the same. Stops
 * early, with a number above `limit`, once it is above that. Does not change the levels. */
uint32_t taps_measure(taps_work *w, taps *x, bool listed, uint32_t limit);

/* Whether the string that was measured last, unlisted, might be shorter with its positions
 * listed. */
bool taps_listing_is_near(const taps_work *w, const taps *x);

/* Writes the string with `a`, which the caller finishes. Does not change the taps. */
void taps_write(taps_work *w, taps *x, bool listed, arith *a);

/* Reads an untrusted string into levels and phases. ERR_FORMAT says what is wrong. */
int taps_read(taps_work *w, arith *a, taps *x, err *e);

uint32_t taps_phases(uint32_t level);

/* Reconstruction of a tap in steps. */
float complex taps_value(uint32_t level, uint32_t phase);

#endif
