/* stream.h: server-sent events. Each page gets the newest event once it has read the previous one.
 * A slow page skips events, and is disconnected if it does not read one in time (clients.h). It
 * does not delay other pages, and no queue grows. */
#ifndef MONITOR_STREAM_H
#define MONITOR_STREAM_H

#include <microhttpd.h>
#include <stddef.h>

#include "monitor/clients.h"

typedef struct stream_hub stream_hub;

stream_hub *stream_hub_create(clients *who);

/* Answers the request of `who` with the stream, after clients_stream has allowed it. MHD_NO when
 * memory runs out. */
enum MHD_Result stream_begin(stream_hub *hub, struct MHD_Connection *connection, client *who);

/* Sends the next event; `json` is one line. The connections continue when MHD runs next. */
void stream_send(stream_hub *hub, const char *json);

/* Ends the streams, as MHD requires before it stops. Free the hub after that. */
void stream_end_all(stream_hub *hub);
void stream_hub_free(stream_hub *hub);

#endif
