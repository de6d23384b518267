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
        return p->bler == 1 || (!(p->bits <= 0) && !(p->channel_uses <= 0));
    bool directions = isnan(p->nmse_db) && isnan(p->rho) && !isnan(p->sgcs);
    return (directions || !isnan(p->nmse_db)) && p->bits > 0 && p->channel_uses > 0;
}

double sweep_point_snr(const sweep *s, const sweep_point *p)
{
    return s->snrs.snr_db[p->snr];
}

double sweep_point_loss(const sweep_point *p)
{
    return p->of->config.loss;
}

double sweep_point_compared_db(const sweep_point *p)
{
    if (!isnan(p->nmse_all_db))
        return p->nmse_all_db;
    return p->measured == p->reports ? p->nmse_db : NAN;
}

int sweep_limit_from_points(sweep *s, err *e)
{
    int rc = ERR_NONE;
    for (size_t i = 0; rc == ERR_NONE && i < s->count; i++) {
        const sweep_point *p = &s->point[i];
        if (p->done && sweep_point_snr(s, p) == INFINITY)
            rc = limit_add(&s->limit, p->of->channel->path, p->bits, sweep_point_compared_db(p), e);
    }
    limit_reduce(&s->limit);
    return rc;
}

double sweep_point_limit_db(const sweep *s, const sweep_point *p)
{
    if (eval_case_gives_directions(p->of)) /* the limit is one of NMSE, which directions lack */
        return NAN;
    return limit_nmse_db(&s->limit, p->of->channel->path, p->channel_uses, sweep_point_snr(s, p));
}
