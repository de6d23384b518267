/* The points of a sweep over the link. Each is a separate `csilink run`, with its own processes,
 * settings and accounting, so that no state of one point (an average of the base station, a queue)
 * affects the next. */
#include <cjson/cJSON.h>
#include <fcntl.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cell/keys.h"
#include "cell/scenario.h"
#include "cli/ui/arguments.h"
#include "cli/ui/child.h"
#include "io/file.h"
#include "io/json.h"
#include "json.h"
#include "link.h"
#include "signals.h"
#include "store.h"
#include "ui/progress.h"

enum { AGENT_UES = 10000, SUMMARY_BYTES_MAX = 1 << 28, OUT_MAX = 390 };

static int say(cell *c, const char *key, const char *value, err *e)
{
    char called[CELL_NAME_MAX];
    snprintf(called, sizeof called, "--%s", key);
    return cell_key_take_for_all(cell_key_named(key), called, value, c, e);
}

/* The run of a point: the same numbers of reports and UEs as offline, each report at the same time
 * of its channel, in a cell whose uplink adds noise and loses reports. */
static int describe(const sweep *s, const sweep_point *p, scenario *plan, err *e)
{
    const eval_case *of = p->of;
    const chain_eval_config *config = &of->config;
    bool named = s->options->eval.codecs != NULL;
    bool plain = strcmp(codec_info_of(of->model->encoder)->precision, "float") == 0;
    char ues[16], period[32];
    snprintf(ues, sizeof ues, "%u", config->ues);
    snprintf(period, sizeof period, "%.17gs", config->period_s);
    scenario_init(plan);
    cell *c = &plan->cell;
    *c = s->options->eval.cell;
    c->duration_s = (double)(config->samples / config->ues) * config->period_s;
    c->all.uplink.value[SETTING_SNR] = sweep_point_snr(s, p);
    c->all.uplink.value[SETTING_LOSS] = sweep_point_loss(p);
    if (say(c, "channel", of->channel->path, e) != ERR_NONE ||
        say(c, named ? "codec" : "model", of->model->name, e) != ERR_NONE ||
        (!named && say(c, "precision", plain ? "float" : "int8", e) != ERR_NONE) ||
        say(c, eval_case_names_uplink(of) ? "uplink" : "codeword", eval_case_sending(of), e) !=
            ERR_NONE ||
        say(c, "period", period, e) != ERR_NONE)
        return e->code;
    return cell_add_groups(c, ues, false, CELL_UES_MAX, e);
}

/* Writes FOLDER/run.yaml. */
static int write_plan(const sweep *s, const sweep_point *p, const char *path, err *e)
{
    scenario *plan = malloc(sizeof *plan);
    int status = plan ? describe(s, p, plan, e) : err_set(e, ERR_NOMEM, "no memory for a sweep");
    file_writer *w = status == ERR_NONE ? file_writer_open(path, e) : NULL;
    if (w) {
        scenario_print(plan, file_writer_stream(w));
        status = file_writer_close(w, e);
    } else if (status == ERR_NONE) {
        status = ERR_IO;
    }
    free(plan);
    return status;
}

static void fill(arguments *a, const sweep *s, const sweep_point *p, const char *plan)
{
    uint32_t ues = p->of->config.ues;
    a->count = 0;
    arguments_add(a, "csilink");
    arguments_add(a, "run");
    arguments_add(a, "%s", plan);
    arguments_add(a, "--runs=%s/runs", s->options->out);
    arguments_add(a, "--agents=%u", (ues + AGENT_UES - 1) / AGENT_UES);
    /* A sweep has hundreds of points and does not use their single reports. */
    arguments_add(a, "--record=summary");
    arguments_add(a, "--json");
}

/* The last error message of a run. */
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

