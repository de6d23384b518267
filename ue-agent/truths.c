#include "truths.h"

#include <stdlib.h>

typedef struct slot {
    measure_truth truth; /* must be first: a truth's address is also its slot's */
    struct slot *next_free;
} slot;

struct truths {
    csi_dims dims;
    size_t made, most;
    slot *free_slots;
};

truths *truths_create(const csi_dims *dims, size_t bytes_max)
{
    truths *t = calloc(1, sizeof *t);
    if (t)
        *t = (truths){.dims = *dims, .most = bytes_max / measure_truth_bytes(dims)};
    return t;
}

void truths_free(truths *t)
{
    for (slot *s = t ? t->free_slots : NULL, *next; s; s = next) {
        next = s->next_free;
        measure_truth_free(&s->truth);
        free(s);
    }
    free(t);
}

static slot *make_slot(truths *t)
{
    slot *s = t->made < t->most ? calloc(1, sizeof *s) : NULL;
    if (s && measure_truth_init(&s->truth, &t->dims, NULL) != ERR_NONE) {
        free(s);
        s = NULL;
    }
    t->made += s != NULL;
    return s;
}

measure_truth *truths_take(truths *t)
{
    slot *s = t->free_slots;
    if (s)
        t->free_slots = s->next_free;
    else
        s = make_slot(t);
    return s ? &s->truth : NULL;
}

void truths_give_back(truths *t, measure_truth *truth)
{
    slot *s = (slot *)truth;
    if (!s)
        return;
    s->next_free = t->free_slots;
    t->free_slots = s;
}
