/* limit_plot.h: the separation limit as a curve of a figure, and channel uses in a label. */
#ifndef CLI_EVAL_LIMIT_PLOT_H
#define CLI_EVAL_LIMIT_PLOT_H

#include "cli/plot/figure.h"
#include "limit.h"

/* The least and the most channel uses of what a label is of. */
typedef struct uses_range {
    double low, high;
} uses_range;

/* Nothing yet; NaN adds nothing. */
uses_range uses_none(void);
void uses_add(uses_range *r, double channel_uses);

enum { USES_TEXT_MAX = 64 };

/* "256 uses", "258-310 uses". */
const char *uses_text(uses_range r, char text[USES_TEXT_MAX]);

/* Over SNRs (ascending): at each the limit for uses[i] channel uses. Nothing is added where it is
 * not known at any; without noise the capacity has no end, and no point is drawn. `name` is the
 * channel's in the label. ERR_NOMEM. */
int limit_plot_over_snr(figure *f, const limit_curve *known, const char *name, size_t group,
                        const double *snr_db, const double *uses, size_t count, err *e);

/* Over channel uses from `low` to `high`, at one SNR: steps, since the points known are single
 * codecs. */
int limit_plot_over_uses(figure *f, const limit_curve *known, const char *name, size_t group,
                         double snr_db, double low, double high, err *e);

#endif
