/* store.h: the finished measurements of a league: PREFIX.points.jsonl, a line for each candidate,
 * SNR and number of samples, and one for the times of each codec.
 *
 * The first line has the settings that all of them share. A line is found by its key, which has
 * everything else that determines its figures. So a list may gain and lose entrants, channels and
 * budgets between two calls, and finished measurements stay valid. */
#ifndef CLI_LEAGUE_STORE_H
#define CLI_LEAGUE_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cell/cell.h"

/* X(member, name in JSON and CSV): means over the reports, as chain_eval_row has them; NaN where
 * there is no such figure. */
#define LEAGUE_FIGURES(X)                                                                          \
    X(reports, "reports")   /* made */                                                             \
    X(measured, "measured") /* of these, decoded */                                                \
    X(nmse_db, "nmse_db")   /* of those decoded */                                                 \
    X(nmse_median_db, "nmse_median_db")                                                            \
    X(nmse_error_db, "nmse_db_standard_error")                                                     \
    X(nmse_all_db, "nmse_all_db") /* with the CSI used after a failed report */                    \
    X(rho, "rho")                                                                                  \
    X(sgcs, "sgcs")                                                                                \
    X(se, "se") /* bit/s/Hz */                                                                     \
    X(se_all, "se_all")                                                                            \
    X(bits, "bits") /* of a report */                                                              \
    X(channel_uses, "channel_uses")                                                                \
    X(bler, "bler")                                                                                \
    X(undetected, "undetected")                                                                    \
    X(encode_us, "encode_us") /* only in a codec's own line */                                     \
    X(decode_us, "decode_us")

typedef struct league_figures {
#define LEAGUE_FIGURE_MEMBER(member, name) double member;
    LEAGUE_FIGURES(LEAGUE_FIGURE_MEMBER)
#undef LEAGUE_FIGURE_MEMBER
} league_figures;

enum { LEAGUE_KEY_MAX = 1024 };

typedef struct league_entry {
    uint64_t hash;
    char *key;
    league_figures figures;
} league_entry;

typedef struct league_store {
    int fd; /* locked; -1 before league_store_open */
    char *path;
    size_t count, room;
    league_entry *entry;
} league_store;

/* Figures that are all missing. */
extern const league_figures league_no_figures;

/* Opens the file, and creates it if necessary. ERR_STATE, with the difference, if its points were
 * measured with settings other than `c`, and if another league is using it; ERR_FORMAT, ERR_IO,
 * ERR_NOMEM. Call league_store_close even after a failure. */
int league_store_open(league_store *s, const char *path, const cell *c, err *e);
void league_store_close(league_store *s);

/* NULL if no line has the key. */
const league_figures *league_store_find(const league_store *s, const char *key);

/* Stores figures; they are on disk when this returns. */
int league_store_keep(league_store *s, const char *key, const league_figures *figures, err *e);

#endif
