/* report.h: the record of one report, and reports.csv, the file with all of them.
 *
 * reports.csv has a header and then one line per report, in the order in which they were due (then
 * by UE). Columns, separated by commas; an empty field means that the report does not have this
 * figure:
 *
 *     time_s               when it was due, seconds from the schedule's start
 *     ue, group, seq       number of the UE, its group, number of the report from 0
 *     status               acked, lost_channel, timed_out, refused, not_decoded or needs_key
 *     cr, bits             of its codec, where it has one; bits of the report
 *     ...                  the figures: record_figures[]
 *     <stage>_us           microseconds in each stage (chain_stage_name)
 *
 * A reader uses the header, so it can read files of other versions: it ignores unknown columns, and
 * missing ones give NaN. ue, seq and status are required. */
#ifndef RECORD_REPORT_H
#define RECORD_REPORT_H

#include <stdint.h>
#include <stdio.h>

#include "base/error.h"
#include "measure/outcome.h"
#include "measure/tally.h"

/* How a report ended, as in chain_counts; NEEDS_KEY counts as not decoded. */
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
    RECORD_SETTLED, /* s from the schedule's start: answered, timed out, rejected */
    RECORD_SNR_ASKED,
    RECORD_SNR_DELIVERED, /* from the noise drawn for this burst */
    RECORD_SNR_ESTIMATED,
    RECORD_CHANNEL_USES,
    RECORD_NMSE,    /* linear here, dB in the file; as is the next */
    RECORD_LS_NMSE, /* of the UE's estimate */
    RECORD_RHO,
    RECORD_SGCS,
    RECORD_SE_FEEDBACK,
    RECORD_SE_LS,
    RECORD_SE_PERFECT,
    RECORD_AGE,       /* s: the age of the CSI when it was used (measure/quality.h) */
    RECORD_NMSE_USED, /* against the channel at that time */
    RECORD_RHO_USED,
    RECORD_SGCS_USED,
    RECORD_SE_USED,
    RECORD_NMSE_ALL, /* of the CSI that the base station uses: this report's where it was decoded,
                        else what it uses instead; linear here, dB in the file */
    RECORD_SE_ALL,
    RECORD_UNDETECTED, /* 1: passed with other bits than those sent; 0: with those sent */
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
    uint32_t cr;   /* 0: unknown; not in an agent's part, which has the group's */
    uint32_t bits; /* 0: unknown, as for a report without an answer, which has the group's */
    double figure[RECORD_FIGURES];   /* NaN: it has none */
    uint64_t stage_ns[CHAIN_STAGES]; /* RECORD_NO_TIME: it has none */
} record_report;

/* A report without figures. */
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

/* One line; a UE without a group has an empty field. Errors are the stream's (ferror). */
void record_write_report(FILE *to, const record_report *report, const record_group *groups,
                         size_t count);

/* --- reading ------------------------------------------------------------------------------------
 */

typedef struct record_reader record_reader;

/* NULL on failure: ERR_IO, ERR_FORMAT for an invalid header. Keeps a reference to the path. */
record_reader *record_reader_open(const char *path, err *e);
void record_reader_close(record_reader *reader);

/* Reads the next line into *report: 1; 0 at the end; ERR_FORMAT with file, line and column for a
 * line that csilink never writes, or an incomplete one; ERR_IO. */
int record_reader_next(record_reader *reader, record_report *report, err *e);

#endif
