#include "ui/progress.h"

#include <math.h>
#include <unistd.h>

#include "base/clock.h"

enum { BAR = 30 };
static const uint64_t TERMINAL_NS = 200000000, PLAIN_NS = 5000000000;

progress progress_start(FILE *out, const char *what, double total)
{
    uint64_t now = clock_ns();
    return (progress){.out = out,
                      .what = what,
                      .total = total,
                      .start_ns = now,
                      .drawn_ns = now,
                      .terminal = isatty(fileno(out)) == 1};
}

void progress_duration(double seconds, char *text, size_t size)
{
    unsigned long s = seconds > 0 ? (unsigned long)fmin(seconds + 0.5, 1e9) : 0;
    if (seconds < 0.9995)
        snprintf(text, size, "%.0fms", fmax(seconds, 0) * 1e3);
    else if (s < 60)
        snprintf(text, size, "%lus", s);
    else if (s < 3600)
        snprintf(text, size, "%lum %lus", s / 60, s % 60);
    else
        snprintf(text, size, "%luh %lum", s / 3600, s % 3600 / 60);
}

static void draw(const progress *p, double elapsed_s)
{
    char left[32];
    double share = p->total > 0 ? fmin(p->done / p->total, 1) : 1, rate = p->done / elapsed_s;
    progress_duration(p->done > 0 ? (p->total - p->done) / rate : 0, left, sizeof left);
    if (p->terminal) {
        static const char full[] = "##############################";
        int length = (int)(share * BAR);
        fprintf(p->out, "\r[%.*s%*s] ", length, full, BAR - length, "");
    }
    fprintf(p->out, "%3.0f %%  %.0f of %.0f %s, %.0f/s, %s left%s", share * 100, p->done, p->total,
            p->what, rate, left, p->terminal ? "\033[K" : "\n");
    fflush(p->out);
}

void progress_update(progress *p, double done)
{
    uint64_t now = clock_ns();
    p->done = done;
    if (now - p->drawn_ns < (p->terminal ? TERMINAL_NS : PLAIN_NS) || done <= 0)
        return;
    p->drawn_ns = now;
    p->drawn = true;
    draw(p, (double)(now - p->start_ns) * 1e-9);
}

void progress_end(progress *p)
{
    if (p->terminal && p->drawn)
        fprintf(p->out, "\r\033[K");
    fflush(p->out);
    p->drawn = false;
}
