/* ue-agent: up to 10,000 virtual UEs in one process. */
#include <cjson/cJSON.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent.h"
#include "base/log.h"
#include "cell/choice.h"
#include "place.h"
#include "service/health.h"
#include "ui/option.h"

enum { AGENT_UES_MAX = 10000 };

typedef struct options {
    agent_config agent;
    fading_config fading;
    const char *ues, *model, *precision, *codeword, *channel, *estimation, *pilots, *period;
    const char *use_after, *telemetry, *record, *places;
    uint64_t first_ue, number, cell_ues, seed, workers, references, nt, nc, tp;
    uint64_t reports_every;
    bool no_genie, until_eof, health;
} options;

static void on_stop(void *user, bool now)
{
    agent **a = user;
    if (*a)
        agent_stop(*a, now);
}

static void fill(link_service *service, void *user)
{
    agent **a = user;
    if (*a)
        agent_telemetry(*a, service);
}

/* The tally for whoever adds up several agents; whole or not at all. */
static int write_record(const char *path, const chain_tally *tally, err *e)
{
    cJSON *json = chain_tally_to_json(tally);
    char *text = json ? cJSON_PrintUnformatted(json) : NULL;
    FILE *f = text ? fopen(path, "w") : NULL;
    bool ok = f && fputs(text, f) >= 0;
    ok = f && fclose(f) == 0 && ok;
    free(text);
    cJSON_Delete(json);
    return ok ? ERR_NONE : err_set(e, ERR_IO, "cannot write %s", path);
}

/* Runs the agent to its end; its tally is whole then. */
static int run_agent(const options *o, link_service *service, agent **a, err *e)
{
    *a = agent_open(service, &o->agent, e);
    if (!*a)
        link_service_stop(service);
    link_service_run(service);
    if (!*a)
        return ERR_STATE;
    agent_end_reports(*a);
    agent_print(*a);
    if (o->record && write_record(o->record, agent_tally(*a), e) != ERR_NONE)
        return ERR_IO;
    if (!chain_counts_close(&agent_tally(*a)->counts))
        return err_set(e, ERR_STATE, "the accounting does not close");
    return ERR_NONE;
}

static void log_encoder(const options *o)
{
    const onnx_info *info = onnx_part_info(o->agent.encoder);
    bool asked = o->precision || strcmp(info->precision, "float") != 0;
    log_info("encoder %s in %s%s", info->name, info->precision,
             asked ? "" : ": the model has none in int8");
}

/* With an open encoder. */
static int open_channels_and_run(options *o, err *e)
{
    const onnx_info *info = onnx_part_info(o->agent.encoder);
    link_service *service = NULL;
    agent *a = NULL;
    int status = ERR_IO;
    if (info->pair == 0)
        return err_set(e, ERR_MISMATCH,
                       "model %s does not name its pair; make it one with `csilink model pair`",
                       o->model);
    if (chain_dims_of_model(&o->agent.chain.dims, info, o->nt, e) != ERR_NONE)
        return ERR_MISMATCH;
    o->fading.dims = o->agent.chain.dims;
    if (chain_cell_open(&o->agent.cell, &o->fading, e) == ERR_NONE)
        service = link_service_open(
            &(link_service_options){"ue-agent", o->telemetry, o->until_eof, on_stop, fill, &a}, e);
    if (service) {
        log_encoder(o);
        status = run_agent(o, service, &a, e);
    }
    link_service_free(service);
    agent_free(a);
    chain_cell_close(&o->agent.cell);
    return status;
}

static int open_and_run(options *o, err *e)
{
    char chosen[CODEC_NAME_MAX];
    o->model = chain_settle_cell_model(o->model, &o->agent.cell, chosen, e);
    onnx_part *encoder =
        o->model ? onnx_load_precise(CODEC_ENCODER, o->model, o->precision, e) : NULL;
    if (!encoder)
        return ERR_IO;
    o->agent.encoder = encoder;
    int status = open_channels_and_run(o, e);
    onnx_part_free(encoder);
    return status;
}

