#include "eval.h"

#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/option.h"
#include "command.h"
#include "defaults.h"

typedef struct eval_options {
    const char *model, *encoder, *decoder, *layout;
    const char *data, *channel, *snr, *estimation, *pilots, *snr_knowledge;
    uint64_t samples, ues, references, seed, nt, nc;
    double dl_snr_db, speed_kmh, carrier_hz, bandwidth_hz, period_s;
    bool json;
} eval_options;

/* "inf,20,-5" into config->snr_db. */
static int parse_snrs(const option_command *command, const char *text, chain_eval_config *config)
{
    for (const char *at = text;; at++) {
        char item[32];
        size_t length = strcspn(at, ",");
        snprintf(item, sizeof item, "%.*s", (int)length, at);
        double snr;
        if (length >= sizeof item || !option_number(item, &snr) || snr < -30)
            return option_complain(command,
                                   "--snr takes dB values of at least -30, separated by "
                                   "commas, such as inf,20,0; not '%s'",
                                   text);
        if (config->snrs == CHAIN_EVAL_SNRS_MAX)
            return option_complain(command, "--snr has more than %d values", CHAIN_EVAL_SNRS_MAX);
        config->snr_db[config->snrs++] = snr;
        at += length;
        if (!*at)
            return -1;
    }
}

static int check_options(const option_command *command, const eval_options *o)
{
    if (!o->encoder != !o->decoder)
        return option_complain(command, "--encoder and --decoder go together");
    if (o->data && o->channel)
        return option_complain(command, "--data and --channel exclude each other");
    if (o->layout && !o->encoder)
        return option_complain(command, "--layout is for --encoder and --decoder");
    return -1;
}

/* A replayed file changes with every report, a moving UE's channel with time; where UEs stand, as
 * many reports of a few would measure those few channels over and over: there every sample is of
 * another UE. */
static uint32_t count_ues(const eval_options *o)
{
    if (o->data)
        return 1;
    if (o->ues != 0)
        return (uint32_t)o->ues;
    bool evolves = !o->channel || fading_is_file(o->channel) || o->speed_kmh > 0;
    return evolves ? DEFAULT_UES : (uint32_t)o->samples;
}

/* A data set is taken as it is, every sample once, unless pilots are asked for. */
static void fill_config(const eval_options *o, chain_eval_config *config)
{
    bool dl_given = !isnan(o->dl_snr_db);
    bool estimate = o->estimation ? strcmp(o->estimation, "ls") == 0 : !o->data || dl_given;
    config->ue = (chain_ue_config){.dims = CSI_DIMS_DEFAULT,
                                   .estimate = estimate,
                                   .dl_snr_db = dl_given ? o->dl_snr_db : DEFAULT_DL_SNR_DB,
                                   .pilots = strcmp(o->pilots, "dft") == 0 ? CSI_PILOTS_DFT
                                                                           : CSI_PILOTS_HADAMARD,
                                   .references = (uint32_t)o->references,
                                   .seed = o->seed,
                                   .genie = true};
    config->ue.dims.nc = (uint32_t)o->nc;
    config->ues = count_ues(o);
    config->samples = o->samples;
    config->period_s = o->period_s;
    config->snr_known = strcmp(o->snr_knowledge, "known") == 0;
}

static fading *open_channel(const eval_options *o, chain_eval_config *config, err *e)
{
    char path[PATH_MAX];
    const char *channel = o->data ? o->data : o->channel;
    if (!channel) {
        if (codec_find_file(DEFAULT_CHANNEL_FILE, path, sizeof path, e) != 0)
            return NULL;
        channel = path;
    }
    fading_config settings = {.dims = config->ue.dims,
                              .bandwidth_hz = o->bandwidth_hz,
                              .carrier_hz = o->carrier_hz,
                              .speed_kmh = o->speed_kmh,
                              .seed = o->seed};
    fading *f = fading_open(channel, &settings, e);
    if (f && o->data)
        config->samples = fading_samples(f);
    if (f && config->samples == 0) {
        err_set(e, ERR_INVALID, "%s: not a data set; name a channel model by --channel", o->data);
        fading_close(f);
        return NULL;
    }
    return f;
}

static int evaluate(const eval_options *o, chain_eval_config *config, const codec_part *encoder,
                    const codec_part *decoder, err *e)
{
    chain_eval_result result;
    if (chain_dims_of_model(&config->ue.dims, codec_part_info(encoder), o->nt, e) != ERR_NONE)
        return e->code;
    fading *channel = open_channel(o, config, e);
    if (!channel)
        return e->code;
    uint64_t start = clock_ns();
    int status = chain_evaluate(config, channel, encoder, decoder, &result, e);
    eval_subject subject = {.encoder = codec_part_info(encoder),
                            .decoder = codec_part_info(decoder),
                            .channel = fading_describe(channel),
                            .seconds = (double)(clock_ns() - start) / 1e9};
    if (status == 0)
        (o->json ? eval_print_json : eval_print_table)(config, &subject, &result);
    fading_close(channel);
    return status;
}

