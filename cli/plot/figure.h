/* figure.h: plots of curves for papers: title, axes with units, a key below. Marks and dashes
 * distinguish the curves even without colour. */
#ifndef CLI_PLOT_FIGURE_H
#define CLI_PLOT_FIGURE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "style.h"

enum { FIGURE_LABEL_MAX = 1200 };

typedef struct figure_curve {
    char label[FIGURE_LABEL_MAX];
    size_t kind;  /* curves of one kind share colour and mark */
    size_t group; /* curves of one group share dashes, and whether the mark is filled */
    bool bound;   /* a limit on the others: dashed, without marks, adds no ticks to x */
    size_t count;
    double *x, *y;      /* [count], x ascending; a point that is not finite in y is left out */
    double *low, *high; /* [count], ends of an interval around y; NaN: none */
} figure_curve;

typedef struct figure {
    const figure_style *style; /* kept by reference; NULL: all zero */
    const char *title, *x_label, *y_label;
    /* The label of an infinite x. Such points are drawn to the right of the others. */
    const char *beyond;
    int log_base; /* of x: 0 for a linear axis, 2, 10 */
    bool log_y;   /* in whole decades; y and the intervals' ends must be above 0 */
    bool shares;  /* y is from 0 to 1, and curves have marks at few of their points */
    size_t count, room;
    figure_curve *curve; /* [count] */
} figure;

/* Adds an empty curve with room for `points` points. NULL when memory ran out. */
figure_curve *figure_add(figure *f, size_t points);
void figure_put(figure_curve *c, double x, double y);
void figure_put_between(figure_curve *c, double x, double y, double low, double high);
void figure_free(figure *f);

/* Draws with gnuplot into a file named .svg, .png or .pdf. ERR_UNSUPPORTED without gnuplot. */
int figure_draw(const figure *f, const char *out, err *e);

#endif
