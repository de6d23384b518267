#include "monitor/request.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* A body that is only a little too long is read to its end, so that the client reads the answer; a
 * body of this size is not. */
static const unsigned long long hopeless_body = 1ull << 20;

/* Headers on which a decision hangs: a second one could say something else. */
static const char *const single[] = {
    "Host",         "Origin",         "Sec-Fetch-Site",   "Authorization",
    "Content-Type", "Content-Length", "Transfer-Encoding"};
enum { SINGLE = sizeof single / sizeof single[0] };

typedef struct headers {
    request_fault fault;
    unsigned seen[SINGLE];
} headers;

static bool has_control(const char *text, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (((unsigned char)text[i] < ' ' && text[i] != '\t') || text[i] == 0x7f)
            return true;
    return false;
}

request_fault request_check_target(const char *uri)
{
    const request_fault bad = {MHD_HTTP_BAD_REQUEST, "the address has a control character"};
    if (!uri || has_control(uri, strlen(uri)))
        return bad;
    for (const char *at = uri; (at = strchr(at, '%')) != NULL; at++)
        if (at[1] == '0' || at[1] == '1') /* %00 to %1f */
            return bad;
    return (request_fault){0};
}

/* The letters of RFC 9110's "token". "Content-Length " is none: a space before the colon has been
 * read as part of the name by some, and left out by others. */
static bool is_token(const char *name, size_t size)
{
    static const char marks[] = "!#$%&'*+-.^_`|~";
    for (size_t i = 0; i < size; i++) {
        char c = name[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && (c == '\0' || !strchr(marks, c)))
            return false;
    }
    return size > 0;
}

static enum MHD_Result check_header(void *cls, enum MHD_ValueKind kind, const char *name,
                                    size_t name_size, const char *value, size_t value_size)
{
    (void)kind;
    headers *h = cls;
    if (!is_token(name, name_size) || has_control(value, value_size)) {
        h->fault = (request_fault){MHD_HTTP_BAD_REQUEST, "a header is malformed"};
        return MHD_NO;
    }
    for (size_t i = 0; i < SINGLE; i++)
        if (strcasecmp(name, single[i]) == 0 && h->seen[i]++ > 0)
            h->fault = (request_fault){MHD_HTTP_BAD_REQUEST, "a header is given twice"};
    return MHD_YES;
}

request_fault request_check_headers(struct MHD_Connection *c)
{
    headers h = {0};
    MHD_get_connection_values_n(c, MHD_HEADER_KIND, check_header, &h);
    const char *coding = request_header(c, "Transfer-Encoding"),
               *length = request_header(c, "Content-Length");
    if (h.fault.status)
        return h.fault;
    if (coding && length)
        return (request_fault){MHD_HTTP_BAD_REQUEST,
                               "Content-Length and Transfer-Encoding exclude each other"};
    if (coding && strcasecmp(coding, "chunked") != 0)
        return (request_fault){MHD_HTTP_NOT_IMPLEMENTED, "Transfer-Encoding must be chunked"};
    /* One beyond any number saturates; one that is no number is refused by MHD. */
    if (length && strtoull(length, NULL, 10) > hopeless_body)
        return (request_fault){MHD_HTTP_CONTENT_TOO_LARGE, "a change must be shorter than that"};
    return (request_fault){0};
}

const char *request_header(struct MHD_Connection *c, const char *name)
{
    return MHD_lookup_connection_value(c, MHD_HEADER_KIND, name);
}

typedef struct last_value {
    const char *name, *value;
} last_value;

static enum MHD_Result keep_last(void *cls, enum MHD_ValueKind kind, const char *name,
                                 const char *value)
{
    (void)kind;
    last_value *last = cls;
    if (strcasecmp(name, last->name) == 0)
        last->value = value;
    return MHD_YES;
}

const char *request_last_header(struct MHD_Connection *c, const char *name)
{
    last_value last = {.name = name};
    MHD_get_connection_values(c, MHD_HEADER_KIND, keep_last, &last);
    return last.value;
}

size_t request_number(struct MHD_Connection *c, const char *name, size_t otherwise)
{
    const char *text = MHD_lookup_connection_value(c, MHD_GET_ARGUMENT_KIND, name);
    uint64_t number;
    return text && text_whole(text, 0, 999999999, &number) ? (size_t)number : otherwise;
}
