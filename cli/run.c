/* csilink run: options, and the order of things. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/option.h"
#include "codec/codec.h"
#include "command.h"
#include "csi/uplink.h"
#include "defaults.h"
#include "fading/fading.h"
#include "run.h"

double run_reports(const run_config *c)
{
    double reports = 0;
    for (uint32_t ue = 0; ue < c->ues; ue++)
        reports += chain_schedule_reports(&c->schedule, ue);
    return reports;
}

/* What a child would refuse is refused here, before anything is started. */
static int check(const option_command *command, run_config *c)
{
    err e = {0};
    c->schedule.cell_ues = (uint32_t)c->ues;
    if (chain_schedule_parse_periods(&c->schedule, c->period, &e) != ERR_NONE)
        return option_complain(command, "--period: %s", e.text);
    if (c->agents > c->ues)
        return option_complain(command, "--agents %llu is more than --ues %llu",
                               (unsigned long long)c->agents, (unsigned long long)c->ues);
    if ((c->ues + c->agents - 1) / c->agents > 10000)
        return option_complain(command, "an agent hosts up to 10000 UEs: give more --agents");
    codec_part *encoder = codec_load_named(CODEC_ENCODER, c->model, &e);
    if (!encoder)
        return option_complain(command, "--model: %s", e.text);
    codec_part_free(encoder);
    if (strstr(c->channel, ".mat")) {
        if (access(c->channel, R_OK) != 0)
            return option_complain(command, "--channel: there is no file %s", c->channel);
        return -1;
    }
    fading_config settings = FADING_CONFIG_DEFAULT;
    settings.carrier_hz = c->carrier_hz;
    fading *channel = fading_open(c->channel, &settings, &e);
    if (!channel)
        return option_complain(command, "--channel: %s", e.text);
    fading_close(channel);
    return -1;
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
    char replay[RUN_PATH_MAX] = "rayleigh";
    codec_find_file(DEFAULT_CHANNEL_FILE, replay, sizeof replay, NULL);
    run_config c = {.ues = DEFAULT_UES,
                    .agents = 1,
                    .seed = DEFAULT_SEED,
                    .workers = cores > 0 ? (uint64_t)cores : 1,
                    .references = CSI_REFERENCES_DEFAULT,
                    .schedule.duration_s = 10,
                    .period = DEFAULT_PERIOD_TEXT,
                    .carrier_hz = FADING_CONFIG_DEFAULT.carrier_hz,
                    .snr_db = 10,
                    .dl_snr_db = DEFAULT_DL_SNR_DB,
                    .timeout_s = 5,
                    .channel = replay,
                    .model = DEFAULT_MODEL,
                    .estimation = "ls",
                    .pilots = "dft",
                    .transport = "ipc",
                    .runs = "runs"};
    const option_spec specs[] = {
        OPTION_UINT("ues", &c.ues, 1, 100000, "N", "virtual UEs"),
        OPTION_DURATION("duration", &c.schedule.duration_s, 0.001, 864000, "S",
                        "length of the simulation"),
        OPTION_STRING("period", &c.period, "MS[,MS...]",
                      "between a UE's reports; of several, UE k has the (k mod n)-th"),
        OPTION_DOUBLE("snr", &c.snr_db, -30, INFINITY, "DB", "uplink SNR of each codeword, or inf"),
        OPTION_DOUBLE("dl-snr", &c.dl_snr_db, -30, INFINITY, "DB", "downlink SNR of the pilots"),
        OPTION_STRING("channel", &c.channel, "NAME|FILE.mat",
                      "rayleigh[:PROFILE], or a data set to replay"),
        OPTION_STRING("model", &c.model, "NAME", "<family>-cr<CR>-<scenario>"),
        OPTION_DOUBLE("speed", &c.speed_kmh, 0, 2000, "KMH", "of the UEs"),
        OPTION_DOUBLE("carrier", &c.carrier_hz, 0, 1e11, "HZ",
                      "carrier frequency; 0: the channel's own"),
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
        OPTION_FLAG("no-genie", &c.no_genie, "leave the truth out: no NMSE, honest bandwidth"),
        OPTION_FLAG("json", &c.json, "print the summary as JSON"),
    };
    const option_command command = {
        .name = "csilink run",
        .summary = "simulates a cell as real processes, shows progress, prints a summary",
        .example = "  csilink run --ues 8 --duration 10 --snr 10\n"
                   "  csilink run --ues 100 --channel rayleigh:eva --speed 30 --snr 5",
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
