/* limit_plot.h: the separation limit as a curve of a figure, and channel uses in a label. */
#ifndef CLI_EVAL_LIMIT_PLOT_H
#define CLI_EVAL_LIMIT_PLOT_H

#include "cli/plot/figure.h"
#include "limit.h"

/* The range of channel uses that a label covers. */
typedef struct uses_range {
    double low, high;
} uses_range;

/* Starts an empty range; adds a value to it, unless it is NaN. */
uses_range uses_none(void);
void uses_add(uses_range *r, double channel_uses);

enum { USES_TEXT_MAX = 64 };

/* "256 uses", "258-310 uses". */
const char *uses_text(uses_range r, char text[USES_TEXT_MAX]);

/* Adds the limit over SNRs (ascending), at snr i for uses[i] channel uses. Adds no curve if the
 * limit is unknown at every SNR, and no point without noise, where the capacity is infinite. `name`
 * is the channel's name in the label. ERR_NOMEM. */
int limit_plot_over_snr(figure *f, const limit_curve *known, const char *name, size_t group,
                        const double *snr_db, const double *uses, size_t count, err *e);

/* Adds the limit over channel uses from `low` to `high`, at one SNR. It has steps, because each
 * known point is a single codec. */
int limit_plot_over_uses(figure *f, const limit_curve *known, const char *name, size_t group,
                         double snr_db, double low, double high, err *e);

#endif
