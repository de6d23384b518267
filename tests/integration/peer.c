/* peer: a peer that breaks the rules. For the integration tests only.
 *
 *     peer ENDPOINT TAP          waits at TAP, where an honest agent sends to, for one report;
 * sends one spoiled copy of it after another to channel-sim or bs-server at ENDPOINT, and prints
 * for each "<what>: <answer's status> <reason>", or "silence" peer ENDPOINT TAP memory   the same
 * with reports of a codec with memory, none of them malformed: what they build on is not there, or
 * they are many peer ENDPOINT TAP ahead    one report, then one that is due long after it peer
 * ENDPOINT TAP flood    sends reports of its own UEs as fast as it can until its standard input
 * ends, then reads what is left of the answers; prints how many there were of each status peer
 * ENDPOINT TAP deaf     the same, but reads no answer peer ENDPOINT control      sends garbage and
 * ten frames to a control address; prints the errors it gets back peer TAP forge COUNT       is a
 * channel-sim at TAP that answers every report of an agent by itself, with answers that cannot be
 * among them, COUNT times
 *
 * It copies an honest report because it knows no codec: what an identity, a burst or side bits must
 * be, the agent knows. */
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zmq.h>

#include "raw_fields.h"
#include "wire/answer.h"
#include "wire/control.h"
#include "wire/report.h"

enum { ANSWER_MS = 1000, TAP_MS = 20000, UE = 999 };
enum { FIELD_VERSION = 19, FIELD_SYMBOLS = 22, FIELD_SIDE_BITS = 24 };

typedef struct peer {
    void *socket;
    wire_report honest; /* owns its vectors */
    wire_report report; /* a copy, with vectors of its own, to be spoiled */
    uint32_t seq;
} peer;

static void *copy(const void *from, size_t bytes)
{
    void *to = malloc(bytes + 1);
    if (!to)
        abort();
    if (bytes)
        memcpy(to, from, bytes);
    return to;
}

/* A report with which nothing is wrong; `spoil` makes the rest of it. */
static void make_report(peer *p)
{
    free(p->report.symbol);
    free(p->report.side);
    p->report = p->honest;
    p->report.owned = NULL;
    p->report.symbol = copy(p->honest.symbol, p->honest.symbols * sizeof *p->honest.symbol);
    p->report.side = copy(p->honest.side, (p->honest.side_bits + 7) / 8);
    p->report.ue = UE;
    p->report.seq = p->seq++;
}

static void spoil_ue(peer *p)
{
    p->report.ue = UINT32_MAX;
}

static void spoil_due(peer *p)
{
    p->report.due_s = NAN;
}

static void spoil_codec(peer *p)
{
    p->report.codec ^= 1;
}

static void spoil_no_codec(peer *p)
{
    p->report.codec = 0;
}

static void spoil_uplink(peer *p)
{
    p->report.uplink ^= 1;
}

static void spoil_builds_on(peer *p)
{
    p->report.builds_on = UINT32_MAX;
}

static void spoil_builds_on_itself(peer *p)
{
    p->report.builds_on = p->report.seq + 1;
}

static void spoil_builds_on_earlier(peer *p)
{
    p->report.builds_on = p->report.seq;
}

static void spoil_nan(peer *p)
{
    ((float *)p->report.symbol)[5] = NAN;
}

static void scale(peer *p, float by)
{
    for (size_t i = 0; i < p->report.symbols; i++)
        p->report.symbol[i] *= by;
}

/* Below the power of a whole burst, so that nothing but the size is wrong. */
static void spoil_burst_size(peer *p)
{
    p->report.symbols--;
    scale(p, 0.9f);
}

static void spoil_loud(peer *p)
{
    scale(p, 10);
}

static void spoil_huge(peer *p)
{
    for (size_t i = 0; i < p->report.symbols; i++)
        p->report.symbol[i] = i % 2 ? 3e38f : -3e38f;
}

static void spoil_zeros(peer *p)
{
    scale(p, 0);
}

static void spoil_no_side(peer *p)
{
    p->report.side_bits = 0;
}

static void spoil_side_ones(peer *p)
{
    memset(p->report.side, 0xff, p->report.side_bits / 8);
}

