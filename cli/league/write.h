/* write.h: writes a league's files: the page, the figures for programs, the plots. */
#ifndef CLI_LEAGUE_WRITE_H
#define CLI_LEAGUE_WRITE_H

#include <stdio.h>

#include "league.h"

/* PREFIX.csv: a row for each cell of each entrant; docs/sweep.md, "Leagues", has the columns. */
int league_write_csv(const league *l, err *e);

/* PREFIX.md: tables sorted by NMSE and by SGCS, the chosen candidates, the costs. */
int league_write_page(const league *l, err *e);

/* PREFIX-bits-CHANNEL, PREFIX-sgcs-CHANNEL and PREFIX-uses-CHANNEL-SNRdB, each .svg and .png.
 * Without gnuplot a warning says so; ERR_IO for a picture that cannot be written. */
int league_write_plots(const league *l, err *e);

/* "PREFIX-bits-cost2100-indoor" for a channel's picture at equal bits, "-sgcs-" for SGCS, and
 * "-uses-cost2100-indoor-10dB" at an SNR; '-' replaces characters that do not belong in a file's
 * name. */
typedef enum league_picture {
    LEAGUE_PICTURE_BITS,
    LEAGUE_PICTURE_SGCS,
    LEAGUE_PICTURE_USES
} league_picture;
void league_picture_name(const league *l, league_picture picture, size_t channel, double snr_db,
                         char name[PATH_MAX]);

#endif
