#include "base/clock_offset.h"

static const int64_t offset_max = INT64_MAX / 4; /* 73 years; a stamp beyond that is forged */

enum { DRIFT_PER_NS = 10000 }; /* 100 ppm: twice the tolerance of common crystals */

bool clock_offset_update(clock_offset *o, uint64_t own, uint64_t clock, uint64_t t1, uint64_t t2,
                         uint64_t t3, uint64_t t4)
{
    if (clock == own) {
        *o = (clock_offset){.own = own, .clock = clock, .at_ns = t4};
        return true;
    }
    int64_t low = (int64_t)(t3 - t4), high = (int64_t)(t2 - t1);
    if (t4 < t1 || t3 < t2 || t3 - t2 > t4 - t1 || low > high || low < -offset_max ||
        high > offset_max)
        return false;
    uint64_t at = t4;
    if (o->own == own && o->clock == clock) {
        bool later = t4 > o->at_ns; /* answers may overtake each other */
        int64_t drift = (int64_t)((later ? t4 - o->at_ns : o->at_ns - t4) / DRIFT_PER_NS) + 1;
        at = later ? t4 : o->at_ns;
        int64_t old_low = o->low_ns - drift, old_high = o->high_ns + drift;
        if (old_low <= high && old_high >= low) {
            low = old_low > low ? old_low : low;
            high = old_high < high ? old_high : high;
        }
    }
    *o = (clock_offset){own, clock, at, low, high};
    return true;
}

int64_t clock_offset_ns(const clock_offset *o)
{
    return o->low_ns + (o->high_ns - o->low_ns) / 2;
}

uint64_t clock_offset_error_ns(const clock_offset *o)
{
    return (uint64_t)(o->high_ns - o->low_ns + 1) / 2;
}

uint64_t clock_offset_ours(const clock_offset *o, uint64_t theirs_ns)
{
    return theirs_ns - (uint64_t)clock_offset_ns(o);
}
