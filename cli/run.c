/* csilink run: options, and the order of things. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/option.h"
#include "chain/ue.h"
#include "codec/codec.h"
#include "command.h"
#include "csi/uplink.h"
#include "defaults.h"
#include "fading/fading.h"
#include "run.h"

enum { RUN_UES_MAX = 100000 };

double run_reports(const run_config *c)
{
    double reports = 0;
    for (uint32_t ue = 0; ue < c->cell.ues; ue++)
        reports += chain_schedule_reports(&c->schedule, ue);
    return reports;
}

/* The default channel replays a file that comes with the models; without it there is a model. */
static const char *default_channel(char path[RUN_PATH_MAX])
{
    return codec_find_file(DEFAULT_CHANNEL_FILE, path, RUN_PATH_MAX, NULL) == 0 ? path : "rayleigh";
}

static int check_cell(const option_command *command, run_config *c)
{
    err e = {0};
    char path[RUN_PATH_MAX];
    if (chain_cell_parse(&c->cell, c->ues, c->channel, default_channel(path), RUN_UES_MAX, &e) !=
        ERR_NONE)
        return option_complain(command, "--ues: %s", e.text);
    c->schedule.cell_ues = c->cell.ues;
    if (c->cell.groups > 1)
        chain_cell_text(&c->cell, c->channels);
    else
        snprintf(c->channels, sizeof c->channels, "%s", c->cell.group[0].channel);
    if (chain_schedule_parse_periods(&c->schedule, c->period, &e) != ERR_NONE)
        return option_complain(command, "--period: %s", e.text);
    if (c->agents > c->cell.ues)
        return option_complain(command, "--agents %llu is more than --ues %u",
                               (unsigned long long)c->agents, c->cell.ues);
    if ((c->cell.ues + c->agents - 1) / c->agents > 10000)
        return option_complain(command, "an agent hosts up to 10000 UEs: give more --agents");
    return -1;
}

static int check_channel(const option_command *command, const char *channel,
                         const fading_config *settings)
{
    err e = {0};
    if (fading_is_file(channel))
        return access(channel, R_OK) == 0
                   ? -1
                   : option_complain(command, "--channel: there is no file %s", channel);
    fading *f = fading_open(channel, settings, &e);
    if (!f)
        return option_complain(command, "--channel: %s", e.text);
    fading_close(f);
    return -1;
}

