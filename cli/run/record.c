#include "record.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/plot/record_plot.h"
#include "codec/onnx/pair.h"
#include "io/json.h"
#include "parts.h"
#include "record/events.h"
#include "record/part.h"
#include "versions.h"

enum { LOG_LINE_MAX = 2048, LOGS_MAX = RUN_PROCESSES_MAX + 2 };
static const uint64_t look_interval_ns = 200000000u;

/* A process's log, read up to the current position of `file`. */
typedef struct tail {
    char name[32];
    FILE *file;
} tail;

struct run_record {
    const run_config *config;
    const run_paths *paths;
    record_events events;
    char events_path[RUN_PATH_MAX + 32];
    size_t changes; /* of the timeline, already recorded */
    tail logs[LOGS_MAX];
    size_t log_count;
    uint64_t looked_ns;
    run_recorded recorded;
    record_group groups[CELL_GROUPS_MAX];
    record_plot *plot; /* NULL if there is nothing to draw */
};

static bool full(const run_config *c)
{
    return strcmp(c->options.record, "full") == 0;
}

uint32_t run_record_every(const run_config *c)
{
    double every =
        c->options.record_rows ? ceil(run_reports(c) / (double)c->options.record_rows) : 1;
    return every > 1 ? (uint32_t)fmin(every, UINT32_MAX) : 1;
}

/* --- the beginning ---------------------------------------------------------------------------- */

static int write_versions(const run_config *c, const run_paths *paths, err *e)
{
    char path[RUN_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/versions.json", paths->folder);
    cJSON *json = versions_of_run(c);
    int status = json_replace(path, json, e);
    cJSON_Delete(json);
    return status;
}

static void write_start_event(run_record *r)
{
    const run_config *c = r->config;
    cJSON *event = record_event("start");
    cJSON_AddStringToObject(event, "command", c->command);
    cJSON_AddNumberToObject(event, "ues", c->cell->ues);
    cJSON_AddNumberToObject(event, "reports", run_reports(c));
    cJSON_AddNumberToObject(event, "seed", (double)c->cell->seed);
    if (full(c) && r->recorded.every > 1)
        cJSON_AddNumberToObject(event, "recorded_every", (double)r->recorded.every);
    record_events_add(&r->events, event);
}

/* The groups of the record: names, UEs, and the size of a report. */
static void take_groups(run_record *r)
{
    const run_config *c = r->config;
    for (size_t i = 0; i < c->cell->groups; i++)
        r->groups[i] = (record_group){.name = c->cell->group[i].name,
                                      .first = c->cell->group[i].first,
                                      .ues = c->cell->group[i].ues,
                                      .cr = c->group[i].cr,
                                      .bits = c->group[i].bits};
}

run_record *run_record_open(const run_config *config, const run_paths *paths, err *e)
{
    run_record *r = calloc(1, sizeof *r);
    err own = {0};
    if (!r) {
        err_set(e, ERR_NOMEM, "out of memory for the record");
        return NULL;
    }
    r->config = config;
    r->paths = paths;
    r->events.fd = -1;
    r->recorded.wanted = full(config);
    r->recorded.every = run_record_every(config);
    take_groups(r);
    if (strcmp(config->options.record, "none") == 0)
        return r;
    snprintf(r->events_path, sizeof r->events_path, "%s/events.jsonl", paths->folder);
    if (write_versions(config, paths, &own) != ERR_NONE ||
        record_events_open(&r->events, r->events_path, &own) != ERR_NONE)
        log_error("%s; the record lacks it", own.text);
    if (full(config) && r->recorded.every > 1)
        log_info("reports.csv gets each UE's every %lluth report: all of them would exceed "
                 "--record-rows",
                 (unsigned long long)r->recorded.every);
    write_start_event(r);
    return r;
}

void run_record_free(run_record *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < r->log_count; i++)
        if (r->logs[i].file)
            fclose(r->logs[i].file);
    record_events_close(&r->events);
    record_plot_free(r->plot);
    free(r);
}

const char *run_record_events(const run_record *r)
{
    return r->events.fd >= 0 ? r->events_path : NULL;
}

const run_recorded *run_record_reports(const run_record *r)
{
    return &r->recorded;
}

/* --- while it runs ---------------------------------------------------------------------------- */

static void follow_log(run_record *r, const char *name)
{
    char path[RUN_PATH_MAX + 64];
    for (size_t i = 0; i < r->log_count; i++)
        if (strcmp(r->logs[i].name, name) == 0)
            return;
    if (r->log_count == LOGS_MAX)
        return;
    tail *t = &r->logs[r->log_count++];
    snprintf(t->name, sizeof t->name, "%s", name);
    snprintf(path, sizeof path, "%s/%s.log", r->paths->folder, name);
    t->file = fopen(path, "re");
}

void run_record_process(run_record *r, const char *what, const char *log, int pid, int status)
{
    cJSON *event = record_event(what);
    cJSON_AddStringToObject(event, "process", log);
    cJSON_AddNumberToObject(event, "pid", pid);
    if (strcmp(what, "ended") == 0)
        cJSON_AddNumberToObject(event, "status", status);
    record_events_add(&r->events, event);
    if (strcmp(what, "started") == 0)
        follow_log(r, log);
}