static const struct {
    const char *what;
    void (*spoil)(peer *p);
} reports[] = {
    {"ue", spoil_ue},
    {"due", spoil_due},
    {"codec", spoil_codec},
    {"no-codec", spoil_no_codec},
    {"uplink", spoil_uplink},
    {"builds-on", spoil_builds_on},
    {"builds-on-itself", spoil_builds_on_itself},
    {"builds-on-earlier", spoil_builds_on_earlier},
    {"burst-size", spoil_burst_size},
    {"nan", spoil_nan},
    {"loud", spoil_loud},
    {"huge", spoil_huge},
    {"zeros", spoil_zeros},
    {"no-side", spoil_no_side},
    {"side-ones", spoil_side_ones},
};

static void print_answer(const char *what, void *socket)
{
    zmq_msg_t frame;
    wire_answer a;
    zmq_msg_init(&frame);
    if (zmq_msg_recv(&frame, socket, 0) < 0) {
        printf("%s: silence\n", what);
    } else if (wire_answer_unpack(&frame, &a, NULL) != ERR_NONE) {
        printf("%s: NOT AN ANSWER\n", what);
    } else {
        printf("%s: %s %s\n", what, wire_status_name(a.status), a.reason);
        wire_answer_clear(&a);
    }
    zmq_msg_close(&frame);
    fflush(stdout);
}

static zmq_msg_t pack(const peer *p)
{
    zmq_msg_t frame;
    if (wire_report_pack(&p->report, &frame) != ERR_NONE)
        abort();
    return frame;
}

/* Closes the frame; the last `cut` bytes of it are not sent. */
static void send_frame(peer *p, const char *what, zmq_msg_t *frame, size_t cut)
{
    zmq_send(p->socket, zmq_msg_data(frame), zmq_msg_size(frame) - cut, 0);
    zmq_msg_close(frame);
    print_answer(what, p->socket);
}

static void send_frames(peer *p, const char *what, int count)
{
    for (int i = 0; i < count; i++)
        zmq_send(p->socket, "frame", 5, i + 1 < count ? ZMQ_SNDMORE : 0);
    print_answer(what, p->socket);
}

static void send_garbage(peer *p)
{
    char garbage[1000];
    for (size_t i = 0; i < sizeof garbage; i++)
        garbage[i] = (char)(i * 37 + 255);
    zmq_send(p->socket, garbage, sizeof garbage, 0);
    print_answer("garbage", p->socket);
    zmq_send(p->socket, "", 0, 0);
    print_answer("empty", p->socket);
    send_frames(p, "three-frames", 3);
    send_frames(p, "nine-frames", 9);
}

/* What no writer of csilink makes: cut, of another version, with lengths that lie. */
static void send_malformed(peer *p)
{
    make_report(p);
    zmq_msg_t frame = pack(p);
    send_frame(p, "truncated", &frame, 200);
    frame = pack(p);
    raw_field_varint(&frame, FIELD_VERSION, 1);
    send_frame(p, "old-version", &frame, 0);
    frame = pack(p);
    raw_field_varint(&frame, FIELD_VERSION, 3);
    send_frame(p, "new-version", &frame, 0);
    frame = pack(p);
    raw_field_bytes(&frame, FIELD_SYMBOLS, p->report.symbol,
                    p->report.symbols * sizeof *p->report.symbol - 1);
    send_frame(p, "odd-bytes", &frame, 0);
    frame = pack(p);
    raw_field_varint(&frame, FIELD_SIDE_BITS, p->report.side_bits + 8);
    send_frame(p, "side-bits", &frame, 0);
}

/* What an agent would like to hear, said by itself: to a program that takes reports it is none. */
static void send_own_answer(peer *p)
{
    zmq_msg_t frame;
    const wire_answer a = {.ue = UE, .seq = p->seq, .status = WIRE_RECONSTRUCTED, .reason = ""};
    if (wire_answer_pack(&a, &frame) != ERR_NONE)
        abort();
    send_frame(p, "own-answer", &frame, 0);
}