/* What a child would refuse is refused here, before anything is started. */
static int check(const option_command *command, run_config *c)
{
    err e = {0};
    int status = check_cell(command, c);
    if (status >= 0)
        return status;
    codec_part *encoder = codec_load_precise(CODEC_ENCODER, c->model, c->precision, &e);
    if (!encoder)
        return option_complain(command, "--model: %s", e.text);
    fading_config settings = {.dims = CSI_DIMS_DEFAULT,
                              .bandwidth_hz = c->bandwidth_hz,
                              .carrier_hz = c->carrier_hz,
                              .speed_kmh = c->speed_kmh,
                              .seed = c->seed};
    settings.dims.nc = (uint32_t)c->nc;
    const codec_info *info = codec_part_info(encoder);
    bool fits = chain_dims_of_model(&settings.dims, info, c->nt, &e) == ERR_NONE &&
                chain_check_dims(&settings.dims, info, !c->no_genie, &e) == ERR_NONE;
    c->report_bits = codec_report_bits(info);
    snprintf(c->encoder_precision, sizeof c->encoder_precision, "%s", info->precision);
    c->precision = strcmp(info->precision, "float") == 0 ? "float" : "int8";
    codec_part_free(encoder);
    if (!fits)
        return option_complain(command, "%s", e.text);
    for (size_t i = 0; status < 0 && i < c->cell.groups; i++)
        status = check_channel(command, c->cell.group[i].channel, &settings);
    return status;
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

/* Everything between a checked command line and the exit status. */
static int simulate(const run_config *c, err *e)
{
    run_place place;
    if (run_place_make(&place, c, e) != ERR_NONE)
        return e->code;
    int status = run_processes(c, &place, e);
    run_place_clear(&place);
    chain_tally *tally = status == ERR_NONE ? run_collect(c, &place, e) : NULL;
    if (!tally)
        return e->code;
    char *json = run_summary_json(c, tally);
    if (!json)
        status = err_set(e, ERR_NOMEM, "out of memory for the summary");
    else
        status = write_text(place.folder, "summary.json", json, e);
    if (json && c->json)
        printf("%s\n", json);
    else
        run_summary_print(c, &place, tally);
    if (status == ERR_NONE && !chain_counts_close(&tally->counts))
        status = err_set(e, ERR_STATE, "the accounting does not close");
    free(json);
    chain_tally_free(tally);
    return status;
}

int command_run(int argc, char **argv)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    static run_config c; /* a cell's names are too large for a stack */
    c = (run_config){.ues = DEFAULT_UES_TEXT,
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
                     .model = DEFAULT_MODEL,
                     .estimation = "ls",
                     .pilots = "dft",
                     .transport = "ipc",
                     .runs = "runs"};
    char names[FADING_NAMES_MAX], help[FADING_NAMES_MAX + 64];
    snprintf(help, sizeof help, "%s [%s]", fading_names(names), DEFAULT_CHANNEL_FILE);
    const option_spec specs[] = {
        OPTION_STRING("ues", &c.ues, "N|N@CHANNEL,...",
                      "virtual UEs, or groups of them: 4@cost2100-outdoor,4@uma-nlos"),
        OPTION_DURATION("duration", &c.schedule.duration_s, 0.001, 864000, "S",
                        "length of the simulation"),
        OPTION_STRING("period", &c.period, "MS[,MS...]",
                      "between a UE's reports; of several, UE k has the (k mod n)-th"),
        OPTION_DOUBLE("snr", &c.snr_db, -30, INFINITY, "DB", "uplink SNR of each codeword, or inf"),
        OPTION_DOUBLE("dl-snr", &c.dl_snr_db, -30, INFINITY, "DB", "downlink SNR of the pilots"),
        OPTION_STRING("channel", &c.channel, "NAME", help),
        OPTION_STRING("model", &c.model, "NAME", "<family>-cr<CR>-<scenario>"),
        OPTION_CHOICE("precision", &c.precision, "float|int8",
                      "of the encoder's arithmetic [int8 where the model has it]"),
        OPTION_DOUBLE("speed", &c.speed_kmh, 0, 2000, "KMH", "of the UEs"),
        OPTION_DOUBLE("carrier", &c.carrier_hz, 0, 1e11, "HZ",
                      "carrier frequency; 0: the channel's own"),
        OPTION_DOUBLE("bandwidth", &c.bandwidth_hz, 1e5, 1e10, "HZ",
                      "of all subcarriers; a delay tap is its inverse"),
        OPTION_UINT("nt", &c.nt, 0, 256, "N", "antennas, which must be the model's; 0: as it has"),
        OPTION_UINT("nc", &c.nc, 32, 8192, "N", "subcarriers"),
        OPTION_CHOICE("estimation", &c.estimation, "ls|none", "none: the UE knows its channel"),
        OPTION_CHOICE("pilots", &c.pilots, "dft|hadamard", "family of the pilots"),
        OPTION_DOUBLE("loss", &c.loss, 0, 1, "FRACTION", "share of reports that is lost"),
        OPTION_DURATION("delay", &c.delay_s, 0, 10, "S", "uplink delay of every report"),
        OPTION_DURATION("jitter", &c.jitter_s, 0, 10, "S", "further delay, uniform from 0 to this"),
        OPTION_DURATION("timeout", &c.timeout_s, 0.001, 3600, "S", "for an answer"),
        OPTION_UINT("references", &c.references, CSI_REFERENCES_MIN, CSI_REFERENCES_MAX, "N",
                    "reference symbols behind each codeword"),
        OPTION_UINT("seed", &c.seed, 0, 9e15, "N",
                    "the same seed gives the same channels and noise"),
        OPTION_UINT("agents", &c.agents, 1, RUN_AGENTS_MAX, "N", "ue-agent processes"),
        OPTION_UINT("workers", &c.workers, 1, 256, "N", "threads of each agent and of the BS"),
        OPTION_CHOICE("transport", &c.transport, "ipc|tcp", "between the processes"),
        OPTION_STRING("runs", &c.runs, "FOLDER", "where records go"),
        OPTION_UINT("monitor", &c.monitor_port, 0, 65535, "PORT",
                    "show the run as a page on this port of 127.0.0.1; 0: do not"),
        OPTION_FLAG("no-genie", &c.no_genie, "leave the truth out: no NMSE, honest bandwidth"),
        OPTION_FLAG("json", &c.json, "print the summary as JSON"),
    };
    const option_command command = {
        .name = "csilink run",
        .summary = "simulates a cell as real processes, shows progress, prints a summary",
        .example = "  csilink run --ues 8 --duration 10 --snr 10\n"
                   "  csilink run --ues 100 --channel rayleigh:eva --speed 30 --snr 5\n"
                   "  csilink run --ues 4@rayleigh:eva,4@uma-nlos",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status < 0)
        status = check(&command, &c);
    if (status >= 0)
        return status;
    err e = {0};
    if (simulate(&c, &e) == ERR_NONE)
        return 0;
    log_error("%s", e.text);
    return 1;
}
