#include "figure.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gnuplot.h"

enum { WIDTH_PX = 900, KEY_LINE_PX = 22, KEY_PX = 14, AXIS_PX = 84, FONT_PX = 13, TICKS_MAX = 14 };
enum { SHORT_LABEL = 34 }; /* the longest label that fits a key of two columns */

static const char *const colours[] = {"#1b6ca8", "#d1495b", "#2e8b57", "#c77700",
                                      "#6a4c93", "#4a4e69", "#008c8c", "#a44a3f"};
static const int filled[] = {7, 5, 9, 13, 11, 15, 3, 2}, open[] = {6, 4, 8, 12, 10, 14, 3, 2};
enum { STYLES = sizeof colours / sizeof colours[0], DASHES = 5 };

figure_curve *figure_add(figure *f, size_t points)
{
    if (f->count == f->room) {
        size_t room = f->room ? 2 * f->room : 16;
        figure_curve *more = realloc(f->curve, room * sizeof *more);
        if (!more)
            return NULL;
        f->curve = more;
        f->room = room;
    }
    figure_curve *c = &f->curve[f->count];
    *c = (figure_curve){.x = calloc(4 * points + 1, sizeof(double))};
    if (!c->x)
        return NULL;
    c->y = c->x + points;
    c->low = c->y + points;
    c->high = c->low + points;
    f->count++;
    return c;
}

void figure_put_between(figure_curve *c, double x, double y, double low, double high)
{
    c->x[c->count] = x;
    c->y[c->count] = y;
    c->low[c->count] = low;
    c->high[c->count++] = high;
}

void figure_put(figure_curve *c, double x, double y)
{
    figure_put_between(c, x, y, NAN, NAN);
}

void figure_free(figure *f)
{
    for (size_t i = 0; i < f->count; i++)
        free(f->curve[i].x);
    free(f->curve);
    *f = (figure){0};
}

/* The axis of x: its finite ends, and the position of an infinite x. */
typedef struct axis {
    double low, high, beyond;
    bool infinite;
    size_t ticks; /* different finite values; TICKS_MAX + 1 for more */
    double tick[TICKS_MAX + 1];
} axis;

static void add_tick(axis *a, double x)
{
    for (size_t i = 0; i < a->ticks; i++)
        if (a->tick[i] == x)
            return;
    if (a->ticks <= TICKS_MAX)
        a->tick[a->ticks++] = x;
}

static axis make_axis(const figure *f)
{
    axis a = {.low = INFINITY, .high = -INFINITY};
    for (size_t i = 0; i < f->count; i++)
        for (size_t k = 0; k < f->curve[i].count; k++) {
            double x = f->curve[i].x[k];
            a.infinite = a.infinite || isinf(x);
            if (isinf(x))
                continue;
            a.low = fmin(a.low, x);
            a.high = fmax(a.high, x);
            if (!f->curve[i].bound)
                add_tick(&a, x);
        }
    if (a.low > a.high)
        a.low = a.high = 0;
    double step = a.ticks > 1 ? (a.high - a.low) / (double)(a.ticks - 1) : 0;
    a.beyond = a.high + fmax(step, 1);
    return a;
}

static void put_ticks(FILE *to, const figure *f, const axis *a)
{
    if (f->log_base || a->ticks > TICKS_MAX) {
        fprintf(to, "set xtics autofreq\n");
    } else {
        for (size_t i = 0; i < a->ticks; i++)
            fprintf(to, "%s'%g' %g", i ? ", " : "set xtics (", a->tick[i], a->tick[i]);
        fprintf(to, "%s)\n", a->ticks ? "" : "set xtics (");
    }
    if (a->infinite) {
        fprintf(to, "set xtics add (");
        gnuplot_quoted(to, f->beyond ? f->beyond : "infinite");
        fprintf(to, " %g)\n", a->beyond);
    }
}

static bool has_interval(const figure_curve *c, size_t point)
{
    return isfinite(c->y[point]) && isfinite(c->low[point]) && isfinite(c->high[point]);
}

