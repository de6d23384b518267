/* clients.h: who is connected, and for how long they may be.
 *
 * Every connection has a time by which it must have got on: a request must be whole within
 * CLIENTS_REQUEST_MS of the connection, or of its first line where the connection served one
 * before; an answer must be taken within CLIENTS_ANSWER_MS; each event of a stream within
 * CLIENTS_EVENT_MS. No activity in between puts that time off, so a client that sends or reads a
 * byte a second ends with the others.
 *
 * At a limit, of all connections or of one address's, the one that has waited longest without a
 * request makes room for the new one: who only connects and is silent locks nobody out.
 *
 * An address is an IPv4 address or the upper 64 bits of an IPv6 address, which one user has. */
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
    CLIENT_IDLE,     /* no other has begun since one was answered */
    CLIENT_ASKS,     /* the first line of one has come, and not all of it */
    CLIENT_ANSWERED, /* it is being answered */
    CLIENT_STREAMS   /* by a stream */
} client_phase;

/* Why a connection is ended. */
typedef enum client_end { CLIENT_MAKES_ROOM, CLIENT_IS_SLOW } client_end;

typedef struct client client;
typedef struct clients clients;

/* `end` has to end the connection of `fd`, whose client stays until clients_gone is called, but
 * counts no longer. `shares_loopback`: a proxy of this machine stands for others, so connections
 * from loopback have no limit but that of all. NULL when memory ran out. */
typedef void (*clients_end)(void *user, int fd, client_phase phase, client_end why);
clients *clients_create(bool shares_loopback, clients_end end, void *user);
void clients_free(clients *c);

/* A new connection; NULL where there is no room for it. Times are those of base/clock.h. */
client *clients_come(clients *c, int fd, client_address from, uint64_t now_ns);
void clients_gone(clients *c, client *who);

/* What a connection does now. */
void clients_idle(clients *c, client *who, uint64_t now_ns);
void clients_ask(clients *c, client *who, uint64_t now_ns);
void clients_answer(clients *c, client *who, uint64_t now_ns);

/* The answer is a stream for `whose` eyes, who may sit behind a proxy. False where there are too
 * many, in all or of that address. */
bool clients_stream(clients *c, client *who, client_address whose);

/* A stream begins to send an event, or has handed over the whole of it. */
void clients_event(clients *c, client *who, bool begins, uint64_t now_ns);

/* Ends those whose time is over. Call it a few times a second. */
void clients_sweep(clients *c, uint64_t now_ns);

const client_address *client_from(const client *who);
size_t clients_count(const clients *c);   /* connections */
size_t clients_streams(const clients *c); /* of which are streams */
uint64_t clients_ended(const clients *c); /* ended here, since the start */

#endif
