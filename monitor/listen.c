#include "monitor/listen.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/text.h"

/* Accepting rests for so long when no descriptor is left: the queue stays readable meanwhile, and a
 * loop that asked again at once would do nothing else. */
enum { REST_MS = 100, ACCEPTED_AT_ONCE = 64, BACKLOG = 1024 };

typedef struct entrance {
    listener *owner;
    int fd;
    uv_poll_t poll;
} entrance;

struct listener {
    listener_accepted accepted;
    void *user;
    entrance entrance[LISTEN_ADDRESSES_MAX];
    size_t count;
    uv_timer_t rest; /* until accepting goes on */
    uint16_t port;
    bool open;
    log_limit full;
};

static bool read_port(const char *text, uint16_t *port)
{
    uint64_t value = 0;
    bool good = strlen(text) <= 5 && text_whole(text, 0, UINT16_MAX, &value);
    *port = (uint16_t)value;
    return good;
}

/* Letters, digits, '-', '_' and '.': what names and IPv4 addresses are made of. */
static bool is_name(const char *host)
{
    for (const char *c = host; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
            return false;
    return true;
}

/* An IPv6 address, with or without the name of an interface: fe80::1%eth0. */
static bool is_ipv6(const char *host)
{
    char address[INET6_ADDRSTRLEN];
    struct in6_addr bytes;
    size_t size = strcspn(host, "%");
    if (size >= sizeof address)
        return false;
    snprintf(address, sizeof address, "%.*s", (int)size, host);
    return inet_pton(AF_INET6, address, &bytes) == 1;
}

int listen_read(const char *text, listen_address *out, err *e)
{
    static const char right[] =
        "write an address such as 127.0.0.1, sim.example:8080, [::1]:8080 or :8080";
    *out = (listen_address){0};
    bool bracketed = text[0] == '[';
    const char *end = bracketed ? strchr(text, ']') : strchr(text, ':');
    if (!bracketed && end && strchr(end + 1, ':')) /* an IPv6 address without a port */
        end = NULL;
    if (bracketed && !end)
        return err_set(e, ERR_INVALID, "'%.80s' lacks a ']'; %s", text, right);
    const char *host = text + bracketed, *rest = end ? end + bracketed : "";
    size_t size = end ? (size_t)(end - host) : strlen(host);
    if (*text == '\0' || size >= LISTEN_HOST_MAX)
        return err_set(e, ERR_INVALID, "'%.80s' is not an address; %s", text, right);
    snprintf(out->host, sizeof out->host, "%.*s", (int)size, host);
    out->has_port = *rest != '\0';
    if (out->has_port && (*rest != ':' || !read_port(rest + 1, &out->port)))
        return err_set(e, ERR_INVALID, "'%.80s' has no port from 0 to 65535 at its end; %s", text,
                       right);
    if (!bracketed && strcmp(out->host, "*") == 0)
        out->host[0] = '\0';
    bool good = bracketed ? is_ipv6(out->host) : is_name(out->host) || is_ipv6(out->host);
    if (!good)
        return err_set(e, ERR_INVALID, "'%.80s' is not an address; %s", text, right);
    if (strcmp(out->host, "::") == 0)
        out->host[0] = '\0';
    return ERR_NONE;
}

void listen_url(const listen_address *address, const char *everywhere, char out[LISTEN_URL_MAX])
{
    bool all = address->host[0] == '\0' || strcmp(address->host, "0.0.0.0") == 0;
    const char *host = all ? everywhere : address->host;
    bool v6 = strchr(host, ':') != NULL;
    snprintf(out, LISTEN_URL_MAX, "%s%.*s%s:%u", v6 ? "[" : "", LISTEN_HOST_MAX - 1, host,
             v6 ? "]" : "", address->port);
}

static void on_rested(uv_timer_t *timer);

static void on_readable(uv_poll_t *poll, int status, int events)
{
    (void)status, (void)events;
    entrance *at = poll->data;
    listener *l = at->owner;
    for (int i = 0; i < ACCEPTED_AT_ONCE; i++) {
        struct sockaddr_storage from;
        socklen_t size = sizeof from;
        int fd = accept4(at->fd, (struct sockaddr *)&from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            l->accepted(l->user, fd, (struct sockaddr *)&from, size);
            continue;
        }
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            log_limited(&l->full, LOG_WARNING, "cannot accept an HTTP connection: %s",
                        strerror(errno));
            for (size_t k = 0; k < l->count; k++)
                uv_poll_stop(&l->entrance[k].poll);
            uv_timer_start(&l->rest, on_rested, REST_MS, 0);
            return;
        }
        if (errno == EAGAIN || errno == EWOULDBLOCK)
            return;
        /* Any other is that connection's own: it has gone before it was accepted. */
    }
}

static void on_rested(uv_timer_t *timer)
{
    listener *l = timer->data;
    for (size_t k = 0; k < l->count; k++)
        uv_poll_start(&l->entrance[k].poll, UV_READABLE, on_readable);
}

