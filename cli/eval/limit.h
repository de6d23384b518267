/* limit.h: the separation limit: the lowest NMSE known for as many bits as the uplink can carry.
 *
 * Source and channel coding may be done one after the other without loss, by codes without end
 * (Shannon's separation theorem). N complex channel uses at an SNR then carry
 *
 *     R(N, SNR) = N log2(1 + SNR) bits,
 *
 * and a report of at most R bits has at best the distortion D(R) of the best codec. D itself is not
 * known for channels like these. In its place stands the lowest NMSE that was measured, without
 * uplink noise, with at most R bits a report over the same channel:
 *
 *     limit(N, SNR) = min { NMSE_i : bits_i <= R(N, SNR) }
 *
 * So it is no bound of what is possible: a better codec lowers it. It says what the best codec
 * measured would reach if the uplink's code were ideal and the SNR known for free: all N uses carry
 * the payload, and none a reference, a header or a check. Both are of one report: bits are a
 * codec's mean, and no report lends bits to another. */
#ifndef CLI_EVAL_LIMIT_H
#define CLI_EVAL_LIMIT_H

#include <stddef.h>

#include "base/error.h"

typedef struct limit_point {
    double bits;    /* per report, mean */
    double nmse_db; /* without uplink noise */
} limit_point;

/* What is known of one channel. */
typedef struct limit_curve {
    char *channel; /* as it was asked for: "cost2100-indoor", a file's path */
    size_t count, room;
    limit_point *point; /* [count]; bits ascending, NMSE descending once limit_settle was called */
} limit_curve;

typedef struct limit {
    size_t count;
    limit_curve *curve; /* [count] */
} limit;

/* Adds what was measured over a channel: bits above 0 and a finite NMSE; a point with another of
 * either says nothing and is left out. ERR_NOMEM. */
int limit_add(limit *l, const char *channel, double bits, double nmse_db, err *e);

/* Keeps the lower envelope: points that have less NMSE than every one of no more bits. More points
 * may be added afterwards, and settled again. */
void limit_settle(limit *l);

/* The envelope over a channel, NULL where nothing is known of it. After limit_settle. */
const limit_curve *limit_over(const limit *l, const char *channel);

/* R(N, SNR); infinite without noise. */
double limit_bits(double channel_uses, double snr_db);

/* D(bits) in dB; NaN below the fewest bits of a point, and for a curve that is NULL. */
double limit_distortion_db(const limit_curve *c, double bits);

/* D(R(N, SNR)) in dB over a channel, NaN where it is not known. */
double limit_nmse_db(const limit *l, const char *channel, double channel_uses, double snr_db);

void limit_free(limit *l);

#endif
