/* clients.h: limits on HTTP connections: their number and their time.
 *
 * Every step of a connection has a deadline. A request must be complete within CLIENTS_REQUEST_MS
 * of the connection or, on a connection that served one before, of its first line. A client must
 * read an answer within CLIENTS_ANSWER_MS and each event of a stream within CLIENTS_EVENT_MS.
 * Activity in between does not extend a deadline, so a client that sends or reads one byte a second
 * is cut off, too.
 *
 * When all connections, or those of one address, reach their limit, the one that has waited longest
 * without a request makes room for the new one. So silent connections lock nobody out.
 *
 * An address is an IPv4 address or the upper 64 bits of an IPv6 address, since one user has all
 * addresses of such a prefix. */
#ifndef MONITOR_CLIENTS_H
#define MONITOR_CLIENTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

enum {
    CLIENTS_MAX = 256,
    CLIENTS_PER_ADDRESS = 64,
    CLIENTS_STREAMS_MAX = 64,
    CLIENTS_STREAMS_PER_ADDRESS = 8,
    CLIENTS_REQUEST_MS = 10000,
    CLIENTS_IDLE_MS = 15000, /* between two requests of a connection */
    CLIENTS_ANSWER_MS = 30000,
    CLIENTS_EVENT_MS = 10000,
};

typedef struct client_address {
    uint8_t bytes[16]; /* IPv4 as ::ffff:a.b.c.d */
} client_address;

client_address client_address_of(const struct sockaddr *from);

/* Reads "192.0.2.7", "2001:db8::7", and both with a port ("[2001:db8::7]:80"). False: neither. */
bool client_address_read(const char *text, size_t size, client_address *out);
bool client_address_is_loopback(const client_address *address);

typedef enum client_phase {
    CLIENT_NEW,      /* no request has begun yet */
    CLIENT_IDLE,     /* no request has begun since the last answer */
    CLIENT_ASKS,     /* a request has begun but is not complete */
    CLIENT_ANSWERED, /* a request is being answered */
    CLIENT_STREAMS   /* the answer is a stream */
} client_phase;

/* The reason for ending a connection. */
typedef enum client_end { CLIENT_MAKES_ROOM, CLIENT_IS_SLOW } client_end;

typedef struct client client;
typedef struct clients clients;

/* `end` must end the connection of `fd`. Its client stays until clients_gone is called but no
 * longer counts. `shares_loopback`: connections from loopback can come from a proxy for many users,
 * so only the limit for all connections applies to them. NULL when memory runs out. */
typedef void (*clients_end)(void *user, int fd, client_phase phase, client_end why);
clients *clients_create(bool shares_loopback, clients_end end, void *user);
void clients_free(clients *c);

/* A new connection; NULL if there is no room for it. Times are those of base/clock.h. */
client *clients_come(clients *c, int fd, client_address from, uint64_t now_ns);
void clients_gone(clients *c, client *who);

/* Set the phase of a connection. */
void clients_idle(clients *c, client *who, uint64_t now_ns);
void clients_ask(clients *c, client *who, uint64_t now_ns);
void clients_answer(clients *c, client *who, uint64_t now_ns);

/* The answer is a stream for the client at address `whose`, which may be behind a proxy. False if
 * there are too many streams, in all or for that address. */
bool clients_stream(clients *c, client *who, client_address whose);

/* A stream begins to send an event, or has sent it completely. */
void clients_event(clients *c, client *who, bool begins, uint64_t now_ns);

/* Ends connections past their deadline. Call it a few times a second. */
void clients_sweep(clients *c, uint64_t now_ns);

const client_address *client_from(const client *who);
size_t clients_count(const clients *c);   /* connections */
size_t clients_streams(const clients *c); /* of which are streams */
uint64_t clients_ended(const clients *c); /* ended by the monitor, since the start */

#endif
