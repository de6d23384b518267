#include "score.h"

#include <math.h>

double league_nmse_db(const league_figures *f)
{
    return f->nmse_all_db;
}

double league_sgcs(const league_figures *f)
{
    return f->bler == 1 ? 0 : f->sgcs * (1 - f->bler);
}

bool league_is_better(const league_figures *a, const league_figures *b, bool by_sgcs)
{
    double x = -league_nmse_db(a), y = -league_nmse_db(b);
    if (by_sgcs || isnan(x) || isnan(y)) {
        x = league_sgcs(a);
        y = league_sgcs(b);
    }
    return x > y || (isnan(y) && !isnan(x));
}

league_figures league_figures_of(const chain_eval_row *row, size_t samples)
{
    league_figures f = league_no_figures;
    f.reports = (double)samples;
    f.measured = (double)row->samples;
    f.nmse_db = row->nmse_db;
    f.nmse_median_db = row->nmse_median_db;
    f.nmse_error_db = row->nmse_error_db;
    f.nmse_all_db = row->nmse_all_db;
    f.rho = row->rho;
    f.sgcs = row->sgcs;
    f.se = row->se_feedback;
    f.se_all = row->se_all;
    f.bits = row->bits;
    f.channel_uses = row->channel_uses;
    f.bler = row->bler;
    f.undetected = row->compared ? (double)row->undetected : NAN;
    return f;
}
