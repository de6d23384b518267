/* delay_line.h: the link-level channels of 3GPP TR 38.901, clause 7.7: the tables of CDL-A to -E
 * (7.7.1-1 to 7.7.1-5) and of TDL-A to -E (7.7.2-1 to 7.7.2-5), and their scaling. Angles in
 * degrees; delays of a table are relative to the delay spread. */
#ifndef FADING_TR38901_DELAY_LINE_H
#define FADING_TR38901_DELAY_LINE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"
#include "fading/config.h"

enum {
    TR38901_DELAY_LINES = 5,
    TR38901_DELAY_LINE_ROWS = 24 /* CDL-C; with the row of the LOS, E has 15 */
};

enum tr38901_angle { TR38901_AOD, TR38901_AOA, TR38901_ZOD, TR38901_ZOA, TR38901_ANGLES };

typedef struct tr38901_delay_line_row {
    double delay, power_db;
    double angle[TR38901_ANGLES];
} tr38901_delay_line_row;

/* TDL-x has the delays and powers of CDL-x, except the last delay of E. */
typedef struct tr38901_delay_line {
    char letter;
    bool los;  /* row 0 is the specular wave, row 1 the fading part at the same delay */
    int count; /* rows */
    const tr38901_delay_line_row *row;
    double tdl_last_delay;
    double ray_spread[TR38901_ANGLES]; /* c_ASD, c_ASA, c_ZSD, c_ZSA */
} tr38901_delay_line;

extern const tr38901_delay_line tr38901_delay_lines[TR38901_DELAY_LINES];

/* A channel's parsed text: "cdl-d:delay-spread=30:k=9". */
typedef struct tr38901_link {
    const tr38901_delay_line *line;
    bool is_tdl;
    double delay_spread_ns;        /* 1 to 10000; 100, "nominal" in Table 7.7.3-1 */
    double k_db;                   /* -20 to 40, of models with LOS; NAN: the table's */
    double spread[TR38901_ANGLES]; /* CDL: desired ASD, ASA, ZSD, ZSA; NAN: the table's */
    double rotate;      /* CDL: each UE's AODs are rotated by up to this much either way */
    double correlation; /* TDL: alpha, of the outermost antennas; 0 to 0.999 */
} tr38901_link;

/* Reads the text after "cdl-x:" or "tdl-x:", options in any order, each once. ERR_INVALID lists the
 * options, or the range of one. */
int tr38901_link_parse(tr38901_link *l, const tr38901_delay_line *line, bool is_tdl,
                       const char *arguments, err *e);

/* Writes the options that differ from the defaults, ", ASD 10 degrees", for a description. */
void tr38901_link_describe(const tr38901_link *l, char *text, size_t size);

/* The rows' delays in s (clause 7.7.3) and powers, which sum to 1 (7.7.6: with another K-factor the
 * delays are normalised again to keep the desired delay spread). ERR_INVALID if the last delay does
 * not fit into a symbol of `nc` subcarriers. */
int tr38901_link_profile(const tr38901_link *l, const fading_config *c,
                         double delay_s[TR38901_DELAY_LINE_ROWS],
                         double power[TR38901_DELAY_LINE_ROWS], err *e);

/* Clause 7.7.5.1: the rows' angles of one kind, and the spread of the rays around them, scaled to
 * the desired spread:
 *
 *     phi' = (AS_desired / AS_model) (phi - mu) + mu,
 *
 * with mu and AS_model the mean and spread (Annex A) of all rays. The formula is linear and the
 * spread of Annex A circular, so small spreads are met closely and large ones only roughly. */
void tr38901_link_angles(const tr38901_link *l, enum tr38901_angle kind,
                         const double power[TR38901_DELAY_LINE_ROWS],
                         double angle[TR38901_DELAY_LINE_ROWS], double *ray_spread);

/* The spread of Annex A in degrees, sqrt(-2 ln |sum P exp(j phi)|), and the mean's direction, over
 * the rays of rows at `angle`, `ray_spread` around them. */
double tr38901_link_spread(const tr38901_delay_line *line, const double *power, const double *angle,
                           double ray_spread, double *mean);

#endif
