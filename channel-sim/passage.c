#include "passage.h"

#include <stdlib.h>

/* The unpacked message (some 250 bytes), an identity of more than 33 bytes, and malloc's overhead
 * for five blocks. */
enum { BESIDE = 768 };

passage *passage_create(zmq_msg_t *identity, wire_report *report)
{
    passage *p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    zmq_msg_init(&p->identity);
    zmq_msg_move(&p->identity, identity);
    p->report = *report;
    *report = (wire_report){0};
    return p;
}

void passage_empty(passage *p)
{
    zmq_msg_close(&p->identity);
    zmq_msg_init(&p->identity);
    wire_report_clear(&p->report);
}

void passage_free(passage *p)
{
    if (!p)
        return;
    zmq_msg_close(&p->identity);
    wire_report_clear(&p->report);
    free(p);
}

size_t passage_bytes(const wire_report *report)
{
    return sizeof(passage) + BESIDE + report->symbols * sizeof *report->symbol +
           (report->side_bits + 7) / 8;
}
