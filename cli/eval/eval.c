#include "eval.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "cli/ui/command.h"
#include "cli/ui/defaults.h"

enum { UES_MAX = 100000 };

/* "8", or the groups of a mixed cell. */
static int check_ues(const option_command *command, eval_options *o)
{
    double count;
    err e = {0};
    if (strchr(o->ues, '@')) {
        if (o->data || o->channel)
            return option_complain(command, "--ues names the channels: leave --%s out",
                                   o->data ? "data" : "channel");
        if (chain_cell_parse(&o->groups, o->ues, NULL, "", UES_MAX, &e) != ERR_NONE)
            return option_complain(command, "--ues: %s", e.text);
        return -1;
    }
    if (!text_number(o->ues, &count) || !(count >= 0 && count <= UES_MAX) || count != floor(count))
        return option_complain(command,
                               "--ues must be 0 to %d, or groups such as "
                               "4@cost2100-outdoor,4@uma-nlos, not '%s'",
                               UES_MAX, o->ues);
    o->ues_count = (uint64_t)count;
    return -1;
}

static int check_options(const option_command *command, const eval_options *o)
{
    if (!o->encoder != !o->decoder)
        return option_complain(command, "--encoder and --decoder go together");
    if (o->data && o->channel && !o->table)
        return option_complain(command, "--data and --channel exclude each other without --table");
    if (o->precision && o->encoder)
        return option_complain(command, "--precision is for --model: the file that --encoder names "
                                        "has its own");
    if (o->layout && !o->encoder)
        return option_complain(command, "--layout is for --encoder and --decoder");
    if (o->out && !o->table)
        return option_complain(command, "--out is for --table");
    if (o->json && o->table)
        return option_complain(command, "--json and --table exclude each other");
    return -1;
}

static int tell(const eval_set *set, const eval_options *o, err *e)
{
    if (o->table)
        return eval_table(set, o->out, e);
    if (o->json)
        eval_print_json(set);
    for (size_t i = 0; !o->json && i < set->count; i++) {
        fputs(i ? "\n" : "", stdout);
        eval_print_text(&set->cases[i]);
    }
    return ERR_NONE;
}

static int run(const option_command *command, const eval_options *o, const chain_eval_config *snrs)
{
    err e = {0};
    eval_set set = {0};
    int status = eval_set_make(&set, o, snrs, &e);
    if (status == ERR_NONE)
        status = eval_run(&set, &e);
    if (status == ERR_NONE)
        status = eval_time_encoders(&set, &e);
    if (status == ERR_NONE)
        status = tell(&set, o, &e);
    eval_set_free(&set);
    if (status == ERR_INVALID) /* a value that option_parse could not judge, such as a channel */
        return option_complain(command, "%s", e.text);
    if (status != ERR_NONE)
        log_error("%s", e.text);
    return status == ERR_NONE ? 0 : 1;
}

int command_eval(int argc, char **argv)
{
    static eval_options o; /* the groups of a cell are too large for a stack */
    o = (eval_options){.model = DEFAULT_MODEL,
                       .codeword = "float32",
                       .snr = "inf,20,10,0",
                       .snr_knowledge = "estimated",
                       .ues = "0",
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
        OPTION_STRING("model", &o.model, "NAME[,NAME...]",
                      "encoder and decoder, from models/, or FOLDER/NAME " DEFAULT_MODEL_HELP),
        OPTION_STRING("precision", &o.precision, "float|int8[,...]",
                      "of the encoder's arithmetic [int8 where the model has it]"),
        OPTION_STRING("encoder", &o.encoder, "FILE", "an encoder by its file"),
        OPTION_STRING("decoder", &o.decoder, "FILE", "its decoder"),
        OPTION_CHOICE("layout", &o.layout, "angle-delay|delay-angle", "rows of their images"),
        OPTION_STRING("codeword", &o.codeword, "FORMAT,...", CSI_CODEWORD_HELP),
        OPTION_STRING("data", &o.data, "FILE[,...]",
                      "every sample of a data set (.mat: HT; .npy), once"),
        OPTION_STRING("channel", &o.channel, "NAME[,...]", help),
        OPTION_UINT("samples", &o.samples, 1, 100000000, "N", "reports in all, with --channel"),
        OPTION_STRING("ues", &o.ues, "N|N@CHANNEL,...",
                      "UEs that they come from in turn; 0: 8 that move or replay, or one for each "
                      "sample; or groups: 4@cost2100-outdoor,4@uma-nlos"),
        OPTION_STRING("snr", &o.snr, "DB,...", "uplink SNRs; LOW:STEP:HIGH is a range of them"),
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
        OPTION_FLAG("table", &o.table,
                    "models, codewords, channels and SNRs side by side, in Markdown"),
        OPTION_STRING("out", &o.out, "PREFIX",
                      "with --table: also PREFIX.md, .csv, and curves in .svg and .png"),
        OPTION_FLAG("json", &o.json, "print JSON"),
    };
    const option_command command = {
        .name = "csilink eval",
        .summary = "what a codec costs over a noisy uplink: the link's own functions, without "
                   "processes",
        .example = "  csilink eval --model cllwcsinet-cr8-indoor --data DATA_Htestin.mat "
                   "--snr inf,20,10,0\n"
                   "  csilink eval --channel rayleigh:eva --speed 30 --samples 5000\n"
                   "  csilink eval --table --model csilink-net-cr8-indoor,cllwcsinet-cr8-indoor "
                   "--channel cost2100-indoor,cost2100-outdoor --out compare",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    chain_eval_config config = {0};
    err e = {0};
    int status = option_parse(&command, argc, argv, NULL);
    if (status < 0)
        status = check_options(&command, &o);
    if (status < 0)
        status = check_ues(&command, &o);
    if (status < 0 && list_snrs(o.snr, &config, &e) != ERR_NONE)
        status = option_complain(&command, "%s", e.text);
    if (status >= 0)
        return status;
    return run(&command, &o, &config);
}