/* Runs a command, with its output in `out` and its messages in `log`. */
static int run(const arguments *a, const char *out, const char *log, err *e)
{
    int to = open(out, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    int aside = open(log, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    pid_t child = -1;
    int status = ERR_IO;
    if (to < 0 || aside < 0)
        err_set(e, ERR_IO, "cannot write %s: %m", to < 0 ? out : log);
    else
        child = child_start(a->list, to, aside, e);
    if (child > 0)
        status = child_wait(child, sweep_stopped, e);
    close(to);
    close(aside);
    if (sweep_stopped())
        return err_set(e, ERR_STATE, "stopped");
    if (child > 0 && status != ERR_NONE) {
        char line[ERR_TEXT_MAX];
        last_line(log, line, sizeof line);
        err_set(e, ERR_STATE, "the run failed: %.300s", line);
    }
    return status;
}

static void take_latency(sweep_point *p, const cJSON *latency)
{
    const cJSON *feedback = cJSON_GetObjectItemCaseSensitive(latency, "feedback");
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(latency, "feedback_histogram_ns");
    for (size_t i = 0; i < SWEEP_LATENCIES; i++)
        p->latency_us[i] = json_get_number(feedback, sweep_latency_names[i]);
    p->histogram = cJSON_IsString(text) ? strdup(text->valuestring) : NULL;
}

/* Reads the summary's figures. Fails if the run does not have the point's number of reports. */
static int take(sweep_point *p, const cJSON *summary, err *e)
{
    const cJSON *quality = cJSON_GetObjectItemCaseSensitive(summary, "quality");
    const cJSON *reports = cJSON_GetObjectItemCaseSensitive(summary, "reports");
    const cJSON *throughput = cJSON_GetObjectItemCaseSensitive(summary, "throughput");
    p->reports = json_get_number(reports, "sent");
    p->measured = json_get_number(reports, "acked");
    p->snr_delivered_db = json_get_number(quality, "snr_delivered_db");
    p->nmse_db = json_get_number(quality, "nmse_db");
    p->nmse_error_db = json_get_number(quality, "nmse_db_standard_error");
    p->rho = json_get_number(quality, "rho");
    p->sgcs = json_get_number(quality, "sgcs");
    p->bits = json_get_number(throughput, "bits_per_report");
    p->channel_uses = json_get_number(throughput, "channel_uses");
    p->bler = json_get_number(quality, "bler");
    p->undetected = json_get_number(reports, "undetected");
    if (isnan(json_get_number(quality, "undetected_rate")))
        p->undetected = NAN; /* the two ends' bits were not compared */
    p->nmse_all_db = json_get_number(quality, "nmse_all_db");
    p->se_all = json_get_number(cJSON_GetObjectItemCaseSensitive(quality, "se_bps_hz"), "all");
    p->lost = json_get_number(reports, "lost_channel");
    /* The link does not report the CSI in use after a loss. */
    p->nmse_in_use_db = p->se_in_use = NAN;
    take_latency(p, cJSON_GetObjectItemCaseSensitive(summary, "latency_us"));
    double wanted = (double)sweep_point_reports(p->of);
    if (p->reports != wanted || !sweep_point_is_whole(p) || !p->histogram)
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
    cJSON *json = json_parse(path, data, size, e);
    status = json ? take(p, json, e) : ERR_FORMAT;
    cJSON_Delete(json);
    free(data);
    return status;
}

/* The name of the run in FOLDER/runs. */
static void take_record(sweep_point *p, const char *folder)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/runs/latest", folder);
    ssize_t n = readlink(path, p->record, sizeof p->record - 1);
    p->record[n > 0 ? n : 0] = '\0';
}

static int measure(sweep *s, sweep_point *p, arguments *a, err *e)
{
    char out[PATH_MAX], log[PATH_MAX], plan[ARGUMENT_BYTES];
    snprintf(plan, sizeof plan, "%s/run.yaml", s->options->out);
    snprintf(out, sizeof out, "%s/run.json", s->options->out);
    snprintf(log, sizeof log, "%s/run.log", s->options->out);
    fill(a, s, p, plan);
    int status = write_plan(s, p, plan, e);
    if (status == ERR_NONE)
        status = run(a, out, log, e);
    if (status == ERR_NONE)
        status = read_summary(p, out, e);
    if (status != ERR_NONE && !sweep_stopped())
        err_prefix(e, "%s, %s, over %s at %g dB", p->of->model->name, eval_case_sending(p->of),
                   p->of->channel->name, sweep_point_snr(s, p));
    if (status == ERR_NONE) {
        take_record(p, s->options->out);
        status = sweep_keep(s, p, e);
    }
    unlink(out);
    unlink(plan);
    if (status == ERR_NONE)
        unlink(log);
    return status;
}

int sweep_link(sweep *s, err *e)
{
    arguments *a = calloc(1, sizeof *a);
    double done = 0;
    progress bar = progress_start(stderr, "reports", sweep_reports_left(s));
    int status = a ? ERR_NONE : err_set(e, ERR_NOMEM, "no memory for a sweep");
    if (strlen(s->options->out) > OUT_MAX) /* an argument of a run would be cut short */
        status =
            err_set(e, ERR_INVALID, "--out: over the link its path has at most %d bytes", OUT_MAX);
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
