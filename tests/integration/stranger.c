/* stranger: a peer that has no business here. For the integration tests only.
 *
 * stranger hear ENDPOINT [FOLDER NAME]: subscribes; prints "heard N" after SILENCE_MS without a
 *     message, or after N = 5
 * stranger stay ENDPOINT [FOLDER NAME]: the same, for as long as it hears; prints "hears" first
 * stranger send ENDPOINT [FOLDER NAME]: sends garbage as an agent would; prints "answered" or
 *     "silence"
 * stranger ask ENDPOINT [FOLDER NAME]: the same to a control address
 * stranger claim PORT COUNT: claims COUNT identities in turn, over raw ZMTP, those that a ROUTER of
 * a process whose rand() nobody seeded gives to its next peers; prints "claimed", and holds the
 *     connections until its input ends
 * stranger wait PORT: connects and says nothing; prints "closed" when the other side closes
 * stranger deaf PORT: takes datagrams at this UDP port of 127.0.0.1 and answers none; prints
 * "ready" and, for the first one, "asked"
 *
 * FOLDER and NAME: with the secret certificate NAME of that folder, and the server's key there. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <zmq.h>

#include "link/keys.h"
#include "link/socket.h"

enum { SILENCE_MS = 1500, ENOUGH = 5, FIRST_IDENTITY = 0x6b8b4567, CLAIMS_MAX = 64 };

static void say(const char *text)
{
    puts(text);
    fflush(stdout);
}

static int fail(const char *what)
{
    fprintf(stderr, "stranger: %s\n", what);
    return 1;
}

/* --- over ZeroMQ --------------------------------------------------------------------------------
 */

static int talk(const char *verb, const char *endpoint, const link_keys *keys)
{
    bool stays = strcmp(verb, "stay") == 0, hears = stays || strcmp(verb, "hear") == 0;
    bool asks = strcmp(verb, "ask") == 0;
    const char *slow = getenv("CSILINK_TEST_SLOW");
    int timeout = SILENCE_MS * (slow && atoi(slow) > 1 ? atoi(slow) : 1), linger = 0, heard = 0;
    void *context = zmq_ctx_new();
    void *s = zmq_socket(context, hears ? ZMQ_SUB : asks ? ZMQ_REQ : ZMQ_DEALER);
    err e = {0};
    zmq_setsockopt(s, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(s, ZMQ_SNDTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(s, ZMQ_LINGER, &linger, sizeof linger);
    if (link_connect(s, endpoint, keys, &e) != ERR_NONE)
        return fail(e.text);
    if (hears)
        zmq_setsockopt(s, ZMQ_SUBSCRIBE, "", 0);
    else
        zmq_send(s, "garbage", 7, 0);
    char buffer[64];
    while ((stays || heard < (hears ? ENOUGH : 1)) && zmq_recv(s, buffer, sizeof buffer, 0) >= 0)
        if (heard++ == 0 && stays)
            say("hears");
    if (hears)
        printf("heard %d\n", heard);
    else
        say(heard ? "answered" : "silence");
    zmq_close(s);
    zmq_ctx_term(context);
    return 0;
}

/* --- over raw sockets ---------------------------------------------------------------------------
 */

static struct sockaddr_in at_port(const char *port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)atoi(port)),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int connect_to(const char *port)
{
    struct sockaddr_in a = at_port(port);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    return fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0 ? fd : -1;
}

/* A property of a ZMTP READY command. */
static size_t add_property(unsigned char *to, const char *name, const void *value, size_t size)
{
    size_t n = strlen(name);
    to[0] = (unsigned char)n;
    memcpy(to + 1, name, n);
    memset(to + 1 + n, 0, 3);
    to[4 + n] = (unsigned char)size;
    memcpy(to + 5 + n, value, size);
    return 5 + n + size;
}

/* Greets as ZMTP 3.0 with the mechanism NULL, and claims the identity. */
static bool claim_one(const char *port, uint32_t number)
{
    unsigned char greeting[64] = {0xff, 0, 0, 0, 0, 0, 0, 0, 1, 0x7f, 3, 0, 'N', 'U', 'L', 'L'};
    unsigned char ready[128] = {4, 0, 5, 'R', 'E', 'A', 'D', 'Y'};
    unsigned char identity[5] = {0, (unsigned char)(number >> 24), (unsigned char)(number >> 16),
                                 (unsigned char)(number >> 8), (unsigned char)number};
    size_t size = 8;
    int fd = connect_to(port);
    size += add_property(ready + size, "Socket-Type", "DEALER", 6);
    size += add_property(ready + size, "Identity", identity, sizeof identity);
    ready[1] = (unsigned char)(size - 2);
    return fd >= 0 && write(fd, greeting, sizeof greeting) == (ssize_t)sizeof greeting &&
           write(fd, ready, size) == (ssize_t)size;
}

static int claim(const char *port, int count)
{
    for (int i = 0; i < count && i < CLAIMS_MAX; i++)
        if (!claim_one(port, FIRST_IDENTITY + (uint32_t)i))
            return fail("no connection");
    say("claimed");
    while (getchar() != EOF)
        ;
    return 0;
}

static int wait_in_silence(const char *port)
{
    char buffer[256];
    int fd = connect_to(port);
    if (fd < 0)
        return fail("no connection");
    while (read(fd, buffer, sizeof buffer) > 0)
        ;
    say("closed");
    return 0;
}

static int be_deaf(const char *port)
{
    char buffer[2048];
    struct sockaddr_in a = at_port(port);
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) != 0)
        return fail("no such port is free");
    say("ready");
    for (bool asked = false; recv(fd, buffer, sizeof buffer, 0) >= 0; asked = true)
        if (!asked)
            say("asked");
    return 0;
}

int main(int argc, char **argv)
{
    const char *verb = argc > 1 ? argv[1] : "";
    if (argc == 4 && strcmp(verb, "claim") == 0)
        return claim(argv[2], atoi(argv[3]));
    if (argc == 3 && strcmp(verb, "wait") == 0)
        return wait_in_silence(argv[2]);
    if (argc == 3 && strcmp(verb, "deaf") == 0)
        return be_deaf(argv[2]);
    if (argc != 3 && argc != 5)
        return fail(
            "hear|stay|send|ask ENDPOINT [FOLDER NAME], claim PORT COUNT, wait PORT, deaf PORT");
    err e = {0};
    link_keys *keys = argc == 5 ? link_keys_open(argv[3], argv[4], 0, &e) : NULL;
    if (argc == 5 && !keys)
        return fail(e.text);
    int status = talk(verb, argv[2], keys);
    link_keys_free(keys);
    return status;
}