/* Which UEs these are: among agents of as many, those of its number. */
static int number_ues(options *o, err *e)
{
    agent_config *a = &o->agent;
    if (o->places && place_take(o->places, &o->number, e) != ERR_NONE)
        return e->code;
    uint64_t first = o->first_ue + o->number * a->cell.ues;
    if (first + a->cell.ues > WIRE_UE_MAX)
        return err_set(e, ERR_INVALID, "agent %llu of %u UEs: UE numbers end at %d",
                       (unsigned long long)o->number, a->cell.ues, WIRE_UE_MAX - 1);
    a->first_ue = (uint32_t)first;
    return ERR_NONE;
}

static void settle(options *o)
{
    agent_config *a = &o->agent;
    a->schedule.cell_ues = o->cell_ues ? (uint32_t)o->cell_ues : a->cell.ues;
    a->workers = o->workers;
    if (isnan(a->warm_up_s))
        a->warm_up_s = chain_schedule_warm_up(a->schedule.duration_s);
    a->reports_every = (uint32_t)o->reports_every;
    a->chain.dims.nc = (uint32_t)o->nc;
    a->chain.dims.tp = (uint32_t)o->tp;
    a->chain.references = (uint32_t)o->references;
    a->chain.seed = o->fading.seed = o->seed;
    a->chain.genie = !o->no_genie;
    a->chain.estimate = strcmp(o->estimation, "ls") == 0;
    a->chain.pilots = strcmp(o->pilots, "dft") == 0 ? CSI_PILOTS_DFT : CSI_PILOTS_HADAMARD;
}