static bool is_loopback(const struct sockaddr *address)
{
    if (address->sa_family == AF_INET)
        return ntohl(((const struct sockaddr_in *)(const void *)address)->sin_addr.s_addr) >> 24 ==
               127;
    return address->sa_family == AF_INET6 &&
           IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)(const void *)address)->sin6_addr);
}

static uint16_t port_of(const struct sockaddr *address)
{
    return ntohs(address->sa_family == AF_INET6
                     ? ((const struct sockaddr_in6 *)(const void *)address)->sin6_port
                     : ((const struct sockaddr_in *)(const void *)address)->sin_port);
}

/* A socket that listens there; -1 with errno set. */
static int bind_socket(const struct sockaddr *address, socklen_t size, bool both_families)
{
    int fd = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    int yes = 1, v6_only = !both_families;
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (address->sa_family == AF_INET6)
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6_only, sizeof v6_only);
    if (bind(fd, address, size) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

/* Listens at one more address. */
static int add_entrance(listener *l, uv_loop_t *loop, const struct sockaddr *address,
                        socklen_t size, bool both_families)
{
    struct sockaddr_storage at;
    memcpy(&at, address, size);
    if (address->sa_family == AF_INET6)
        ((struct sockaddr_in6 *)&at)->sin6_port = htons(l->port);
    else
        ((struct sockaddr_in *)&at)->sin_port = htons(l->port);
    entrance *new = &l->entrance[l->count];
    new->fd = bind_socket((struct sockaddr *)&at, size, both_families);
    if (new->fd < 0)
        return errno;
    getsockname(new->fd, (struct sockaddr *)&at, &size);
    if (uv_poll_init(loop, &new->poll, new->fd) != 0) {
        close(new->fd);
        return EIO;
    }
    new->owner = l;
    new->poll.data = new;
    uv_poll_start(&new->poll, UV_READABLE, on_readable);
    l->port = port_of((struct sockaddr *)&at);
    l->open = l->open || !is_loopback((struct sockaddr *)&at);
    l->count++;
    return 0;
}

/* One socket for both families, or, on a machine without IPv6, one for IPv4. */
static int open_everywhere(listener *l, uv_loop_t *loop)
{
    const struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_ANY_INIT};
    const struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_addr.s_addr = INADDR_ANY};
    int why = add_entrance(l, loop, (const struct sockaddr *)(const void *)&v6, sizeof v6, true);
    if (why == EAFNOSUPPORT || why == EADDRNOTAVAIL)
        why = add_entrance(l, loop, (const struct sockaddr *)(const void *)&v4, sizeof v4, false);
    return why;
}

static int open_host(listener *l, uv_loop_t *loop, const char *host, err *e)
{
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE}, *found;
    int why = getaddrinfo(host, NULL, &hints, &found);
    if (why != 0)
        return err_set(e, ERR_IO, "cannot listen on %.80s: %s", host, gai_strerror(why));
    why = 0;
    for (const struct addrinfo *a = found; a && l->count < LISTEN_ADDRESSES_MAX; a = a->ai_next) {
        int failed = add_entrance(l, loop, a->ai_addr, a->ai_addrlen, false);
        if (failed && !(failed == EADDRNOTAVAIL || failed == EAFNOSUPPORT)) {
            why = failed;
            break;
        }
        if (failed && l->count == 0)
            why = failed;
    }
    freeaddrinfo(found);
    if (l->count > 0 && (why == EADDRNOTAVAIL || why == EAFNOSUPPORT))
        why = 0;
    return why ? err_set(e, ERR_IO, "cannot listen on %.80s port %u: %s", host, l->port,
                         strerror(why))
               : ERR_NONE;
}

listener *listener_open(uv_loop_t *loop, const listen_address *address, listener_accepted accepted,
                        void *user, err *e)
{
    listener *l = calloc(1, sizeof *l);
    if (!l) {
        err_set(e, ERR_NOMEM, "out of memory for the HTTP server's sockets");
        return NULL;
    }
    l->accepted = accepted;
    l->user = user;
    l->port = address->port;
    uv_timer_init(loop, &l->rest);
    l->rest.data = l;
    int status = ERR_NONE;
    if (address->host[0]) {
        status = open_host(l, loop, address->host, e);
    } else {
        int why = open_everywhere(l, loop);
        if (why)
            status = err_set(e, ERR_IO, "cannot listen on port %u of all addresses: %s",
                             address->port, strerror(why));
    }
    if (status == ERR_NONE)
        return l;
    listener_close(l);
    uv_run(loop, UV_RUN_NOWAIT); /* the handles are in the memory freed below */
    listener_free(l);
    return NULL;
}

uint16_t listener_port(const listener *l)
{
    return l->port;
}

bool listener_is_open(const listener *l)
{
    return l->open;
}

void listener_close(listener *l)
{
    for (size_t i = 0; i < l->count; i++) {
        uv_close((uv_handle_t *)&l->entrance[i].poll, NULL);
        close(l->entrance[i].fd);
    }
    uv_close((uv_handle_t *)&l->rest, NULL);
}

void listener_free(listener *l)
{
    free(l);
}
