/* list.h: a paper's published tables and the network of csilink for each row, read from a YAML file
 * in reproductions/. docs/sweep.md, "Reproductions", shows one.
 *
 * A row can state counts of a network (parameters, multiply-accumulates) and its NMSE at each SNR
 * of its table. Counts come from the row's architecture and need no training; NMSE comes from the
 * pair that `model` names. */
#ifndef CLI_REPRODUCE_LIST_H
#define CLI_REPRODUCE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "chain/eval.h"

enum {
    REPRODUCE_BYTES_MAX = 1 << 16, /* of a file */
    REPRODUCE_TABLES_MAX = 32,
    REPRODUCE_ROWS_MAX = 64, /* of a table */
    REPRODUCE_NAME_MAX = 64, /* bytes of a name, its NUL included */
};

typedef struct reproduce_row {
    char *net;                   /* the paper's name for it */
    char *architecture, *layout; /* models/architectures; rows of its images; NULL: not given */
    char *model;                 /* a pair, family-crN-scenario; NULL: only counts */
    char *recipe, *options;      /* for `csilink train`; NULL: cannot be trained */
    char *precision;             /* of the encoder: NULL is "float" */
    char *channel, *carrier;     /* override the table's */
    char *note;
    char *cr_text, *parameters_text, *macs_text, *nmse_text, *unfair_text;

    /* The values of the texts. Missing published figures are NaN. */
    uint32_t cr;
    double parameters, macs;
    double nmse_db[CHAIN_EVAL_SNRS_MAX]; /* at the table's SNRs */
    double carrier_hz;                   /* 0: the channel's own */
    bool unfair; /* the decoder sees the clean codeword: noise has no effect */
} reproduce_row;

typedef struct reproduce_table {
    char *name, *title; /* "fig-7"; a line */
    char *of;           /* whose counts: "ue" or "both" (NULL) */
    char *channel, *carrier, *snr_text;
    char *nmse_within_text, *counts_within_text;
    reproduce_row *rows;
    unsigned rows_count;

    chain_eval_config snrs; /* of which only these */
    double carrier_hz;
    double nmse_within_db; /* a measured NMSE this close to the published one holds (1) */
    double counts_within;  /* the same for counts, as a share of the published one (0.01) */
    bool ue_alone;
} reproduce_table;

typedef struct reproduce_list {
    char *title, *source, *findings; /* Markdown; NULL: not given */
    reproduce_table *tables;
    unsigned tables_count;
    char *samples_text, *seed_text;
    uint64_t samples, seed; /* 4000, 1 */
} reproduce_list;

/* Read a file, or one in reproductions/ by its name ("cllwcsinet"); or parse `size` bytes of text.
 * ERR_FORMAT with file, line, key and the allowed values; ERR_IO, ERR_NOMEM. Free *out (NULL
 * allowed) with reproduce_list_free. */
int reproduce_list_read(reproduce_list **out, const char *path, err *e);
int reproduce_list_parse(reproduce_list **out, const char *text, size_t size, const char *file,
                         err *e);
void reproduce_list_free(reproduce_list *l);

/* The channel and carrier of a row, or else of its table. NULL: nothing is evaluated. */
const char *reproduce_channel(const reproduce_table *t, const reproduce_row *r);
double reproduce_carrier_hz(const reproduce_table *t, const reproduce_row *r);

#endif
