/* reproduce.h: reproduces published tables: measures each row and writes the results.
 *
 *     counts   of the row's architecture, untrained, or of its pair if it has none
 *     NMSE     of the row's pair, by the functions that `csilink eval` calls; every sample
 *              comes from a different UE
 *
 * A pair is searched for like a model, then in the folder of `make zoo`. */
#ifndef CLI_REPRODUCE_REPRODUCE_H
#define CLI_REPRODUCE_REPRODUCE_H

#include <limits.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/error.h"
#include "cell/cell.h"
#include "cli/league/store.h"
#include "codec/codec.h"
#include "list.h"

typedef struct reproduce_options {
    const char *list;           /* the file, or its name in reproductions/ */
    const char *out;            /* prefix of what is written */
    const char *zoo;            /* folder of trained pairs, old and new */
    const char *tables;         /* names of the wanted tables, separated by commas; NULL: all */
    bool quick;                 /* trains no missing pairs */
    uint64_t samples;           /* 0: the list's number */
    char command[ERR_TEXT_MAX]; /* the command line, for the page */
} reproduce_options;

/* The result of a row; NaN: not measured. */
typedef struct reproduce_result {
    char codec[CODEC_SPEC_MAX]; /* of its pair, as for --codec; "": none */
    double parameters, macs;
    double nmse_db[CHAIN_EVAL_SNRS_MAX], error_db[CHAIN_EVAL_SNRS_MAX];
    bool wanted;
} reproduce_result;

typedef struct reproduce {
    const reproduce_options *options;
    reproduce_list *list;
    cell cell;                 /* settings that all channels share */
    reproduce_result **result; /* [tables][rows] */
    league_store store;        /* PREFIX.points.jsonl: finished points */
} reproduce;

/* Finds the row's pair and sets result->codec. */
void reproduce_find(const reproduce *r, const reproduce_row *row, reproduce_result *result);

/* Trains the missing pairs of wanted rows that have a recipe, in the list's order. Each training is
 * saved as it goes, and the same call resumes it. ERR_STATE if a training failed or was stopped. */
int reproduce_train(const reproduce *r, err *e);

/* Counts every wanted row, and evaluates those that have a pair. */
int reproduce_count(reproduce *r, err *e);
int reproduce_measure(reproduce *r, err *e);

/* Write PREFIX.md, PREFIX.csv, and PREFIX-TABLE.svg and .pdf for tables with curves. */
int reproduce_write_page(const reproduce *r, err *e);
int reproduce_write_csv(const reproduce *r, err *e);
int reproduce_write_plots(const reproduce *r, err *e);

/* The curves of a table. */
typedef enum reproduce_picture {
    REPRODUCE_OVER_SNR,        /* NMSE against SNR, if the table has several */
    REPRODUCE_OVER_PARAMETERS, /* NMSE against counts, if it has one SNR and rows have both */
    REPRODUCE_OVER_MACS,
    REPRODUCE_PICTURES
} reproduce_picture;
bool reproduce_has_picture(const reproduce *r, size_t table, reproduce_picture picture);

/* The count on the picture's x axis; NaN if there is none. */
double reproduce_count_of(const reproduce *r, size_t table, unsigned row, reproduce_picture picture,
                          bool published);

/* "PREFIX-fig-7", "PREFIX-table-3-parameters". */
void reproduce_picture_name(const reproduce *r, size_t table, reproduce_picture picture,
                            char name[PATH_MAX]);

/* "holds", "better by 1.2 dB", "worse by 0.4 dB"; "differs by +3.1 %" of counts; "not measured". */
enum { REPRODUCE_VERDICT_MAX = 48 };
void reproduce_verdict_nmse(const reproduce_table *t, double published, double measured,
                            char text[REPRODUCE_VERDICT_MAX]);
void reproduce_verdict_count(const reproduce_table *t, double published, double measured,
                             char text[REPRODUCE_VERDICT_MAX]);

/* True if the paper has an NMSE of the row at some SNR. */
bool reproduce_is_published(const reproduce_table *t, const reproduce_row *row);

/* True if --table names the table or is not given. */
bool reproduce_wants(const reproduce_options *o, const char *table);

#endif