static void break_rules(peer *p)
{
    send_garbage(p);
    send_malformed(p);
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        make_report(p);
        reports[i].spoil(p);
        zmq_msg_t frame = pack(p);
        send_frame(p, reports[i].what, &frame, 0);
    }
    send_own_answer(p);
    make_report(p);
    zmq_msg_t frame = pack(p);
    send_frame(p, "good", &frame, 0);
    char *big = calloc(1, 2 << 20);
    if (big)
        zmq_send(p->socket, big, 2 << 20, 0);
    free(big);
    print_answer("two-megabytes", p->socket);
}

/* --- reports of a codec with memory -------------------------------------------------------------
 */

static void send_memory(peer *p, const char *what, uint32_t ue, uint32_t seq, uint32_t builds_on)
{
    make_report(p);
    p->report.ue = ue;
    p->report.seq = seq;
    p->report.builds_on = builds_on;
    zmq_msg_t frame = pack(p);
    if (what)
        send_frame(p, what, &frame, 0);
    else if (zmq_msg_send(&frame, p->socket, 0) < 0)
        abort();
}

/* One report of each of `ues` UEs that builds on nothing, as many in flight as a base station takes
 * at once. */
static void flood(peer *p, uint32_t ues)
{
    enum { WINDOW = 64 };
    uint32_t sent = 0, answered = 0, reconstructed = 0;
    while (answered < ues) {
        while (sent < ues && sent - answered < WINDOW)
            send_memory(p, NULL, sent++, 0, 0);
        zmq_msg_t frame;
        wire_answer a;
        zmq_msg_init(&frame);
        if (zmq_msg_recv(&frame, p->socket, 0) < 0)
            break;
        if (wire_answer_unpack(&frame, &a, NULL) == ERR_NONE) {
            reconstructed += a.status == WIRE_RECONSTRUCTED;
            wire_answer_clear(&a);
        }
        answered++;
        zmq_msg_close(&frame);
    }
    printf("flood: %u answered, %u reconstructed\n", answered, reconstructed);
}

static void strain_memory(peer *p)
{
    send_memory(p, "nothing-there", UE, 7, 3);
    send_memory(p, "key", UE, 8, 0);
    send_memory(p, "on-key", UE, 9, 9);
    send_memory(p, "on-later", UE, 8, 10);
    send_memory(p, "on-itself", UE, 9, 10);
    send_memory(p, "largest", UE, UINT32_MAX, 0);
    send_memory(p, "on-largest", UE, UINT32_MAX, UINT32_MAX);
    send_memory(p, "anew", UE, 0, 0);
    send_memory(p, "on-anew", UE, 1, 1);
    send_memory(p, "last-ue", 999999, 0, 0);
    printf("pause\n");
    fflush(stdout);
    getchar();                    /* whoever started this looks at the base station's size */
    enum { FLOOD = 16384 + 100 }; /* more than a base station remembers (bs-server/ues.h) */
    flood(p, FLOOD);
    send_memory(p, "first-of-flood", 0, 1, 1);
    send_memory(p, "last-of-flood", FLOOD - 1, 1, 1);
}

/* --- floods -------------------------------------------------------------------------------------
 */

static void run_ahead(peer *p)
{
    make_report(p);
    zmq_msg_t frame = pack(p);
    send_frame(p, "first", &frame, 0);
    make_report(p);
    p->report.due_s += 100000;
    frame = pack(p);
    send_frame(p, "ahead", &frame, 0);
}

static bool input_ended(void)
{
    char c;
    return read(STDIN_FILENO, &c, 1) == 0;
}

static size_t read_answers(peer *p, uint64_t count[WIRE_STATUSES], int flags)
{
    size_t came = 0;
    zmq_msg_t frame;
    wire_answer a;
    zmq_msg_init(&frame);
    while (zmq_msg_recv(&frame, p->socket, flags) >= 0) {
        came++;
        if (wire_answer_unpack(&frame, &a, NULL) != ERR_NONE)
            continue;
        count[a.status]++;
        wire_answer_clear(&a);
    }
    zmq_msg_close(&frame);
    return came;
}

