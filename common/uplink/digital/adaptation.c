#include "uplink/digital/adaptation.h"

#include <math.h>
#include <stdbool.h>

#include "uplink/uplink.h"

static bool possible(const adaptation_need *need)
{
    if (need->uses < 1 || need->uses > UPLINK_SYMBOLS_MAX || need->candidates < 1 ||
        need->candidates > ADAPTATION_ROWS_MAX || !need->bits || !isfinite(need->margin_db))
        return false;
    for (size_t i = 1; i < need->candidates; i++)
        if (need->bits[i] < need->bits[i - 1])
            return false;
    return (unsigned)need->modulation <= MODULATIONS;
}

/* from_db is INFINITY where no modulation carries the candidate. */
static adaptation_row best_row(const adaptation_need *need, size_t candidate)
{
    const bool any = need->modulation == MODULATIONS;
    adaptation_row best = {.candidate = candidate, .from_db = INFINITY};
    for (modulation m = any ? 0 : need->modulation; m < MODULATIONS; m++) {
        const double db =
            adaptation_threshold_db(m, need->bits[candidate], need->uses * modulation_bits(m));
        if (db < best.from_db) {
            best.modulation = m;
            best.from_db = db;
        }
        if (!any)
            break;
    }
    best.from_db += need->margin_db;
    return best;
}

size_t adaptation_rows(const adaptation_need *need, adaptation_row row[ADAPTATION_ROWS_MAX])
{
    size_t count = 0;
    if (!possible(need))
        return 0;
    for (size_t i = 0; i < need->candidates; i++) {
        const adaptation_row next = best_row(need, i);
        if (next.from_db == INFINITY)
            continue;
        /* Never send fewer bits than the same SNR carries. */
        while (count > 0 && row[count - 1].from_db >= next.from_db)
            count--;
        row[count++] = next;
    }
    return count;
}
