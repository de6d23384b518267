/* report.h: what is written down of one report, and reports.csv, the file it is written to.
 *
 * reports.csv has a header and then one line a report, in the order in which they were due (then by
 * UE). Columns, separated by commas; an empty field is a figure that the report does not have:
 *
 *     time_s               when it was due, seconds from the schedule's start
 *     ue, group, seq       which UE's (a number), of which group, its how-manieth from 0
 *     status               acked, lost_channel, timed_out, refused, not_decoded or needs_key
 *     cr, bits             of its codec, where it has one; bits of the report
 *     ...                  the figures: record_figures[]
 *     <stage>_us           microseconds in each stage of the way (chain_stage_name)
 *
 * A reader goes by the header, so that files of other versions can be read: columns that it does
 * not know are passed over, those that are missing give NaN. ue, seq and status must be there. */
#ifndef RECORD_REPORT_H
#define RECORD_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "measure/outcome.h"
#include "measure/tally.h"

/* Where a report ended, as the accounting has it (chain_counts); NEEDS_KEY is one way of not being
 * decoded. */
typedef enum record_status {
    RECORD_ACKED,
    RECORD_LOST_CHANNEL,
    RECORD_TIMED_OUT,
    RECORD_REFUSED,
    RECORD_NOT_DECODED,
    RECORD_NEEDS_KEY,
    RECORD_STATUSES
} record_status;

const char *record_status_name(record_status status);

typedef enum record_figure {
    RECORD_SETTLED, /* s from the schedule's start: answered, timed out, refused */
    RECORD_SNR_ASKED,
    RECORD_SNR_DELIVERED, /* by the noise that was drawn for this burst */
    RECORD_SNR_ESTIMATED,
    RECORD_CHANNEL_USES,
    RECORD_NMSE,    /* linear here, dB in the file; as the next */
    RECORD_LS_NMSE, /* of the UE's own estimate */
    RECORD_RHO,
    RECORD_SGCS,
    RECORD_SE_FEEDBACK,
    RECORD_SE_LS,
    RECORD_SE_PERFECT,
    RECORD_AGE,       /* s: how old the CSI was when it was used (measure/quality.h) */
    RECORD_NMSE_USED, /* against the channel of that time */
    RECORD_RHO_USED,
    RECORD_SGCS_USED,
    RECORD_SE_USED,
    RECORD_NMSE_ALL, /* of the CSI that the base station goes on with: this report's where it was
                        decoded, else what it does without; linear here, dB in the file */
    RECORD_SE_ALL,
    RECORD_UNDETECTED, /* 1: passed with other bits than were sent; 0: with those */
    RECORD_FIGURES
} record_figure;

typedef struct record_column {
    const char *name;
    bool is_db; /* the file has 10 log10 of the figure */
    const char *about;
} record_column;

extern const record_column record_figures[RECORD_FIGURES];

#define RECORD_NO_TIME UINT64_MAX

typedef struct record_report {
    uint64_t due_ns; /* from the schedule's start */
    uint32_t ue, seq, status;
    uint32_t cr;   /* 0: unknown; not in an agent's part, where it is the group's */
    uint32_t bits; /* 0: unknown, as of a report that was not answered: then it is the group's */
    double figure[RECORD_FIGURES];   /* NaN: it has none */
    uint64_t stage_ns[CHAIN_STAGES]; /* RECORD_NO_TIME: it has none */
} record_report;

/* A report without any figure. */
record_report record_report_of(uint32_t ue, uint32_t seq, uint64_t due_ns, record_status status);

/* One that the base station answered: acknowledged, or not decoded. */
record_report record_report_answered(const chain_outcome *outcome);

/* What the reports of a group of UEs share. */
typedef struct record_group {
    const char *name; /* letters, digits, - _ . */
    uint32_t first, ues;
    uint32_t cr, bits;
} record_group;

void record_write_header(FILE *to);

/* One line; UEs of no group have an empty one. Errors are the stream's (ferror). */
void record_write_report(FILE *to, const record_report *report, const record_group *groups,
                         size_t count);

/* --- reading ------------------------------------------------------------------------------------
 */

typedef struct record_reader record_reader;

/* NULL on failure: ERR_IO, ERR_FORMAT for a header that is none. The path is kept by reference. */
record_reader *record_reader_open(const char *path, err *e);
void record_reader_close(record_reader *reader);

/* The next line into *report: 1; 0 at the end; ERR_FORMAT with file, line and column for a line
 * that cannot have been written so, or is cut off; ERR_IO. */
int record_reader_next(record_reader *reader, record_report *report, err *e);

#endif
