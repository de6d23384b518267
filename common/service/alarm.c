#include "service/alarm.h"

#include <stdlib.h>
#include <sys/timerfd.h>
#include <unistd.h>

struct link_alarm {
    void (*ring)(void *user);
    void *user;
    int fd;
    uv_poll_t poll;
};

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    link_alarm *a = poll->data;
    uint64_t expirations;
    /* Nothing to read if the alarm was set again between the wake-up and this call. */
    if (read(a->fd, &expirations, sizeof expirations) > 0)
        a->ring(a->user);
}

link_alarm *link_alarm_open(uv_loop_t *loop, void (*ring)(void *user), void *user, err *e)
{
    link_alarm *a = calloc(1, sizeof *a);
    if (!a) {
        err_set(e, ERR_NOMEM, "out of memory for an alarm");
        return NULL;
    }
    a->ring = ring;
    a->user = user;
    a->fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
    if (a->fd < 0 || uv_poll_init(loop, &a->poll, a->fd) != 0) {
        err_set(e, ERR_IO, "cannot make a timer: %m");
        if (a->fd >= 0)
            close(a->fd);
        free(a);
        return NULL;
    }
    a->poll.data = a;
    uv_poll_start(&a->poll, UV_READABLE, on_readable);
    return a;
}

void link_alarm_set(link_alarm *a, uint64_t at_ns)
{
    const struct itimerspec t = {.it_value = {.tv_sec = (time_t)(at_ns / 1000000000u),
                                              .tv_nsec = (long)(at_ns % 1000000000u)}};
    timerfd_settime(a->fd, TFD_TIMER_ABSTIME, &t, NULL);
}

static void on_closed(uv_handle_t *handle)
{
    link_alarm *a = handle->data;
    close(a->fd);
    free(a);
}

void link_alarm_close(link_alarm *a)
{
    if (!a)
        return;
    uv_poll_stop(&a->poll);
    uv_close((uv_handle_t *)&a->poll, on_closed);
}
