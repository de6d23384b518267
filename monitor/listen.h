/* listen.h: the address that the monitor serves, as users write it, and its sockets.
 *
 *   127.0.0.1   [::1]:8080   sim.example:8080    an address or a name, with or without a port
 *   0.0.0.0                                      all addresses of IPv4
 *   ::   [::]:8080   *   :8080                   all addresses of both families
 *
 * A name stands for all its addresses: localhost for 127.0.0.1 and ::1. */
#ifndef MONITOR_LISTEN_H
#define MONITOR_LISTEN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/error.h"

enum { LISTEN_HOST_MAX = 256, LISTEN_ADDRESSES_MAX = 16 };

typedef struct listen_address {
    char host[LISTEN_HOST_MAX]; /* without brackets; "": all addresses of both families */
    bool has_port;
    uint16_t port; /* 0: any free one */
} listen_address;

/* Reads an address as above. ERR_INVALID says what is wrong with it. */
int listen_read(const char *text, listen_address *out, err *e);

/* The address as in a URL: "127.0.0.1:80", "[::1]:80". If the host means all addresses,
 * `everywhere` replaces it. */
enum { LISTEN_URL_MAX = LISTEN_HOST_MAX + 16 };
void listen_url(const listen_address *address, const char *everywhere, char out[LISTEN_URL_MAX]);

typedef struct listener listener;

/* A client has connected. `fd` is non-blocking; the callee must close it. */
typedef void (*listener_accepted)(void *user, int fd, const struct sockaddr *from, socklen_t size);

/* Opens a socket at each address that the host stands for (ignores has_port); with port 0 all use
 * the port of the first. Skips an address that this machine does not have, if another is left. NULL
 * if the name cannot be resolved or the port is in use. */
listener *listener_open(uv_loop_t *loop, const listen_address *address, listener_accepted accepted,
                        void *user, err *e);
uint16_t listener_port(const listener *l);

/* True if other machines can connect; false if all addresses are loopback. */
bool listener_is_open(const listener *l);

void listener_close(listener *l); /* its sockets and handles; then the loop runs to its end */
void listener_free(listener *l);

#endif
