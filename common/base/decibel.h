/* decibel.h: ratios in decibels, and back. Only this header knows the factors: 10 for a ratio of
 * powers or energies (an NMSE, an SNR), 20 for a ratio of amplitudes.
 *
 * A ratio of 0 is -infinity dB and back; a negative ratio gives NaN. Average ratios, not their
 * decibels: sum first, then call db_of_power(). */
#ifndef BASE_DECIBEL_H
#define BASE_DECIBEL_H

#include <math.h>

static inline double db_of_power(double ratio)
{
    return 10 * log10(ratio);
}

static inline double power_of_db(double db)
{
    return pow(10, db / 10);
}

static inline double db_of_amplitude(double ratio)
{
    return 20 * log10(ratio);
}

static inline double amplitude_of_db(double db)
{
    return pow(10, db / 20);
}

#endif
