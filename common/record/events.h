/* events.h: events.jsonl, the events of a run other than its reports: one JSON object per line.
 *
 *     {"time":"2026-05-04T10:20:30.456Z","event":"change","by":"ctl","what":"snr","value":5,...}
 *
 * Several processes append to one file: each line is one write at the file's end. docs/records.md
 * lists the events and their keys. Each process writes at most RECORD_EVENTS_MAX lines, so that a
 * runaway controller cannot fill the disk; its last line reports how many were left out. */
#ifndef RECORD_EVENTS_H
#define RECORD_EVENTS_H

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum { RECORD_EVENTS_MAX = 10000, RECORD_EVENT_BYTES_MAX = 65536 };

typedef struct record_events {
    int fd; /* -1: nothing is written */
    uint64_t written, left_out;
    bool failed; /* logged once; later events are left out */
    const char *path;
} record_events;

/* Opens for appending; keeps a reference to the path. On ERR_IO *events is one that writes
 * nothing. */
int record_events_open(record_events *events, const char *path, err *e);

/* Removes an incomplete last line, so that others can follow: only in a file that nobody writes to.
 * ERR_IO. */
int record_events_mend(const char *path, err *e);

/* Reports what was left out, and closes. Also for one that was never opened (fd -1). */
void record_events_close(record_events *events);

/* A new event at the current time; add keys to it. NULL when memory ran out. */
cJSON *record_event(const char *kind);

/* Writes the event and frees it (NULL allowed). A disk that fails is logged once. */
void record_events_add(record_events *events, cJSON *event);

/* Reads a file, calling `each` for every line. ERR_IO; ERR_FORMAT, with file and line, for a line
 * that is not an event. Ignores an incomplete last line, as after a full disk. A file that does not
 * exist has no events. */
int record_events_read(const char *path, void (*each)(void *user, const cJSON *event), void *user,
                       err *e);

#endif
