#include "monitor/health.h"

#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static int connect_to(const struct addrinfo *at)
{
    struct timeval limit = {.tv_sec = MONITOR_HEALTH_MS / 1000};
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    if (connect(fd, at->ai_addr, at->ai_addrlen) == 0)
        return fd;
    close(fd);
    return -1;
}

/* A connection on which each call takes at most MONITOR_HEALTH_MS; negative without one. Without a
 * host, getaddrinfo gives the loopback addresses of both families. */
static int connect_host(const listen_address *where)
{
    const char *host = strcmp(where->host, "0.0.0.0") == 0 ? "127.0.0.1" : where->host;
    char service[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *found;
    snprintf(service, sizeof service, "%u", where->port);
    if (getaddrinfo(*host ? host : NULL, service, &hints, &found) != 0)
        return -1;
    int fd = -1;
    for (const struct addrinfo *at = found; at && fd < 0; at = at->ai_next)
        fd = connect_to(at);
    freeaddrinfo(found);
    return fd;
}

int monitor_health(const listen_address *where, err *e)
{
    static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n", good[] = "HTTP/1.";
    char head[256] = "", place[LISTEN_URL_MAX];
    int fd = connect_host(where);
    listen_url(where, "localhost", place);
    bool asked = fd >= 0 && send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0;
    size_t size = 0;
    for (ssize_t n = 1; asked && n > 0 && size<sizeof head - 1; size += n> 0 ? (size_t)n : 0)
        n = recv(fd, head + size, sizeof head - 1 - size, 0);
    if (fd >= 0)
        close(fd);
    if (size == 0)
        return err_set(e, ERR_IO, "no monitor answers at %s", place);
    if (strncmp(head, good, sizeof good - 1) != 0 || strncmp(head + 8, " 200 ", 5) != 0 ||
        !strstr(head, "text/plain; version=0.0.4"))
        return err_set(e, ERR_MISMATCH, "the server at %s is not a monitor", place);
    return ERR_NONE;
}
