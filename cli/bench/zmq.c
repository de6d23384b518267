#include <complex.h>
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

#include "base/clock.h"
#include "bench.h"
#include "link/context.h"
#include "wire/answer.h"
#include "wire/report.h"

/* Times only ZeroMQ for a report and its answer, with the link's sockets and hops: client DEALER -
 * ROUTER proxy DEALER - ROUTER echo, three processes, one report in flight, every receive blocking.
 */

/* 256 values, two per symbol, and 8 references. */
enum { BURST_SYMBOLS = 136, SIDE_BITS = 32 };

enum { ENDPOINT_MAX = 256, TIMEOUT_MS = 5000, PACED_GAP_NS = 2500000 };
static const double paced_seconds = 3;

typedef struct chain {
    const char *transport;
    pid_t echo, proxy;
    char endpoint[ENDPOINT_MAX]; /* of the proxy */
} chain;

struct bench_zmq {
    chain chain[2];
    size_t report_bytes, ack_bytes;
};

/* Moves one message, all its frames; true when its last frame was empty: the signal to end. */
static bool forward(void *from, void *to)
{
    size_t size = 0;
    for (int more = 1; more;) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, from, 0) < 0)
            return true;
        size = zmq_msg_size(&frame);
        more = zmq_msg_more(&frame);
        if (zmq_msg_send(&frame, to, more ? ZMQ_SNDMORE : 0) < 0)
            return true;
    }
    return size == 0;
}

/* Answers with the same envelope and a body of `ack` bytes. */
static bool answer(void *router, const char *ack, size_t ack_bytes)
{
    size_t size = 0;
    for (int more = 1; more;) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, router, 0) < 0)
            return true;
        size = zmq_msg_size(&frame);
        more = zmq_msg_more(&frame);
        if (more)
            zmq_msg_send(&frame, router, ZMQ_SNDMORE);
        else
            zmq_msg_close(&frame);
    }
    zmq_send(router, ack, size ? ack_bytes : 0, 0);
    return size == 0;
}

/* Binds to a free address of the transport and writes it to the pipe `report`. */
static void *bind_router(void *context, const char *transport, int report)
{
    char endpoint[ENDPOINT_MAX] = {0};
    size_t size = sizeof endpoint;
    void *router = zmq_socket(context, ZMQ_ROUTER);
    snprintf(endpoint, sizeof endpoint, strcmp(transport, "tcp") ? "%s://*" : "%s://127.0.0.1:*",
             transport);
    if (!router || zmq_bind(router, endpoint) != 0 ||
        zmq_getsockopt(router, ZMQ_LAST_ENDPOINT, endpoint, &size) != 0)
        _exit(1);
    if (write(report, endpoint, sizeof endpoint) != (ssize_t)sizeof endpoint)
        _exit(1);
    close(report);
    return router;
}

static void echo_process(const char *transport, int report, size_t ack_bytes)
{
    void *context = link_context_create(), *router = bind_router(context, transport, report);
    char *ack = calloc(1, ack_bytes);
    while (ack && !answer(router, ack, ack_bytes))
        ;
    free(ack);
    zmq_close(router);
    zmq_ctx_term(context);
}

static void proxy_process(const char *transport, int report, const char *echo)
{
    void *context = link_context_create(), *dealer = zmq_socket(context, ZMQ_DEALER);
    if (!dealer || zmq_connect(dealer, echo) != 0)
        _exit(1);
    void *router = bind_router(context, transport, report);
    for (bool last = false; !last;) {
        last = forward(router, dealer);
        last = forward(dealer, router) || last;
    }
    zmq_close(router);
    zmq_close(dealer);
    zmq_ctx_term(context);
}

/* Forks a process that ends with its parent; its endpoint into `endpoint`. `echo` is NULL for the
 * echo itself. The pid, or -1. */
static pid_t spawn(const char *transport, const char *echo, size_t ack_bytes, char *endpoint)
{
    int pipe_ends[2];
    if (pipe(pipe_ends) != 0)
        return -1;
    pid_t parent = getpid(), pid = fork();
    if (pid == 0) {
        close(pipe_ends[0]);
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (getppid() != parent)
            _exit(1);
        if (echo)
            proxy_process(transport, pipe_ends[1], echo);
        else
            echo_process(transport, pipe_ends[1], ack_bytes);
        _exit(0);
    }
    close(pipe_ends[1]);
    ssize_t n = pid < 0 ? -1 : read(pipe_ends[0], endpoint, ENDPOINT_MAX);
    close(pipe_ends[0]);
    endpoint[ENDPOINT_MAX - 1] = '\0';
    if (pid > 0 && n != ENDPOINT_MAX) {
        waitpid(pid, NULL, 0);
        return -1;
    }
    return pid;
}

static size_t size_and_close(zmq_msg_t *frame)
{
    size_t size = zmq_msg_size(frame);
    zmq_msg_close(frame);
    return size;
}

