/* reproduce.h: published tables under way: what was measured of each row, and what is written.
 *
 *     counts   of the row's architecture, untrained; of its pair where it has no architecture
 *     NMSE     of the row's pair, by the functions that `csilink eval` calls; every sample is of a
 *              UE of its own
 *
 * A pair is looked for as models are, then in the folder of `make zoo`. */
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
    const char *zoo;            /* folder of pairs that were trained, or are going to be */
    const char *tables;         /* names of those that are wanted, with commas; NULL: all */
    bool quick;                 /* what is not there is not trained */
    uint64_t samples;           /* 0: as many as the list says */
    char command[ERR_TEXT_MAX]; /* as it was given, for the page */
} reproduce_options;

/* What a row came to; NaN for what was not measured. */
typedef struct reproduce_result {
    char codec[CODEC_SPEC_MAX]; /* of its pair, as --codec takes it; "": there is none */
    double parameters, macs;
    double nmse_db[CHAIN_EVAL_SNRS_MAX], error_db[CHAIN_EVAL_SNRS_MAX];
    bool wanted;
} reproduce_result;

typedef struct reproduce {
    const reproduce_options *options;
    reproduce_list *list;
    cell cell;                 /* what all channels have in common */
    reproduce_result **result; /* [tables][rows] */
    league_store store;        /* PREFIX.points.jsonl: what was measured stays */
} reproduce;

/* Finds the row's pair: result->codec. */
void reproduce_find(const reproduce *r, const reproduce_row *row, reproduce_result *result);

/* Trains the pairs of wanted rows that are not there and can be made, in the list's order; each is
 * saved as it goes, and the same call goes on. ERR_STATE where a training failed or was stopped. */
int reproduce_train(const reproduce *r, err *e);

/* Counts every wanted row, and evaluates those whose pair is there. */
int reproduce_count(reproduce *r, err *e);
int reproduce_measure(reproduce *r, err *e);

/* PREFIX.md, PREFIX.csv, and PREFIX-TABLE.svg and .pdf for tables with curves. */
int reproduce_write_page(const reproduce *r, err *e);
int reproduce_write_csv(const reproduce *r, err *e);
int reproduce_write_plots(const reproduce *r, err *e);

/* Which curves a table has. */
typedef enum reproduce_picture {
    REPRODUCE_OVER_SNR,        /* NMSE against SNR, where the table has several */
    REPRODUCE_OVER_PARAMETERS, /* NMSE against counts, where it has one and rows have both */
    REPRODUCE_OVER_MACS,
    REPRODUCE_PICTURES
} reproduce_picture;
bool reproduce_has_picture(const reproduce *r, size_t table, reproduce_picture picture);

/* The count that a picture is over, NaN where there is none. */
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

/* Whether the paper has an NMSE of the row at any SNR. */
bool reproduce_is_published(const reproduce_table *t, const reproduce_row *row);

/* Whether --table names the table, or nothing. */
bool reproduce_wants(const reproduce_options *o, const char *table);

#endif
