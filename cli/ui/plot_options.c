#include "plot_options.h"

#include <string.h>

/* No letters fit a page narrower than this. */
static const double width_min_mm = 40;

int plot_options_check(double width_mm, double font_pt, const option_command *command)
{
    if (width_mm > 0 && width_mm < width_min_mm)
        return option_complain(command, "--plot-width takes 0, or %g to 1000 mm, not %g",
                               width_min_mm, width_mm);
    if (font_pt > 0 && (font_pt < 4 || (width_mm > 0 && font_pt > width_mm / 5)))
        return option_complain(command,
                               "--plot-font takes 0, or 4 to 72 pt and at most a fifth of the "
                               "width in mm, not %g",
                               font_pt);
    return -1;
}

bool plot_options_untitled(const char *title)
{
    return title && strcmp(title, "none") == 0;
}
