/* csilink eval: the options, and the steps of the command. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "cell/options.h"
#include "cli/ui/command.h"
#include "cli/ui/defaults.h"
#include "cost.h"
#include "known.h"
#include "print.h"
#include "run.h"
#include "set.h"
#include "table.h"

static const cell_tweak tweaks[] = {
    {.key = "model", .help = "encoder and decoder, from models/, or FOLDER/NAME"},
    {.key = "channel", .shown = DEFAULT_CHANNEL_FILE},
    {.key = "snr", .initial = "inf,20,10,0", .help = "uplink SNRs; LOW:STEP:HIGH is a range"},
    {.key = "period", .help = "time between the reports of a UE"},
    {.key = "estimation",
     .initial = "",
     .help = "how the UE knows its channel [ls; none with --data without --dl-snr]"},
};

static const option_command command = {
    .name = "csilink eval",
    .summary = "measures a codec over a noisy uplink with the link's own functions, without "
               "processes",
    .example = "  csilink eval --model cllwcsinet-cr8-indoor --data DATA_Htestin.mat "
               "--snr inf,20,10,0\n"
               "  csilink eval --channel rayleigh:eva --speed 30 --samples 5000\n"
               "  csilink eval --uplink \"analog:r4;analog:r2,references=4\" --snr 0:10:20\n"
               "  csilink eval --table --model csilink-net-cr8-indoor,cllwcsinet-cr8-indoor "
               "--channel cost2100-indoor,cost2100-outdoor --out compare",
};

/* Options that do not affect the evaluation. */
typedef struct form {
    const char *ues, *snr_knowledge, *out;
    bool json, table;
} form;

static int parse(eval_options *o, form *f, cell_options *keys, int argc, char **argv)
{
    const option_spec own[] = {
        OPTION_STRING("encoder", &o->encoder, "FILE", "an encoder, by file"),
        OPTION_STRING("decoder", &o->decoder, "FILE", "its decoder"),
        OPTION_CHOICE("layout", &o->layout, "angle-delay|delay-angle",
                      "layout of their image rows"),
        OPTION_STRING("data", &o->data, "FILE[,...]",
                      "a data set (.mat: HT; .npy), each sample once"),
        OPTION_UINT("samples", &o->samples, 1, 100000000, "N",
                    "total number of reports, with "
                    "--channel"),
        OPTION_STRING("ues", &f->ues, "N|N@CHANNEL,...",
                      "UEs that take turns to report; 0: 8 if they move or replay, else one for "
                      "each sample; or groups: 4@cost2100-outdoor,4@uma-nlos"),
        OPTION_UINT("sequence", &o->sequence, 0, 100000000, "T",
                    "reports of each UE: samples / T UEs, or another UE every T rows of --data; 0: "
                    "as --ues has it, and a file is of one UE"),
        OPTION_CHOICE("snr-knowledge", &f->snr_knowledge, "estimated|known",
                      "SNR that the decoder uses: its own estimate, or the true value"),
        OPTION_FLAG("table", &f->table,
                    "compare models, uplinks, channels and SNRs in a Markdown table"),
        OPTION_STRING("out", &f->out, "PREFIX",
                      "with --table: also write PREFIX.md, .csv, and curves in .svg and .png"),
        OPTION_STRING(
            "limit", &o->limit, "FILE",
            "a sweep.json or a CSV with points without uplink noise, for the separation limit"),
        OPTION_FLAG("json", &f->json, "print JSON"),
    };
    option_spec specs[CELL_KEYS_MAX + sizeof own / sizeof own[0]];
    option_command whole = command;
    whole.count =
        cell_options_add(specs, cell_options_specs(keys, specs), own, sizeof own / sizeof own[0]);
    whole.specs = specs;
    return option_parse(&whole, argc, argv, NULL);
}

static int check_form(const eval_options *o, const form *f)
{
    if (!o->encoder != !o->decoder)
        return option_complain(&command, "--encoder and --decoder go together");
    if (o->data && o->channel && !f->table)
        return option_complain(&command, "--data and --channel exclude each other without --table");
    if (o->precision && o->encoder)
        return option_complain(&command, "--precision is for --model: the file that --encoder "
                                         "names has its own precision");
    if (o->cr && (o->encoder || o->codecs))
        return option_complain(&command, "--cr is for --model: %s",
                               o->encoder ? "the files determine it"
                                          : "in --codec it is an argument, klt:NAME,cr=8");
    if (o->layout && !o->encoder)
        return option_complain(&command, "--layout is for --encoder and --decoder");
    if (f->out && !f->table)
        return option_complain(&command, "--out is for --table");
    if (f->json && f->table)
        return option_complain(&command, "--json and --table exclude each other");
    return -1;
}

