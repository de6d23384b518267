/* adaptation.h: link adaptation of the digital uplink by a table: how many payload bits fit into a
 * burst at an SNR, and over which modulation.
 *
 * A threshold is the Es/N0 at which a payload of one or more UCI words (uci/uci.h) is lost once in
 * a hundred times over Gaussian noise, with lists of 8 paths, max-log LLRs and known noise power.
 * `csilink uplink table --measure` measured it for code blocks of about 25 payload sizes, at 4
 * sizes per octave of coded bits, over each modulation (adaptation_table.h). Between these, the
 * distance to the capacity,
 *
 *     gap = Es/N0 - 10 log10(2^(Qm K / E_r) - 1)   in dB,
 *
 * is interpolated in log K and log E_r. It changes little. Along K, the interpolation uses
 * neighbours of the same E_r below a rate of 0.55, where the lengths of polar codes shape the gap;
 * of the same rate above 0.75, where the modulation does; and a mixture between these rates. Beyond
 * 1,024 coded bits, the longest code's, it uses the same E_r. Beyond twice the code's length, twice
 * the coded bits are worth 3 dB. In a second measurement at 119 random sizes off the grid
 * (docs/uplink.md), thresholds differed by 0.11 dB rms over QPSK and 16-QAM, 0.16 over 64-QAM and
 * 0.23 over 256-QAM, where it matters which bits share a symbol, and by 0.64 dB at most. Far below
 * the rates that QAM is for (under 1/16) a threshold may be 0.8 dB too high. One and two bits in
 * QAM symbols are sent by the outermost points (placeholders, uci/uci.h), at up to 2.6 times the
 * mean power; Es/N0 refers to the mean power. In a payload of B code blocks, each block may be lost
 * in only 1e-2 / B of all cases; the measured steepness of the cliff converts that into SNR.
 *
 * Both ends of a link compute the same rows from the same need with this table; adaptation_identity
 * identifies it. */
#ifndef UPLINK_DIGITAL_ADAPTATION_H
#define UPLINK_DIGITAL_ADAPTATION_H

#include <stddef.h>
#include <stdint.h>

#include "uplink/digital/modulation.h"

#define ADAPTATION_BLER 1e-2

enum { ADAPTATION_ROWS_MAX = 64 };

/* Es/N0 in dB, to 0.001 dB, at which `bits` payload bits in `coded` coded bits reach a block error
 * rate of ADAPTATION_BLER. INFINITY where there is no such code: for sizes that uci_words or the
 * decoder rejects, a polar code of a rate K / E_r above 15/16, an unknown modulation. */
double adaptation_threshold_db(modulation m, uint32_t bits, uint32_t coded);

/* What a burst has to carry. */
typedef struct adaptation_need {
    uint32_t uses;         /* complex data symbols, 1 to UPLINK_SYMBOLS_MAX; no references */
    size_t candidates;     /* 1 to ADAPTATION_ROWS_MAX */
    const uint32_t *bits;  /* [candidates], payload bits, not falling */
    modulation modulation; /* MODULATIONS: the one that needs the least SNR */
    double margin_db;      /* on top of each threshold; finite */
} adaptation_need;

typedef struct adaptation_row {
    size_t candidate;
    modulation modulation;
    double from_db; /* threshold and margin */
} adaptation_row;

/* The rows of a need, by from_db and by payload bits, both rising. Every candidate uses all coded
 * bits of the burst, uses Qm, over the modulation with the lowest threshold (among equals, the one
 * with fewer bits per symbol). A candidate that needs at least the SNR of a later one is left out.
 * Returns the number of rows; 0 where no candidate fits, and for a need that breaks the rules
 * above. */
size_t adaptation_rows(const adaptation_need *need, adaptation_row row[ADAPTATION_ROWS_MAX]);

/* Identifies the table and its interpolation; the same on every machine. */
uint64_t adaptation_identity(void);

#endif
