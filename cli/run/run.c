/* csilink run: options, and the order of things. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/ui/command.h"
#include "cli/ui/defaults.h"
#include "codec/models.h"
#include "codec/onnx/pair.h"
#include "fading/fading.h"
#include "record.h"
#include "run.h"
#include "ui/option.h"
#include "uplink/noise.h"

static const option_command run_command = {
    .name = "csilink run",
    .summary = "simulates a cell as real processes, shows progress, prints a summary",
    .operands = "[SCENARIO.yaml]",
    .example = "  csilink run --ues 8 --duration 10 --snr 10\n"
               "  csilink run --ues 100 --channel rayleigh:eva --speed 30 --snr 5\n"
               "  csilink run --ues 4@rayleigh:eva,4@uma-nlos\n"
               "  csilink run scenarios/first-look.yaml --duration 5",
    .operands_max = 1,
};

double run_reports(const run_config *c)
{
    double reports = 0;
    for (size_t i = 0; i < c->cell.groups; i++)
        for (uint32_t ue = 0; ue < c->cell.group[i].ues; ue++)
            reports += chain_schedule_reports(&c->schedules[i], c->cell.group[i].first + ue);
    return reports;
}

static int write_text(const char *folder, const char *name, const char *text, err *e)
{
    char path[RUN_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *f = fopen(path, "w");
    bool ok = f && fprintf(f, "%s\n", text) >= 0;
    ok = f && fclose(f) == 0 && ok;
    return ok ? ERR_NONE : err_set(e, ERR_IO, "cannot write %s", path);
}

/* What is run, whole: channel-sim follows it, and it can be run again. */
static int write_scenario(const run_config *c, const run_place *place, err *e)
{
    char path[RUN_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/scenario.yaml", place->folder);
    FILE *f = fopen(path, "w");
    if (f)
        scenario_print(c->scenario, f);
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
    if (json && c->json)
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
    if (status == ERR_NONE && strcmp(c->record, "none") == 0)
        run_place_forget(place, c);
    return status;
}

/* The default channel replays a file that comes with the models; without it there is a model. */
static const char *default_channel(char path[RUN_PATH_MAX])
{
    return models_find(DEFAULT_CHANNEL_FILE, path, RUN_PATH_MAX, NULL) == 0 ? path : "rayleigh";
}

/* What holds where neither a file nor an option says otherwise. */
static void set_defaults(scenario *s)
{
    char path[RUN_PATH_MAX];
    *s = (scenario){.duration_s = 10,
                    .timeout_s = 5,
                    .dl_snr_db = DEFAULT_DL_SNR_DB,
                    .carrier_hz = FADING_CONFIG_DEFAULT.carrier_hz,
                    .bandwidth_hz = FADING_CONFIG_DEFAULT.bandwidth_hz,
                    .seed = DEFAULT_SEED,
                    .references = CSI_REFERENCES_DEFAULT,
                    .nc = CSI_DIMS_DEFAULT.nc,
                    .estimation = "ls",
                    .pilots = "dft",
                    .genie = true,
                    .warm_up_s = NAN,
                    .use_after_s = NAN,
                    .age_every = 1,
                    .all = {.model = DEFAULT_MODEL,
                            .period = DEFAULT_PERIOD_TEXT,
                            .uplink.value[SETTING_SNR] = 10}};
    snprintf(s->all.channel, sizeof s->all.channel, "%s", default_channel(path));
}

static run_config defaults(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return (run_config){.ues = DEFAULT_UES_TEXT,
                        .agents = 1,
                        .seed = DEFAULT_SEED,
                        .workers = cores > 0 ? (uint64_t)cores : 1,
                        .references = CSI_REFERENCES_DEFAULT,
                        .schedule.duration_s = 10,
                        .period = DEFAULT_PERIOD_TEXT,
                        .carrier_hz = FADING_CONFIG_DEFAULT.carrier_hz,
                        .bandwidth_hz = FADING_CONFIG_DEFAULT.bandwidth_hz,
                        .nc = CSI_DIMS_DEFAULT.nc,
                        .snr_db = 10,
                        .dl_snr_db = DEFAULT_DL_SNR_DB,
                        .timeout_s = 5,
                        .warm_up_s = NAN,
                        .use_after = "measured",
                        .age_every = 1,
                        .model = DEFAULT_MODEL,
                        .estimation = "ls",
                        .pilots = "dft",
                        .transport = "ipc",
                        .runs = "runs",
                        .record = "full",
                        .record_rows = DEFAULT_RECORD_ROWS};
}

/* Options that a scenario holds, too: which of them were given is seen by what is left of this. */
static void forget_options(run_config *c)
{
    c->seed = c->nc = c->references = c->age_every = UINT64_MAX;
    c->schedule.duration_s = c->snr_db = c->dl_snr_db = c->loss = c->delay_s = c->jitter_s = NAN;
    c->timeout_s = c->speed_kmh = c->carrier_hz = c->bandwidth_hz = NAN;
    c->ues = c->channel = c->model = c->precision = c->codeword = NULL;
    c->warm_up_s = NAN;
    c->estimation = c->pilots = c->period = c->use_after = NULL;
}

/* Parses into *c; what is complained of is the command's own. */
static int parse(run_config *c, int argc, char **argv, int *operands)
{
    char names[FADING_NAMES_MAX], help[FADING_NAMES_MAX + 64];
    snprintf(help, sizeof help, "%s [%s]", fading_names(names), DEFAULT_CHANNEL_FILE);
    const option_spec specs[] = {
        OPTION_STRING("ues", &c->ues, "N|N@CHANNEL,...",
                      "virtual UEs, or groups of them: 4@cost2100-outdoor,4@uma-nlos"),
        OPTION_DURATION("duration", &c->schedule.duration_s, 0.001, 864000, "S",
                        "length of the simulation"),
        OPTION_STRING("period", &c->period, "MS[,MS...]",
                      "between a UE's reports; of several, UE k has the (k mod n)-th"),
        OPTION_DOUBLE("snr", &c->snr_db, -30, INFINITY, "DB",
                      "uplink SNR of each codeword, or inf"),
        OPTION_DOUBLE("dl-snr", &c->dl_snr_db, -30, INFINITY, "DB", "downlink SNR of the pilots"),
        OPTION_STRING("channel", &c->channel, "NAME", help),
        OPTION_STRING("model", &c->model, "NAME",
                      "<family>-cr<CR>-<scenario>, or -auto for the channel's own "
                      "scenario " DEFAULT_MODEL_HELP),
        OPTION_CHOICE("precision", &c->precision, "float|int8",
                      "of the encoder's arithmetic [int8 where the model has it]"),
        OPTION_STRING("codeword", &c->codeword, "FORMAT", CSI_CODEWORD_HELP " [float32]"),
        OPTION_DOUBLE("speed", &c->speed_kmh, 0, 2000, "KMH", "of the UEs"),
        OPTION_DOUBLE("carrier", &c->carrier_hz, 0, 1e11, "HZ",
                      "carrier frequency; 0: the channel's own"),
        OPTION_DOUBLE("bandwidth", &c->bandwidth_hz, 1e5, 1e10, "HZ",
                      "of all subcarriers; a delay tap is its inverse"),
        OPTION_UINT("nt", &c->nt, 0, 256, "N", "antennas, which must be the model's; 0: as it has"),
        OPTION_UINT("nc", &c->nc, 32, 8192, "N", "subcarriers"),
        OPTION_CHOICE("estimation", &c->estimation, "ls|none", "none: the UE knows its channel"),
        OPTION_CHOICE("pilots", &c->pilots, "dft|hadamard", "family of the pilots"),
        OPTION_DOUBLE("loss", &c->loss, 0, 1, "FRACTION", "share of reports that is lost"),
        OPTION_DURATION("delay", &c->delay_s, 0, 10, "S", "uplink delay of every report"),
        OPTION_DURATION("jitter", &c->jitter_s, 0, 10, "S",
                        "further delay, uniform from 0 to this"),
        OPTION_DURATION("timeout", &c->timeout_s, 0.001, 3600, "S", "for an answer"),
        OPTION_UINT("references", &c->references, CSI_REFERENCES_MIN, CSI_REFERENCES_MAX, "N",
                    "reference symbols behind each codeword"),
        OPTION_UINT("seed", &c->seed, 0, 9e15, "N",
                    "the same seed gives the same channels and noise"),
        OPTION_UINT("agents", &c->agents, 1, RUN_AGENTS_MAX, "N", "ue-agent processes"),
        OPTION_UINT("workers", &c->workers, 1, 256, "N", "threads of each agent and of the BS"),
        OPTION_CHOICE("transport", &c->transport, "ipc|tcp", "between the processes"),
        OPTION_STRING("runs", &c->runs, "FOLDER", "where records go"),
        OPTION_CHOICE("record", &c->record, "none|summary|full",
                      "what is kept of the run; full: each report, events, plots"),
        OPTION_UINT("record-rows", &c->record_rows, 0, 1e9, "N",
                    "reports in reports.csv at most: of more, each UE's every k-th; 0: all"),
        OPTION_UINT("monitor", &c->monitor_port, 0, 65535, "PORT",
                    "show the run as a page on this port of 127.0.0.1; 0: do not"),
        OPTION_DURATION("warm-up", &c->warm_up_s, 0, 864000, "S",
                        "latency of reports due before is kept apart [1s, or a tenth of less "
                        "than 10s]"),
        OPTION_STRING("use-after", &c->use_after, "S|measured",
                      "when CSI is used after it was due, for what its age costs"),
        OPTION_UINT("age-every", &c->age_every, 0, 1e6, "N",
                    "measure that for each UE's every N-th report; 0: for none"),
        OPTION_FLAG("no-genie", &c->no_genie, "leave the truth out: no NMSE, honest bandwidth"),
        OPTION_FLAG("json", &c->json, "print the summary as JSON"),
    };
    option_command command = run_command;
    command.specs = specs;
    command.count = sizeof specs / sizeof specs[0];
    return option_parse(&command, argc, argv, operands);
}

/* The scenario's file, if one is named, then the options over it: *c is what will be run. */
static int plan(run_config *c, int argc, char **argv)
{
    static scenario s; /* too large for a stack, as are a cell's names */
    static run_config given;
    char **again = malloc(((size_t)argc + 1) * sizeof(char *));
    int operands = 0, status = -1;
    err e = {0};
    if (!again)
        return option_complain(&run_command, "out of memory");
    memcpy(again, argv, ((size_t)argc + 1) * sizeof(char *)); /* parsing moves operands about */
    *c = defaults();
    status = parse(c, argc, argv, &operands);
    given = *c;
    forget_options(&given);
    set_defaults(&s);
    c->scenario = &s;
    c->title = operands ? argv[1] : NULL;
    if (status < 0)
        status = parse(&given, argc, again, NULL);
    if (status < 0 && operands && scenario_read(&s, argv[1], &e) != ERR_NONE)
        status = option_complain(&run_command, "%s", e.text);
    free(again);
    return status < 0 ? run_plan(&run_command, c, &given, operands > 0) : status;
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
    static run_config c;
    run_place place = {.folder = ""};
    char *command = command_text(argc, argv);
    folder[0] = '\0';
    int status = plan(&c, argc, argv);
    c.command = command ? command : "csilink run";
    if (status < 0) {
        option_forget_environment(); /* the processes are told by their options alone */
        err e = {0};
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
