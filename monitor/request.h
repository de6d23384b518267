/* request.h: is an HTTP request well formed? libmicrohttpd parses it and is lenient; what a proxy
 * before the monitor could read in another way than it did is refused here, so that no request
 * hides in another one. */
#ifndef MONITOR_REQUEST_H
#define MONITOR_REQUEST_H

#include <microhttpd.h>
#include <stdbool.h>
#include <stdint.h>

enum { REQUEST_BODY_MAX = 4096 };

typedef struct request_fault {
    unsigned status; /* HTTP's; 0: the request is well formed */
    const char *reason;
} request_fault;

/* The request's target as it came, before anything is unescaped. NULL where there is none. */
request_fault request_check_target(const char *uri);

/* Its headers: names of letters, one Host, one Content-Length or a Transfer-Encoding of "chunked",
 * ... Where this finds a fault the connection has to be closed. */
request_fault request_check_headers(struct MHD_Connection *c);

/* The header's value; NULL without one. */
const char *request_header(struct MHD_Connection *c, const char *name);

/* The last value of a header that may be given several times. */
const char *request_last_header(struct MHD_Connection *c, const char *name);

/* Whole number of the query; `otherwise` where it is absent or none. */
size_t request_number(struct MHD_Connection *c, const char *name, size_t otherwise);

#endif
