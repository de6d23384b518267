/* plot_options.h: the options of a command's plots: --title, --plot-width and --plot-font. */
#ifndef CLI_UI_PLOT_OPTIONS_H
#define CLI_UI_PLOT_OPTIONS_H

#include <stdbool.h>

#include "ui/option.h"

/* `title` is a const char *, `width_mm` and `font_pt` are doubles. */
#define PLOT_OPTIONS(title_, width_mm, font_pt)                                                    \
    OPTION_STRING("title", &(title_), "TEXT", "of the plots; none: without, for a caption"),       \
        OPTION_DOUBLE("plot-width", &(width_mm), 0, 1000, "MM",                                    \
                      "width of the plots, then written as PDF, too; 88: a column; 0: a screen"),  \
        OPTION_DOUBLE("plot-font", &(font_pt), 0, 72, "PT",                                        \
                      "letters of the plots; 0: 8 with --plot-width")

/* Returns -1 to continue, or the exit status after an error in the options. */
int plot_options_check(double width_mm, double font_pt, const option_command *command);

/* True if the plots should have no title. `title`: the option's value, or NULL. */
bool plot_options_untitled(const char *title);

#endif