/* A report at CR 8 in floats and its answer, as they travel, in bytes. */
static int message_sizes(bench_zmq *z)
{
    static float complex symbols[BURST_SYMBOLS];
    static uint8_t side[SIDE_BITS / 8];
    const wire_impairment impairment = {
        .clock = 1, .received_ns = 1, .forwarded_ns = 1, .snr_db = 10, .noise_power = 0.1};
    const wire_report report = {.ue = 7,
                                .seq = 1000,
                                .due_s = 1,
                                .codec = UINT64_MAX,
                                .uplink = UINT64_MAX,
                                .symbols = BURST_SYMBOLS,
                                .symbol = symbols,
                                .side_bits = SIDE_BITS,
                                .side = side};
    const wire_answer answer = {.ue = 7,
                                .seq = 1000,
                                .snr_estimated_db = 10,
                                .clock = 1,
                                .received_ns = 1,
                                .decode_start_ns = 1,
                                .decode_end_ns = 1,
                                .answered_ns = 1,
                                .impaired = true,
                                .impairment = impairment};
    zmq_msg_t frame;
    if (wire_report_pack(&report, &frame) != ERR_NONE)
        return ERR_NOMEM;
    z->report_bytes = size_and_close(&frame);
    if (wire_answer_pack(&answer, &frame) != ERR_NONE)
        return ERR_NOMEM;
    z->ack_bytes = size_and_close(&frame);
    return ERR_NONE;
}

bench_zmq *bench_zmq_start(err *e)
{
    static const char *const transports[] = {"ipc", "tcp"};
    bench_zmq *z = calloc(1, sizeof *z);
    if (!z || message_sizes(z) != ERR_NONE) {
        free(z);
        err_set(e, ERR_NOMEM, "out of memory for the messages' sizes");
        return NULL;
    }
    for (size_t i = 0; i < 2; i++) {
        chain *c = &z->chain[i];
        char echo[ENDPOINT_MAX];
        c->transport = transports[i];
        c->echo = spawn(c->transport, NULL, z->ack_bytes, echo);
        c->proxy = c->echo > 0 ? spawn(c->transport, echo, 0, c->endpoint) : -1;
        if (c->proxy < 0) {
            err_set(e, ERR_IO, "could not start the echo processes: %s", strerror(errno));
            bench_zmq_stop(z);
            return NULL;
        }
    }
    return z;
}

static bool round_trip(void *dealer, const char *report, size_t bytes, char *ack, size_t room)
{
    return zmq_send(dealer, report, bytes, 0) >= 0 && zmq_recv(dealer, ack, room, 0) >= 0;
}

/* Times round trips for `seconds`, each `gap_ns` after the end of the last; the first tenth of the
 * time warms up and does not count. 0 when no answer came. */
static size_t time_round_trips(void *dealer, const bench_zmq *z, double seconds, long gap_ns,
                               uint64_t *times)
{
    char report[4096] = {1}, ack[4096];
    uint64_t span = (uint64_t)(seconds * 1e9), start = clock_ns();
    const struct timespec gap = {.tv_nsec = gap_ns};
    size_t count = 0;
    while (count < BENCH_CALLS_MAX) {
        if (gap_ns)
            nanosleep(&gap, NULL);
        uint64_t before = clock_ns();
        if (before - start > span)
            break;
        if (!round_trip(dealer, report, z->report_bytes, ack, sizeof ack))
            return 0;
        if (before - start > span / 10)
            times[count++] = clock_ns() - before;
    }
    return count;
}

static void add_round_trips(bench *b, const bench_zmq *z, const char *transport, void *dealer,
                            bool paced)
{
    static uint64_t times[BENCH_CALLS_MAX];
    char title[BENCH_NAME_MAX];
    double seconds = paced ? fmax(b->seconds, paced_seconds) : b->seconds;
    size_t count = time_round_trips(dealer, z, seconds, paced ? PACED_GAP_NS : 0, times);
    snprintf(title, sizeof title, "%s, 3 processes, %zu B there, %zu B back, %s", transport,
             z->report_bytes, z->ack_bytes, paced ? "2.5 ms apart" : "back to back");
    err e = {0};
    err_set(&e, ERR_TIMEOUT, "no answer from the echo process");
    if (count > 0)
        bench_add(b, "zmq", title, "round trip", times, count, 1);
    else
        bench_fail(b, title, &e);
}

/* Back to back, and at the pace of the link's own measurement (8 UEs, a report every 20 ms each):
 * after a pause caches are cold and processors wake up, and CSI reports come with pauses. */
void bench_zmq_run(bench *b, bench_zmq *z)
{
    for (size_t i = 0; i < 2; i++) {
        const chain *c = &z->chain[i];
        char last[16];
        int timeout = TIMEOUT_MS, linger = 0;
        void *context = link_context_create(), *dealer = zmq_socket(context, ZMQ_DEALER);
        zmq_setsockopt(dealer, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
        zmq_setsockopt(dealer, ZMQ_LINGER, &linger, sizeof linger);
        if (zmq_connect(dealer, c->endpoint) == 0) {
            add_round_trips(b, z, c->transport, dealer, false);
            add_round_trips(b, z, c->transport, dealer, true);
            zmq_send(dealer, "", 0, 0); /* ends echo and proxy */
            (void)zmq_recv(dealer, last, sizeof last, 0);
        }
        zmq_close(dealer);
        zmq_ctx_term(context);
    }
}

static void end(pid_t pid)
{
    if (pid <= 0)
        return;
    for (int i = 0; i < 100; i++) {
        if (waitpid(pid, NULL, WNOHANG) != 0)
            return;
        usleep(1000);
    }
    kill(pid, SIGKILL);
    waitpid(pid, NULL, 0);
}

void bench_zmq_stop(bench_zmq *z)
{
    if (!z)
        return;
    for (size_t i = 0; i < 2; i++) {
        end(z->chain[i].proxy);
        end(z->chain[i].echo);
    }
    free(z);
}
