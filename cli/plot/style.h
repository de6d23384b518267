/* style.h: the size of figures, for a screen or for a paper's column. */
#ifndef CLI_PLOT_STYLE_H
#define CLI_PLOT_STYLE_H

#include <stdbool.h>

/* All zero: 900 pixels wide, letters of 13 pixels, for a screen. */
typedef struct figure_style {
    double width_mm; /* of the page of a PDF or SVG; if set, a PNG has 300 dots an inch */
    double font_pt;  /* of axes and key; 0 with a width means 8 */
    bool untitled;   /* no title, for a paper, which has captions */
} figure_style;

/* True if a width or a font size is set: the figure is for a paper, and is also made as a PDF. */
bool figure_style_is_paper(const figure_style *style);

/* Pixels of 1/96 inch: the width of a picture and the size of its letters. */
double figure_style_width(const figure_style *style, double on_screen);
double figure_style_font(const figure_style *style, double on_screen);

#endif
