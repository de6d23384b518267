/* record.h: the folder that a run leaves behind, read again.
 *
 *     runs/20260504T102030Z/
 *       scenario.yaml    what was run, whole: `csilink run` takes it
 *       versions.json    by what: program, compiler, processor, libraries, models with their hashes
 *       summary.json     what came out
 *       reports.csv      one line a report (record/report.h)
 *       events.jsonl     what happened (record/events.h)
 *       *.log, *.svg     the processes' words; plots
 *
 * scenario.yaml and summary.json must be there; the others may be missing (--record). A run that
 * was killed has no summary.json before its record is finished (cli/run/finish.h). All of it may
 * have been edited, cut off or made by another version: what is damaged is an error that names file
 * and place. docs/records.md describes the files. */
#ifndef RECORD_RECORD_H
#define RECORD_RECORD_H

#include "record/events.h"
#include "record/facts.h"
#include "record/report.h"

enum { RECORD_PATH_MAX = 1024, RECORD_BYTES_MAX = 64 << 20 };

/* The format that is written, in summary.json as record/format. Format 1, which named none, is of
 * the protocol's version 1: power and scale of a report travelled as floats, free of cost, the
 * noise was another realization, and figures at use were of another domain. */
enum { RECORD_FORMAT = 2 };

/* What events.jsonl counts up to. */
typedef struct record_happened {
    uint64_t live_changes;    /* of the uplink by ctl, the page or keys: not of the scenario */
    uint64_t planned_changes; /* by the timeline */
    uint64_t killed;          /* processes, by the scenario */
    uint64_t warnings;
} record_happened;

typedef struct record {
    char folder[RECORD_PATH_MAX]; /* as it was given, less a final '/' */
    char shown[RECORD_PATH_MAX];  /* the same for a line of text, without control characters */
    int format;                   /* 1 where it names none */
    record_facts scenario;
    record_facts versions; /* empty where there is no versions.json */
    cJSON *summary;
    record_happened happened;
    bool has_reports; /* reports.csv is there */
} record;

/* NULL on failure. */
record *record_open(const char *folder, err *e);

/* The same with a summary that is not in the folder, as that of a run that is still at work; it is
 * taken over in any case. NULL: it is in the folder. */
record *record_open_with(const char *folder, cJSON *summary, err *e);

/* Why the record is not that of a whole run; NULL where it is, or does not say. */
const char *record_incomplete(const record *r);
void record_close(record *r);

/* "folder/file" into `path`; ERR_INVALID where that is too long. */
int record_path(const char *folder, const char *file, char path[RECORD_PATH_MAX], err *e);

/* A number of the summary by its place, "latency_us/total/p50"; the words "inf" and "-inf" count
 * as numbers. NaN where there is none. */
double record_number(const record *r, const char *place);

/* A text of the summary, without control characters (err_one_line); NULL where there is none. */
const char *record_text(const record *r, const char *place);

/* --- the reports of two records, joined by UE and seq --------------------------------------------
 */

typedef struct record_comparison {
    uint64_t reports[2]; /* lines of each */
    uint64_t joined;     /* reports that both have */
    uint64_t measured;   /* of them, those with an NMSE in both, or without one but with an SGCS */
    uint64_t directions; /* of them, those of directions, which are compared by their SGCS */
    uint64_t equal;      /* of the measured, those whose NMSE (SGCS) is the same */
    uint64_t fates;      /* joined ones that ended differently: acked here, lost there */
    double largest_db;   /* largest difference of an NMSE */
    double largest_sgcs; /* and of the SGCS of directions */
    record_report first; /* the first one that differs, of the first record; seq and UE */
    bool differs;        /* there is such a one */
} record_comparison;

/* ERR_STATE, with what made it and what changed, for a record of another format: it can be shown,
 * and not repeated. */
int record_check_format(const record *r, err *e);

/* Reads both reports.csv whole: 32 bytes a report of memory. */
int record_compare(const record *a, const record *b, record_comparison *out, err *e);

#endif
