#include "job.h"

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

/* Takes the job behind `before`, or the first one. */
static job *take_behind(job_list *list, job *before)
{
    job *j = before ? before->next : list->first;
    if (before)
        before->next = j->next;
    else
        list->first = j->next;
    if (list->last == j)
        list->last = before;
    list->count--;
    j->next = NULL;
    return j;
}

job *job_list_take(job_list *list)
{
    return list->first ? take_behind(list, NULL) : NULL;
}

job *job_list_take_ready(job_list *list)
{
    job *before = NULL;
    for (job *j = list->first; j; before = j, j = j->next) {
        if (j->memory && j->memory->busy)
            continue;
        if (j->memory)
            j->memory->busy = true;
        return take_behind(list, before);
    }
    return NULL;
}
