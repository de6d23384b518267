#include "overload.h"

#include <math.h>
#include <stdio.h>

static const double late_s = 0.25;

static double since(double now, double before)
{
    return isnan(now) || isnan(before) ? 0 : now - before;
}

/* Rounds to two significant digits, towards less load. */
static double rounded(double x, double (*to)(double))
{
    double unit = pow(10, floor(log10(x)) - 1);
    return to(x / unit) * unit;
}

/* Suggests what fits the achieved rate: a longer period, fewer UEs, or more processes. */
static void write_text(overload *o, const overload_cell *c, const overload_figures *now)
{
    double share = o->rate > 0 && o->rate < c->offered ? o->rate / c->offered : 0.5;
    double period_ms = rounded(c->period_s / share * 1e3, ceil);
    double ues = fmax(1, floor(rounded(fmax(1, c->ues * share), floor)));
    int n = snprintf(o->text, sizeof o->text,
                     "overload  %.0f reports/s offered, %.0f reached; reports are %.1f s late. "
                     "It fits with --period %gms or --ues %.0f",
                     c->offered, o->rate, o->late_s, period_ms, ues);
    if (c->agents < c->agents_max)
        n += snprintf(o->text + n, sizeof o->text - (size_t)n, "; --agents %zu may help",
                      c->agents_max);
    if (since(now->full, o->before.full) > 0)
        snprintf(o->text + n, sizeof o->text - (size_t)n,
                 "; reports are refused because the memory for waiting reports is full");
}

const char *overload_look(overload *o, const overload_cell *cell, const overload_figures *now,
                          uint64_t now_ns)
{
    if (!o->window_ns) {
        o->window_ns = now_ns;
        o->before = *now;
        return NULL;
    }
    if (now_ns - o->window_ns < OVERLOAD_WINDOW_MS * 1000000ull)
        return o->reported ? o->text : NULL;
    double seconds = (double)(now_ns - o->window_ns) * 1e-9;
    bool full = since(now->full, o->before.full) > 0;
    o->rate = since(now->answered, o->before.answered) / seconds;
    double queued_s = isnan(now->waiting) ? 0 : now->waiting / fmax(o->rate, 1);
    double lateness = fmax(isnan(now->late_s) ? 0 : now->late_s, queued_s);
    bool late = lateness > late_s && lateness >= 0.9 * o->late_s;
    o->late_s = lateness;
    o->windows = late || full ? o->windows + 1 : 0;
    if (o->windows >= OVERLOAD_WINDOWS)
        o->reported = true;
    else if (lateness <= late_s && !full)
        o->reported = false; /* the agents have caught up */
    if (o->reported && o->windows > 0)
        write_text(o, cell, now);
    o->window_ns = now_ns;
    o->before = *now;
    return o->reported ? o->text : NULL;
}
