#include "order.h"

#include <math.h>

#include "score.h"

bool league_has_no_nmse(const league *l, size_t entrant)
{
    for (size_t c = 0; c < l->list.channels; c++)
        for (size_t k = 0; k < l->cells; k++) {
            const league_result *r = league_result_at(l, c, entrant, k);
            if (r->among > 0 && isnan(league_nmse_db(&r->figures)))
                return true;
        }
    return false;
}

/* Larger is better. All entrants have the same number of cells, so the sum orders them like the
 * mean. */
static double mean_of(const league *l, bool by_sgcs, size_t entrant, size_t first, size_t count)
{
    double sum = 0;
    for (size_t c = 0; c < l->list.channels; c++)
        for (size_t k = first; k < first + count; k++) {
            const league_result *r = league_result_at(l, c, entrant, k);
            if (r->among > 0)
                sum += by_sgcs ? league_sgcs(&r->figures) : -league_nmse_db(&r->figures);
        }
    return sum;
}

void league_order(const league *l, bool by_sgcs, size_t first, size_t count,
                  size_t order[LEAGUE_ENTRANTS_MAX])
{
    double mean[LEAGUE_ENTRANTS_MAX];
    bool behind[LEAGUE_ENTRANTS_MAX];
    for (size_t n = 0; n < l->list.entrants; n++) {
        behind[n] = !by_sgcs && league_has_no_nmse(l, n);
        mean[n] = mean_of(l, by_sgcs || behind[n], n, first, count);
        size_t place = n;
        for (; place > 0; place--) {
            size_t before = order[place - 1];
            if (behind[before] < behind[n] ||
                (behind[before] == behind[n] && !(mean[n] > mean[before])))
                break;
            order[place] = before;
        }
        order[place] = n;
    }
}

size_t league_order_cell(const league *l, size_t channel, size_t number,
                         size_t order[LEAGUE_ENTRANTS_MAX])
{
    size_t count = 0;
    for (size_t n = 0; n < l->list.entrants; n++) {
        const league_result *r = league_result_at(l, channel, n, number);
        if (r->among == 0)
            continue;
        bool own_behind = isnan(league_nmse_db(&r->figures));
        size_t place = count++;
        for (; place > 0; place--) {
            const league_result *before = league_result_at(l, channel, order[place - 1], number);
            bool behind = isnan(league_nmse_db(&before->figures));
            if (behind != own_behind ? !behind
                                     : !league_is_better(&r->figures, &before->figures, behind))
                break;
            order[place] = order[place - 1];
        }
        order[place] = n;
    }
    return count;
}
