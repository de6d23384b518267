/* csilink sweep: the options, and the steps of the command. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cell/options.h"
#include "cli/ui/command.h"
#include "cli/ui/defaults.h"
#include "cli/ui/plot_options.h"
#include "link.h"
#include "offline.h"
#include "plan.h"
#include "plot.h"
#include "signals.h"
#include "store.h"
#include "write.h"

static const cell_tweak tweaks[] = {
    {.key = "snr", .initial = "-5:5:40", .help = "uplink SNRs, or ranges LOW:STEP:HIGH"},
    {.key = "loss", .help = "shares of reports to lose, each from 0 to below 1"},
    {.key = "cr", .initial = "4,8,16", .help = "compression ratios of the families of --model"},
    {.key = "channel", .initial = "cost2100-indoor,cost2100-outdoor"},
    {.key = "model",
     .initial = CHAIN_MODEL_FAMILY,
     .help = "families, each with the model for --cr and the channel, or models by name"},
};

static const option_command command = {
    .name = "csilink sweep",
    .summary =
        "measures NMSE and latency over SNRs, losses, compression ratios, channels, precisions, "
        "codeword formats and uplinks, and plots them; resumes where it was interrupted",
    .example = "  csilink sweep --offline --out fig7\n"
               "  csilink sweep --snr 0:10:20 --cr 8 --channel uma-nlos --codeword float32,r4\n"
               "  csilink sweep --offline --snr 0:5:20,inf --channel cost2100-indoor --uses 264 "
               "--uplink \"analog:r2;analog:r4\"\n"
               "  csilink sweep --offline --snr 10 --loss 0,0.01,0.1 --channel uma-nlos --speed 3 "
               "--codec \"klt:klt-uma-nlos,cr=8;delta-klt:klt-uma-nlos,cr=8\" --out losses\n"
               "  csilink sweep --model csilink-net-cr8-universal,csilink-net "
               "--precision int8,float --out precision",
};

static void print_start(const sweep *s)
{
    size_t done = 0;
    for (size_t i = 0; i < s->count; i++)
        done += s->point[i].done;
    fprintf(stderr, "%zu points: %zu curve%s at %zu SNRs", s->count, s->curves,
            s->curves == 1 ? "" : "s", s->snrs.snrs);
    if (done > 0)
        fprintf(stderr, "; %zu are in %s", done, s->options->out);
    fputc('\n', stderr);
}

static int measure(sweep *s, err *e)
{
    int status = sweep_open_store(s, e);
    if (status != ERR_NONE)
        return status;
    sweep_watch_signals(command.name, s->options->offline, s->options->out);
    print_start(s);
    if (sweep_reports_left(s) > 0)
        status = s->options->offline ? sweep_offline(s, e) : sweep_link(s, e);
    if (status == ERR_NONE)
        status = sweep_limit_from_points(s, e);
    if (status == ERR_NONE)
        status = sweep_write(s, e);
    if (status == ERR_NONE)
        status = sweep_plot(s, e);
    return status;
}

static int run(const sweep_options *o)
{
    static sweep s;
    err e = {0};
    int status = sweep_plan(&s, o, &e);
    bool planned = status == ERR_NONE;
    if (planned)
        status = measure(&s, &e);
    sweep_free(&s);
    if (!planned && status == ERR_INVALID)
        return option_complain(&command, "%s", e.text);
    if (sweep_stopped()) {
        fputs(sweep_farewell(), stderr);
        return 130;
    }
    if (status != ERR_NONE) {
        log_error("%s", e.text);
        return 1;
    }
    printf("wrote %s/sweep.csv, sweep.json and the plots\n", o->out);
    return 0;
}

static int check(const sweep_options *o)
{
    if (!o->offline && strchr(o->model, '/'))
        return option_complain(&command, "--model: over the link a model is a name; CSILINK_MODELS "
                                         "names its folder");
    if (o->eval.ues > o->eval.samples)
        return option_complain(&command, "--ues %llu is more than --samples %llu",
                               (unsigned long long)o->eval.ues,
                               (unsigned long long)o->eval.samples);
    return -1;
}

static int parse(sweep_options *o, cell_options *keys, int argc, char **argv)
{
    const option_spec own[] = {
        OPTION_UINT("samples", &o->eval.samples, 1, 100000000, "N", "reports at each point"),
        OPTION_UINT("ues", &o->eval.ues, 0, CELL_UES_MAX, "N",
                    "UEs that report; 0: 8 if they move or replay, else one for each report"),
        OPTION_FLAG("offline", &o->offline,
                    "without processes: call the link's own functions on all cores; no latency"),
        OPTION_DOUBLE("rate", &o->rate, 0.1, 1e6, "HZ", "reports per second, all UEs together"),
        OPTION_STRING("out", &o->out, "FOLDER", "folder for figures, plots and finished points"),
        OPTION_STRING(
            "uses", &o->uses, "N|LOW:HIGH",
            "channel uses to compare: nmse-snr has only points of these, and best.csv the best of "
            "each kind of uplink"),
        OPTION_STRING(
            "limit", &o->eval.limit, "FILE",
            "a sweep.json or a CSV with points without uplink noise, for the separation limit"),
        PLOT_OPTIONS(o->title, o->style.width_mm, o->style.font_pt),
    };
    option_spec specs[CELL_KEYS_MAX + sizeof own / sizeof own[0]];
    option_command whole = command;
    whole.count =
        cell_options_add(specs, cell_options_specs(keys, specs), own, sizeof own / sizeof own[0]);
    whole.specs = specs;
    return option_parse(&whole, argc, argv, NULL);
}

/* The options of the cell: lists as text, the rest into o->eval.cell. */
static int take_keys(sweep_options *o, const cell_options *keys)
{
    err e = {0};
    o->snr = cell_options_text(keys, "snr");
    o->loss = cell_options_text(keys, "loss");
    o->cr = cell_options_text(keys, "cr");
    o->model = cell_options_text(keys, "model");
    o->channel = cell_options_text(keys, "channel");
    o->eval.precision = cell_options_text(keys, "precision");
    o->eval.codecs = cell_options_text(keys, "codec");
    o->eval.uplinks = cell_options_text(keys, "uplink");
    o->eval.codeword = cell_options_text(keys, "codeword");
    o->eval.codeword_given = cell_options_given(keys, "codeword");
    o->eval.estimation_given = o->eval.dl_snr_given = true;
    cell_init(&o->eval.cell);
    if (cell_options_apply(keys, &o->eval.cell, &e) != ERR_NONE)
        return option_complain(&command, "%s", e.text);
    return -1;
}

int command_sweep(int argc, char **argv)
{
    static sweep_options o; /* a cell is too large for a stack */
    static cell_options keys;
    keys = (cell_options){.program = CELL_IN_SWEEP,
                          .tweaks = tweaks,
                          .tweak_count = sizeof tweaks / sizeof tweaks[0]};
    o = (sweep_options){
        .out = "sweep", .rate = DEFAULT_UES / DEFAULT_PERIOD_S, .eval = {.samples = 1000}};
    int status = parse(&o, &keys, argc, argv);
    if (status < 0)
        status = take_keys(&o, &keys);
    o.style.untitled = plot_options_untitled(o.title);
    if (status < 0)
        status = plot_options_check(o.style.width_mm, o.style.font_pt, &command);
    if (status < 0)
        status = check(&o);
    return status < 0 ? run(&o) : status;
}
