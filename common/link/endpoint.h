/* endpoint.h: addresses of ZeroMQ sockets as users write them.
 *
 *     [NAME@]tcp://HOST:PORT     HOST: a name, 10.0.0.7 or [fd00::7]; to listen also *, an
 *                                interface (eth0) or localhost, and [::] for both families, but
 *                                no other name
 *     [NAME@]ipc:///PATH         a Unix socket of up to 107 bytes; @NAME for an abstract one
 *
 * NAME is the certificate that the peer must prove to have (link/keys.h), only in an address to
 * connect to.
 *
 * Host names are looked up as IPv4 addresses; an address in brackets is IPv6. */
#ifndef LINK_ENDPOINT_H
#define LINK_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
    ENDPOINT_HOST_MAX = 256,
    ENDPOINT_ADDRESS_MAX = 300, /* bytes including the NUL; also for a name and an address below */
    ENDPOINT_NAME_MAX = 64,
    ENDPOINT_IPC_MAX = 107 /* bytes of a path that fit a sockaddr_un */
};

typedef struct link_endpoint {
    char server[ENDPOINT_NAME_MAX];     /* the certificate that the peer must have; "" for none */
    char address[ENDPOINT_ADDRESS_MAX]; /* as ZeroMQ takes it */
    bool tcp, v6;                       /* v6: the host is an IPv6 address */
    bool named; /* the host is a name that must be looked up, which may take long */
    bool open;  /* processes on other machines can reach a listener there */
} link_endpoint;

/* Reads an endpoint to listen on (`bind`) or to connect to. ERR_INVALID says what is wrong and what
 * would be right. */
int link_endpoint_parse(const char *text, bool bind, link_endpoint *out, err *e);

/* Whether these `length` bytes may name a certificate: up to ENDPOINT_NAME_MAX - 1 letters, digits,
 * '-', '.' and '_', starting with a letter or digit, so that a name is always a plain file name; it
 * must not end like the names of secret files. */
#define LINK_SECRET_SUFFIX "_secret"
bool link_name_is_good(const char *name, size_t length);

#endif
