/* events.h: events.jsonl, what happened in a run besides its reports: one JSON object a line.
 *
 *     {"time":"2026-05-04T10:20:30.456Z","event":"change","by":"ctl","what":"snr","value":5,...}
 *
 * Several processes append to one file: each line is one write at the file's end. docs/records.md
 * lists the events and their keys. A file takes RECORD_EVENTS_MAX lines of each process, so that a
 * controller gone wild cannot fill the disk; the last line reports how many were left out. */
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
    bool failed; /* said once; what follows is left out */
    const char *path;
} record_events;

/* Opens for appending; the path is kept by reference. On ERR_IO *events is one that writes nothing.
 */
int record_events_open(record_events *events, const char *path, err *e);

/* Removes a last line that is cut off, so that others can follow: of a file to which nobody writes.
 * ERR_IO. */
int record_events_mend(const char *path, err *e);

/* Tells what was left out, and closes. Also one that was never opened (fd -1). */
void record_events_close(record_events *events);

/* A new event at the present time; add keys to it. NULL when memory ran out. */
cJSON *record_event(const char *kind);

/* Writes the event and frees it (NULL allowed). A disk that fails is logged once. */
void record_events_add(record_events *events, cJSON *event);

/* Reads a file, one call of `each` a line. ERR_IO; ERR_FORMAT with file and line for what is no
 * event. A last line that is cut off, as by a full disk, is passed over. A file that is not there
 * has no events. */
int record_events_read(const char *path, void (*each)(void *user, const cJSON *event), void *user,
                       err *e);

#endif
