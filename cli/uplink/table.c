/* csilink uplink table: the link adaptation by the shipped thresholds, and new measurements of
 * them. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "adapt.h"
#include "base/log.h"
#include "codec/codec.h"
#include "io/file.h"
#include "measure.h"
#include "ui/option.h"
#include "uplink.h"
#include "uplink/uplink.h"

static const uint64_t not_given = UINT64_MAX;

typedef struct table_options {
    uint64_t uses, values, side_bits, bits_max, errors, seed, threads;
    double margin_db;
    const char *codec, *source, *modulation, *out, *c, *csv;
    bool json, measure;
} table_options;

/* --- the adaptation --------------------------------------------------------------------------- */

/* Takes the payload's shape from the options or from a codec's encoder. */
static int take_shape(const table_options *o, adapt *a, err *e)
{
    a->values = (uint32_t)o->values;
    a->side_bits = o->side_bits == not_given ? 0 : (uint32_t)o->side_bits;
    if (!o->codec)
        return ERR_NONE;
    codec *c = codec_load(CODEC_ENCODER, o->codec, e);
    if (!c)
        return e->code;
    const payload_shape shape = codec_info_of(c)->shape;
    codec_unload(c);
    a->values = shape.values_max;
    a->side_bits = shape.side_bits_max;
    return a->values > 0
               ? ERR_NONE
               : err_set(e, ERR_INVALID,
                         "%s sends bits and no values: there is nothing to quantize", o->codec);
}

static int show(const table_options *o, err *e)
{
    adapt a = {.uses = (uint32_t)o->uses,
               .modulation = modulation_named(o->modulation),
               .margin_db = o->margin_db};
    int status = digital_source_parse(o->source, &a.law, e);
    if (status == ERR_NONE)
        status = take_shape(o, &a, e);
    if (status == ERR_NONE)
        status = adapt_fill(&a, e);
    if (status != ERR_NONE)
        return status;
    (o->json ? adapt_print_json : adapt_print_text)(&a);
    return o->out ? adapt_write_files(&a, o->out, e) : ERR_NONE;
}

/* --- the thresholds --------------------------------------------------------------------------- */

static int write_file(const char *path, const measure_table *table,
                      void (*put)(FILE *to, const measure_table *table), err *e)
{
    file_writer *w = file_writer_open(path, e);
    if (!w)
        return ERR_IO;
    put(file_writer_stream(w), table);
    return file_writer_close(w, e);
}

static int measure(const table_options *o, err *e)
{
    const measure_plan plan = {.modulation = modulation_named(o->modulation),
                               .bits_max = (uint32_t)o->bits_max,
                               .errors = o->errors,
                               .seed = o->seed,
                               .threads = o->threads};
    measure_table *table = malloc(sizeof *table);
    if (!table)
        return err_set(e, ERR_NOMEM, "no memory for a table");
    int status = measure_run(&plan, table, e);
    if (status == ERR_NONE && !o->c && !o->csv)
        measure_put_csv(stdout, table);
    if (status == ERR_NONE && o->csv)
        status = write_file(o->csv, table, measure_put_csv, e);
    if (status == ERR_NONE && o->c)
        status = write_file(o->c, table, measure_put_c, e);
    free(table);
    return status;
}

/* --- options ---------------------------------------------------------------------------------- */

static int check_measure(const option_command *command, const table_options *o)
{
    const modulation m = modulation_named(o->modulation);
    if (o->uses != not_given || o->values != not_given || o->side_bits != not_given || o->codec ||
        o->json || o->out)
        return option_complain(command,
                               "--measure takes --modulation, --errors, --seed, --threads, "
                               "--c and --csv");
    if (m == MODULATIONS)
        return option_complain(command, "--measure needs --modulation, one for each table: qpsk, "
                                        "16qam, 64qam or 256qam");
    if (m == MODULATION_PI2_BPSK)
        return option_complain(command, "pi2bpsk needs no table: its thresholds are those of "
                                        "qpsk, less 3.01 dB");
    return -1;
}

