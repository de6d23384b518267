#include "delay.h"

#include <stdbool.h>
#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include "base/clock.h"

struct delay_queue {
    void (*release)(void *user, passage *p);
    void *user;
    passage *heap; /* binary heap, earliest first */
    size_t count, capacity;
    uint64_t next_order;
    int fd; /* a timerfd: libuv's own timers count in milliseconds */
    uv_poll_t poll;
};

static bool earlier(const passage *a, const passage *b)
{
    return a->release_ns != b->release_ns ? a->release_ns < b->release_ns : a->order < b->order;
}

static void swap(passage *a, passage *b)
{
    passage t = *a;
    *a = *b;
    *b = t;
}

static void sift_up(passage *heap, size_t i)
{
    for (; i > 0 && earlier(&heap[i], &heap[(i - 1) / 2]); i = (i - 1) / 2)
        swap(&heap[i], &heap[(i - 1) / 2]);
}

static void sift_down(passage *heap, size_t count, size_t i)
{
    for (;;) {
        size_t least = i;
        for (size_t child = 2 * i + 1; child <= 2 * i + 2 && child < count; child++)
            if (earlier(&heap[child], &heap[least]))
                least = child;
        if (least == i)
            return;
        swap(&heap[i], &heap[least]);
        i = least;
    }
}

static void arm(delay_queue *q)
{
    struct itimerspec t = {0};
    if (q->count) {
        t.it_value.tv_sec = (time_t)(q->heap[0].release_ns / 1000000000u);
        t.it_value.tv_nsec = (long)(q->heap[0].release_ns % 1000000000u);
    }
    timerfd_settime(q->fd, TFD_TIMER_ABSTIME, &t, NULL);
}

static void release_first(delay_queue *q)
{
    passage first = q->heap[0];
    q->heap[0] = q->heap[--q->count];
    sift_down(q->heap, q->count, 0);
    q->release(q->user, &first);
}

static void on_time(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    delay_queue *q = poll->data;
    uint64_t expirations;
    if (read(q->fd, &expirations, sizeof expirations) < 0)
        return;
    uint64_t now = clock_ns();
    while (q->count && q->heap[0].release_ns <= now)
        release_first(q);
    arm(q);
}

delay_queue *delay_create(uv_loop_t *loop, void (*release)(void *user, passage *p), void *user,
                          err *e)
{
    delay_queue *q = calloc(1, sizeof *q);
    if (q)
        q->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (!q || q->fd < 0 || uv_poll_init(loop, &q->poll, q->fd) != 0) {
        free(q);
        err_set(e, ERR_IO, "cannot make a timer");
        return NULL;
    }
    q->release = release;
    q->user = user;
    q->poll.data = q;
    uv_poll_start(&q->poll, UV_READABLE, on_time);
    return q;
}

int delay_add(delay_queue *q, const passage *p)
{
    if (q->count == DELAYED_MAX)
        return ERR_NOMEM;
    if (q->count == q->capacity) {
        size_t capacity = q->capacity ? 2 * q->capacity : 256;
        passage *bigger = realloc(q->heap, capacity * sizeof *bigger);
        if (!bigger)
            return ERR_NOMEM;
        q->heap = bigger;
        q->capacity = capacity;
    }
    q->heap[q->count] = *p;
    q->heap[q->count].order = q->next_order++;
    sift_up(q->heap, q->count++);
    if (q->heap[0].order == q->next_order - 1)
        arm(q);
    return ERR_NONE;
}

size_t delay_waiting(const delay_queue *q)
{
    return q->count;
}

void delay_flush(delay_queue *q)
{
    while (q->count)
        release_first(q);
}

static void on_closed(uv_handle_t *handle)
{
    delay_queue *q = handle->data;
    close(q->fd);
    free(q->heap);
    free(q);
}

void delay_close(delay_queue *q)
{
    uv_poll_stop(&q->poll);
    uv_close((uv_handle_t *)&q->poll, on_closed);
}
