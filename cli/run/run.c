/* csilink run: the steps of the command, in order. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/ui/command.h"
#include "io/file.h"
#include "options.h"
#include "plan.h"
#include "processes.h"
#include "summary.h"
#include "ui/program.h"
#include "unfinished.h"

/* Writes the complete scenario, which the processes read and which can be run again. */
static int write_scenario(const run_config *c, const run_paths *paths, err *e)
{
    char path[RUN_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/scenario.yaml", paths->folder);
    file_writer *w = file_writer_open(path, e);
    if (!w)
        return ERR_IO;
    scenario_print(c->plan, file_writer_stream(w));
    return file_writer_close(w, e);
}

/* Returns the first failure as the run's and logs the others. */
static void note_failure(err *first, const err *later)
{
    if (later->code == ERR_NONE)
        return;
    if (first->code == ERR_NONE)
        *first = *later;
    else
        log_error("%s", later->text);
}

/* Fails a run whose accounting does not close, and one in which all answers were refusals: it
 * measured nothing. */
static void check_tally(const chain_tally *t, err *e)
{
    const chain_counts *n = &t->counts;
    if (!chain_counts_close(n))
        err_set(e, ERR_STATE, "the accounting does not close");
    else if (n->refused > 0 && n->acked == 0 && n->not_decoded == 0)
        err_set(e, ERR_STATE, "no report was acknowledged, and %llu of %llu were refused: %s",
                (unsigned long long)n->refused, (unsigned long long)n->sent,
                t->refusals ? t->refusal[0].reason : "no reason was given");
}

/* Decides whether the run is complete, and if not, why. */
static run_ending how_it_ended(const run_config *c, const chain_tally *t,
                               const run_outcome *outcome, const err *failure)
{
    run_ending ending = {.complete = true};
    double planned = run_reports(c);
    if (failure->code != ERR_NONE) {
        ending.complete = false;
        snprintf(ending.reason, sizeof ending.reason, "%s", failure->text);
    } else if ((double)t->counts.sent != planned || t->counts.unknown) {
        ending.complete = false;
        snprintf(ending.reason, sizeof ending.reason, "stopped by %s after %llu of %.0f reports",
                 outcome->stopped[0] ? outcome->stopped : "its agents",
                 (unsigned long long)t->counts.sent, planned);
    }
    return ending;
}

static int write_summary(const char *path, const char *json, err *e)
{
    file_writer *w = file_writer_open(path, e);
    if (!w)
        return ERR_IO;
    fprintf(file_writer_stream(w), "%s\n", json);
    return file_writer_close(w, e);
}

/* Writes summary.json and prints the summary. True once the file exists. */
static bool sum_up(const run_config *c, const run_paths *paths, run_record *record,
                   const chain_tally *tally, unfinished *u, const run_ending *ending, err *e)
{
    char path[RUN_PATH_MAX + 32];
    char *json = run_summary_json(u->head, tally, run_record_reports(record), ending);
    snprintf(path, sizeof path, "%s/summary.json", paths->folder);
    unfinished_make_room(u);
    int status = json ? write_summary(path, json, e)
                      : err_set(e, ERR_NOMEM, "out of memory for the summary");
    if (json && c->options.json)
        printf("%s\n", json);
    else if (tally->counts.sent > 0)
        run_summary_print(c, paths, tally, ending);
    program_output(); /* before the plots, which take time */
    free(json);
    if (status == ERR_NONE)
        run_remove_accounts(paths->folder);
    return status == ERR_NONE;
}

/* Writes the record and the summary after the processes have ended, also after a failure. */
static bool conclude(const run_config *c, const run_paths *paths, run_record *record, unfinished *u,
                     const run_outcome *outcome, err *e)
{
    err own[4] = {{0}};
    bool ran = e->code == ERR_NONE;
    chain_tally *tally = outcome->under_way
                             ? run_collect(paths->folder, c->agents, outcome->account, &own[0])
                             : chain_tally_create(0, 0);
    if (!tally) {
        note_failure(e, &own[0]);
        run_record_end(record, NULL, e->text, NULL);
        return false;
    }
    run_ending ending = how_it_ended(c, tally, outcome, e);
    if (ran)
        check_tally(tally, e);
    run_record_end(record, tally, e->code ? e->text : NULL, &own[1]);
    note_failure(e, &own[1]);
    bool written = sum_up(c, paths, record, tally, u, &ending, &own[2]);
    note_failure(e, &own[2]);
    run_record_plot(record, &own[3]);
    note_failure(e, &own[3]);
    chain_tally_free(tally);
    return written;
}

/* Runs the processes and completes the record. */
static int carry_out(const run_config *c, const run_paths *paths, run_record *record, err *e)
{
    unfinished u;
    run_outcome outcome = {0};
    bool written = false;
    cJSON *head = run_summary_head(
        c, paths, run_record_reports(record)->wanted ? run_record_reports(record)->every : 0);
    int status = unfinished_begin(&u, paths, head, c->cell->ues, e);
    if (status == ERR_NONE) {
        run_processes(c, paths, record, u.lock, &outcome, e);
        written = conclude(c, paths, record, &u, &outcome, e);
    }
    run_outcome_clear(&outcome);
    unfinished_end(&u, written);
    return e->code;
}

/* Runs a configuration that was checked. */
static int simulate(const run_config *c, run_paths *paths, err *e)
{
    if (run_paths_create(paths, c, e) != ERR_NONE)
        return e->code;
    run_record *record = NULL;
    int status = write_scenario(c, paths, e);
    if (status == ERR_NONE)
        status =
            (record = run_record_open(c, paths, e)) ? carry_out(c, paths, record, e) : ERR_NOMEM;
    run_record_free(record);
    run_paths_release(paths);
    if (status == ERR_NONE && strcmp(c->options.record, "none") == 0)
        run_paths_discard(paths, c);
    return status;
}

/* "csilink run --snr 5", quoted where a shell would need it. */
static char *command_text(int argc, char **argv)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    fputs("csilink run", f);
    for (int i = 1; i < argc; i++) {
        bool plain = *argv[i] && !argv[i][strcspn(argv[i], " '\"\\$&|;<>()*?[]#~`\t\n")];
        fprintf(f, plain ? " %s" : " '%s'", argv[i]);
    }
    return fclose(f) == 0 ? text : NULL;
}

int run_again(int argc, char **argv, char folder[RUN_PATH_MAX])
{
    static run_config c; /* all of these are too large for a stack */
    static scenario plan;
    static cell_options given;
    run_paths paths = {.folder = ""};
    char *command = command_text(argc, argv);
    folder[0] = '\0';
    int status = run_options_parse(&c, &plan, &given, argc, argv);
    if (status < 0)
        status = run_plan(&c, &given);
    if (status < 0) {
        err e = {0};
        c.command = command ? command : "csilink run";
        option_forget_environment(); /* only the scenario determines what the processes do */
        status = simulate(&c, &paths, &e) == ERR_NONE ? 0 : 1;
        snprintf(folder, RUN_PATH_MAX, "%s", paths.folder);
        if (status)
            log_error("%s", e.text);
    }
    free(command);
    return status;
}

int command_run(int argc, char **argv)
{
    char folder[RUN_PATH_MAX];
    return run_again(argc, argv, folder);
}
