#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/decibel.h"
#include "train.h"
#include "ui/program.h"
#include "ui/progress.h"

static const uint64_t REDRAW_NS = 200000000;
enum { LINE_BYTES = 512 };

const char *train_thousands(uint64_t n)
{
    static char texts[4][32];
    static unsigned next;
    char digits[24], *to = texts[next++ % 4];
    const char *result = to;
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)n);
    for (int i = 0; i < length; i++) {
        *to++ = digits[i];
        if ((length - 1 - i) % 3 == 0 && i + 1 < length)
            *to++ = ',';
    }
    *to = '\0';
    return result;
}

const char *train_nmse_text(const train_config *c, const double *nmse_db, char *text, size_t size)
{
    size_t used = 0;
    for (size_t i = 0; i < c->checks && used < size; i++)
        used += (size_t)snprintf(text + used, size - used, "%s%g %.2f", i ? ", " : "",
                                 c->check_snr_db[i], nmse_db[i]);
    if (used < size)
        snprintf(text + used, size - used, " dB");
    return text;
}

/* The mean loss since the last row, or that row's. */
static double loss_db(const train_history *h)
{
    double loss = h->losses  ? h->loss_sum / (double)h->losses
                  : h->count ? h->rows[h->count - 1].loss
                             : NAN;
    return db_of_power(loss);
}

typedef struct figures {
    double percent, loss_db, best;
    uint64_t best_at;
    char left[32];
} figures;

static figures gather(const train_run *run)
{
    const train_status *s = trainer_status(run->trainer);
    const train_history *h = &run->history;
    const train_row *best = h->has_best ? &h->rows[h->best] : NULL;
    figures f = {.percent = 100.0 * (double)s->samples / (double)s->total,
                 .loss_db = loss_db(h),
                 .best = best ? train_score_db(best->nmse_db, run->recipe.config.checks)
                              : s->best_score,
                 .best_at = best ? best->samples : s->validated_at,
                 .left = "?"};
    if (s->samples_per_s > 0)
        progress_duration((double)(s->total - s->samples) / s->samples_per_s, f.left,
                          sizeof f.left);
    return f;
}

static void print_line(const train_run *run)
{
    const train_status *s = trainer_status(run->trainer);
    char nmse[256];
    figures f = gather(run);
    printf("%3.0f %%  %s of %s samples, %.0f/s, %s left, loss %.2f dB, NMSE at SNR %s; mean %.2f, "
           "best %.2f at %s\n",
           f.percent, train_thousands(s->samples), train_thousands(s->total), s->samples_per_s,
           f.left, f.loss_db, train_nmse_text(&run->recipe.config, s->nmse_db, nmse, sizeof nmse),
           s->score, f.best, train_thousands(f.best_at));
    if (run->recipe.config.objective.lambda > 0)
        printf("       %.0f bits a codeword\n", s->bits);
}

/* The same in short form, cut to the terminal's width. */
static void compose(const train_run *run, char *line, size_t size)
{
    const train_status *s = trainer_status(run->trainer);
    const train_config *c = &run->recipe.config;
    figures f = gather(run);
    size_t used = (size_t)snprintf(line, size, "%3.0f %%  %s/%s  %.0f/s  %s left  loss %.1f dB",
                                   f.percent, train_thousands(s->samples),
                                   train_thousands(s->total), s->samples_per_s, f.left, f.loss_db);
    if (s->validated_at && used < size)
        used += (size_t)snprintf(line + used, size - used, "  best %.2f  NMSE", f.best);
    for (size_t i = 0; s->validated_at && i < c->checks && used < size; i++)
        used += (size_t)snprintf(line + used, size - used, "  %g: %.1f", c->check_snr_db[i],
                                 s->nmse_db[i]);
}

static size_t terminal_width(void)
{
    struct winsize w;
    return ioctl(STDOUT_FILENO, TIOCGWINSZ, &w) == 0 && w.ws_col > 10 ? w.ws_col - 1u : 79;
}

void train_view(train_run *run)
{
    char line[LINE_BYTES];
    bool validated = trainer_status(run->trainer)->validated;
    uint64_t now = clock_ns();
    if (run->terminal ? now - run->drawn_ns < REDRAW_NS && !validated : !validated)
        return;
    run->drawn_ns = now;
    if (run->terminal) {
        compose(run, line, sizeof line);
        printf("\r%.*s\033[K", (int)terminal_width(), line);
    } else {
        print_line(run);
    }
    program_output();
}

void train_view_end(const train_run *run)
{
    if (run->terminal)
        printf("\n");
}
