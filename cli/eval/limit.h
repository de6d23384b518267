/* limit.h: the separation limit: the lowest NMSE known for as many bits as the uplink can carry.
 *
 * By Shannon's separation theorem, separate source and channel coding loses nothing with codes of
 * unlimited length. N complex channel uses at an SNR then carry
 *
 *     R(N, SNR) = N log2(1 + SNR) bits,
 *
 * and a report of at most R bits has at best the distortion D(R) of the best codec. D is unknown
 * for such channels. The lowest measured NMSE, without uplink noise and with at most R bits per
 * report over the same channel, replaces it:
 *
 *     limit(N, SNR) = min { NMSE_i : bits_i <= R(N, SNR) }
 *
 * So it is not a bound on what is possible: a better codec lowers it. It is the NMSE of the best
 * measured codec with an ideal uplink code and an SNR known for free: all N uses carry the payload,
 * and none a reference, a header or a check. Both numbers are per report: bits are a codec's mean,
 * and reports cannot share bits. */
#ifndef CLI_EVAL_LIMIT_H
#define CLI_EVAL_LIMIT_H

#include <stddef.h>

#include "base/error.h"

typedef struct limit_point {
    double bits;    /* per report, mean */
    double nmse_db; /* without uplink noise */
} limit_point;

/* The known points of one channel. */
typedef struct limit_curve {
    char *channel; /* as it was asked for: "cost2100-indoor", a file's path */
    size_t count, room;
    limit_point *point; /* [count]; bits ascending, NMSE descending once limit_reduce was called */
} limit_curve;

typedef struct limit {
    size_t count;
    limit_curve *curve; /* [count] */
} limit;

/* Adds a measured point of a channel. Ignores a point unless its bits are above 0 and its NMSE is
 * finite. ERR_NOMEM. */
int limit_add(limit *l, const char *channel, double bits, double nmse_db, err *e);

/* Reduces the points to the lower envelope: those with less NMSE than all points of no more bits.
 * More points can be added afterwards, and the curve reduced again. */
void limit_reduce(limit *l);

/* The envelope of a channel, NULL if it has no points. Call it after limit_reduce. */
const limit_curve *limit_over(const limit *l, const char *channel);

/* R(N, SNR); infinite without noise. */
double limit_bits(double channel_uses, double snr_db);

/* D(bits) in dB; NaN below the fewest bits of a point, and for a NULL curve. */
double limit_distortion_db(const limit_curve *c, double bits);

/* D(R(N, SNR)) in dB of a channel, NaN if unknown. */
double limit_nmse_db(const limit *l, const char *channel, double channel_uses, double snr_db);

void limit_free(limit *l);

#endif