static int check_show(const option_command *command, const table_options *o)
{
    if (o->c || o->csv)
        return option_complain(command, "--c and --csv are for --measure");
    if (o->codec && (o->values != not_given || o->side_bits != not_given))
        return option_complain(command,
                               "--codec determines the values and side bits: leave out --values "
                               "and --side-bits");
    if (o->uses == not_given || (o->values == not_given && !o->codec))
        return option_complain(command, "it needs --uses, and --values or --codec");
    return -1;
}

static int run(const option_command *command, const table_options *o)
{
    err e = {0};
    int status = o->measure ? measure(o, &e) : show(o, &e);
    if (status == ERR_INVALID)
        return option_complain(command, "%s", e.text);
    if (status != ERR_NONE)
        log_error("%s", e.text);
    return status == ERR_NONE ? 0 : 1;
}

int uplink_table(int argc, char **argv)
{
    table_options o = {.uses = not_given,
                       .values = not_given,
                       .side_bits = not_given,
                       .source = "r",
                       .modulation = "any",
                       .margin_db = 1,
                       .bits_max = UINT32_MAX,
                       .errors = 60,
                       .seed = 1,
                       .threads = count_threads()};
    const option_spec specs[] = {
        OPTION_UINT("uses", &o.uses, 1, UPLINK_SYMBOLS_MAX, "N",
                    "complex data symbols of a report, without references"),
        OPTION_UINT("values", &o.values, 1, PAYLOAD_VALUES_MAX, "N", "values of a report"),
        OPTION_UINT("side-bits", &o.side_bits, 0, PAYLOAD_SIDE_BITS_MAX, "N",
                    "side bits of a "
                    "report [0]"),
        OPTION_STRING("codec", &o.codec, "CODEC", "take values and side bits from this codec"),
        OPTION_STRING("source", &o.source, "LAW",
                      "format of the values: r, u or mu with bits to be chosen, or a format with "
                      "bits"),
        OPTION_CHOICE("modulation", &o.modulation, "any|pi2bpsk|qpsk|16qam|64qam|256qam",
                      "any: the one that needs the least SNR"),
        OPTION_DOUBLE("margin", &o.margin_db, 0, 20, "DB", "added to each threshold"),
        OPTION_FLAG("json", &o.json, "print JSON"),
        OPTION_STRING("out", &o.out, "PREFIX", "also write PREFIX.csv, PREFIX.svg and PREFIX.png"),
        OPTION_FLAG(
            "measure", &o.measure,
            "measure the thresholds of --modulation; without --c and --csv, print them as CSV"),
        OPTION_UINT("errors", &o.errors, 1, 100000, "N",
                    "block errors of a point, in proportion to the squared width of its cliff"),
        OPTION_UINT("bits-max", &o.bits_max, 1, UINT32_MAX, "K",
                    "only code blocks of up to this many bits, for a quick look"),
        OPTION_UINT("seed", &o.seed, 0, UINT32_MAX, "N", "seed of bits and noise"),
        OPTION_UINT("threads", &o.threads, 1, COUNT_THREADS_MAX, "N",
                    "the result does not depend "
                    "on it"),
        OPTION_STRING("c", &o.c, "FILE", "write the thresholds as C source of the library"),
        OPTION_STRING("csv", &o.csv, "FILE", "write the thresholds as CSV"),
    };
    const option_command command = {
        .name = "csilink uplink table",
        .summary = "prints a link adaptation: for each SNR the bits per value that fit into the "
                   "channel uses, and the modulation",
        .example = "  csilink uplink table --uses 256 --values 512 --side-bits 12",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status < 0)
        status = o.measure ? check_measure(&command, &o) : check_show(&command, &o);
    return status < 0 ? run(&command, &o) : status;
}
