#include "losses.h"

#include <math.h>

#include "curve.h"
#include "label.h"

static const double shown_snr_db = 10;

static double figure_of(const sweep_point *p, bool bits)
{
    if (bits)
        return p->bits;
    return isnan(p->nmse_in_use_db) ? p->nmse_db : p->nmse_in_use_db;
}

/* Sets are ordered by loss, and each loss has the same curves in the same order (plan.c). */
int sweep_fill_losses(const sweep *s, figure *f, bool bits)
{
    size_t curves = s->curves / s->losses, snr = sweep_nearest_snr(s, shown_snr_db);
    for (size_t i = 0; i < curves; i++) {
        curve_pair pairs[LIST_MAX];
        if (!bits && !sweep_curve_is_drawn(s, i))
            continue;
        figure_curve *to = figure_add(f, s->losses);
        if (!to)
            return ERR_NOMEM;
        for (size_t l = 0; l < s->losses; l++) {
            const sweep_point *p = &s->point[(l * curves + i) * s->snrs.snrs + snr];
            pairs[l] = (curve_pair){sweep_point_loss(p), figure_of(p, bits)};
        }
        sweep_label(s, s->curve[i], SWEEP_CR | SWEEP_SENDING | SWEEP_OVER_LOSS, to->label);
        sweep_style(s, i, to);
        curve_put_sorted(to, pairs, s->losses);
    }
    return ERR_NONE;
}
