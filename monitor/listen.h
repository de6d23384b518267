/* listen.h: where the monitor serves, as users write it, and the sockets there.
 *
 *   127.0.0.1       [::1]:8080       sim.example:8080       an address or a name, with a port or
 * not 0.0.0.0         all addresses of IPv4
 *   ::   [::]:8080   *   :8080       all addresses of both families
 *
 * A name stands for every address that it has: localhost for 127.0.0.1 and ::1. */
#ifndef MONITOR_LISTEN_H
#define MONITOR_LISTEN_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>
#include <uv.h>

#include "base/error.h"

enum { LISTEN_HOST_MAX = 256, LISTEN_ADDRESSES_MAX = 16 };

typedef struct listen_place {
    char host[LISTEN_HOST_MAX]; /* without brackets; "": all addresses of both families */
    bool has_port;
    uint16_t port; /* 0: any that is free */
} listen_place;

/* Reads a place as above. ERR_INVALID names what is wrong with it. */
int listen_read(const char *text, listen_place *out, err *e);

/* The place as an URL has it: "127.0.0.1:80", "[::1]:80"; a host for all addresses becomes
 * `everywhere`. */
enum { LISTEN_URL_MAX = LISTEN_HOST_MAX + 16 };
void listen_url(const listen_place *place, const char *everywhere, char out[LISTEN_URL_MAX]);

typedef struct listener listener;

/* A client has connected. `fd` does not block, and is the callee's to close. */
typedef void (*listener_accepted)(void *user, int fd, const struct sockaddr *from, socklen_t size);

/* Opens a socket at each address of the place (has_port is not looked at); with port 0 they share
 * the first one's. An address that this machine does not have is left out where there is another.
 * NULL: a name that cannot be resolved, a port in use. */
listener *listener_open(uv_loop_t *loop, const listen_place *place, listener_accepted accepted,
                        void *user, err *e);
uint16_t listener_port(const listener *l);

/* Can anyone but this machine connect? False where all addresses are loopback. */
bool listener_is_open(const listener *l);

void listener_close(listener *l); /* its sockets and handles; then the loop runs to its end */
void listener_free(listener *l);

#endif
