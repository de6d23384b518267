/* request.h: checks that an HTTP request is well formed. libmicrohttpd's parser is lenient. These
 * checks refuse whatever a proxy in front of the monitor could parse differently, so that no
 * request can hide in another one. */
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

/* Checks the request's target before it is unescaped; NULL without one. */
request_fault request_check_target(const char *uri);

/* Checks its headers: names of letters, one Host, one Content-Length or a Transfer-Encoding of
 * "chunked", ... After a fault the connection must be closed. */
request_fault request_check_headers(struct MHD_Connection *c);

/* The header's value; NULL without one. */
const char *request_header(struct MHD_Connection *c, const char *name);

/* The last value of a header that can occur several times. */
const char *request_last_header(struct MHD_Connection *c, const char *name);

/* A whole number from the query; `otherwise` if it is absent or not a number. */
size_t request_number(struct MHD_Connection *c, const char *name, size_t otherwise);

#endif
