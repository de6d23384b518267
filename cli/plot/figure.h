/* figure.h: curves as a paper has them: title, axes with units, a key below; each curve told from
 * the others without colour, too, by its mark and its dashes. */
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
    bool bound;   /* a limit of the others: dashed, without marks, and no tick of x is its own */
    size_t count;
    double *x, *y;      /* [count], x ascending; a point that is not finite in y is left out */
    double *low, *high; /* [count], ends of an interval around y; NaN where there is none */
} figure_curve;

typedef struct figure {
    const figure_style *style; /* kept by reference; NULL: all zero */
    const char *title, *x_label, *y_label;
    const char *beyond; /* what an infinite x is called; such points stand behind the others */
    int log_base;       /* of x: 0 for a linear axis, 2, 10 */
    bool log_y;         /* decades, up to a whole one; y and the intervals' ends are above 0 */
    bool shares;        /* y is from 0 to 1, and curves have marks at few of their points */
    size_t count, room;
    figure_curve *curve; /* [count] */
} figure;

/* Adds a curve with room for so many points, none of which it has yet. NULL without memory. */
figure_curve *figure_add(figure *f, size_t points);
void figure_put(figure_curve *c, double x, double y);
void figure_put_between(figure_curve *c, double x, double y, double low, double high);
void figure_free(figure *f);

/* Draws by gnuplot into a file that ends in .svg, .png or .pdf. ERR_UNSUPPORTED without gnuplot. */
int figure_draw(const figure *f, const char *out, err *e);

#endif
