/* label.h: the labels that distinguish a sweep's curves in a picture. */
#ifndef CLI_SWEEP_LABEL_H
#define CLI_SWEEP_LABEL_H

#include "cli/plot/figure.h"
#include "points.h"

/* The parts of a label besides the channel and, if curves differ in them, family, precision and
 * loss. */
enum {
    SWEEP_CR = 1,         /* "CR 4" */
    SWEEP_SENDING = 2,    /* the uplink or the codeword format, if curves differ in it */
    SWEEP_LAW = 4,        /* the law of the codeword format, or the uplink if one is named */
    SWEEP_SERIES = 8,     /* the uplink without its channel uses, see sweep_series */
    SWEEP_OVER_LOSS = 16, /* without the loss, which is the x axis */
};

/* "CR 4, cost2100-indoor, analog:r4"; with the model's name if its scenario differs from the
 * channel's. */
void sweep_label(const sweep *s, const eval_case *c, int parts, char label[FIGURE_LABEL_MAX]);

/* Adds ", TEXT". */
void sweep_label_add(char label[FIGURE_LABEL_MAX], const char *text);

/* True if the sweep has several numbers of bits for the law of a case's codeword format. */
bool sweep_law_has_formats(const sweep *s, const eval_case *c);

/* An uplink's name without the arguments uses=N and rate=R, which is the same for all sizes of one
 * way of sending. */
void sweep_series(const eval_case *c, char series[UPLINK_SPEC_MAX]);

/* True if the sweep has several sizes of a case's way of sending. */
bool sweep_series_has_sizes(const sweep *s, const eval_case *c);

/* Curves of one channel form a group; the rest of the label is their kind. */
void sweep_style(const sweep *s, size_t number, figure_curve *to);

#endif
