/* page_parts.h: helpers that the parts of a league's page share. */
#ifndef CLI_LEAGUE_PAGE_PARTS_H
#define CLI_LEAGUE_PAGE_PARTS_H

#include <stdbool.h>
#include <stdio.h>

#include "league.h"
#include "write.h"

typedef struct page_metric {
    const char *title, *format;
    double (*value)(const league_figures *f);
    bool by_sgcs, smaller; /* sorts rows by SGCS; less is better */
} page_metric;

extern const page_metric page_nmse, page_sgcs, page_rate;

/* Writes a name with the characters escaped that would end a table's cell: names come from a file.
 */
void page_text(FILE *to, const char *text);

/* "-" for NaN. */
void page_number(FILE *to, const char *format, double value);

/* A number that not every codec has: "-" for 0. */
void page_count(FILE *to, double value);

/* Writes a table of entrants, in this order, by channels and budgets, at one SNR or without noise:
 * cells first, first + step, ... of each channel. The best figure of a column is bold. */
void page_matrix(FILE *to, const league *l, const page_metric *m, const league_numbers *budgets,
                 const char *unit, size_t first, size_t step, const size_t *order);

/* A picture of plot.c, by its file's name beside the page. */
void page_picture(FILE *to, const league *l, league_picture picture, size_t channel, double snr_db,
                  const char *what);

/* The entrants with a lower NMSE than the list's baseline at equal channel uses, with noise and
 * without. Writes nothing if the list names no baseline, or the baseline has no candidate. */
void page_baseline(FILE *to, const league *l);

/* The two parts, each under a heading of its own. */
void page_at_bits(FILE *to, const league *l);
void page_at_uses(FILE *to, const league *l);

#endif
