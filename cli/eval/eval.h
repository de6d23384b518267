/* eval.h: the parts of `csilink eval`: the options, the cases that they ask for (one model over one
 * channel each), how cases are evaluated and how they are told. */
#ifndef CLI_EVAL_EVAL_H
#define CLI_EVAL_EVAL_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"
#include "chain/eval.h"
#include "cli/ui/list.h"
#include "ui/option.h"

enum { EVAL_LIST_MAX = LIST_MAX, EVAL_PRECISIONS = 2, EVAL_NAME_MAX = 512 };

typedef struct eval_options {
    const char *model, *encoder, *decoder, *layout, *precision, *codeword;
    const char *data, *channel, *ues, *snr, *estimation, *pilots, *snr_knowledge, *out;
    uint64_t samples, references, seed, nt, nc, ues_count;
    double dl_snr_db, speed_kmh, carrier_hz, bandwidth_hz, period_s;
    bool json, table;
    chain_cell groups; /* of --ues 4@a,4@b; no UEs without */
} eval_options;

/* Both ends of one model, the encoder in one precision. */
typedef struct eval_model {
    char name[EVAL_NAME_MAX];       /* as asked for, or the encoder's own */
    char label[EVAL_NAME_MAX + 16]; /* the same, with the precision where several are asked for */
    onnx_part *encoder, *decoder;
    double encode_us; /* of one sample on one core, alone; see eval_time_encoders */
} eval_model;

/* A channel, or several of a mixed cell, open for one size of the link. */
typedef struct eval_channel {
    char name[EVAL_NAME_MAX]; /* as asked for; files without their folder */
    const char *path;         /* as fading_open takes it; NULL for a mixed cell */
    bool data;                /* every sample of a data set, once */
    csi_dims dims;
    chain_cell cell;
} eval_channel;

/* One model over one channel in one codeword format, at every SNR. */
typedef struct eval_case {
    const eval_model *model;
    const eval_channel *channel;
    char codeword[CSI_CODEWORD_NAME_MAX]; /* name of the format, which is in config.ue */
    uint32_t bits;                        /* of a report */
    chain_eval_config config;
    chain_eval_result result;
    double seconds; /* of wall clock */
    err failure;
} eval_case;

typedef struct eval_set {
    size_t models, channels, count;
    size_t codewords; /* formats; the cases of a model stand format by format, each over every
                         channel */
    eval_model model[EVAL_LIST_MAX * EVAL_PRECISIONS];
    eval_channel *channel; /* [channels], one for each name and size */
    eval_case *cases;      /* [count], model by model, format by format */
    char *names[2];        /* memory behind the channels' names */
    char default_path[PATH_MAX];
} eval_set;

/* Loads every model and opens every channel that the options name, so that a mistake shows before
 * anything is evaluated. `snrs`: the SNRs of each case. eval_set_free also after a failure. */
int eval_set_make(eval_set *set, const eval_options *options, const chain_eval_config *snrs,
                  err *e);
void eval_set_free(eval_set *set);

/* Evaluates the cases, one on each core at a time; every number is what the case alone gives. The
 * first failure, with its model and channel where there are several. */
int eval_run(eval_set *set, err *e);

/* The same for these cases. `on_done`, where not NULL, is called for each when it is done, one at a
 * time; what it fails with ends the work. The first failure is in *e, as the case has it. */
int eval_run_cases(eval_case *const *cases, size_t count,
                   int (*on_done)(void *user, eval_case *c, err *e), void *user, err *e);

/* Times every encoder, one after the other, this thread alone: the least of several means. */
int eval_time_encoders(eval_set *set, err *e);

/* The model's label and, where there are several formats or one that is not float32, the format:
 * "csilink-net-cr8-indoor, u4". */
enum { EVAL_TITLE_MAX = EVAL_NAME_MAX + 16 + CSI_CODEWORD_NAME_MAX + 2 };
const char *eval_case_title(const eval_set *set, const eval_case *c, char title[EVAL_TITLE_MAX]);

/* What a person calls the channel: a model's parameters, or the groups of a mixed cell. */
const char *eval_channel_describe(const eval_channel *channel, char text[CHAIN_CELL_TEXT_MAX]);

void eval_print_text(const eval_case *c);
void eval_print_json(const eval_set *set); /* an object; of several cases an array */

/* The models side by side: Markdown on standard output and, with a prefix, in PREFIX.md; PREFIX.csv
 * with a row for each model, channel and SNR; curves in PREFIX.svg and PREFIX.png, which gnuplot
 * draws: without it a warning says so, and the rest is there. */
int eval_table(const eval_set *set, const char *prefix, err *e);
int eval_plot(const eval_set *set, const char *out, err *e);

#endif