static void write_change_event(run_record *r, const timeline_change *c)
{
    const scenario *s = r->config->plan;
    cJSON *event = record_event("change");
    cJSON_AddStringToObject(event, "by", "timeline");
    cJSON_AddStringToObject(event, "what", setting_kinds[c->name].name);
    if (c->who.kind == TARGET_GROUP)
        cJSON_AddStringToObject(event, "group", s->cell.group[c->who.index].name);
    else if (c->who.kind == TARGET_UE)
        cJSON_AddNumberToObject(event, "ue", c->who.index);
    json_add_number(event, "value", c->course.to);
    if (c->course.over_s > 0) {
        json_add_number(event, "from", c->course.from);
        json_add_number(event, "over_s", c->course.over_s);
    }
    json_add_number(event, "schedule_s", c->course.start_s);
    record_events_add(&r->events, event);
}

/* "12:00:01.234 bs-server warning: text": makes an event of warnings and errors. */
static void write_log_event(run_record *r, const char *log, const char *line)
{
    static const char *const words[] = {"warning", "error"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char mark[16];
        snprintf(mark, sizeof mark, " %s: ", words[i]);
        const char *at = strstr(line, mark);
        if (!at || strchr(line, ':') - line != 2 || at - line > 48)
            continue;
        cJSON *event = record_event(words[i]);
        cJSON_AddStringToObject(event, "process", log);
        cJSON_AddStringToObject(event, "text", at + strlen(mark));
        record_events_add(&r->events, event);
        return;
    }
}

/* Reads an incomplete line again next time. */
static void read_log(run_record *r, tail *t)
{
    char line[LOG_LINE_MAX];
    for (;;) {
        long start = t->file ? ftell(t->file) : -1;
        if (start < 0 || !fgets(line, sizeof line, t->file))
            break;
        size_t n = strlen(line);
        if (n + 1 < sizeof line && (n == 0 || line[n - 1] != '\n')) {
            (void)fseek(t->file, start, SEEK_SET); /* a file that was read to here */
            break;
        }
        line[strcspn(line, "\n")] = '\0';
        write_log_event(r, t->name, line);
    }
    if (t->file)
        clearerr(t->file);
}

static void read_logs(run_record *r)
{
    if (r->events.fd < 0)
        return;
    for (size_t i = 0; i < r->log_count; i++)
        read_log(r, &r->logs[i]);
}

void run_record_tick(run_record *r, double elapsed_s)
{
    const timeline *t = &r->config->plan->timeline;
    uint64_t now = clock_ns();
    while (r->changes < t->count && t->change[r->changes].course.start_s <= elapsed_s)
        write_change_event(r, &t->change[r->changes++]);
    if (now - r->looked_ns < look_interval_ns)
        return;
    r->looked_ns = now;
    read_logs(r);
}

/* --- the end ---------------------------------------------------------------------------------- */

static int make_reports(run_record *r, const chain_tally *tally, bool ended_well, err *e)
{
    err own = {0};
    const run_config *c = r->config;
    r->plot = record_plot_create(c->cell->duration_s, c->cell->ues, r->groups, c->cell->groups);
    record_merge merge = {.groups = r->groups,
                          .group_count = c->cell->groups,
                          .each = record_plot_take,
                          .user = r->plot};
    int status = run_merge_parts(r->paths->folder, c->agents, &merge, &r->recorded.reports, &own);
    if (status != ERR_NONE)
        err_set(e, own.code, "%s; the agents' parts are kept", own.text);
    uint64_t due = tally ? run_lines_due(tally, r->recorded.every) : 0;
    r->recorded.missing = due > r->recorded.reports ? due - r->recorded.reports : 0;
    if (r->recorded.missing && !ended_well && status == ERR_NONE)
        log_warning(
            "reports.csv lacks %llu of %llu reports, which a killed agent had not yet written",
            (unsigned long long)r->recorded.missing, (unsigned long long)due);
    else if (r->recorded.missing && status == ERR_NONE)
        status = err_set(e, ERR_IO,
                         "reports.csv lacks %llu of %llu reports: see the agents' logs for "
                         "the reason",
                         (unsigned long long)r->recorded.missing, (unsigned long long)due);
    return status;
}

int run_record_end(run_record *r, const chain_tally *tally, const char *failure, err *e)
{
    int status = full(r->config) ? make_reports(r, tally, !failure, e) : ERR_NONE;
    read_logs(r);
    cJSON *event = record_event("end");
    if (tally) {
        cJSON_AddNumberToObject(event, "sent", (double)tally->counts.sent);
        cJSON_AddNumberToObject(event, "acked", (double)tally->counts.acked);
    }
    if (r->recorded.wanted) {
        cJSON_AddNumberToObject(event, "recorded", (double)r->recorded.reports);
        cJSON_AddNumberToObject(event, "missing", (double)r->recorded.missing);
    }
    if (failure)
        cJSON_AddStringToObject(event, "failure", failure);
    record_events_add(&r->events, event);
    if (status == ERR_NONE && r->events.failed)
        status = err_set(e, ERR_IO, "cannot write %s completely", r->events_path);
    return status;
}

int run_record_plot(run_record *r, err *e)
{
    err own = {0};
    if (!r->plot || !r->recorded.reports)
        return ERR_NONE;
    const run_options *o = &r->config->options;
    const char *title = o->plot_title ? o->plot_title : r->config->title;
    int status = record_plot_draw(r->plot, r->paths->folder, title, &o->plot, &own);
    if (status == ERR_UNSUPPORTED) {
        log_warning("no plots: %s", own.text);
        return ERR_NONE;
    }
    return status == ERR_NONE ? status : err_set(e, own.code, "no plots: %s", own.text);
}