int main(int argc, char **argv)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    options o = {.agent = {.connect = "tcp://127.0.0.1:5601", .timeout_s = 5},
                 .fading = FADING_CONFIG_DEFAULT,
                 .model = CHAIN_MODEL_DEFAULT,
                 .use_after = "measured",
                 .estimation = "ls",
                 .pilots = "dft",
                 .codeword = "float32",
                 .period = "20",
                 .telemetry = "tcp://127.0.0.1:5611",
                 .ues = "8",
                 .seed = 1,
                 .workers = cores > 0 ? (uint64_t)cores : 1,
                 .references = CSI_REFERENCES_DEFAULT,
                 .reports_every = 1};
    o.agent.warm_up_s = NAN;
    o.agent.age_every = 1;
    o.agent.chain.dims = CSI_DIMS_DEFAULT;
    o.agent.chain.dl_snr_db = 20;
    o.nc = o.agent.chain.dims.nc;
    o.tp = o.agent.chain.dims.tp;
    char channels[FADING_NAMES_MAX];
    const option_spec specs[] = {
        OPTION_STRING("connect", &o.agent.connect, "ENDPOINT", "where channel-sim listens"),
        OPTION_STRING("telemetry", &o.telemetry, "ENDPOINT", "where telemetry is published"),
        OPTION_STRING("ues", &o.ues, "N|N@CHANNEL,...",
                      "virtual UEs in this process, or groups: 4@cost2100-outdoor,4@uma-nlos"),
        OPTION_UINT("first-ue", &o.first_ue, 0, WIRE_UE_MAX - AGENT_UES_MAX, "K",
                    "number of the first"),
        OPTION_UINT("agent", &o.number, 0, PLACES_MAX - 1, "N",
                    "number among agents of as many UEs: the first UE is K + N x UEs"),
        OPTION_STRING("places", &o.places, "FOLDER",
                      "take the lowest such number that no agent with this folder holds"),
        OPTION_UINT("cell-ues", &o.cell_ues, 0, WIRE_UE_MAX, "N",
                    "UEs of the whole cell, which share each period evenly; 0: as --ues"),
        OPTION_DURATION("duration", &o.agent.schedule.duration_s, 0, 864000, "S",
                        "length of the schedule; 0: until stopped"),
        OPTION_STRING("period", &o.period, "MS[,MS...]",
                      "between a UE's reports; of several, UE k has the (k mod n)-th"),
        OPTION_DURATION("timeout", &o.agent.timeout_s, 0.001, 3600, "S", "for an answer"),
        OPTION_STRING("channel", &o.channel, "NAME", fading_names(channels)),
        OPTION_STRING("model", &o.model, "NAME",
                      "encoder: <family>-cr<CR>-<scenario>, or -auto for the channel's own"),
        OPTION_CHOICE("precision", &o.precision, "float|int8",
                      "of the encoder's arithmetic [int8 where the model has it]"),
        OPTION_STRING("codeword", &o.codeword, "FORMAT", CSI_CODEWORD_HELP),
        OPTION_CHOICE("estimation", &o.estimation, "ls|none", "none: the UE knows its channel"),
        OPTION_DOUBLE("dl-snr", &o.agent.chain.dl_snr_db, -30, INFINITY, "DB", "SNR of the pilots"),
        OPTION_CHOICE("pilots", &o.pilots, "dft|hadamard", "family of the pilots"),
        OPTION_UINT("tp", &o.tp, 1, 4096, "N", "pilot symbols per subcarrier, at least nt"),
        OPTION_UINT("nt", &o.nt, 0, 256, "N", "antennas, which must be the model's; 0: as it has"),
        OPTION_UINT("nc", &o.nc, 1, 65536, "N", "subcarriers"),
        OPTION_DOUBLE("speed", &o.fading.speed_kmh, 0, 2000, "KMH", "of the UEs"),
        OPTION_DOUBLE("carrier", &o.fading.carrier_hz, 0, 1e11, "HZ",
                      "carrier frequency; 0: the channel's own"),
        OPTION_DOUBLE("bandwidth", &o.fading.bandwidth_hz, 1e5, 1e10, "HZ", "of the subcarriers"),
        OPTION_UINT("references", &o.references, CSI_REFERENCES_MIN, CSI_REFERENCES_MAX, "N",
                    "reference symbols behind each codeword"),
        OPTION_UINT("workers", &o.workers, 1, 256, "N", "threads that make reports"),
        OPTION_UINT("seed", &o.seed, 0, 9e15, "N", "of channels and pilot noise"),
        OPTION_STRING("record", &o.record, "FILE", "write what was counted there, as JSON"),
        OPTION_DURATION("warm-up", &o.agent.warm_up_s, 0, 864000, "S",
                        "latency of reports due before is kept apart [1s, or a tenth of less "
                        "than 10s]"),
        OPTION_STRING("use-after", &o.use_after, "S|measured",
                      "when CSI is used after it was due, for what its age costs"),
        OPTION_UINT("age-every", &o.agent.age_every, 0, 1e6, "N",
                    "measure that for each UE's every N-th report; 0: for none"),
        OPTION_STRING("reports", &o.agent.reports, "FILE",
                      "write each report there, in binary, for `csilink run` to read"),
        OPTION_UINT("reports-every", &o.reports_every, 1, UINT32_MAX, "N",
                    "of each UE's reports, only those whose number is a multiple of N"),
        OPTION_FLAG("no-genie", &o.no_genie, "leave the truth out: no NMSE, honest bandwidth"),
        OPTION_FLAG("until-eof", &o.until_eof, "stop when standard input ends; leave SIGINT alone"),
        OPTION_FLAG("health", &o.health, "ask the ue-agent at --telemetry whether it serves"),
    };
    const option_command command = {
        .name = "ue-agent",
        .summary = "hosts virtual UEs that estimate, encode and report their channels",
        .example = "  ue-agent --connect tcp://channel-sim:5601 --ues 100 --channel rayleigh:eva "
                   "--speed 3",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    if (o.health)
        return link_health_main("ue-agent", o.telemetry);
    err e = {0};
    if (chain_schedule_parse_periods(&o.agent.schedule, o.period, &e) != ERR_NONE)
        return option_complain(&command, "--period: %s", e.text);
    if (chain_cell_parse(&o.agent.cell, o.ues, o.channel, "rayleigh", AGENT_UES_MAX, &e) !=
        ERR_NONE)
        return option_complain(&command, "--ues: %s", e.text);
    if (chain_age_parse_use(o.use_after, &o.agent.use_after_s, &e) != ERR_NONE)
        return option_complain(&command, "--use-after: %s", e.text);
    if (csi_codeword_parse(o.codeword, &o.agent.chain.codeword, &e) != ERR_NONE)
        return option_complain(&command, "--codeword: %s", e.text);
    settle(&o);
    log_init("ue-agent", LOG_INFO);
    if (number_ues(&o, &e) == ERR_NONE && open_and_run(&o, &e) == ERR_NONE)
        return 0;
    log_error("%s", e.text);
    return 1;
}
