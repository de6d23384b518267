#include "base/time_heap.h"

#include <stdbool.h>
#include <stdlib.h>

#include "base/error.h"

void time_heap_free(time_heap *h)
{
    free(h->entry);
    *h = (time_heap){0};
}

static bool earlier(const time_entry *a, const time_entry *b)
{
    return a->time_ns != b->time_ns ? a->time_ns < b->time_ns : a->order < b->order;
}

/* Puts `entry` at or below index i and moves earlier entries up. */
static void sift_down(time_heap *h, size_t i, time_entry entry)
{
    for (;;) {
        size_t child = 2 * i + 1;
        if (child + 1 < h->count && earlier(&h->entry[child + 1], &h->entry[child]))
            child++;
        if (child >= h->count || !earlier(&h->entry[child], &entry))
            break;
        h->entry[i] = h->entry[child];
        i = child;
    }
    h->entry[i] = entry;
}

int time_heap_add(time_heap *h, time_entry entry)
{
    if (h->count == h->capacity) {
        size_t capacity = h->capacity ? 2 * h->capacity : 64;
        time_entry *bigger = realloc(h->entry, capacity * sizeof *bigger);
        if (!bigger)
            return ERR_NOMEM;
        h->entry = bigger;
        h->capacity = capacity;
    }
    size_t i = h->count++;
    for (; i > 0 && earlier(&entry, &h->entry[(i - 1) / 2]); i = (i - 1) / 2)
        h->entry[i] = h->entry[(i - 1) / 2];
    h->entry[i] = entry;
    return ERR_NONE;
}

const time_entry *time_heap_first(const time_heap *h)
{
    return h->count ? &h->entry[0] : NULL;
}

time_entry time_heap_take(time_heap *h)
{
    time_entry first = h->entry[0];
    h->count--;
    if (h->count)
        sift_down(h, 0, h->entry[h->count]);
    return first;
}

void time_heap_replace(time_heap *h, time_entry entry)
{
    sift_down(h, 0, entry);
}
