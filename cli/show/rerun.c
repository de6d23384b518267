/* csilink rerun: repeats a run from its record and checks that the NMSE is the same, or the SGCS
 * for directions. */
#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/run/run.h"
#include "cli/ui/command.h"
#include "cli/ui/output.h"
#include "io/json.h"
#include "show.h"
#include "ui/option.h"
#include "ui/program.h"

/* Means are summed in the order of the answers, so their last digits can differ. */
static const double mean_tolerance = 1e-6; /* dB, or of an SGCS */

enum { WORDS_MAX = 8, WORD_MAX = RECORD_PATH_MAX + RECORD_VALUE_MAX };

typedef struct rerun_options {
    const char *runs;
    bool json;
} rerun_options;

/* Warns of what this program cannot repeat, before it starts the run. */
static void warn_of(const record *r)
{
    const record_happened *h = &r->happened;
    if (record_incomplete(r))
        log_warning("%s is incomplete: %s; rerun compares the reports that it has", r->folder,
                    record_incomplete(r));
    if (h->live_changes)
        log_warning("%llu changes were made by hand during the run and are not repeated",
                    (unsigned long long)h->live_changes);
    if (h->killed)
        log_warning("processes were killed during the run: which reports that loses, and when the "
                    "SNR averages restart, depends on timing");
}

/* Calls `csilink run` with the scenario, and with the options that a scenario does not have. */
static int run_from(const record *r, const rerun_options *o, char folder[RUN_PATH_MAX])
{
    static const char *const carried[] = {"agents", "transport"};
    char word[WORDS_MAX][WORD_MAX], *argv[WORDS_MAX + 1];
    int argc = 0;
    snprintf(word[argc++], WORD_MAX, "run");
    snprintf(word[argc++], WORD_MAX, "%s/scenario.yaml", r->folder);
    snprintf(word[argc++], WORD_MAX, "--runs=%s", o->runs);
    snprintf(word[argc++], WORD_MAX, "--record=full");
    for (size_t i = 0; i < sizeof carried / sizeof carried[0]; i++) {
        char place[32];
        snprintf(place, sizeof place, "run/%s", carried[i]);
        const char *value = record_facts_at(&r->versions, place);
        if (value)
            snprintf(word[argc++], WORD_MAX, "--%s=%s", carried[i], value);
    }
    for (int i = 0; i < argc; i++)
        argv[i] = word[i];
    argv[argc] = NULL;
    option_forget_environment(); /* only the record determines the run */
    return run_again(argc, argv, folder);
}

/* The same, with the run's output on standard error if standard output is for JSON. */
static int run_aside(const record *r, const rerun_options *o, char folder[RUN_PATH_MAX])
{
    program_output();
    int out = o->json ? dup(STDOUT_FILENO) : -1;
    if (out >= 0)
        dup2(STDERR_FILENO, STDOUT_FILENO);
    int status = run_from(r, o, folder);
    program_output();
    if (out >= 0) {
        dup2(out, STDOUT_FILENO);
        close(out);
    }
    return status;
}

/* Versions that can change numbers; `csilink show` prints the others. */
static void warn_of_version(void *user, const show_difference *d)
{
    (void)user;
    const char *places[] = {"files/",         "codecs/",
                            "program/",       "machine/instructions",
                            "libraries/fftw", "libraries/openblas"};
    const char *end = strrchr(d->place, '/');
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        if (strncmp(d->place, places[i], strlen(places[i])) != 0)
            continue;
        if (i == 0 && end && strcmp(end, "/path") == 0)
            return;
        log_warning("%s was %.80s, is %.80s", d->place, d->value[0] ? d->value[0] : "not told",
                    d->value[1] ? d->value[1] : "not there");
        return;
    }
}

typedef struct verdict {
    bool same, by_report;
    const char *figure; /* the one compared: "NMSE", "SGCS" (show_compared) */
    double mean_db[2];  /* NMSE; NaN for directions */
    double mean_sgcs[2];
    record_comparison reports; /* by_report */
} verdict;

