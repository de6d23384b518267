/* csilink run: the order of things. */
#include "run.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/ui/command.h"
#include "options.h"
#include "plan.h"
#include "processes.h"
#include "summary.h"

static int write_text(const char *folder, const char *name, const char *text, err *e)
{
    char path[RUN_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    bool ok = f && fprintf(f, "%s\n", text) >= 0;
    ok = f && fclose(f) == 0 && ok;
    return ok ? ERR_NONE : err_set(e, ERR_IO, "cannot write %s", path);
}

/* What is run, whole: the processes read it, and it can be run again. */
static int write_scenario(const run_config *c, const run_place *place, err *e)
{
    char path[RUN_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/scenario.yaml", place->folder);
    FILE *f = fopen(path, "w");
    if (f)
        scenario_print(c->plan, f);
    bool ok = f && !ferror(f);
    ok = f && fclose(f) == 0 && ok;
    return ok ? ERR_NONE : err_set(e, ERR_IO, "cannot write %s", path);
}

/* What came out: summary.json, and the same for whoever looks on. */
static int sum_up(const run_config *c, const run_place *place, run_record *record,
                  const chain_tally *tally, err *e)
{
    int status;
    char *json = run_summary_json(c, tally, run_record_told(record));
    if (!json)
        status = err_set(e, ERR_NOMEM, "out of memory for the summary");
    else
        status = write_text(place->folder, "summary.json", json, e);
    if (json && c->options.json)
        printf("%s\n", json);
    else
        run_summary_print(c, place, tally);
    fflush(stdout); /* before what the plots take */
    if (status == ERR_NONE && !chain_counts_close(&tally->counts))
        status = err_set(e, ERR_STATE, "the accounting does not close");
    free(json);
    return status;
}

/* From the first process to the last line of the record. */
static int carry_out(const run_config *c, const run_place *place, run_record *record, err *e)
{
    int status = run_processes(c, place, record, e);
    chain_tally *tally = status == ERR_NONE ? run_collect(c, place, e) : NULL;
    run_record_end(record, tally, tally ? NULL : e->text);
    if (!tally)
        return e->code;
    status = sum_up(c, place, record, tally, e);
    run_record_plot(record);
    chain_tally_free(tally);
    return status;
}

/* Everything between a checked command line and the exit status. */
static int simulate(const run_config *c, run_place *place, err *e)
{
    if (run_place_make(place, c, e) != ERR_NONE)
        return e->code;
    run_record *record = NULL;
    int status = write_scenario(c, place, e);
    if (status == ERR_NONE)
        status =
            (record = run_record_open(c, place, e)) ? carry_out(c, place, record, e) : ERR_NOMEM;
    run_record_free(record);
    run_place_clear(place);
    if (status == ERR_NONE && strcmp(c->options.record, "none") == 0)
        run_place_forget(place, c);
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
    run_place place = {.folder = ""};
    char *command = command_text(argc, argv);
    folder[0] = '\0';
    int status = run_options_parse(&c, &plan, &given, argc, argv);
    if (status < 0)
        status = run_plan(&c, &given);
    if (status < 0) {
        err e = {0};
        c.command = command ? command : "csilink run";
        option_forget_environment(); /* the scenario alone says what the processes do */
        status = simulate(&c, &place, &e) == ERR_NONE ? 0 : 1;
        snprintf(folder, RUN_PATH_MAX, "%s", place.folder);
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
