/* clock_offset.h: how far another host's clock is from one's own, from round trips.
 *
 * A message leaves at t1 by our clock, arrives at t2 by theirs, the answer leaves at t3 by theirs
 * and arrives at t4 by ours. Neither way takes less than no time, so that
 *
 *     theirs - ours  lies in  [t3 - t4, t2 - t1],
 *
 * whose middle is NTP's ((t2 - t1) + (t3 - t4)) / 2 and whose half width is half the round trip,
 * ((t4 - t1) - (t3 - t2)) / 2: the error. Intervals of several round trips hold the same offset,
 * but for the drift between two clocks; so they are intersected, the older widened by 100 ppm of
 * the time since. Both ways' fastest messages then decide, and the offset in force fits the newest
 * round trip, so that no way of it comes out negative. */
#ifndef BASE_CLOCK_OFFSET_H
#define BASE_CLOCK_OFFSET_H

#include <stdbool.h>
#include <stdint.h>

typedef struct clock_offset {
    uint64_t own, clock;     /* clock_identity() of both; 0 before the first round trip */
    uint64_t at_ns;          /* t4 of the latest */
    int64_t low_ns, high_ns; /* theirs less ours lies between */
} clock_offset;              /* zero-initialise */

/* Takes a round trip with the owner of `clock`; `own` is our clock_identity(). One clock has offset
 * 0 and no error. An interval that misses the others (their clock was set, or is another one)
 * starts anew. False, and nothing is changed, for stamps that cannot be: an answer that is faster
 * than no time. */
bool clock_offset_update(clock_offset *o, uint64_t own, uint64_t clock, uint64_t t1, uint64_t t2,
                         uint64_t t3, uint64_t t4);

/* Their clock less ours, and how far the truth may lie from it on either side. */
int64_t clock_offset_ns(const clock_offset *o);
uint64_t clock_offset_error_ns(const clock_offset *o);

/* Their stamp, by our clock. */
uint64_t clock_offset_ours(const clock_offset *o, uint64_t theirs_ns);

#endif