static int judge(record *const *runs, verdict *v, err *e)
{
    for (int i = 0; i < 2; i++) {
        v->mean_db[i] = record_number(runs[i], "quality/nmse_db");
        v->mean_sgcs[i] = record_number(runs[i], "quality/sgcs");
    }
    bool directions = isnan(v->mean_db[0]) && isnan(v->mean_db[1]);
    const double *mean = directions ? v->mean_sgcs : v->mean_db;
    v->figure = directions ? "SGCS" : "NMSE";
    v->by_report = runs[0]->has_reports && runs[1]->has_reports;
    if (v->by_report) {
        if (record_compare(runs[0], runs[1], &v->reports, e) != ERR_NONE)
            return e->code;
        v->same = v->reports.equal == v->reports.measured;
        v->figure = show_compared(&v->reports);
    } else if (record_incomplete(runs[0]) || record_incomplete(runs[1])) {
        return err_set(e, ERR_STATE,
                       "%s is incomplete, and both records need reports.csv to be compared",
                       runs[record_incomplete(runs[0]) ? 0 : 1]->folder);
    } else {
        v->same = fabs(mean[0] - mean[1]) <= mean_tolerance;
    }
    bool measured = v->by_report ? v->reports.measured > 0 : isfinite(mean[0]) && isfinite(mean[1]);
    return measured
               ? ERR_NONE
               : err_set(e, ERR_STATE,
                         "no NMSE or SGCS to compare: %s and %s have no measured report in common",
                         runs[0]->folder, runs[1]->folder);
}

static void print_verdict(record *const *runs, const verdict *v)
{
    printf("\nrerun of %s in %s\n", runs[0]->shown, runs[1]->shown);
    if (v->by_report)
        show_comparison_print(&v->reports, stdout);
    else if (isnan(v->mean_db[0]))
        printf("mean SGCS %.6f and %.6f: a comparison by report needs reports.csv in both\n",
               v->mean_sgcs[0], v->mean_sgcs[1]);
    else
        printf("mean NMSE %.6f dB and %.6f dB: a comparison by report needs reports.csv in both\n",
               v->mean_db[0], v->mean_db[1]);
    printf("the %s %s\n", v->figure, v->same ? "is the same" : "DIFFERS");
}

static void print_json(record *const *runs, const verdict *v)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "first", runs[0]->folder);
    cJSON_AddStringToObject(root, "second", runs[1]->folder);
    cJSON_AddBoolToObject(root, "same", v->same);
    json_add_number(root, "nmse_db_first", v->mean_db[0]);
    json_add_number(root, "nmse_db_second", v->mean_db[1]);
    json_add_number(root, "sgcs_first", v->mean_sgcs[0]);
    json_add_number(root, "sgcs_second", v->mean_sgcs[1]);
    if (v->by_report)
        cJSON_AddItemToObject(root, "reports", show_comparison_json(&v->reports));
    output_json(root);
}

/* Compares the two records. Returns the exit status. */
static int conclude(record *const *runs, const rerun_options *o, err *e)
{
    verdict v = {0};
    show_each_difference(runs, 2, show_versions, warn_of_version, NULL);
    if (judge(runs, &v, e) != ERR_NONE)
        return e->code;
    if (o->json)
        print_json(runs, &v);
    else
        print_verdict(runs, &v);
    return v.same ? ERR_NONE
                  : err_set(e, ERR_MISMATCH, "the %s differs from that of %s", v.figure,
                            runs[0]->folder);
}

static int rerun(const char *folder, const rerun_options *o, err *e)
{
    char path[PATH_MAX], again[RUN_PATH_MAX]; /* resolved now: the new run changes runs/latest */
    record *runs[2] = {0};
    runs[0] = show_open(realpath(folder, path) ? path : folder, e);
    if (!runs[0])
        return 1;
    if (record_check_format(runs[0], e) != ERR_NONE) {
        record_close(runs[0]);
        return 1;
    }
    warn_of(runs[0]);
    int status = run_aside(runs[0], o, again);
    if (status == 0) {
        runs[1] = show_open(again, e);
        status = runs[1] && conclude(runs, o, e) == ERR_NONE ? 0 : 1;
    }
    record_close(runs[0]);
    record_close(runs[1]);
    return status;
}

int command_rerun(int argc, char **argv)
{
    rerun_options o = {.runs = "runs"};
    const option_spec specs[] = {
        OPTION_STRING("runs", &o.runs, "FOLDER", "folder for the new record"),
        OPTION_FLAG("json", &o.json, "print the result as JSON"),
    };
    const option_command command = {
        .name = "csilink rerun",
        .summary = "repeats a run from its record, and compares the NMSE",
        .operands = "RUN",
        .example = "  csilink rerun runs/20260504T102030Z",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
        .operands_min = 1,
        .operands_max = 1,
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    err e = {0};
    status = rerun(argv[1], &o, &e);
    if (e.code != ERR_NONE)
        log_error("%s", e.text);
    return status;
}
