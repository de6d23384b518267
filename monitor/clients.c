#include "monitor/clients.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct client {
    struct client *next, *before;
    client_address from, whose; /* the connection's; the stream's */
    int fd;
    client_phase phase;
    bool ended;        /* waits for clients_gone */
    uint64_t since_ns; /* in this phase */
    uint64_t due_ns;   /* 0: no limit */
};

struct clients {
    client *first;
    bool shares_loopback;
    clients_end end;
    void *user;
    uint64_t ended;
};

static uint64_t after(uint64_t now_ns, unsigned ms)
{
    return now_ns + ms * 1000000ull;
}

static client_address mapped(const void *ipv4)
{
    client_address a = {{[10] = 0xff, [11] = 0xff}};
    memcpy(a.bytes + 12, ipv4, 4);
    return a;
}

client_address client_address_of(const struct sockaddr *from)
{
    client_address a = {0};
    if (from->sa_family == AF_INET)
        return mapped(&((const struct sockaddr_in *)(const void *)from)->sin_addr);
    if (from->sa_family == AF_INET6)
        memcpy(a.bytes, &((const struct sockaddr_in6 *)(const void *)from)->sin6_addr, 16);
    return a;
}

bool client_address_read(const char *text, size_t size, client_address *out)
{
    char copy[INET6_ADDRSTRLEN + 8];
    uint8_t bytes[16];
    if (size >= sizeof copy)
        return false;
    memcpy(copy, text, size);
    copy[size] = '\0';
    char *host = copy, *colon = strchr(copy, ':');
    if (copy[0] == '[') {
        host++;
        char *end = strchr(copy, ']');
        if (!end)
            return false;
        *end = '\0';
    } else if (colon && !strchr(colon + 1, ':')) {
        *colon = '\0';
    }
    if (inet_pton(AF_INET, host, bytes) == 1)
        *out = mapped(bytes);
    else if (inet_pton(AF_INET6, host, bytes) == 1)
        memcpy(out->bytes, bytes, 16);
    else
        return false;
    return true;
}

static bool is_ipv4(const client_address *a)
{
    return IN6_IS_ADDR_V4MAPPED((const struct in6_addr *)(const void *)a->bytes);
}

bool client_address_is_loopback(const client_address *a)
{
    return is_ipv4(a) ? a->bytes[12] == 127
                      : IN6_IS_ADDR_LOOPBACK((const struct in6_addr *)(const void *)a->bytes);
}

static bool is_same(const client_address *a, const client_address *b)
{
    return memcmp(a->bytes, b->bytes, is_ipv4(a) || is_ipv4(b) ? 16 : 8) == 0;
}

clients *clients_create(bool shares_loopback, clients_end end, void *user)
{
    clients *c = calloc(1, sizeof *c);
    if (c) {
        c->shares_loopback = shares_loopback;
        c->end = end;
        c->user = user;
    }
    return c;
}

void clients_free(clients *c)
{
    while (c && c->first)
        /* NOLINTNEXTLINE(clang-analyzer-unix.Malloc): it takes the client off the list */
        clients_gone(c, c->first);
    free(c);
}

static void end_client(clients *c, client *who, client_end why)
{
    who->ended = true;
    c->ended++;
    c->end(c->user, who->fd, who->phase, why);
}

/* Ends the client that has been without a request for longest, of one address or (NULL) of all. */
static bool make_room(clients *c, const client_address *from)
{
    client *oldest = NULL;
    for (client *w = c->first; w; w = w->next)
        if (!w->ended && w->phase <= CLIENT_ASKS && (!from || is_same(&w->from, from)) &&
            (!oldest || w->since_ns < oldest->since_ns))
            oldest = w;
    if (oldest)
        end_client(c, oldest, CLIENT_MAKES_ROOM);
    return oldest != NULL;
}

client *clients_come(clients *c, int fd, client_address from, uint64_t now_ns)
{
    size_t all = 0, same = 0;
    for (const client *w = c->first; w; w = w->next) {
        all += !w->ended;
        same += !w->ended && is_same(&w->from, &from);
    }
    bool limited = !(c->shares_loopback && client_address_is_loopback(&from));
    if (limited && same >= CLIENTS_PER_ADDRESS) {
        if (!make_room(c, &from))
            return NULL;
        all--;
    }
    if (all >= CLIENTS_MAX && !make_room(c, NULL))
        return NULL;
    client *who = calloc(1, sizeof *who);
    if (!who)
        return NULL;
    who->from = who->whose = from;
    who->fd = fd;
    who->since_ns = now_ns;
    who->due_ns = after(now_ns, CLIENTS_REQUEST_MS);
    who->next = c->first;
    if (c->first)
        c->first->before = who;
    c->first = who;
    return who;
}

void clients_gone(clients *c, client *who)
{
    if (who->next)
        who->next->before = who->before;
    if (who->before)
        who->before->next = who->next;
    else
        c->first = who->next;
    free(who);
}

static void enter(client *who, client_phase phase, uint64_t now_ns, unsigned limit_ms)
{
    who->phase = phase;
    who->since_ns = now_ns;
    who->due_ns = after(now_ns, limit_ms);
}

void clients_idle(clients *c, client *who, uint64_t now_ns)
{
    (void)c;
    enter(who, CLIENT_IDLE, now_ns, CLIENTS_IDLE_MS);
}

/* A first request has the time since the connection, which has run all along. */
void clients_ask(clients *c, client *who, uint64_t now_ns)
{
    (void)c;
    bool first = who->phase == CLIENT_NEW;
    uint64_t due_ns = who->due_ns;
    enter(who, CLIENT_ASKS, now_ns, CLIENTS_REQUEST_MS);
    if (first)
        who->due_ns = due_ns;
}

void clients_answer(clients *c, client *who, uint64_t now_ns)
{
    (void)c;
    enter(who, CLIENT_ANSWERED, now_ns, CLIENTS_ANSWER_MS);
}

bool clients_stream(clients *c, client *who, client_address whose)
{
    size_t same = 0;
    for (const client *w = c->first; w; w = w->next)
        same += !w->ended && w->phase == CLIENT_STREAMS && is_same(&w->whose, &whose);
    if (same >= CLIENTS_STREAMS_PER_ADDRESS || clients_streams(c) >= CLIENTS_STREAMS_MAX)
        return false;
    who->whose = whose;
    who->phase = CLIENT_STREAMS;
    return true;
}

void clients_event(clients *c, client *who, bool begins, uint64_t now_ns)
{
    (void)c;
    who->due_ns = begins ? after(now_ns, CLIENTS_EVENT_MS) : 0;
}

void clients_sweep(clients *c, uint64_t now_ns)
{
    for (client *w = c->first, *next; w; w = next) {
        next = w->next;
        if (!w->ended && w->due_ns && now_ns >= w->due_ns)
            end_client(c, w, CLIENT_IS_SLOW);
    }
}

const client_address *client_from(const client *who)
{
    return &who->from;
}

size_t clients_count(const clients *c)
{
    size_t count = 0;
    for (const client *w = c->first; w; w = w->next)
        count += !w->ended;
    return count;
}

size_t clients_streams(const clients *c)
{
    size_t count = 0;
    for (const client *w = c->first; w; w = w->next)
        count += !w->ended && w->phase == CLIENT_STREAMS;
    return count;
}

uint64_t clients_ended(const clients *c)
{
    return c->ended;
}
