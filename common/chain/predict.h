/* predict.h: the base station tracks a UE's channel from report to report, predicts it for the time
 * of its use, and measures how far each reconstruction is from its prediction.
 *
 * It knows reconstructions and the due times of their reports, never the truth. x_0 is the last
 * reconstruction, T the time since the one before, a the time ahead. Each tap by itself:
 *
 *   hold      P(a) = x_0
 *   linear    P(a) = x_0 + (a / T) (x_0 - x_1)
 *   ar        P(k T) by k steps of x_n = sum_i c_i x_(n-i), i = 1 .. CHAIN_PREDICT_ORDER; between
 *             two steps, both values are rotated by the tap's mean Doppler shift and mixed
 *   net       as ar, with the c of a network (chain/predict_net.h)
 *
 * With ar, a tap's c solves (R + r I) c = b + r (1, 0, ..), least squares over its own past with a
 * ridge towards hold: R and b are sums over past reports that fade by CHAIN_PREDICT_FADE each, r is
 * (0.02 + 1 / SNR) of a tap's mean R_11, so that weak taps are held and strong ones predicted.
 *
 * The base station uses x_0 + g (P(a) - x_0). The weight g would have fitted the past best, with
 * D = P(T) - x_0 as predicted and x' the reconstruction that followed:
 *
 *   g = sum Re <D, x' - x_0> / sum |D|^2, within 0 .. 1 and faded likewise
 *
 * A useless prediction therefore has weight 0, and equals hold. Beyond one period the weight is
 * g^(a / T); beyond CHAIN_PREDICT_STEPS periods the base station holds the last reconstruction. */
#ifndef CHAIN_PREDICT_H
#define CHAIN_PREDICT_H

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef enum chain_predict {
    CHAIN_PREDICT_HOLD,
    CHAIN_PREDICT_LINEAR,
    CHAIN_PREDICT_AR,
    CHAIN_PREDICT_NET
} chain_predict;

enum {
    CHAIN_PREDICT_ORDER = 2, /* of ar and net */
    CHAIN_PREDICT_STEPS = 8, /* periods ahead, and reports lost in a row, at most */
};

#define CHAIN_PREDICT_FADE 0.9 /* of a sum over past reports, with each report */

typedef struct chain_predictor chain_predictor; /* of one UE */

/* What one takes for reconstructions of so many entries: 8 bytes an entry with hold, 16 with
 * linear, 64 with ar and net, and some 100 bytes. */
size_t chain_predictor_bytes(chain_predict how, size_t entries);

/* `entries` at least 1. NULL when memory ran out. */
chain_predictor *chain_predictor_create(chain_predict how, size_t entries, err *e);
void chain_predictor_free(chain_predictor *p); /* NULL allowed */

struct chain_predict_work; /* chain/predict_net.h */

/* Takes the reconstruction `h` of report `seq`, which was due at due_s; snr_db is that of its
 * values, NaN or +inf where nothing is known of their noise. Returns the innovation,
 *
 *     |h - P|^2 / |h|^2,
 *
 * P what was predicted of it, weighted; NaN for the first report, for an h of zeros, and after what
 * does not continue the reports before: numbers or times that go back or leave out more than
 * CHAIN_PREDICT_STEPS reports, or a period that changes by over a tenth. All past is forgotten
 * then. A report that was overtaken (up to CHAIN_PREDICT_STEPS back) changes nothing and has no
 * innovation either. `h` must be finite. No allocation.
 *
 * `net` is a workspace of the network with CHAIN_PREDICT_NET, else NULL; without one, and where the
 * network gives numbers that are not finite, the coefficients are those of ar. */
double chain_predictor_add(chain_predictor *p, struct chain_predict_work *net, uint32_t seq,
                           double due_s, double snr_db, const float complex *h);

/* Whether `seq` is the last report that was added: false for one that was overtaken. */
bool chain_predictor_follows(const chain_predictor *p, uint32_t seq);

/* The channel at ahead_s >= 0 after the last report that was added, [entries]; zeros before the
 * first. Always finite. No allocation. */
void chain_predictor_at(const chain_predictor *p, double ahead_s, float complex *h);

/* g; 0 while nothing is known, and with hold. */
double chain_predictor_weight(const chain_predictor *p);

#endif
