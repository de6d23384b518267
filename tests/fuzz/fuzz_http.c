/* Any bytes on a connection to the monitor's HTTP server: each is answered or cut off, and the
 * server goes on to serve: after each input, a plain request is answered.
 *
 * Real sockets on loopback, one loop; the peer closes its half behind the input. */
#include "fuzz.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "base/log.h"
#include "monitor/http.h"
#include "service/service.h"

enum { TURNS_MAX = 400, ANSWER_MAX = 1 << 20 };

static struct {
    link_service *service;
    collector *collector;
    http *http;
} server;

static void ticked(void *user)
{
    (void)user;
}

static void start(void)
{
    err e = {0};
    log_init("fuzz", LOG_ERROR);
    const link_service_options serving = {.role = "fuzz"};
    server.service = link_service_open(&serving, &e);
    require(server.service != NULL);
    uv_loop_t *loop = link_service_loop(server.service);
    server.collector = collector_open(server.service, NULL, 0, ticked, NULL, &e);
    require(server.collector != NULL);
    const http_options options = {.where = {.host = "127.0.0.1", .has_port = true}};
    server.http = http_open(loop, &options, server.collector, NULL, &e);
    require(server.http != NULL);
}

static int connect_to_server(void)
{
    const struct linger reset = {.l_onoff = 1};
    const struct sockaddr_in to = {.sin_family = AF_INET,
                                   .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
                                   .sin_port = htons(http_port(server.http))};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    require(fd >= 0);
    setsockopt(fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    require(connect(fd, (const void *)&to, sizeof to) == 0 || errno == EINPROGRESS);
    return fd;
}

/* Sends the bytes, and reads what comes until the server closes; an endless stream of events, or a
 * request that is not whole, is left alone after some turns. How many bytes are kept. */
static size_t talk(const void *data, size_t size, char *answer, size_t room)
{
    int fd = connect_to_server();
    size_t sent = 0, got = 0;
    bool open = true;
    for (int turn = 0, idle = 0; open && turn < TURNS_MAX && idle < 8; turn++, idle++) {
        if (sent < size) {
            ssize_t n = send(fd, (const char *)data + sent, size - sent, MSG_NOSIGNAL);
            open = n >= 0 || errno == EAGAIN;
            sent += n > 0 ? (size_t)n : 0;
            idle = n > 0 ? 0 : idle;
            if (sent == size)
                shutdown(fd, SHUT_WR);
        }
        uv_run(link_service_loop(server.service), UV_RUN_NOWAIT);
        ssize_t n = recv(fd, answer + got, room - got, 0);
        open = open && (n > 0 || (n < 0 && errno == EAGAIN));
        got += n > 0 ? (size_t)n : 0;
        idle = n > 0 ? 0 : idle;
        if (got == room)
            got = 0;
    }
    close(fd);
    return got;
}

static void check_alive(char *answer)
{
    static const char plain[] = "GET /metrics HTTP/1.0\r\n\r\n";
    static const char good[] = "HTTP/1.0 200 OK\r\n", also_good[] = "HTTP/1.1 200 OK\r\n";
    size_t n = talk(plain, sizeof plain - 1, answer, ANSWER_MAX);
    require(n > sizeof good - 1);
    require(memcmp(answer, good, sizeof good - 1) == 0 ||
            memcmp(answer, also_good, sizeof also_good - 1) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static char answer[ANSWER_MAX];
    if (!server.http)
        start();
    size_t n = talk(data, size, answer, sizeof answer);
    require(n == 0 || (n >= 9 && memcmp(answer, "HTTP/1.", 7) == 0));
    check_alive(answer);
    return 0;
}
