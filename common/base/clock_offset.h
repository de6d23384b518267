/* clock_offset.h: the offset of another host's clock from ours, measured from round trips.
 *
 * A message leaves at t1 by our clock, arrives at t2 by theirs, the answer leaves at t3 by theirs
 * and arrives at t4 by ours. Neither direction takes negative time, so
 *
 *     theirs - ours  lies in  [t3 - t4, t2 - t1].
 *
 * The middle of the interval is NTP's estimate, ((t2 - t1) + (t3 - t4)) / 2. Its half width, half
 * the round trip ((t4 - t1) - (t3 - t2)) / 2, is the error. Apart from drift, the intervals of
 * several round trips contain the same offset, so we intersect them, after widening the older one
 * by 100 ppm of the time since. The fastest message in each direction then sets the bound, and the
 * current offset is consistent with the newest round trip: neither of its delays is negative. */
#ifndef BASE_CLOCK_OFFSET_H
#define BASE_CLOCK_OFFSET_H

#include <stdbool.h>
#include <stdint.h>

typedef struct clock_offset {
    uint64_t own, clock;     /* clock_identity() of both; 0 before the first round trip */
    uint64_t at_ns;          /* t4 of the latest round trip */
    int64_t low_ns, high_ns; /* bounds of theirs - ours */
} clock_offset;              /* zero-initialise */

/* Adds a round trip with the owner of `clock`; `own` is our clock_identity(). Where both are the
 * same clock, the offset is 0 without error. An interval that does not overlap the earlier ones
 * (their clock was set, or is another clock) replaces them. Returns false and changes nothing for
 * impossible stamps: a negative delay. */
bool clock_offset_update(clock_offset *o, uint64_t own, uint64_t clock, uint64_t t1, uint64_t t2,
                         uint64_t t3, uint64_t t4);

/* Their clock minus ours, and the largest error of that in either direction. */
int64_t clock_offset_ns(const clock_offset *o);
uint64_t clock_offset_error_ns(const clock_offset *o);

/* Their stamp converted to our clock. */
uint64_t clock_offset_ours(const clock_offset *o, uint64_t theirs_ns);

#endif
