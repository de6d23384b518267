#include "cell/schedule.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

int chain_schedule_parse_periods(chain_schedule *s, const char *text, err *e)
{
    char *copy = strdup(text), *rest = copy;
    int status = copy ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory");
    s->periods = 0;
    for (char *item; status == ERR_NONE && (item = strsep(&rest, ","));) {
        double period;
        if (s->periods == CHAIN_PERIODS_MAX)
            status = err_set(e, ERR_INVALID, "more than %d periods", CHAIN_PERIODS_MAX);
        else if (!text_duration(item, 1e-3, &period) || period < CHAIN_PERIOD_MIN_S ||
                 period > CHAIN_PERIOD_MAX_S)
            status = err_set(e, ERR_INVALID,
                             "a period is a time from 0.1ms to 1h, such as 20 (milliseconds) or "
                             "1s, not '%.40s'",
                             item);
        else
            s->period_s[s->periods++] = period;
    }
    free(copy);
    return status;
}

double chain_schedule_warm_up(double duration_s)
{
    return duration_s > 0 ? fmin(1, duration_s / 10) : 1;
}

double chain_schedule_period(const chain_schedule *s, uint32_t ue)
{
    return s->period_s[ue % s->periods];
}

uint32_t chain_schedule_reports(const chain_schedule *s, uint32_t ue)
{
    if (s->duration_s <= 0)
        return UINT32_MAX;
    double n = floor(s->duration_s / chain_schedule_period(s, ue) + 1e-9);
    return n < 1 ? 1 : n >= UINT32_MAX ? UINT32_MAX : (uint32_t)n;
}

uint64_t chain_schedule_due_ns(const chain_schedule *s, uint32_t ue, uint32_t seq)
{
    double offset = (double)(ue % s->cell_ues) / (double)s->cell_ues;
    return (uint64_t)(((double)seq + offset) * chain_schedule_period(s, ue) * 1e9);
}
