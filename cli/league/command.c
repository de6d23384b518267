/* csilink league: the options, and the steps of the command. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cell/options.h"
#include "cli/sweep/signals.h"
#include "cli/ui/command.h"
#include "play.h"
#include "write.h"

static const cell_tweak tweaks[] = {
    {.key = "estimation", .initial = "none"},
    {.key = "carrier",
     .help = "carrier frequency of channels without one in the list; 0: their own"},
};

static const option_command command = {
    .name = "csilink league",
    .summary = "compares codecs at equal bits and at equal channel uses, in tables and plots; "
               "resumes where it was interrupted",
    .operands = "[LIST]",
    .operands_max = 1,
    .example = "  csilink league\n"
               "  csilink league leagues/today.yaml --samples 2000 --out today\n"
               "  csilink league --entrant csilink-net,klt --channel cost2100-indoor --bits "
               "256,512 --uses none\n"
               "  csilink league --bits none --uses 64,128 --snr -5,5,15 --out low",
};

/* Settings of the command line that override the list. */
typedef struct overrides {
    const char *bits, *uses, *snr, *rates, *samples, *choose, *scout, *sequence, *seed, *channel,
        *entrant;
} overrides;

static int parse(league_options *o, overrides *v, cell_options *keys, int argc, char **argv,
                 int *operands)
{
    const option_spec own[] = {
        OPTION_STRING("channel", &v->channel, "NAME[,...]",
                      "channels in place of the list's; they keep the list's carriers where it "
                      "has them"),
        OPTION_STRING("entrant", &v->entrant, "NAME[,...]", "only these entrants of the list"),
        OPTION_STRING("bits", &v->bits, "N[,...]|none", "budgets of a report without uplink noise"),
        OPTION_STRING("uses", &v->uses, "N[,...]|none", "budgets of complex channel uses"),
        OPTION_STRING("snr", &v->snr, "DB[,...]",
                      "uplink SNRs at equal channel uses; inf: no noise"),
        OPTION_STRING("rates", &v->rates, "R[,...]",
                      "shares of the capacity to try for {bits} at equal channel uses"),
        OPTION_STRING("samples", &v->samples, "N", "samples to report in each cell"),
        OPTION_STRING("choose", &v->choose, "N", "samples to choose the best candidate by"),
        OPTION_STRING("scout", &v->scout, "N", "samples to choose the best few by, before that"),
        OPTION_STRING("sequence", &v->sequence, "T",
                      "reports of each UE: samples / T UEs, for codecs with memory"),
        OPTION_STRING("seed", &v->seed, "N",
                      "seed of the reported samples; the samples to choose by take the next seed"),
        OPTION_UINT("jobs", &o->jobs, 0, 64, "N", "threads; 0: one for each core"),
        OPTION_STRING("out", &o->out, "PREFIX",
                      "PREFIX of .md, .csv and plots; finished points are kept in "
                      "PREFIX.points.jsonl"),
    };
    option_spec specs[CELL_KEYS_MAX + sizeof own / sizeof own[0]];
    option_command whole = command;
    whole.count =
        cell_options_add(specs, cell_options_specs(keys, specs), own, sizeof own / sizeof own[0]);
    whole.specs = specs;
    return option_parse(&whole, argc, argv, operands);
}

static int override(league_list *l, const overrides *v, err *e)
{
    const struct {
        const char *key, *text;
    } given[] = {{"bits", v->bits},   {"uses", v->uses},         {"snr", v->snr},
                 {"rates", v->rates}, {"samples", v->samples},   {"choose", v->choose},
                 {"scout", v->scout}, {"sequence", v->sequence}, {"seed", v->seed}};
    for (size_t i = 0; i < sizeof given / sizeof given[0]; i++)
        if (given[i].text && league_list_set(l, given[i].key, given[i].text, e) != ERR_NONE)
            return err_prefix(e, "--%s", given[i].key);
    if (v->choose && !v->scout && l->scout > l->choose)
        l->scout = l->choose; /* --choose alone also lowers it */
    int rc = v->channel ? league_list_pick_channels(l, v->channel, e) : ERR_NONE;
    if (rc == ERR_NONE && v->entrant)
        rc = league_list_pick_entrants(l, v->entrant, e);
    return rc == ERR_NONE ? league_list_check(l, e) : rc;
}

static int prepare(league *l, const overrides *v, const cell_options *keys, err *e)
{
    cell_init(&l->cell);
    cell_options_defaults(keys, &l->cell);
    int rc = cell_options_apply(keys, &l->cell, e);
    if (rc == ERR_NONE)
        rc = league_list_read(&l->list, l->options->list, e);
    if (rc == ERR_NONE)
        rc = override(&l->list, v, e);
    if (rc == ERR_NONE && strlen(l->options->out) > PATH_MAX - 256)
        rc = err_set(e, ERR_INVALID, "--out: the path '%.64s...' is too long", l->options->out);
    if (rc != ERR_NONE)
        return rc;
    l->cells = l->list.bits.count + l->list.uses.count * l->list.snr.count;
    l->result = calloc(l->list.channels * l->list.entrants * l->cells, sizeof *l->result);
    return l->result ? league_check(l, e) : err_set(e, ERR_NOMEM, "out of memory for a league");
}

static int play(league *l, err *e)
{
    char points[PATH_MAX];
    snprintf(points, sizeof points, "%s.points.jsonl", l->options->out);
    int rc = league_store_open(&l->store, points, &l->cell, e);
    if (rc != ERR_NONE)
        return rc;
    sweep_watch_signals(command.name, true, points);
    rc = league_play(l, e);
    if (rc == ERR_NONE)
        rc = league_write_csv(l, e);
    if (rc == ERR_NONE)
        rc = league_write_page(l, e);
    return rc == ERR_NONE ? league_write_plots(l, e) : rc;
}

static int run(const league_options *o, const overrides *v, const cell_options *keys)
{
    static league l; /* a cell is too large for a stack */
    err e = {0};
    l = (league){.options = o, .store = {.fd = -1}};
    league_list_init(&l.list);
    int rc = prepare(&l, v, keys, &e);
    bool prepared = rc == ERR_NONE;
    if (prepared)
        rc = play(&l, &e);
    league_store_close(&l.store);
    league_list_free(&l.list);
    free(l.result);
    if (!prepared && rc == ERR_INVALID)
        return option_complain(&command, "%s", e.text);
    if (rc != ERR_NONE) {
        log_error("%s", e.text);
        return 1;
    }
    printf("wrote %s.md, %s.csv and the plots\n", o->out, o->out);
    return 0;
}

int command_league(int argc, char **argv)
{
    static league_options o;
    static cell_options keys;
    overrides v = {0};
    int operands = 0;
    keys = (cell_options){.program = CELL_IN_LEAGUE,
                          .tweaks = tweaks,
                          .tweak_count = sizeof tweaks / sizeof tweaks[0]};
    o = (league_options){.list = "today", .out = "league"};
    command_line_text(argc, argv, o.command, sizeof o.command);
    int status = parse(&o, &v, &keys, argc, argv, &operands);
    if (status >= 0)
        return status;
    if (operands == 1)
        o.list = argv[1];
    return run(&o, &v, &keys);
}
