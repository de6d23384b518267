/* json.h: the page's requests and answers as JSON. NaN (not measured) is null, an infinite SNR is
 * "inf". Invalid UTF-8 in text from outside is repaired. */
#ifndef MONITOR_JSON_H
#define MONITOR_JSON_H

#include "monitor/collector.h"
#include "monitor/control.h"

/* Every function returns a string that the caller frees; NULL when memory runs out. */

/* The monitor's conditions for changing the link. */
typedef struct json_access {
    bool insecure; /* no condition */
    bool token;
} json_access;

/* The link's state now, 1 to 2 KB: one event of the stream. */
char *json_state(const model *m, const json_access *access, uint64_t now_ns);

/* `count` of the known UEs, from index `from` on, ordered by `sort`: "ue" (ascending), or "nmse",
 * "lost", "timed_out", "refused", "not_decoded", "keys" (the worst first). */
enum { JSON_UES_MAX = 200 };
char *json_ues(const model *m, size_t from, size_t count, const char *sort);

char *json_picture(const collector_picture *p);

/* Reads {"snr_db":5,"loss":0.1,"delay_ms":2,"jitter_ms":0,"ue":3} with any of these keys and
 * nothing after it; "snr_db" can be "inf", and "group":"name" can replace "ue". ERR_INVALID says
 * what is wrong. */
int json_change(const char *text, size_t size, control_change *change, err *e);

/* {"error":"...","in_force":{"snr_db":5,...},"groups":["cars"],"ue":{...}}: the values in force for
 * all UEs, all groups, and the settings of the "ue" or "group" of the change, if any. */
char *json_answer(const control_change *change, const wire_control_reply *in_force,
                  const char *error);

#endif
