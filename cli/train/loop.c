#include <math.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "train.h"
#include "ui/program.h"
#include "ui/progress.h"

static const uint64_t SAVE_NS = 60000000000, PLOT_NS = 20000000000;
static volatile sig_atomic_t stopped_by;

/* The first signal asks for a clean stop; the second ends the process as usual. */
static void on_signal(int number)
{
    stopped_by = number;
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    signal(SIGHUP, SIG_IGN); /* a closed terminal can send it more than once */
}

static int save(train_run *run, err *e)
{
    char path[PATH_MAX];
    run->saved_ns = clock_ns();
    return trainer_checkpoint(run->trainer, train_path(run, "checkpoint", path), e);
}

static void plot_if_due(train_run *run)
{
    uint64_t now = clock_ns();
    if (run->plotted_ns && now - run->plotted_ns < PLOT_NS)
        return;
    run->plotted_ns = now;
    train_plot(run);
}

/* The work after a call of trainer_advance. */
static int take_step(train_run *run, err *e)
{
    int status = train_log_take(run, e);
    if (status != ERR_NONE)
        return status;
    const train_history *h = &run->history;
    if (trainer_status(run->trainer)->validated) {
        if (h->has_best && h->best == h->count - 1)
            status = train_export(run, e);
        plot_if_due(run);
    }
    train_view(run);
    if (status == ERR_NONE && clock_ns() - run->saved_ns > SAVE_NS)
        status = save(run, e);
    return status;
}

/* Trains one step at a time, so that a signal takes effect after the current step. */
static int advance(train_run *run, uint64_t until_ns, err *e)
{
    int status = ERR_NONE;
    while (status == ERR_NONE && !trainer_complete(run->trainer) && !stopped_by &&
           clock_ns() < until_ns) {
        status = trainer_advance(run->trainer, run->recipe.config.batch, e);
        if (status == ERR_NONE)
            status = take_step(run, e);
    }
    return status;
}

static void say_end(const train_run *run)
{
    char time[32], nmse[256];
    const train_status *s = trainer_status(run->trainer);
    const train_history *h = &run->history;
    progress_duration(s->seconds, time, sizeof time);
    printf("%s at %s of %s samples, after %s of training\n",
           trainer_complete(run->trainer) ? "complete" : "stopped and saved",
           train_thousands(s->samples), train_thousands(s->total), time);
    if (h->has_best)
        printf("%s/%s.{encoder,decoder}.onnx: NMSE at SNR %s\n", run->folder, run->recipe.name,
               train_nmse_text(&run->recipe.config, h->rows[h->best].nmse_db, nmse, sizeof nmse));
    else if (s->validated_at == 0)
        printf("no validation yet, so no model files were written\n");
    if (!trainer_complete(run->trainer))
        printf("the same command%s resumes from there: %s\n",
               run->restarted ? ", without --restart," : "", run->command);
}

int train_loop(train_run *run, err *e)
{
    double limit = run->recipe.time_s;
    run->terminal = isatty(STDOUT_FILENO) == 1;
    run->saved_ns = clock_ns();
    stopped_by = 0;
    signal(SIGINT, on_signal);
    signal(SIGTERM, on_signal);
    if (program_obeys_hangup())
        signal(SIGHUP, on_signal);
    int status = advance(run, limit > 0 ? clock_ns() + (uint64_t)(limit * 1e9) : UINT64_MAX, e);
    train_view_end(run);
    if (status == ERR_NONE)
        status = save(run, e);
    if (status != ERR_NONE)
        return status;
    train_plot(run);
    say_end(run);
    if (trainer_complete(run->trainer))
        return 0;
    return stopped_by ? 128 + stopped_by : TRAIN_EXIT_TIME;
}
