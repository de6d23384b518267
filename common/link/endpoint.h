/* endpoint.h: addresses of ZeroMQ sockets as users write them.
 *
 *     [NAME@]tcp://HOST:PORT     HOST: a name, 10.0.0.7 or [fd00::7]; where a program listens also
 *                                *, an interface (eth0) or localhost, and [::] for both
 *                                families; no other name
 *     [NAME@]ipc:///PATH         a Unix socket of up to 107 bytes; @NAME for an abstract one
 *
 * NAME is that of the certificate which the peer must prove to have (link/keys.h). It belongs to an
 * address to connect to alone.
 *
 * Names of hosts are looked up as IPv4 addresses; IPv6 is what stands in brackets. */
#ifndef LINK_ENDPOINT_H
#define LINK_ENDPOINT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum {
    ENDPOINT_HOST_MAX = 256,
    ENDPOINT_ADDRESS_MAX = 300, /* bytes with the NUL, as for a name and an address below */
    ENDPOINT_NAME_MAX = 64,
    ENDPOINT_IPC_MAX = 107 /* bytes of a path: what a sockaddr_un has room for */
};

typedef struct link_endpoint {
    char server[ENDPOINT_NAME_MAX];     /* the certificate that is asked for; "" for none */
    char address[ENDPOINT_ADDRESS_MAX]; /* as ZeroMQ takes it */
    bool tcp, v6;                       /* v6: the host is an IPv6 address */
    bool named; /* the host is a name that must be looked up, which may take long */
    bool open;  /* listening there, others than this machine's own processes get in */
} link_endpoint;

/* Reads an endpoint to listen on (`bind`) or to connect to. ERR_INVALID says what is wrong and what
 * would be right. */
int link_endpoint_parse(const char *text, bool bind, link_endpoint *out, err *e);

/* Whether these `length` bytes may name a certificate: up to ENDPOINT_NAME_MAX - 1 letters, digits,
 * '-', '.' and '_', a letter or digit first, so that a name is a file's and nothing else's; not one
 * that ends as the names of secret files do. */
#define LINK_SECRET_SUFFIX "_secret"
bool link_name_is_good(const char *name, size_t length);

#endif
