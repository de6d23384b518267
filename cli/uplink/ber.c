#include <stdbool.h>
#include <stdio.h>

#include "base/log.h"
#include "cli/ui/list.h"
#include "print.h"
#include "ui/option.h"
#include "ui/progress.h"
#include "uplink.h"

static const uint64_t not_given = UINT64_MAX;

typedef struct ber_options {
    uint64_t bits, coded, list, errors, blocks, seed, threads;
    const char *modulation, *snr, *out;
    bool json;
} ber_options;

typedef struct bar {
    progress progress;
    double done; /* points before this one */
} bar;

static void on_batch(void *user, double share)
{
    bar *b = user;
    progress_update(&b->progress, b->done + share);
}

static int count_rows(const ber_options *o, const chain_eval_config *snrs, const trial_link *link,
                      const count_limits *limits, count_row *row, err *e)
{
    bar b = {.progress = progress_start(stderr, "points", (double)snrs->snrs)};
    int status = ERR_NONE;
    for (size_t i = 0; status == ERR_NONE && i < snrs->snrs; i++) {
        b.done = (double)i;
        row[i].snr_db = snrs->snr_db[i];
        status = count_blocks(link, limits, o->threads, on_batch, &b, &row[i], e);
    }
    progress_end(&b.progress);
    return status;
}

static int measure(const ber_options *o, const chain_eval_config *snrs, trial_link *link, err *e)
{
    const count_limits limits = {.errors = o->errors, .blocks = (uint32_t)o->blocks};
    count_row row[CHAIN_EVAL_SNRS_MAX];
    int status = trial_link_open(link, e);
    if (status == ERR_NONE)
        status = count_rows(o, snrs, link, &limits, row, e);
    if (status == ERR_NONE) {
        const print_rows rows = {.link = link, .limits = &limits, .count = snrs->snrs, .row = row};
        (o->json ? print_json : print_text)(&rows);
        status = o->out ? print_files(&rows, o->out, e) : ERR_NONE;
    }
    trial_link_close(link);
    return status;
}

static int run(const option_command *command, const ber_options *o)
{
    static chain_eval_config snrs;
    trial_link link = {.bits = (uint32_t)o->bits,
                       .coded = (uint32_t)o->coded,
                       .list = (uint32_t)o->list,
                       .modulation = modulation_named(o->modulation),
                       .seed = o->seed};
    err e = {0};
    int status = list_snrs(o->snr, &snrs, &e);
    if (status == ERR_NONE)
        status = measure(o, &snrs, &link, &e);
    if (status == ERR_INVALID)
        return option_complain(command, "%s", e.text);
    if (status != ERR_NONE)
        log_error("%s", e.text);
    return status == ERR_NONE ? 0 : 1;
}

int uplink_ber(int argc, char **argv)
{
    ber_options o = {.bits = not_given,
                     .coded = not_given,
                     .modulation = "qpsk",
                     .list = UCI_LIST_DEFAULT,
                     .errors = 100,
                     .blocks = 1000000,
                     .seed = 1,
                     .threads = count_threads()};
    const option_spec specs[] = {
        OPTION_UINT("bits", &o.bits, 1, UCI_BITS_MAX, "A", "payload bits of a block"),
        OPTION_UINT("coded", &o.coded, 1, UCI_CODED_MAX, "G", "coded bits of a block"),
        OPTION_CHOICE("modulation", &o.modulation, "pi2bpsk|qpsk|16qam|64qam|256qam",
                      "modulation; a symbol carries 1, 2, 4, 6 or 8 coded bits"),
        OPTION_UINT("list", &o.list, 1, UCI_LIST_MAX, "L", "paths of the decoder, from 12 bits on"),
        OPTION_STRING("snr", &o.snr, "DB,...", "Es/N0: values, inf, and ranges LOW:STEP:HIGH"),
        OPTION_UINT("errors", &o.errors, 1, 1000000000, "N", "block errors that end a point"),
        OPTION_UINT("blocks", &o.blocks, 1, UINT32_MAX, "N", "blocks that end a point"),
        OPTION_UINT("seed", &o.seed, 0, UINT32_MAX, "N", "seed of bits and noise"),
        OPTION_UINT("threads", &o.threads, 1, COUNT_THREADS_MAX, "N",
                    "the result does not depend "
                    "on it"),
        OPTION_FLAG("json", &o.json, "print JSON"),
        OPTION_STRING("out", &o.out, "PREFIX", "also write PREFIX.csv, PREFIX.svg and PREFIX.png"),
    };
    const option_command command = {
        .name = "csilink uplink ber",
        .summary = "measures the block error rate of uplink control information (TS 38.212) over "
                   "Gaussian noise of known power",
        .example = "  csilink uplink ber --bits 22 --coded 108 --modulation qpsk --snr -2:0.5:1",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    if (o.bits == not_given || o.coded == not_given || !o.snr)
        return option_complain(&command, "it needs --bits, --coded and --snr");
    return run(&command, &o);
}
