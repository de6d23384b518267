/* record.h: reads the folder that a run leaves behind.
 *
 *     runs/20260504T102030Z/
 *       scenario.yaml    the complete scenario: `csilink run` takes it
 *       versions.json    of program, compiler, processor, libraries, and models with their hashes
 *       summary.json     the results
 *       reports.csv      one line per report (record/report.h)
 *       events.jsonl     the events (record/events.h)
 *       *.log, *.svg     the logs of the processes; plots
 *
 * scenario.yaml and summary.json must exist; the others may be missing (--record). A run that was
 * killed has no summary.json until its record is finished (cli/run/finish.h). Files may have been
 * edited, truncated or made by another version: an error names the damaged file and the location.
 * docs/records.md describes the files. */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "record/events.h"
#include "record/facts.h"
#include "record/report.h"

enum { RECORD_PATH_MAX = 1024, RECORD_BYTES_MAX = 64 << 20 };

/* The format that csilink writes, in summary.json as record/format. Format 1, without that key,
 * belongs to version 1 of the protocol: power and scale of a report were sent as floats, free of
 * cost, the noise was another realization, and figures at use were of another domain. */
enum { RECORD_FORMAT = 2 };

/* Totals from events.jsonl. */
typedef struct record_happened {
    uint64_t live_changes;    /* of the uplink by ctl, the page or keys: not by the scenario */
    uint64_t planned_changes; /* by the timeline */
    uint64_t killed;          /* processes, by the scenario */
    uint64_t warnings;
} record_happened;

typedef struct record {
    char folder[RECORD_PATH_MAX]; /* as given, without a final '/' */
    char shown[RECORD_PATH_MAX];  /* the same for messages, without control characters */
    int format;                   /* 1 where the record has no format */
    record_facts scenario;
    record_facts versions; /* empty where there is no versions.json */
    cJSON *summary;
    record_happened happened;
    bool has_reports; /* reports.csv exists */
} record;

/* NULL on failure. */
record *record_open(const char *folder, err *e);

/* The same with a summary that is not in the folder, such as that of a run in progress; always
 * takes ownership of it. NULL: it is in the folder. */
record *record_open_with(const char *folder, cJSON *summary, err *e);

/* Why the record is not that of a complete run; NULL where it is complete, or does not say. */
const char *record_incomplete(const record *r);
void record_close(record *r);

/* "folder/file" into `path`; ERR_INVALID where that is too long. */
int record_path(const char *folder, const char *file, char path[RECORD_PATH_MAX], err *e);

/* A number of the summary by its path, "latency_us/total/p50"; the words "inf" and "-inf" count as
 * numbers. NaN where there is none. */
double record_number(const record *r, const char *path);

/* A text of the summary, without control characters (err_one_line); NULL where there is none. */
const char *record_text(const record *r, const char *path);

/* --- the reports of two records, joined by UE and seq --------------------------------------------
 */

typedef struct record_comparison {
    uint64_t reports[2]; /* lines of each */
    uint64_t joined;     /* reports in both */
    uint64_t measured;   /* of those, with an NMSE in both or, without one, an SGCS */
    uint64_t directions; /* of those, with directions, which are compared by their SGCS */
    uint64_t equal;      /* of the measured ones, with equal NMSE (SGCS) */
    uint64_t outcomes;   /* joined ones with different outcomes: acked here, lost there */
    double largest_db;   /* largest difference of an NMSE */
    double largest_sgcs; /* and of the SGCS, for directions */
    record_report first; /* the first that differs, from the first record; seq and UE */
    bool differs;        /* whether any differs */
} record_comparison;

/* ERR_STATE for a record of another format, with the version that made it and the change: it can be
 * shown, but not repeated. */
int record_check_format(const record *r, err *e);

/* Reads both reports.csv whole; needs 32 bytes of memory per report. */
int record_compare(const record *a, const record *b, record_comparison *out, err *e);

#endif
