/* style.h: how figures are set, for a screen or for a paper's column. */
#ifndef CLI_PLOT_STYLE_H
#define CLI_PLOT_STYLE_H

#include <stdbool.h>

/* All zero: 900 pixels wide, letters of 13 pixels, for a screen. */
typedef struct figure_style {
    double width_mm; /* of the page of a PDF or SVG; a PNG has 300 dots an inch then */
    double font_pt;  /* of axes and key; with a width and 0: 8 */
    bool untitled;   /* for a paper, whose caption says it */
} figure_style;

/* Whether it is for paper: a width or letters were asked for. Such plots are in PDF, too. */
bool figure_style_is_paper(const figure_style *style);

/* Pixels of 1/96 inch: the width of a picture and the size of its letters. */
double figure_style_width(const figure_style *style, double on_screen);
double figure_style_font(const figure_style *style, double on_screen);

#endif
