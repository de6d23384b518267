#include "monitor/stream.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

typedef struct stream {
    struct stream *next;
    stream_hub *hub;
    struct MHD_Connection *connection;
    bool suspended;
    uint64_t number; /* of the event in `text` */
    char text[STREAM_EVENT_MAX];
    size_t size, sent;
} stream;

struct stream_hub {
    stream *first;
    size_t count, max;
    bool ending;
    uint64_t number;
    char text[STREAM_EVENT_MAX];
    size_t size;
};

stream_hub *stream_hub_create(size_t streams_max)
{
    stream_hub *hub = calloc(1, sizeof *hub);
    if (hub)
        hub->max = streams_max;
    return hub;
}

size_t stream_count(const stream_hub *hub)
{
    return hub->count;
}

/* MHD asks for more to send; a stream that has nothing sleeps until there is. */
static ssize_t read_stream(void *cls, uint64_t position, char *out, size_t room)
{
    (void)position;
    stream *s = cls;
    if (s->hub->ending)
        return MHD_CONTENT_READER_END_OF_STREAM;
    if (s->sent == s->size && s->number == s->hub->number) {
        s->suspended = true;
        MHD_suspend_connection(s->connection);
        return 0;
    }
    if (s->sent == s->size) {
        memcpy(s->text, s->hub->text, s->hub->size);
        s->size = s->hub->size;
        s->number = s->hub->number;
        s->sent = 0;
    }
    size_t n = s->size - s->sent < room ? s->size - s->sent : room;
    memcpy(out, s->text + s->sent, n);
    s->sent += n;
    return (ssize_t)n;
}

static void end_stream(void *cls)
{
    stream *s = cls;
    for (stream **at = &s->hub->first; *at; at = &(*at)->next) {
        if (*at == s) {
            *at = s->next;
            s->hub->count--;
            break;
        }
    }
    free(s);
}

enum MHD_Result stream_begin(stream_hub *hub, struct MHD_Connection *connection)
{
    stream *s = hub->count < hub->max ? calloc(1, sizeof *s) : NULL;
    if (!s)
        return MHD_NO;
    s->hub = hub;
    s->connection = connection;
    struct MHD_Response *response = MHD_create_response_from_callback(
        MHD_SIZE_UNKNOWN, STREAM_EVENT_MAX / 4, read_stream, s, end_stream);
    if (!response) {
        free(s);
        return MHD_NO;
    }
    s->next = hub->first;
    hub->first = s;
    hub->count++;
    MHD_add_response_header(response, "Content-Type", "text/event-stream");
    MHD_add_response_header(response, "Cache-Control", "no-store");
    MHD_add_response_header(response, "X-Content-Type-Options", "nosniff");
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
    int size = snprintf(hub->text, sizeof hub->text, "data: %s\n\n", json);
    if (size < 0 || (size_t)size >= sizeof hub->text)
        return; /* cut in the middle it would be no event */
    hub->size = (size_t)size;
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
    free(hub);
}