/* "8", or the groups of a mixed cell. */
static int take_ues(eval_options *o, const char *ues)
{
    double count;
    err e = {0};
    if (o->sequence && strcmp(ues, "0") != 0)
        return option_complain(&command, "--ues and --sequence exclude each other: T reports of "
                                         "each are samples / T UEs");
    if (strchr(ues, '@')) {
        if (o->data || o->channel)
            return option_complain(&command, "--ues names the channels: leave --%s out",
                                   o->data ? "data" : "channel");
        if (cell_add_groups(&o->cell, ues, false, CELL_UES_MAX, &e) != ERR_NONE)
            return option_complain(&command, "--ues: %s", e.text);
        return -1;
    }
    if (!text_number(ues, &count) || !(count >= 0 && count <= CELL_UES_MAX) ||
        count != floor(count))
        return option_complain(&command,
                               "--ues must be 0 to %d, or groups such as "
                               "4@cost2100-outdoor,4@uma-nlos, not '%s'",
                               CELL_UES_MAX, ues);
    o->ues = (uint64_t)count;
    return -1;
}

/* The options of the cell: lists as text, the rest into o->cell. */
static int take_keys(eval_options *o, const form *f, const cell_options *keys,
                     chain_eval_config *snrs)
{
    err e = {0};
    o->model = cell_options_text(keys, "model");
    o->codecs = cell_options_text(keys, "codec");
    o->uplinks = cell_options_text(keys, "uplink");
    o->cr = 0;
    if (cell_options_given(keys, "cr")) /* checked when it was parsed */
        o->cr = (unsigned)strtod(cell_options_text(keys, "cr"), NULL);
    o->codeword = cell_options_text(keys, "codeword");
    o->codeword_given = cell_options_given(keys, "codeword");
    o->precision = cell_options_text(keys, "precision");
    o->channel = cell_options_given(keys, "channel") ? cell_options_text(keys, "channel") : NULL;
    o->estimation_given = cell_options_given(keys, "estimation");
    o->dl_snr_given = cell_options_given(keys, "dl-snr");
    o->snr_known = strcmp(f->snr_knowledge, "known") == 0;
    cell_init(&o->cell);
    if (cell_options_apply(keys, &o->cell, &e) != ERR_NONE ||
        list_snrs(cell_options_text(keys, "snr"), snrs, &e) != ERR_NONE)
        return option_complain(&command, "%s", e.text);
    return -1;
}

static int print(const eval_set *set, const form *f, err *e)
{
    if (f->table)
        return eval_table(set, f->out, e);
    if (f->json)
        eval_print_json(set);
    for (size_t i = 0; !f->json && i < set->count; i++) {
        fputs(i ? "\n" : "", stdout);
        eval_print_text(&set->cases[i]);
    }
    return ERR_NONE;
}

static int run(const eval_options *o, const form *f, const chain_eval_config *snrs)
{
    err e = {0};
    eval_set set = {0};
    int status = eval_set_make(&set, o, snrs, &e);
    if (status == ERR_NONE && o->limit)
        status = eval_limit_from_file(&set.limit, o, &e);
    if (status == ERR_NONE)
        status = eval_run(&set, &e);
    if (status == ERR_NONE)
        status = eval_limit_from_rows(&set, &e);
    if (status == ERR_NONE)
        status = eval_time_encoders(&set, &e);
    if (status == ERR_NONE)
        status = print(&set, f, &e);
    eval_set_free(&set);
    if (status == ERR_INVALID) /* a value that no option can judge alone, such as a channel */
        return option_complain(&command, "%s", e.text);
    if (status != ERR_NONE)
        log_error("%s", e.text);
    return status == ERR_NONE ? 0 : 1;
}

int command_eval(int argc, char **argv)
{
    static eval_options o; /* a cell is too large for a stack */
    static cell_options keys;
    keys = (cell_options){
        .program = CELL_IN_EVAL, .tweaks = tweaks, .tweak_count = sizeof tweaks / sizeof tweaks[0]};
    form f = {.ues = "0", .snr_knowledge = "estimated"};
    chain_eval_config snrs = {0};
    o = (eval_options){.samples = 2000};
    int status = parse(&o, &f, &keys, argc, argv);
    if (status < 0)
        status = take_keys(&o, &f, &keys, &snrs);
    if (status < 0)
        status = check_form(&o, &f);
    if (status < 0)
        status = take_ues(&o, f.ues);
    return status < 0 ? run(&o, &f, &snrs) : status;
}
