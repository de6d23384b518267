/* csilink reproduce: the options, and the steps of the command. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cell/options.h"
#include "cli/sweep/signals.h"
#include "cli/ui/command.h"
#include "reproduce.h"

static const cell_tweak tweaks[] = {
    {.key = "estimation", .initial = "none"},
};

static const option_command command = {
    .name = "csilink reproduce",
    .summary = "measures a paper's tables and figures, beside the published figures",
    .operands = "[LIST]",
    .operands_max = 1,
    .example = "  csilink reproduce --quick\n"
               "  csilink reproduce --table table-3,fig-7 --out mine\n"
               "  csilink reproduce reproductions/cllwcsinet.yaml --zoo build/zoo --samples 20000",
};

static int parse(reproduce_options *o, cell_options *keys, int argc, char **argv, int *operands)
{
    const option_spec own[] = {
        OPTION_FLAG("quick", &o->quick, "use existing pairs only: train nothing"),
        OPTION_STRING("table", &o->tables, "NAME[,...]", "only these tables of the list"),
        OPTION_STRING("zoo", &o->zoo, "FOLDER",
                      "folder of the pairs that `make zoo` trained; missing pairs are trained "
                      "into it"),
        OPTION_UINT("samples", &o->samples, 0, 10000000, "N",
                    "samples of each figure; 0: as in the list"),
        OPTION_STRING("out", &o->out, "PREFIX",
                      "PREFIX of .md, .csv and plots; measured points are kept in "
                      "PREFIX.points.jsonl"),
    };
    option_spec specs[CELL_KEYS_MAX + sizeof own / sizeof own[0]];
    option_command whole = command;
    whole.count =
        cell_options_add(specs, cell_options_specs(keys, specs), own, sizeof own / sizeof own[0]);
    whole.specs = specs;
    return option_parse(&whole, argc, argv, operands);
}

/* Checks that each name in --table is a table's. */
static int check_tables(const reproduce *r, err *e)
{
    const char *at = r->options->tables;
    while (at) {
        size_t n = strcspn(at, ",");
        bool known = false;
        for (unsigned t = 0; t < r->list->tables_count; t++)
            known |= strlen(r->list->tables[t].name) == n &&
                     strncmp(at, r->list->tables[t].name, n) == 0;
        if (!known) {
            char names[256] = "";
            size_t used = 0;
            for (unsigned t = 0; t < r->list->tables_count && used < sizeof names; t++)
                used += (size_t)snprintf(names + used, sizeof names - used, "%s%s", t ? ", " : "",
                                         r->list->tables[t].name);
            return err_set(e, ERR_INVALID, "--table: no table '%.*s'; the list has %s",
                           n < 64 ? (int)n : 64, at, names);
        }
        at = at[n] ? at + n + 1 : NULL;
    }
    return ERR_NONE;
}

static void free_results(reproduce *r)
{
    for (unsigned t = 0; r->result && t < r->list->tables_count; t++)
        free(r->result[t]);
    free(r->result);
}

static int make_results(reproduce *r, err *e)
{
    r->result = calloc(r->list->tables_count, sizeof *r->result);
    for (unsigned t = 0; r->result && t < r->list->tables_count; t++) {
        const reproduce_table *table = &r->list->tables[t];
        if (!(r->result[t] = calloc(table->rows_count, sizeof **r->result)))
            return err_set(e, ERR_NOMEM, "out of memory for the tables");
        for (unsigned i = 0; i < table->rows_count; i++) {
            reproduce_result *result = &r->result[t][i];
            result->wanted = reproduce_wants(r->options, table->name);
            result->parameters = result->macs = (double)NAN;
            for (size_t k = 0; k < CHAIN_EVAL_SNRS_MAX; k++)
                result->nmse_db[k] = result->error_db[k] = (double)NAN;
            reproduce_find(r, &table->rows[i], result);
        }
    }
    return r->result ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for the tables");
}

static int prepare(reproduce *r, const cell_options *keys, err *e)
{
    cell_init(&r->cell);
    cell_options_defaults(keys, &r->cell);
    int rc = cell_options_apply(keys, &r->cell, e);
    if (rc == ERR_NONE &&
        (strlen(r->options->out) > PATH_MAX - 256 || strlen(r->options->zoo) > CODEC_SPEC_MAX / 2))
        rc = err_set(e, ERR_INVALID, "--out or --zoo: the path is too long");
    if (rc == ERR_NONE)
        rc = reproduce_list_read(&r->list, r->options->list, e);
    if (rc == ERR_NONE)
        rc = check_tables(r, e);
    return rc == ERR_NONE ? make_results(r, e) : rc;
}

static int work(reproduce *r, err *e)
{
    char points[PATH_MAX];
    snprintf(points, sizeof points, "%.*s.points.jsonl", PATH_MAX - 16, r->options->out);
    int rc = league_store_open(&r->store, points, &r->cell, e);
    if (rc == ERR_NONE && !r->options->quick) {
        sweep_watch_signals(command.name, false, r->options->zoo);
        rc = reproduce_train(r, e);
    }
    if (rc != ERR_NONE)
        return rc;
    sweep_watch_signals(command.name, true, points);
    rc = reproduce_count(r, e);
    if (rc == ERR_NONE)
        rc = reproduce_measure(r, e);
    if (rc == ERR_NONE)
        rc = reproduce_write_csv(r, e);
    if (rc == ERR_NONE)
        rc = reproduce_write_page(r, e);
    return rc == ERR_NONE ? reproduce_write_plots(r, e) : rc;
}

static int run(const reproduce_options *o, const cell_options *keys)
{
    static reproduce r; /* a cell is too large for a stack */
    err e = {0};
    r = (reproduce){.options = o, .store = {.fd = -1}};
    int rc = prepare(&r, keys, &e);
    bool prepared = rc == ERR_NONE;
    if (prepared)
        rc = work(&r, &e);
    league_store_close(&r.store);
    if (r.list)
        free_results(&r);
    reproduce_list_free(r.list);
    if (!prepared && rc == ERR_INVALID)
        return option_complain(&command, "%s", e.text);
    if (rc != ERR_NONE) {
        log_error("%s", e.text);
        return 1;
    }
    printf("wrote %s.md, %s.csv and the plots\n", o->out, o->out);
    return 0;
}

int command_reproduce(int argc, char **argv)
{
    static reproduce_options o;
    static cell_options keys;
    int operands = 0;
    keys = (cell_options){.program = CELL_IN_LEAGUE,
                          .tweaks = tweaks,
                          .tweak_count = sizeof tweaks / sizeof tweaks[0]};
    o = (reproduce_options){.list = "cllwcsinet", .out = "reproduce", .zoo = "build/zoo"};
    command_line_text(argc, argv, o.command, sizeof o.command);
    int status = parse(&o, &keys, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands == 1)
        o.list = argv[1];
    return run(&o, &keys);
}