static codec_part *load(const eval_options *o, codec_side side, err *e)
{
    const char *path = side == CODEC_ENCODER ? o->encoder : o->decoder;
    return path ? codec_load(side, path, o->layout, e) : codec_load_named(side, o->model, e);
}

static int run(const option_command *command, const eval_options *o, chain_eval_config *config)
{
    err e = {0};
    codec_part *encoder = load(o, CODEC_ENCODER, &e);
    codec_part *decoder = encoder ? load(o, CODEC_DECODER, &e) : NULL;
    int status = decoder ? evaluate(o, config, encoder, decoder, &e) : e.code;
    codec_part_free(encoder);
    codec_part_free(decoder);
    if (status == ERR_INVALID) /* a value that option_parse could not judge, such as a channel */
        return option_complain(command, "%s", e.text);
    if (status != 0)
        log_error("%s", e.text);
    return status == 0 ? 0 : 1;
}

int command_eval(int argc, char **argv)
{
    eval_options o = {.model = DEFAULT_MODEL,
                      .snr = "inf,20,10,0",
                      .snr_knowledge = "estimated",
                      .samples = 2000,
                      .references = CSI_REFERENCES_DEFAULT,
                      .seed = DEFAULT_SEED,
                      .dl_snr_db = NAN,
                      .pilots = "dft",
                      .carrier_hz = FADING_CONFIG_DEFAULT.carrier_hz,
                      .bandwidth_hz = FADING_CONFIG_DEFAULT.bandwidth_hz,
                      .nc = CSI_DIMS_DEFAULT.nc,
                      .period_s = DEFAULT_PERIOD_S};
    char names[FADING_NAMES_MAX], help[FADING_NAMES_MAX + 64];
    snprintf(help, sizeof help, "%s [%s]", fading_names(names), DEFAULT_CHANNEL_FILE);
    const option_spec specs[] = {
        OPTION_STRING("model", &o.model, "NAME", "encoder and decoder, from models/"),
        OPTION_STRING("encoder", &o.encoder, "FILE", "an encoder by its file"),
        OPTION_STRING("decoder", &o.decoder, "FILE", "its decoder"),
        OPTION_CHOICE("layout", &o.layout, "angle-delay|delay-angle", "rows of their images"),
        OPTION_STRING("data", &o.data, "FILE", "every sample of a data set (.mat: HT; .npy), once"),
        OPTION_STRING("channel", &o.channel, "NAME", help),
        OPTION_UINT("samples", &o.samples, 1, 100000000, "N", "reports in all, with --channel"),
        OPTION_UINT("ues", &o.ues, 0, 100000, "N",
                    "UEs that they come from in turn; 0: 8 that move or replay, or one for each "
                    "sample"),
        OPTION_STRING("snr", &o.snr, "DB,...", "uplink SNRs"),
        OPTION_DOUBLE("dl-snr", &o.dl_snr_db, -30, INFINITY, "DB", "SNR on the pilots [20]"),
        OPTION_CHOICE("estimation", &o.estimation, "ls|none",
                      "how the UE knows its channel [ls; none with --data without --dl-snr]"),
        OPTION_CHOICE("pilots", &o.pilots, "dft|hadamard", "family of the pilots"),
        OPTION_DOUBLE("speed", &o.speed_kmh, 0, 2000, "KMH", "UE speed"),
        OPTION_DOUBLE("carrier", &o.carrier_hz, 0, 1e11, "HZ",
                      "carrier frequency; 0: the channel's own"),
        OPTION_DOUBLE("bandwidth", &o.bandwidth_hz, 1e5, 1e10, "HZ",
                      "of all subcarriers; a delay tap is its inverse"),
        OPTION_UINT("nt", &o.nt, 0, 256, "N", "antennas, which must be the model's; 0: as it has"),
        OPTION_UINT("nc", &o.nc, 32, 8192, "N", "subcarriers"),
        OPTION_DURATION("period", &o.period_s, 0, 3600, "MS", "time between reports of a UE"),
        OPTION_UINT("references", &o.references, CSI_REFERENCES_MIN, CSI_REFERENCES_MAX, "N",
                    "reference symbols behind a codeword"),
        OPTION_CHOICE("snr-knowledge", &o.snr_knowledge, "estimated|known",
                      "what the decoder is told of the SNR"),
        OPTION_UINT("seed", &o.seed, 0, 9e15, "N", "seed of everything random"),
        OPTION_FLAG("json", &o.json, "print JSON"),
    };
    const option_command command = {
        .name = "csilink eval",
        .summary = "what a codec costs over a noisy uplink: the link's own functions, without "
                   "processes",
        .example = "  csilink eval --model cllwcsinet-cr8-indoor --data DATA_Htestin.mat "
                   "--snr inf,20,10,0\n"
                   "  csilink eval --channel rayleigh:eva --speed 30 --samples 5000",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    chain_eval_config config = {0};
    int status = option_parse(&command, argc, argv, NULL);
    if (status < 0)
        status = check_options(&command, &o);
    if (status < 0)
        status = parse_snrs(&command, o.snr, &config);
    if (status >= 0)
        return status;
    fill_config(&o, &config);
    return run(&command, &o, &config);
}
