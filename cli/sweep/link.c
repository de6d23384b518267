/* The points of a sweep over the link: each is a `csilink run` of its own, with processes, settings
 * and accounting of its own, so that nothing of one point (an average of the base station, a queue)
 * reaches into the next. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "io/file.h"
#include "json.h"
#include "ui/option.h"
#include "ui/progress.h"

enum { ARGUMENTS_MAX = 40, ARGUMENT_MAX = CHAIN_CHANNEL_MAX + 32, AGENT_UES = 10000 };
enum { SUMMARY_BYTES_MAX = 1 << 28 };

typedef struct arguments {
    char text[ARGUMENTS_MAX][ARGUMENT_MAX];
    char *list[ARGUMENTS_MAX + 1];
    size_t count;
} arguments;

__attribute__((format(printf, 2, 3))) static void add(arguments *a, const char *format, ...)
{
    if (a->count == ARGUMENTS_MAX)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(a->text[a->count], ARGUMENT_MAX, format, args);
    va_end(args);
    a->list[a->count] = a->text[a->count];
    a->list[++a->count] = NULL;
}

/* What the sweep does not ask for is said as well: an environment variable must not say it. */
static void add_uplink(arguments *a)
{
    add(a, "--loss=0");
    add(a, "--delay=0");
    add(a, "--jitter=0");
    add(a, "--monitor=0");
    add(a, "--record=summary"); /* of hundreds of points nobody reads each report or plot */
    add(a, "--json");
}

static void add_channel(arguments *a, const sweep_options *o, const eval_case *c)
{
    add(a, "--channel=%s", c->channel->path);
    add(a, "--speed=%.17g", o->eval.speed_kmh);
    add(a, "--carrier=%.17g", o->eval.carrier_hz);
    add(a, "--bandwidth=%.17g", o->eval.bandwidth_hz);
    add(a, "--nc=%llu", (unsigned long long)o->eval.nc);
    add(a, "--seed=%llu", (unsigned long long)o->eval.seed);
    add(a, "--estimation=%s", o->eval.estimation);
    add(a, "--dl-snr=%.17g", o->eval.dl_snr_db);
    add(a, "--pilots=%s", o->eval.pilots);
}

/* As many reports of as many UEs as offline, each made at the same time of its channel. */
static void fill(arguments *a, const sweep *s, const sweep_point *p)
{
    const sweep_options *o = s->options;
    const eval_case *c = p->of;
    const chain_eval_config *config = &c->config;
    bool plain = strcmp(onnx_part_info(c->model->encoder)->precision, "float") == 0;
    double each = (double)(config->samples / config->ues);
    a->count = 0;
    add(a, "csilink");
    add(a, "run");
    add(a, "--runs=%s/runs", o->out);
    add(a, "--ues=%u", config->ues);
    add(a, "--agents=%u", (config->ues + AGENT_UES - 1) / AGENT_UES);
    add(a, "--model=%s", c->model->name);
    add(a, "--precision=%s", plain ? "float" : "int8");
    add(a, "--codeword=%s", c->codeword);
    add(a, "--snr=%.17g", sweep_point_snr(s, p));
    add(a, "--period=%.17gs", config->period_s);
    add(a, "--duration=%.17gs", each * config->period_s);
    add(a, "--references=%llu", (unsigned long long)o->eval.references);
    add_channel(a, o, c);
    add_uplink(a);
}

static void redirect(const char *path, int fd)
{
    int file = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file >= 0)
        dup2(file, fd);
}

/* In the child. It does not outlive this process, however that ends. */
static void become_run(arguments *a, const char *out, const char *log)
{
    prctl(PR_SET_PDEATHSIG, SIGTERM);
    redirect(out, STDOUT_FILENO);
    redirect(log, STDERR_FILENO);
    option_forget_environment(); /* a point is what the sweep says */
    execv("/proc/self/exe", a->list);
    _exit(127);
}

/* Waits, and hands a signal on, once. */
static int await(pid_t child)
{
    int status;
    bool told = false;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR)
            return -1;
        if (sweep_stopped() && !told)
            told = kill(child, SIGTERM) == 0;
    }
    return status;
}

/* What a run complained of last. */
static void last_line(const char *path, char *line, size_t size)
{
    char text[ERR_TEXT_MAX];
    FILE *f = fopen(path, "r");
    line[0] = '\0';
    while (f && fgets(text, sizeof text, f)) {
        text[strcspn(text, "\n")] = '\0';
        snprintf(line, size, "%s", text);
    }
    if (f)
        fclose(f);
    err_one_line(line);
}

