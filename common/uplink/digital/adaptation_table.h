/* adaptation_table.h: the measured thresholds, for adaptation.c and for new measurements.
 *
 * A point is one code block sent with a modulation. `csilink uplink table --measure` generates the
 * tables, one file for each modulation (adaptation_qpsk.c, ...), with the command at its head.
 * pi/2-BPSK has no table: its bits are those of QPSK at half the symbol power. */
#ifndef UPLINK_DIGITAL_ADAPTATION_TABLE_H
#define UPLINK_DIGITAL_ADAPTATION_TABLE_H

#include <stddef.h>
#include <stdint.h>

/* The highest rate K / E_r of polar codes in the tables. */
enum { ADAPTATION_RATE_NUM = 15, ADAPTATION_RATE_DEN = 16 };

/* Near its cliff, BLER = Q((Es/N0 - snr_db) / spread_db + z) with Q(z) = 1e-2. */
typedef struct adaptation_point {
    uint16_t bits;    /* A up to 11; from 18 on K, including the CRC */
    uint16_t coded;   /* E_r */
    double snr_db;    /* Es/N0 of a BLER of 1e-2, lists of 8, max-log LLRs */
    double spread_db; /* per standard deviation */
} adaptation_point;

/* Points in rising order of bits, then of coded bits. */
typedef struct adaptation_table {
    size_t count;
    const adaptation_point *point;
} adaptation_table;

extern const adaptation_table adaptation_qpsk, adaptation_16qam, adaptation_64qam,
    adaptation_256qam;

#endif
