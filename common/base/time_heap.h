/* time_heap.h: what is due, earliest first: a binary heap of times with a pointer each. */
#ifndef BASE_TIME_HEAP_H
#define BASE_TIME_HEAP_H

#include <stddef.h>
#include <stdint.h>

typedef struct time_entry {
    uint64_t time_ns;
    uint64_t order; /* equal times come in ascending order of this */
    void *item;     /* the caller's */
} time_entry;

/* Zero-initialise. */
typedef struct time_heap {
    time_entry *entry; /* the first is the earliest; of the others only the heap knows the order */
    size_t count, capacity;
} time_heap;

/* Releases the heap's own memory, not the items, and empties it. */
void time_heap_free(time_heap *h);

/* ERR_NOMEM leaves the heap as it was. O(log count). */
int time_heap_add(time_heap *h, time_entry entry);

/* The earliest entry; NULL where the heap is empty. O(1). */
const time_entry *time_heap_first(const time_heap *h);

/* Takes the earliest entry out of a heap that is not empty. */
time_entry time_heap_take(time_heap *h);

/* Puts another entry in the place of the earliest, in a heap that is not empty: a take and an add
 * at the cost of one, without a failure. */
void time_heap_replace(time_heap *h, time_entry entry);

#endif