/* Writes a y range of whole decades that contain every point and interval. Without points it writes
 * a default, since gnuplot draws nothing without a range. */
static void put_decades(FILE *to, const figure *f)
{
    double low = INFINITY, high = 0;
    for (size_t i = 0; i < f->count; i++)
        for (size_t k = 0; k < f->curve[i].count; k++) {
            const figure_curve *c = &f->curve[i];
            if (!isfinite(c->y[k]))
                continue;
            low = fmin(low, has_interval(c, k) ? c->low[k] : c->y[k]);
            high = fmax(high, has_interval(c, k) ? c->high[k] : c->y[k]);
        }
    if (low > high)
        low = 1e-3, high = 1;
    double from = floor(log10(low)), to_decade = fmax(ceil(log10(high)), from + 1);
    fprintf(to, "set logscale y 10\nset format y '1e%%T'\nset yrange [1e%.0f:1e%.0f]\n", from,
            to_decade);
}

static void put_axes(FILE *to, const figure *f, const axis *a)
{
    double end = a->infinite ? a->beyond : a->high, margin = fmax((end - a->low) * 0.04, 0.5);
    fprintf(to, "set xlabel ");
    gnuplot_quoted(to, f->x_label);
    fprintf(to, "\nset ylabel ");
    gnuplot_quoted(to, f->y_label);
    fputc('\n', to);
    if (f->log_base)
        fprintf(to, "set logscale x %d\nset xrange [%g:%g]\n", f->log_base, a->low / 1.15,
                a->high * 1.15);
    else
        fprintf(to, "set xrange [%g:%g]\n", a->low - margin, end + margin);
    put_ticks(to, f, a);
    if (f->log_y)
        put_decades(to, f);
    else if (f->shares)
        fprintf(to, "set yrange [0:1]\n");
    else
        fprintf(to, "set offsets 0, 0, 0.5, 0.5\n");
}

/* A blank line ends the curve, so that no line is drawn to an infinite x. */
static void put_data(FILE *to, const figure_curve *c, const axis *a, size_t number)
{
    fprintf(to, "$c%zu << EOD\n", number);
    for (size_t i = 0; i < c->count; i++) {
        bool infinite = isinf(c->x[i]);
        if (isfinite(c->y[i]))
            fprintf(to, "%s%.9g %.9g\n", infinite ? "\n" : "", infinite ? a->beyond : c->x[i],
                    c->y[i]);
    }
    fprintf(to, "EOD\n");
}

static bool has_intervals(const figure_curve *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (has_interval(c, i))
            return true;
    return false;
}

static void put_intervals(FILE *to, const figure_curve *c, const axis *a, size_t number)
{
    fprintf(to, "$i%zu << EOD\n", number);
    for (size_t i = 0; i < c->count; i++)
        if (has_interval(c, i))
            fprintf(to, "%.9g %.9g %.9g\n", isinf(c->x[i]) ? a->beyond : c->x[i], c->low[i],
                    c->high[i]);
    fprintf(to, "EOD\n");
}

static void put_curve(FILE *to, const figure *f, size_t number)
{
    const figure_curve *c = &f->curve[number];
    const int *mark = c->group % 2 ? open : filled;
    size_t colour = c->kind % STYLES, shape = (c->kind + c->kind / STYLES) % STYLES;
    fprintf(to, "%s$c%zu using 1:2 ", number ? ", \\\n     " : "plot ", number);
    if (c->bound)
        fprintf(to, "with lines lw 2 lc rgb '#555555' dt %zu ", c->group % (DASHES - 1) + 2);
    else
        fprintf(to, "with linespoints lw 2 ps 1.1 lc rgb '%s' pt %d dt %zu ", colours[colour],
                mark[shape], c->group % DASHES + 1);
    if (f->shares)
        fprintf(to, "pointinterval 12 ");
    fprintf(to, "title ");
    gnuplot_quoted(to, c->label);
    if (has_intervals(c))
        fprintf(
            to,
            ", \\\n     $i%zu using 1:2:(0):($3-$2) with vectors nohead lw 1 lc rgb '%s' notitle",
            number, colours[colour]);
}

