/* time_heap.h: a priority queue, earliest first: a binary heap of times, each with a pointer. */
#ifndef BASE_TIME_HEAP_H
#define BASE_TIME_HEAP_H

#include <stddef.h>
#include <stdint.h>

typedef struct time_entry {
    uint64_t time_ns;
    uint64_t order; /* breaks ties between equal times, ascending */
    void *item;     /* the caller's */
} time_entry;

/* Zero-initialise. */
typedef struct time_heap {
    time_entry *entry; /* entry[0] is the earliest; the others are in heap order */
    size_t count, capacity;
} time_heap;

/* Frees the heap's memory, not the items, and empties it. */
void time_heap_free(time_heap *h);

/* ERR_NOMEM leaves the heap unchanged. O(log count). */
int time_heap_add(time_heap *h, time_entry entry);

/* The earliest entry; NULL where the heap is empty. O(1). */
const time_entry *time_heap_first(const time_heap *h);

/* Removes and returns the earliest entry; the heap must not be empty. */
time_entry time_heap_take(time_heap *h);

/* Replaces the earliest entry; the heap must not be empty. It costs one operation instead of a take
 * and an add, and cannot fail. */
void time_heap_replace(time_heap *h, time_entry entry);

#endif