/* All in one frame that is packed once: what it costs the sender is next to nothing. */
static void flood_until_told(peer *p, bool reads)
{
    uint64_t sent = 0, answers = 0, count[WIRE_STATUSES] = {0};
    fcntl(STDIN_FILENO, F_SETFL, fcntl(STDIN_FILENO, F_GETFL) | O_NONBLOCK);
    make_report(p);
    zmq_msg_t frame = pack(p);
    for (uint64_t i = 0; i % 1000 || !input_ended(); i++) {
        if (zmq_send(p->socket, zmq_msg_data(&frame), zmq_msg_size(&frame), ZMQ_DONTWAIT) >= 0)
            sent++;
        else
            zmq_poll(NULL, 0, 1);
        if (reads && i % 100 == 0)
            answers += read_answers(p, count, ZMQ_DONTWAIT);
    }
    zmq_msg_close(&frame);
    if (reads)
        answers += read_answers(p, count, 0);
    printf("%s: %llu sent, %llu answered, %llu reconstructed, %llu refused\n",
           reads ? "flood" : "deaf", (unsigned long long)sent, (unsigned long long)answers,
           (unsigned long long)count[WIRE_RECONSTRUCTED], (unsigned long long)count[WIRE_REFUSED]);
}

/* --- answers that an agent gives itself ---------------------------------------------------------
 */

static void send_back(void *socket, zmq_msg_t *identity, zmq_msg_t *frame)
{
    zmq_msg_t to;
    zmq_msg_init(&to);
    zmq_msg_copy(&to, identity);
    if (zmq_msg_send(&to, socket, ZMQ_SNDMORE) < 0 || zmq_msg_send(frame, socket, 0) < 0)
        abort();
}

static void send_answer(void *socket, zmq_msg_t *identity, wire_answer a)
{
    zmq_msg_t frame;
    if (wire_answer_pack(&a, &frame) != ERR_NONE)
        abort();
    send_back(socket, identity, &frame);
}

/* Its own report, answers for others' UEs, for reports not sent yet and with figures that are none;
 * then one that it has to take, twice: every other report needs a key, the rest bring a
 * reconstruction of a size that is not asked for. */
static void answer_wrongly(void *socket, zmq_msg_t *identity, zmq_msg_t *frame,
                           const wire_report *r)
{
    static const float complex three[3] = {1, 2, 3};
    wire_answer a = {.ue = r->ue, .seq = r->seq, .status = WIRE_RECONSTRUCTED, .reason = ""};
    wire_answer other = a, ahead = a, nan = a;
    other.ue = r->ue + 1000;
    ahead.seq = r->seq + 5;
    nan.snr_estimated_db = NAN;
    send_back(socket, identity, frame);
    send_answer(socket, identity, other);
    send_answer(socket, identity, ahead);
    ahead.status = WIRE_NEEDS_KEY;
    send_answer(socket, identity, ahead);
    send_answer(socket, identity, nan);
    a.entries = 3;
    a.reconstruction = three;
    a.status = r->seq % 2 ? WIRE_NEEDS_KEY : WIRE_RECONSTRUCTED;
    send_answer(socket, identity, a);
    send_answer(socket, identity, a);
}

/* Prints how many reports came, and how many of them built on one before. */
static int forge(void *context, const char *endpoint, int count)
{
    void *socket = zmq_socket(context, ZMQ_ROUTER);
    int timeout = TAP_MS, linger = ANSWER_MS, came = 0, built = 0;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    bool good = zmq_bind(socket, endpoint) == 0;
    while (good && came < count) {
        zmq_msg_t identity, frame;
        wire_report r;
        bool known;
        zmq_msg_init(&identity);
        zmq_msg_init(&frame);
        good = zmq_msg_recv(&identity, socket, 0) >= 0 && zmq_msg_recv(&frame, socket, 0) >= 0 &&
               wire_report_unpack(&frame, &r, &known, NULL) == ERR_NONE;
        if (good) {
            came++;
            built += r.builds_on > 0;
            answer_wrongly(socket, &identity, &frame, &r);
            wire_report_clear(&r);
        }
        zmq_msg_close(&identity);
        zmq_msg_close(&frame);
    }
    /* An agent whose peer is gone drops what it has not read yet. */
    zmq_poll(NULL, 0, ANSWER_MS);
    printf("forge: %d reports, %d build on one before\n", came, built);
    zmq_close(socket);
    return good ? 0 : 1;
}

