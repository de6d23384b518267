/* reply.h: answers with the headers that every one of the monitor's has. */
#ifndef MONITOR_REPLY_H
#define MONITOR_REPLY_H

#include <microhttpd.h>

#include "monitor/assets.h"

/* Content type; and: keep no copy, guess no other type, load nothing from elsewhere, run nothing
 * that stands in the page, be shown in no frame, tell nobody where a link was followed from. */
void reply_add_headers(struct MHD_Response *r, const char *type);

/* One more header, which may be NULL. */
typedef struct reply_extra {
    const char *name, *value;
} reply_extra;

/* Sends `text` (malloc'ed), which becomes MHD's to free; NULL, out of memory, ends the
 * connection. */
enum MHD_Result reply_text(struct MHD_Connection *c, unsigned status, const char *type, char *text,
                           reply_extra extra);
enum MHD_Result reply_asset(struct MHD_Connection *c, const asset *a);

/* {"error":reason}, as the page reads it. */
enum MHD_Result reply_error(struct MHD_Connection *c, unsigned status, const char *reason,
                            reply_extra extra);

extern const char reply_json[]; /* the type of JSON */

#endif
