#include "style.h"

bool figure_style_is_paper(const figure_style *s)
{
    return s->width_mm > 0 || s->font_pt > 0;
}

double figure_style_width(const figure_style *s, double on_screen)
{
    return s->width_mm > 0 ? s->width_mm / 25.4 * 96 : on_screen;
}

double figure_style_font(const figure_style *s, double on_screen)
{
    double font_pt = s->font_pt > 0 ? s->font_pt : 8;
    return figure_style_is_paper(s) ? font_pt / 72 * 96 : on_screen;
}
