/* reply.h: sends answers with the headers that all answers of the monitor have. */
#ifndef MONITOR_REPLY_H
#define MONITOR_REPLY_H

#include <microhttpd.h>

#include "monitor/assets.h"

/* Adds the content type, and headers that forbid caching, guessing another type, loading from other
 * sites, inline scripts, frames and referrers. */
void reply_add_headers(struct MHD_Response *r, const char *type);

/* One more header; the value can be NULL. */
typedef struct reply_extra {
    const char *name, *value;
} reply_extra;

/* Sends `text` (malloc'ed), which MHD then frees. NULL (out of memory) ends the connection. */
enum MHD_Result reply_text(struct MHD_Connection *c, unsigned status, const char *type, char *text,
                           reply_extra extra);
enum MHD_Result reply_asset(struct MHD_Connection *c, const asset *a);

/* {"error":reason}, as the page reads it. */
enum MHD_Result reply_error(struct MHD_Connection *c, unsigned status, const char *reason,
                            reply_extra extra);

extern const char reply_json[]; /* the content type of JSON */

#endif
