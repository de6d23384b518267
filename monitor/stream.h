/* stream.h: pages that listen: each gets the newest event once it has taken the one before. A page
 * that is slow skips events, and is disconnected when it does not take one in time (clients.h); it
 * holds no others up and grows no queue. */
#ifndef MONITOR_STREAM_H
#define MONITOR_STREAM_H

#include <microhttpd.h>
#include <stddef.h>

#include "monitor/clients.h"

typedef struct stream_hub stream_hub;

stream_hub *stream_hub_create(clients *who);

/* Answers the request of `who` with the stream, for which clients_stream has given leave. MHD_NO
 * when memory ran out. */
enum MHD_Result stream_begin(stream_hub *hub, struct MHD_Connection *connection, client *who);

/* The next event; `json` is one line. The connections go on when MHD runs next. */
void stream_send(stream_hub *hub, const char *json);

/* Lets the streams end, as MHD needs before it stops; free the hub after that. */
void stream_end_all(stream_hub *hub);
void stream_hub_free(stream_hub *hub);

#endif
