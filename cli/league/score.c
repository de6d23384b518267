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
