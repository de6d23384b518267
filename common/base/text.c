#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { NAME_MAX_BYTES = 64 };

bool text_number(const char *text, double *value)
{
    char *end;
    /* strtod skips leading blanks; a user who wrote them meant something else. */
    if (!*text || isspace((unsigned char)*text))
        return false;
    *value = strtod(text, &end);
    return *end == '\0' && !isnan(*value);
}

bool text_duration(const char *text, double unit, double *seconds)
{
    static const struct {
        const char *suffix;
        double seconds;
    } units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
    char *end;
    double v = strtod(text, &end);
    if (end == text || !isfinite(v) || isspace((unsigned char)*text))
        return false;
    if (*end == '\0') {
        *seconds = v * unit;
        return true;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].suffix) == 0) {
            *seconds = v * units[i].seconds;
            return true;
        }
    }
    return false;
}

/* Levenshtein distance, one row of the table at a time. A name that does not fit the row is near
 * nothing: no name that csilink knows is that long. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_BYTES + 1], la = strlen(a), lb = strlen(b);
    if (la >= NAME_MAX_BYTES || lb >= NAME_MAX_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t above = row[j], best = diagonal + (a[i - 1] != b[j - 1]);
            best = above + 1 < best ? above + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = above;
            row[j] = best;
        }
    }
    return row[lb];
}

const char *text_nearest(const char *name, const char *const *names, size_t count)
{
    const char *best = NULL;
    /* One more edit than a third of the name: "sn" still finds "snr", "xyz" finds nothing. */
    size_t best_distance = strlen(name) / 3 + 2;
    for (size_t i = 0; i < count; i++) {
        size_t d = edit_distance(name, names[i]);
        if (d < best_distance) {
            best_distance = d;
            best = names[i];
        }
    }
    return best;
}
