#include "job.h"

#include <math.h>
#include <stdlib.h>

job *job_create(zmq_msg_t *route, size_t route_count, wire_report *report)
{
    job *j = calloc(1, sizeof *j);
    if (!j)
        return NULL;
    for (size_t i = 0; i < route_count; i++) {
        zmq_msg_init(&j->route[i]);
        zmq_msg_move(&j->route[i], &route[i]);
    }
    j->route_count = route_count;
    j->report = *report;
    *report = (wire_report){0};
    j->innovation = NAN;
    return j;
}

void job_free(job *j)
{
    if (!j)
        return;
    for (size_t i = 0; i < j->route_count; i++)
        zmq_msg_close(&j->route[i]);
    wire_report_clear(&j->report);
    free(j->reconstruction);
    free(j->predicted);
    free(j);
}

void job_list_append(job_list *list, job *j)
{
    j->next = NULL;
    if (list->last)
        list->last->next = j;
    else
        list->first = j;
    list->last = j;
    list->count++;
}

job *job_list_take(job_list *list)
{
    job *j = list->first;
    if (!j)
        return NULL;
    list->first = j->next;
    if (!list->first)
        list->last = NULL;
    list->count--;
    j->next = NULL;
    return j;
}

size_t job_bytes(const job *j, size_t entries)
{
    enum { BESIDE = 1024 }; /* the unpacked message, long identities, what malloc adds */
    const wire_report *r = &j->report;
    return sizeof *j + BESIDE + r->symbols * sizeof *r->symbol + (r->side_bits + 7) / 8 +
           (r->want_reconstruction ? entries * sizeof *j->reconstruction : 0);
}