/* A layout in pixels, 96 per inch: the space around the axes grows with the letters. */
typedef struct layout {
    double width, height, font, scale, key; /* scale: of the letters, 1 for FONT_PX */
    size_t rows;                            /* of the key */
} layout;

/* Two columns if all labels are short and, on a narrow page, two fit at the usual letter width. */
static size_t key_columns(const figure *f, const layout *l)
{
    static const double letter = 0.6, sample = 7; /* widths, in sizes of the font */
    size_t longest = 0;
    for (size_t i = 0; i < f->count; i++) {
        size_t length = strlen(f->curve[i].label);
        longest = length > longest ? length : longest;
    }
    bool fits = 2 * ((double)longest * letter + sample) * l->font <= l->width;
    bool narrow = l->width < WIDTH_PX;
    return longest <= SHORT_LABEL && f->count > 1 && (fits || !narrow) ? 2 : 1;
}

static layout lay_out(const figure *f)
{
    const figure_style plain = {0}, *s = f->style ? f->style : &plain;
    bool paper = s->width_mm > 0 || s->font_pt > 0;
    double font_pt = s->font_pt > 0 ? s->font_pt : 8;
    layout l = {.width = s->width_mm > 0 ? s->width_mm / 25.4 * 96 : WIDTH_PX,
                .font = paper ? font_pt / 72 * 96 : FONT_PX};
    size_t columns = key_columns(f, &l);
    l.rows = (f->count + columns - 1) / columns;
    l.scale = l.font / FONT_PX;
    l.key = ((double)l.rows * KEY_LINE_PX + KEY_PX) * l.scale;
    l.height = l.width * 2 / 3 + l.key;
    return l;
}

/* The key is below the axis. */
static void put_style(FILE *to, const figure *f, const layout *l)
{
    if (f->style && f->style->untitled) {
        fprintf(to, "unset title\n");
    } else {
        fprintf(to, "set title ");
        gnuplot_quoted(to, f->title);
        fprintf(to, " font 'sans,%.3g'\n", 15 * l->scale);
    }
    fprintf(to,
            "set key at screen 0.5,%.4f center top vertical maxrows %zu samplen 5 Left reverse\n"
            "set bmargin at screen %.4f\nset lmargin 11\nset rmargin 4\n",
            l->key / l->height, l->rows, (l->key + AXIS_PX * l->scale) / l->height);
    fprintf(to, "set grid xtics ytics lt 1 lw 0.7 lc rgb '#d4d4d4'\n"
                "set border 3 lc rgb '#333333'\nset tics out nomirror textcolor '#222222'\n");
}

/* gnuplot fails if no curve has a point and it must choose the axis. */
static void put_empty(FILE *to, const figure *f)
{
    for (size_t i = 0; i < f->count; i++)
        for (size_t k = 0; k < f->curve[i].count; k++)
            if (isfinite(f->curve[i].y[k]))
                return;
    fputs("set yrange [1:10]\nset label 1 'no data' at graph 0.5,0.5 center\n", to);
}

int figure_draw(const figure *f, const char *out, err *e)
{
    gnuplot g;
    axis a = make_axis(f);
    const layout l = lay_out(f);
    bool paper = f->style && (f->style->width_mm > 0 || f->style->font_pt > 0);
    int status =
        gnuplot_start_scaled(&g, out, l.width, l.height, l.font, paper ? 300.0 / 96 : 1, e);
    if (status != ERR_NONE)
        return status;
    put_style(g.to, f, &l);
    put_axes(g.to, f, &a);
    put_empty(g.to, f);
    for (size_t i = 0; i < f->count; i++) {
        put_data(g.to, &f->curve[i], &a, i);
        if (has_intervals(&f->curve[i]))
            put_intervals(g.to, &f->curve[i], &a, i);
    }
    for (size_t i = 0; i < f->count; i++)
        put_curve(g.to, f, i);
    fputc('\n', g.to);
    return gnuplot_finish(&g, e);
}
