/* json.h: the page's requests and the answers, as JSON. NaN (nothing measured) is null, an
 * infinite SNR is "inf". Text from outside is repaired where it is no UTF-8. */
#ifndef MONITOR_JSON_H
#define MONITOR_JSON_H

#include "monitor/collector.h"
#include "monitor/control.h"

/* Every function gives a string that the caller frees; NULL when memory ran out. */

/* What the monitor itself asks of those who change the link. */
typedef struct json_access {
    bool insecure; /* nothing, of anyone */
    bool token;
} json_access;

/* The link's state now, 1 to 2 KB: one event of the stream. */
char *json_state(const model *m, const json_access *access, uint64_t now_ns);

/* `count` UEs from the `from`th on, of those heard of, in the order of `sort`: "ue" (ascending), or
 * "nmse", "lost", "timed_out", "refused", "not_decoded", "keys" (the worst first). */
enum { JSON_UES_MAX = 200 };
char *json_ues(const model *m, size_t from, size_t count, const char *sort);

char *json_picture(const collector_picture *p);

/* Reads {"snr_db":5,"loss":0.1,"delay_ms":2,"jitter_ms":0,"ue":3}, any of these, and nothing behind
 * it; "snr_db" may be "inf"; "group":"name" may stand for "ue". ERR_INVALID names what is wrong. */
int json_change(const char *text, size_t size, control_change *change, err *e);

/* {"error":"...","in_force":{"snr_db":5,...},"groups":["cars"],"ue":{...}}: in force for all UEs,
 * the groups there are, and what is set for the "ue" or "group" of the change, if anything. */
char *json_answer(const control_change *change, const wire_control_reply *in_force,
                  const char *error);

#endif
