/* label.h: what tells a sweep's curves apart in a picture. */
#ifndef CLI_SWEEP_LABEL_H
#define CLI_SWEEP_LABEL_H

#include "cli/plot/figure.h"
#include "points.h"

/* What a label has beside the channel and, where curves differ in them, family, precision and loss.
 */
enum {
    SWEEP_CR = 1,         /* "CR 4" */
    SWEEP_SENDING = 2,    /* the uplink or the codeword format, where curves differ in it */
    SWEEP_LAW = 4,        /* the law of the codeword format; the uplink where one is named */
    SWEEP_SERIES = 8,     /* the uplink without its channel uses, see sweep_series */
    SWEEP_OVER_LOSS = 16, /* no loss: the curve goes over them */
};

/* "CR 4, cost2100-indoor, analog:r4". A model of another scenario than the channel's is named. */
void sweep_label(const sweep *s, const eval_case *c, int parts, char label[FIGURE_LABEL_MAX]);

/* Adds ", TEXT". */
void sweep_label_add(char label[FIGURE_LABEL_MAX], const char *text);

/* Whether the codeword formats of a case's law come in several numbers of bits. */
bool sweep_law_has_formats(const sweep *s, const eval_case *c);

/* An uplink's name without the arguments uses=N and rate=R: what is left is one way of sending in
 * several sizes. */
void sweep_series(const eval_case *c, char series[UPLINK_SPEC_MAX]);

/* Whether the sweep has a case's way of sending in several sizes. */
bool sweep_series_has_sizes(const sweep *s, const eval_case *c);

/* Curves of one channel are a group; what else they are is their kind. */
void sweep_style(const sweep *s, size_t number, figure_curve *to);

#endif
