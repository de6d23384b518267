#include "payload/level.h"

#include <math.h>

#include "base/decibel.h"

static uint32_t last_code(level_law law)
{
    return (1u << law.bits) - 1;
}

/* All codes but 0 are levels, and the outermost are the ends of the range. */
static double step_db(level_law law)
{
    return (law.high_db - law.low_db) / (last_code(law) - 1);
}

float level_value(level_law law, uint32_t code)
{
    code &= last_code(law);
    return code ? (float)amplitude_of_db(law.low_db + (code - 1) * step_db(law)) : 0;
}

uint32_t level_code(level_law law, double value, level_rounding rounding)
{
    uint32_t last = last_code(law);
    if (!(value > 0))
        return 0;
    double lowest = (double)level_value(law, 1);
    if (value <= lowest)
        return rounding == LEVEL_NEAREST && value < lowest / 2 ? 0 : 1;
    double steps = (db_of_amplitude(value) - law.low_db) / step_db(law);
    steps = rounding == LEVEL_NEAREST ? floor(steps + 0.5) : ceil(steps);
    uint32_t code = steps >= last - 1 ? last : 1 + (uint32_t)fmax(steps, 0);
    /* Levels are rounded to float. By that rounding the chosen level can be below the value, or the
     * level below it can still cover the value. */
    if (rounding == LEVEL_UPWARDS) {
        while (code < last && (double)level_value(law, code) < value)
            code++;
        while (code > 1 && (double)level_value(law, code - 1) >= value)
            code--;
    }
    return code;
}
