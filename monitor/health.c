#include "monitor/health.h"

#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

static const char *loopback_of(const char *listen)
{
    if (strcmp(listen, "0.0.0.0") == 0)
        return "127.0.0.1";
    return strcmp(listen, "::") == 0 ? "::1" : listen;
}

/* A connection on which each call takes at most MONITOR_HEALTH_MS; negative without one. */
static int connect_to(const char *host, uint16_t port)
{
    char service[8];
    struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICHOST}, *found;
    struct timeval limit = {.tv_sec = MONITOR_HEALTH_MS / 1000};
    snprintf(service, sizeof service, "%u", port);
    if (getaddrinfo(host, service, &hints, &found) != 0)
        return -1;
    int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd >= 0) {
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
        setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
        if (connect(fd, found->ai_addr, found->ai_addrlen) != 0) {
            close(fd);
            fd = -1;
        }
    }
    freeaddrinfo(found);
    return fd;
}

int monitor_health(const char *listen, uint16_t port, err *e)
{
    static const char request[] = "GET /metrics HTTP/1.0\r\n\r\n", good[] = "HTTP/1.";
    const char *host = loopback_of(listen);
    char head[256] = "";
    int fd = connect_to(host, port);
    bool asked = fd >= 0 && send(fd, request, sizeof request - 1, MSG_NOSIGNAL) > 0;
    size_t size = 0;
    for (ssize_t n = 1; asked && n > 0 && size<sizeof head - 1; size += n> 0 ? (size_t)n : 0)
        n = recv(fd, head + size, sizeof head - 1 - size, 0);
    if (fd >= 0)
        close(fd);
    if (size == 0)
        return err_set(e, ERR_IO, "no monitor answers at %s port %u", host, port);
    if (strncmp(head, good, sizeof good - 1) != 0 || strncmp(head + 8, " 200 ", 5) != 0 ||
        !strstr(head, "text/plain; version=0.0.4"))
        return err_set(e, ERR_MISMATCH, "what answers at %s port %u is no monitor", host, port);
    return ERR_NONE;
}
