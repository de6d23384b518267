/* stream.h: pages that listen: each gets the newest event once it has taken the one before. A page
 * that is slow skips events; it holds no others up and grows no queue. */
#ifndef MONITOR_STREAM_H
#define MONITOR_STREAM_H

#include <microhttpd.h>
#include <stddef.h>

enum { STREAM_EVENT_MAX = 16384 };

typedef struct stream_hub stream_hub;

stream_hub *stream_hub_create(size_t streams_max);
size_t stream_count(const stream_hub *hub);

/* Answers a request with the stream. MHD_NO when memory ran out or there are too many. */
enum MHD_Result stream_begin(stream_hub *hub, struct MHD_Connection *connection);

/* The next event; `json` is one line. The connections go on when MHD runs next. */
void stream_send(stream_hub *hub, const char *json);

/* Lets the streams end, as MHD needs before it stops; free the hub after that. */
void stream_end_all(stream_hub *hub);
void stream_hub_free(stream_hub *hub);

#endif
