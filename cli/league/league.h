/* league.h: a running league: its list, its cells and their results.
 *
 * A *cell* is one entrant over one channel at one budget: so many bits of a report without uplink
 * noise, or so many complex channel uses at one SNR. In each cell one *candidate* represents the
 * entrant: a codec over an uplink that costs at most the budget. Three stages find and measure it,
 * each with its own number of samples:
 *
 *     scout    every candidate, on few samples; the best LEAGUE_FINALISTS stay
 *     choose   these, on more samples of the same seed, seed + 1; the best one is chosen
 *     report   the chosen one, on the samples of the league's seed: these figures are reported
 *
 * So the reported figures come from other samples than the choice. Candidates are compared by the
 * NMSE with the CSI that the base station uses after failed reports, or by SGCS if a candidate of
 * the cell has no NMSE (codecs that give directions). */
#ifndef CLI_LEAGUE_LEAGUE_H
#define CLI_LEAGUE_LEAGUE_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"
#include "cell/cell.h"
#include "cli/eval/case.h"
#include "list.h"
#include "store.h"

enum { LEAGUE_FINALISTS = 3 };

typedef enum league_stage {
    LEAGUE_SCOUT,
    LEAGUE_CHOOSE,
    LEAGUE_REPORT,
    LEAGUE_STAGES
} league_stage;

typedef struct league_options {
    const char *list;           /* the file, or its name in leagues/ */
    const char *out;            /* prefix of what is written */
    uint64_t jobs;              /* threads; 0: one for each core */
    char command[ERR_TEXT_MAX]; /* the command line, for the page */
} league_options;

/* The result of an entrant in a cell. */
typedef struct league_result {
    size_t among;                 /* candidates within the budget; 0: the rest is unset */
    char codec[CODEC_SPEC_MAX];   /* the chosen one */
    char uplink[UPLINK_SPEC_MAX]; /* at equal bits one that counts bits (block.h), without noise */
    char precision[CODEC_PRECISION_MAX];
    int64_t parameters, macs; /* of the encoder; 0: not applicable */
    size_t weight_bytes;
    league_figures figures; /* of the stage `report`, with both times of the codec */
} league_result;

/* An optional entrant that has no candidate over any channel. */
typedef struct league_left_out {
    const league_entrant *entrant;
    char why[ERR_TEXT_MAX];
} league_left_out;

typedef struct league {
    const league_options *options;
    league_list list;
    cell cell;             /* settings that all channels share */
    size_t cells;          /* of one entrant over one channel: bits, then uses by SNRs */
    league_result *result; /* [channels][entrants][cells] */
    size_t left_out;       /* these are no longer in list.entrant */
    league_left_out left[LEAGUE_ENTRANTS_MAX];
    league_store store;
} league;

/* Cell k of an entrant. At equal bits snr_db is infinite. */
typedef struct league_budget {
    bool bits;
    double most, snr_db;
    size_t snr; /* column of the SNR in a trial's rows: 0 without noise, else 1 + the list's */
} league_budget;

league_budget league_budget_of(const league_list *l, size_t number);

league_result *league_result_at(const league *l, size_t channel, size_t entrant, size_t number);

/* "20 dB", "no noise"; returns `text`. */
enum { LEAGUE_SNR_TEXT_MAX = 32 };
const char *league_snr_text(double snr_db, char text[LEAGUE_SNR_TEXT_MAX]);

/* "cost2100-indoor", "uma-nlos, 28 GHz". */
enum { LEAGUE_CHANNEL_TEXT_MAX = 600 };
const char *league_channel_text(const league_channel *c, char text[LEAGUE_CHANNEL_TEXT_MAX]);

/* Samples of a stage for an entrant. */
size_t league_samples(const league_list *l, const league_entrant *n, league_stage stage);

#endif
