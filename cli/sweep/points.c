#include "points.h"

#include <math.h>

const char *const sweep_latency_names[SWEEP_LATENCIES] = {"p50",  "p90",   "p99",
                                                          "p999", "p9999", "max"};

uint64_t sweep_point_reports(const eval_case *of)
{
    return of->config.samples;
}

double sweep_reports_left(const sweep *s)
{
    double left = 0;
    for (size_t i = 0; i < s->count; i++)
        left += s->point[i].done ? 0 : (double)sweep_point_reports(s->point[i].of);
    return left;
}

bool sweep_point_is_whole(const sweep_point *p)
{
    if (p->measured == 0)
        return !(p->bits <= 0) && !(p->channel_uses <= 0);
    return !isnan(p->nmse_db) && p->bits > 0 && p->channel_uses > 0;
}

double sweep_point_snr(const sweep *s, const sweep_point *p)
{
    return s->snrs.snr_db[p->snr];
}
