#include "monitor/reply.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "monitor/json.h"

const char reply_json[] = "application/json";

void reply_add_headers(struct MHD_Response *r, const char *type)
{
    MHD_add_response_header(r, "Content-Type", type);
    MHD_add_response_header(r, "Cache-Control", "no-store");
    MHD_add_response_header(r, "X-Content-Type-Options", "nosniff");
    MHD_add_response_header(r, "Referrer-Policy", "no-referrer");
    MHD_add_response_header(r, "Cross-Origin-Resource-Policy", "same-origin");
    MHD_add_response_header(r, "Content-Security-Policy",
                            "default-src 'none'; script-src 'self'; style-src 'self'; "
                            "img-src 'self'; connect-src 'self'; base-uri 'none'; "
                            "form-action 'none'; frame-ancestors 'none'");
}

static enum MHD_Result send_response(struct MHD_Connection *c, unsigned status, const char *type,
                                     struct MHD_Response *r, reply_extra extra)
{
    reply_add_headers(r, type);
    if (extra.name)
        MHD_add_response_header(r, extra.name, extra.value);
    enum MHD_Result result = MHD_queue_response(c, status, r);
    MHD_destroy_response(r);
    return result;
}

enum MHD_Result reply_text(struct MHD_Connection *c, unsigned status, const char *type, char *text,
                           reply_extra extra)
{
    if (!text)
        return MHD_NO;
    struct MHD_Response *r =
        MHD_create_response_from_buffer(strlen(text), text, MHD_RESPMEM_MUST_FREE);
    if (!r) {
        free(text);
        return MHD_NO;
    }
    return send_response(c, status, type, r, extra);
}

enum MHD_Result reply_asset(struct MHD_Connection *c, const asset *a)
{
    struct MHD_Response *r = MHD_create_response_from_buffer(
        (size_t)(a->end - a->data), (void *)(uintptr_t)a->data, MHD_RESPMEM_PERSISTENT);
    return r ? send_response(c, MHD_HTTP_OK, a->type, r, (reply_extra){0}) : MHD_NO;
}

enum MHD_Result reply_error(struct MHD_Connection *c, unsigned status, const char *reason,
                            reply_extra extra)
{
    return reply_text(c, status, reply_json, json_answer(&(control_change){0}, NULL, reason),
                      extra);
}