static int run(arguments *a, const char *out, const char *log, err *e)
{
    pid_t child = fork();
    if (child == 0)
        become_run(a, out, log);
    int status = child > 0 ? await(child) : -1;
    if (sweep_stopped())
        return err_set(e, ERR_STATE, "stopped");
    if (child > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
        return ERR_NONE;
    char line[ERR_TEXT_MAX];
    last_line(log, line, sizeof line);
    return err_set(e, ERR_STATE, "the run failed: %.300s", line);
}

static void take_latency(sweep_point *p, const cJSON *latency)
{
    const cJSON *feedback = cJSON_GetObjectItemCaseSensitive(latency, "feedback");
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(latency, "feedback_histogram_ns");
    for (size_t i = 0; i < SWEEP_LATENCIES; i++)
        p->latency_us[i] = sweep_get_number(feedback, sweep_latency_names[i]);
    p->histogram = cJSON_IsString(text) ? strdup(text->valuestring) : NULL;
}

/* The summary's figures. A run whose reports are not those asked for is no point of this sweep. */
static int take(sweep_point *p, const cJSON *summary, err *e)
{
    const cJSON *quality = cJSON_GetObjectItemCaseSensitive(summary, "quality");
    const cJSON *reports = cJSON_GetObjectItemCaseSensitive(summary, "reports");
    p->reports = sweep_get_number(reports, "sent");
    p->measured = sweep_get_number(reports, "acked");
    p->snr_delivered_db = sweep_get_number(quality, "snr_delivered_db");
    p->nmse_db = sweep_get_number(quality, "nmse_db");
    p->nmse_error_db = sweep_get_number(quality, "nmse_db_standard_error");
    p->rho = sweep_get_number(quality, "rho");
    p->sgcs = sweep_get_number(quality, "sgcs");
    take_latency(p, cJSON_GetObjectItemCaseSensitive(summary, "latency_us"));
    double wanted = (double)sweep_point_reports(p->of);
    if (p->reports != wanted || isnan(p->nmse_db) || !p->histogram)
        return err_set(e, ERR_STATE, "a run of %g reports made %g", wanted, p->reports);
    p->done = true;
    return ERR_NONE;
}

static int read_summary(sweep_point *p, const char *path, err *e)
{
    void *data;
    size_t size;
    int status = file_read(path, SUMMARY_BYTES_MAX, &data, &size, e);
    if (status != ERR_NONE)
        return status;
    cJSON *json = cJSON_ParseWithLength(data, size);
    status = json ? take(p, json, e) : err_set(e, ERR_FORMAT, "%s is not JSON", path);
    cJSON_Delete(json);
    free(data);
    return status;
}

/* Which of FOLDER/runs it was. */
static void take_record(sweep_point *p, const char *folder)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/runs/latest", folder);
    ssize_t n = readlink(path, p->record, sizeof p->record - 1);
    p->record[n > 0 ? n : 0] = '\0';
}

static int measure(sweep *s, sweep_point *p, arguments *a, err *e)
{
    char out[PATH_MAX], log[PATH_MAX];
    snprintf(out, sizeof out, "%s/run.json", s->options->out);
    snprintf(log, sizeof log, "%s/run.log", s->options->out);
    fill(a, s, p);
    int status = run(a, out, log, e);
    if (status == ERR_NONE)
        status = read_summary(p, out, e);
    if (status != ERR_NONE && !sweep_stopped())
        err_prefix(e, "%s over %s at %g dB", p->of->model->name, p->of->channel->name,
                   sweep_point_snr(s, p));
    if (status == ERR_NONE) {
        take_record(p, s->options->out);
        status = sweep_keep(s, p, e);
    }
    unlink(out);
    if (status == ERR_NONE)
        unlink(log);
    return status;
}

int sweep_link(sweep *s, err *e)
{
    arguments *a = malloc(sizeof *a);
    double done = 0;
    progress bar = progress_start(stderr, "reports", sweep_reports_left(s));
    int status = a ? ERR_NONE : err_set(e, ERR_NOMEM, "no memory for a sweep");
    for (size_t i = 0; status == ERR_NONE && i < s->count; i++) {
        if (s->point[i].done)
            continue;
        status = measure(s, &s->point[i], a, e);
        done += (double)sweep_point_reports(s->point[i].of);
        progress_update(&bar, done);
    }
    progress_end(&bar);
    free(a);
    return status;
}