/* The first report that an honest agent sends to `endpoint`; it stays without an answer. */
static int tap(void *context, const char *endpoint, wire_report *r, err *e)
{
    void *socket = zmq_socket(context, ZMQ_ROUTER);
    int timeout = TAP_MS, linger = 0, rc = ERR_NONE;
    bool known;
    zmq_msg_t frame;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_msg_init(&frame);
    if (zmq_bind(socket, endpoint) != 0)
        rc = err_set(e, ERR_IO, "cannot listen on %s", endpoint);
    /* The agent's identity stands before the report. */
    for (int i = 0; rc == ERR_NONE && i < 2; i++)
        if (zmq_msg_recv(&frame, socket, 0) < 0)
            rc = err_set(e, ERR_TIMEOUT, "no agent sent a report to %s", endpoint);
    if (rc == ERR_NONE)
        rc = wire_report_unpack(&frame, r, &known, e);
    zmq_msg_close(&frame);
    zmq_close(socket);
    return rc;
}

static void print_reply(const char *what, void *socket)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    wire_control_reply r = {0};
    bool answered = zmq_msg_recv(&frame, socket, 0) >= 0 &&
                    wire_control_reply_unpack(&frame, &r, NULL) == ERR_NONE;
    printf("%s: %s\n", what, answered ? r.error : "silence");
    wire_control_reply_clear(&r);
    zmq_msg_close(&frame);
}

static void break_control(void *socket)
{
    zmq_send(socket, "\x0a\xff\xff\xff", 4, 0);
    print_reply("control", socket);
    for (int i = 0; i < 10; i++)
        zmq_send(socket, "frame", 5, i < 9 ? ZMQ_SNDMORE : 0);
    print_reply("ten-frames", socket);
    zmq_send(socket, "one", 3, ZMQ_SNDMORE);
    zmq_send(socket, "two", 3, 0);
    print_reply("two-frames", socket);
}

int main(int argc, char **argv)
{
    bool control = argc == 3 && strcmp(argv[2], "control") == 0;
    const char *how = argc == 4 ? argv[3] : "";
    bool memory = strcmp(how, "memory") == 0, ahead = strcmp(how, "ahead") == 0;
    bool flooding = strcmp(how, "flood") == 0, deaf = strcmp(how, "deaf") == 0;
    bool forging = argc == 4 && strcmp(argv[2], "forge") == 0;
    if (argc != 3 && !memory && !ahead && !flooding && !deaf && !forging) {
        fprintf(stderr,
                "peer: it takes ENDPOINT TAP [memory|ahead|flood|deaf], ENDPOINT control, or "
                "TAP forge N\n");
        return 2;
    }
    const char *slow = getenv("CSILINK_TEST_SLOW");
    int timeout = ANSWER_MS * (slow && atoi(slow) > 1 ? atoi(slow) : 1), linger = 0;
    void *context = zmq_ctx_new();
    if (forging) {
        int status = forge(context, argv[1], atoi(argv[3]));
        zmq_ctx_term(context);
        return status;
    }
    peer p = {.socket = zmq_socket(context, control ? ZMQ_REQ : ZMQ_DEALER)};
    zmq_setsockopt(p.socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(p.socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_connect(p.socket, argv[1]);
    err e = {0};
    int rc = control ? ERR_NONE : tap(context, argv[2], &p.honest, &e);
    if (control)
        break_control(p.socket);
    else if (rc != ERR_NONE)
        fprintf(stderr, "peer: %s\n", e.text);
    else if (memory)
        strain_memory(&p);
    else if (ahead)
        run_ahead(&p);
    else if (flooding || deaf)
        flood_until_told(&p, flooding);
    else
        break_rules(&p);
    free(p.report.symbol);
    free(p.report.side);
    wire_report_clear(&p.honest);
    zmq_close(p.socket);
    zmq_ctx_term(context);
    return rc == ERR_NONE ? 0 : 1;
}
