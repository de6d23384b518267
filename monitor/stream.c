#include "monitor/stream.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

#include "base/clock.h"
#include "monitor/reply.h"

enum { BLOCK = 4096 }; /* what MHD asks for at once */

/* All streams that send the same event share it. */
typedef struct event {
    size_t users, size;
    char text[];
} event;

typedef struct stream {
    struct stream *next;
    stream_hub *hub;
    struct MHD_Connection *connection;
    client *who;
    bool suspended;
    event *event; /* under way; NULL: none */
    size_t sent;
    uint64_t number; /* of the newest event that was begun */
} stream;

struct stream_hub {
    stream *first;
    clients *clients;
    bool ending;
    event *newest;
    uint64_t number;
};

stream_hub *stream_hub_create(clients *who)
{
    stream_hub *hub = calloc(1, sizeof *hub);
    if (hub)
        hub->clients = who;
    return hub;
}

static void release(event *e)
{
    if (e && --e->users == 0)
        free(e);
}

/* MHD asks for more to send; a stream that has nothing sleeps until there is. */
static ssize_t read_stream(void *cls, uint64_t position, char *out, size_t room)
{
    (void)position;
    stream *s = cls;
    stream_hub *hub = s->hub;
    if (hub->ending)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (s->event && s->sent == s->event->size) {
        release(s->event);
        s->event = NULL;
    }
    if (!s->event && s->number == hub->number) {
        clients_event(hub->clients, s->who, false, clock_ns());
        s->suspended = true;
        MHD_suspend_connection(s->connection);
        return 0;
    }
    if (!s->event) {
        clients_event(hub->clients, s->who, true, clock_ns());
        s->event = hub->newest;
        s->event->users++;
        s->number = hub->number;
        s->sent = 0;
    }
    size_t left = s->event->size - s->sent, n = left < room ? left : room;
    memcpy(out, s->event->text + s->sent, n);
    s->sent += n;
    return (ssize_t)n;
}

static void end_stream(void *cls)
{
    stream *s = cls;
    for (stream **at = &s->hub->first; *at; at = &(*at)->next) {
        if (*at == s) {
            *at = s->next;
            break;
        }
    }
    release(s->event);
    free(s);
}

enum MHD_Result stream_begin(stream_hub *hub, struct MHD_Connection *connection, client *who)
{
    stream *s = calloc(1, sizeof *s);
    if (!s)
        return MHD_NO;
    s->hub = hub;
    s->connection = connection;
    s->who = who;
    s->number = hub->number; /* a page that comes waits for the next event */
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, BLOCK, read_stream, s, end_stream);
    if (!response) {
        free(s);
        return MHD_NO;
    }
    s->next = hub->first;
    hub->first = s;
    reply_add_headers(response, "text/event-stream");
    MHD_add_response_header(response, "X-Accel-Buffering",
                            "no"); /* nginx passes events on at once */
    enum MHD_Result result = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return result;
}

static void wake_all(stream_hub *hub)
{
    for (stream *s = hub->first; s; s = s->next) {
        if (!s->suspended)
            continue;
        s->suspended = false;
        MHD_resume_connection(s->connection);
    }
}

void stream_send(stream_hub *hub, const char *json)
{
    static const char before[] = "data: ", behind[] = "\n\n";
    size_t size = sizeof before - 1 + strlen(json) + sizeof behind - 1;
    event *e = malloc(sizeof *e + size + 1);
    if (!e)
        return; /* the streams miss one event */
    e->users = 1;
    e->size = size;
    snprintf(e->text, size + 1, "%s%s%s", before, json, behind);
    release(hub->newest);
    hub->newest = e;
    hub->number++;
    wake_all(hub);
}

void stream_end_all(stream_hub *hub)
{
    hub->ending = true;
    wake_all(hub);
}

void stream_hub_free(stream_hub *hub)
{
    if (hub)
        release(hub->newest);
    free(hub);
}
