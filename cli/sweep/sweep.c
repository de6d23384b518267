/* csilink sweep: options, and the order of things. */
#include "sweep.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cell/choice.h"
#include "cli/ui/command.h"
#include "cli/ui/defaults.h"
#include "ui/option.h"

static volatile sig_atomic_t stopped;
static char farewell[PATH_MAX + 128];

bool sweep_stopped(void)
{
    return stopped != 0;
}

static void on_signal(int number)
{
    (void)number;
    stopped = 1;
}

static void on_last_signal(int number)
{
    (void)number;
    ssize_t n = write(STDERR_FILENO, farewell, strlen(farewell));
    _exit(n < 0 ? 1 : 130);
}

void sweep_watch_signals(bool at_once, const char *folder)
{
    snprintf(farewell, sizeof farewell,
             "\ncsilink sweep: stopped; what is done is kept in %s: the same command goes on from "
             "there\n",
             folder);
    struct sigaction action = {.sa_handler = at_once ? on_last_signal : on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

static void tell_start(const sweep *s)
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
    sweep_watch_signals(s->options->offline, s->options->out);
    tell_start(s);
    if (sweep_reports_left(s) > 0)
        status = s->options->offline ? sweep_offline(s, e) : sweep_link(s, e);
    if (status == ERR_NONE)
        status = sweep_write(s, e);
    if (status == ERR_NONE)
        sweep_plot(s);
    return status;
}

static int run(const option_command *command, const sweep_options *o)
{
    static sweep s;
    err e = {0};
    int status = sweep_plan(&s, o, &e);
    bool planned = status == ERR_NONE;
    if (planned)
        status = measure(&s, &e);
    sweep_free(&s);
    if (!planned && status == ERR_INVALID)
        return option_complain(command, "%s", e.text);
    if (sweep_stopped()) {
        fputs(farewell + 1, stderr);
        return 130;
    }
    if (status != ERR_NONE) {
        log_error("%s", e.text);
        return 1;
    }
    printf("%s/sweep.csv, sweep.json and the plots are written\n", o->out);
    return 0;
}

static int check(const option_command *command, const sweep_options *o)
{
    if (!o->offline && strchr(o->model, '/'))
        return option_complain(command, "--model: over the link a model is a name; CSILINK_MODELS "
                                        "names its folder");
    if (o->eval.ues_count > o->eval.samples)
        return option_complain(command, "--ues %llu is more than --samples %llu",
                               (unsigned long long)o->eval.ues_count,
                               (unsigned long long)o->eval.samples);
    return -1;
}

static sweep_options defaults(void)
{
    return (sweep_options){.snr = "-5:5:40",
                           .cr = "4,8,16",
                           .model = CHAIN_MODEL_FAMILY,
                           .channel = "cost2100-indoor,cost2100-outdoor",
                           .out = "sweep",
                           .rate = DEFAULT_UES / DEFAULT_PERIOD_S,
                           .eval = {.codeword = "float32",
                                    .snr_knowledge = "estimated",
                                    .ues = "0",
                                    .samples = 1000,
                                    .references = CSI_REFERENCES_DEFAULT,
                                    .seed = DEFAULT_SEED,
                                    .dl_snr_db = DEFAULT_DL_SNR_DB,
                                    .estimation = "ls",
                                    .pilots = "dft",
                                    .carrier_hz = FADING_CONFIG_DEFAULT.carrier_hz,
                                    .bandwidth_hz = FADING_CONFIG_DEFAULT.bandwidth_hz,
                                    .nc = CSI_DIMS_DEFAULT.nc,
                                    .period_s = DEFAULT_PERIOD_S}};
}

int command_sweep(int argc, char **argv)
{
    static sweep_options o; /* the groups of a cell are too large for a stack */
    o = defaults();
    char names[FADING_NAMES_MAX];
    const option_spec specs[] = {
        OPTION_STRING("snr", &o.snr, "DB,LOW:STEP:HIGH,...", "uplink SNRs, and ranges of them"),
        OPTION_STRING("cr", &o.cr, "N,...", "compression ratios of the families of --model"),
        OPTION_STRING("channel", &o.channel, "NAME,...", fading_names(names)),
        OPTION_STRING("model", &o.model, "NAME,...",
                      "families, each with the model for --cr and the channel, or models by name"),
        OPTION_STRING("precision", &o.eval.precision, "float|int8[,...]",
                      "of the encoder's arithmetic [int8 where the model has it]"),
        OPTION_STRING("codeword", &o.eval.codeword, "FORMAT,...", CSI_CODEWORD_HELP),
        OPTION_UINT("samples", &o.eval.samples, 1, 100000000, "N", "reports at each point"),
        OPTION_UINT("ues", &o.eval.ues_count, 0, 100000, "N",
                    "UEs that they come from; 0: 8 that move or replay, or one for each report"),
        OPTION_FLAG("offline", &o.offline,
                    "without processes: the link's own functions on all cores, no latency"),
        OPTION_DOUBLE("rate", &o.rate, 0.1, 1e6, "HZ", "reports per second of all UEs"),
        OPTION_STRING("out", &o.out, "FOLDER",
                      "where figures and plots go, and what is done is kept"),
        OPTION_STRING("title", &o.title, "TEXT", "of the plots"),
        OPTION_DOUBLE("speed", &o.eval.speed_kmh, 0, 2000, "KMH", "UE speed"),
        OPTION_DOUBLE("dl-snr", &o.eval.dl_snr_db, -30, INFINITY, "DB", "SNR on the pilots"),
        OPTION_CHOICE("estimation", &o.eval.estimation, "ls|none",
                      "none: the UE knows its channel"),
        OPTION_CHOICE("pilots", &o.eval.pilots, "dft|hadamard", "family of the pilots"),
        OPTION_DOUBLE("carrier", &o.eval.carrier_hz, 0, 1e11, "HZ",
                      "carrier frequency; 0: the channel's own"),
        OPTION_DOUBLE("bandwidth", &o.eval.bandwidth_hz, 1e5, 1e10, "HZ",
                      "of all subcarriers; a delay tap is its inverse"),
        OPTION_UINT("nc", &o.eval.nc, 32, 8192, "N", "subcarriers"),
        OPTION_UINT("references", &o.eval.references, CSI_REFERENCES_MIN, CSI_REFERENCES_MAX, "N",
                    "reference symbols behind each codeword"),
        OPTION_UINT("seed", &o.eval.seed, 0, 9e15, "N", "seed of everything random"),
    };
    const option_command command = {
        .name = "csilink sweep",
        .summary = "NMSE and latency over SNRs, compression ratios, channels, precisions and "
                   "codeword formats, as figures and plots; goes on where it was interrupted",
        .example = "  csilink sweep --offline --out fig7\n"
                   "  csilink sweep --snr 0:10:20 --cr 8 --channel uma-nlos --codeword float32,r4\n"
                   "  csilink sweep --model csilink-net-cr8-universal,csilink-net "
                   "--precision int8,float --out precision",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status < 0)
        status = check(&command, &o);
    return status >= 0 ? status : run(&command, &o);
}
