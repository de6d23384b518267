/* Any frames as messages to a socket on the loop: each message arrives whole and in order, or
 * breaks the rule of LINK_FRAMES_MAX and is counted; none holds the next one up.
 *
 * The input is parts (fuzz.h), each a message: a byte that says how many frames, and how the rest
 * of the part is cut into them. */
#include "fuzz.h"

#include "base/log.h"
#include "link/socket.h"

enum { MESSAGES_MAX = 24, FRAMES_MAX = 2 * LINK_FRAMES_MAX, TURNS_MAX = 100000 };
static const char endpoint[] = "inproc://fuzz", last_word[] = "the last one";

static struct {
    uv_loop_t loop;
    void *context, *peer;
    link_socket *socket;
} link_;

static struct {
    const fuzz_part *message[MESSAGES_MAX]; /* those that are to arrive, in order */
    size_t count, arrived;
    unsigned long malformed; /* those that are not, of all inputs */
    bool ended;
} expected;

/* Frame i of n: the part's bytes behind the first, in pieces of equal size, the rest in the last.
 */
static fuzz_part frame_of(const fuzz_part *p, size_t i, size_t n)
{
    size_t each = (p->size - 1) / n, at = 1 + i * each;
    return (fuzz_part){p->data + at, i + 1 < n ? each : p->size - at};
}

static size_t frames_of(const fuzz_part *p)
{
    return 1 + p->data[0] % FRAMES_MAX;
}

static void on_message(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    (void)socket, (void)user;
    require(count >= 2 && count <= LINK_FRAMES_MAX); /* the peer's identity stands before */
    if (expected.arrived == expected.count) {
        require(count == 2 && zmq_msg_size(&frames[1]) == sizeof last_word);
        require(memcmp(zmq_msg_data(&frames[1]), last_word, sizeof last_word) == 0);
        expected.ended = true;
        return;
    }
    const fuzz_part *p = expected.message[expected.arrived++];
    size_t n = frames_of(p);
    require(count == 1 + n);
    for (size_t i = 0; i < n; i++) {
        fuzz_part f = frame_of(p, i, n);
        require(zmq_msg_size(&frames[1 + i]) == f.size);
        require(f.size == 0 || memcmp(zmq_msg_data(&frames[1 + i]), f.data, f.size) == 0);
    }
}

static void start(void)
{
    err e = {0};
    link_socket_options o = {
        .type = ZMQ_ROUTER, .endpoint = endpoint, .bind = true, .received = on_message};
    log_init("fuzz", LOG_ERROR);
    link_.context = zmq_ctx_new();
    require(link_.context && uv_loop_init(&link_.loop) == 0);
    link_.socket = link_socket_open(&link_.loop, link_.context, &o, &e);
    if (!link_.socket)
        fprintf(stderr, "%s\n", e.text);
    require(link_.socket != NULL);
    link_.peer = zmq_socket(link_.context, ZMQ_DEALER);
    require(link_.peer && zmq_connect(link_.peer, endpoint) == 0);
}

static void send_message(const fuzz_part *p)
{
    size_t n = frames_of(p);
    for (size_t i = 0; i < n; i++) {
        fuzz_part f = frame_of(p, i, n);
        require(zmq_send(link_.peer, f.data, f.size, i + 1 < n ? ZMQ_SNDMORE : 0) >= 0);
    }
    if (1 + n > LINK_FRAMES_MAX)
        expected.malformed++;
    else
        expected.message[expected.count++] = p;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_part part[MESSAGES_MAX];
    if (!link_.socket)
        start();
    expected.count = expected.arrived = 0;
    expected.ended = false;
    for (size_t i = 0; i < MESSAGES_MAX && fuzz_next_part(&data, &size, &part[i]); i++)
        if (part[i].size > 0)
            send_message(&part[i]);
    require(zmq_send(link_.peer, last_word, sizeof last_word, 0) >= 0);
    for (int turn = 0; turn < TURNS_MAX && !expected.ended; turn++)
        uv_run(&link_.loop, UV_RUN_NOWAIT);
    require(expected.ended && expected.arrived == expected.count);
    require(link_socket_malformed(link_.socket) == expected.malformed);
    return 0;
}
