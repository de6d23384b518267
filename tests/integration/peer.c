/* peer: a peer that breaks the rules. For the integration tests only.
 *
 *     peer ENDPOINT MODEL    sends one message after another to channel-sim or bs-server and
 *                            prints for each "<what>: <answer's status> <reason>", or "silence"
 *     peer ENDPOINT control  sends garbage to a control address; prints the error it gets back
 *
 * The pair that a report must name is read from MODEL's encoder. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "codec/onnx/pair.h"
#include "wire/control.h"
#include "wire/message.h"

enum { ANSWER_MS = 1000, VALUES_MAX = 4096, TRUTH = 2 * 32 * 32, UE = 999 };

typedef struct peer {
    void *socket;
    const onnx_info *info;
    float codeword[VALUES_MAX], reference[16], truth[TRUTH];
    Csilink__CsiReport report;
    Csilink__Genie genie;
    uint32_t seq;
} peer;

/* A report with which nothing is wrong; `spoil` makes the rest of it. */
static void make_report(peer *p)
{
    csilink__csi_report__init(&p->report);
    csilink__genie__init(&p->genie);
    for (size_t i = 0; i < p->info->codeword; i++)
        p->codeword[i] = sinf((float)i);
    for (size_t i = 0; i < 16; i++)
        p->reference[i] = 0.7f;
    memset(p->truth, 0, sizeof p->truth);
    p->report.ue = UE;
    p->report.seq = p->seq++;
    p->report.pair = p->info->pair;
    p->report.scale = 0.01f;
    p->report.codeword = link_floats_view(p->codeword, p->info->codeword);
    p->report.reference = link_floats_view(p->reference, 16);
    p->genie.truth = link_floats_view(p->truth, TRUTH);
    p->genie.truth_grid = link_floats_view(p->truth, TRUTH);
    p->genie.dl_snr_db = 20;
}

static void spoil_codeword_size(peer *p)
{
    p->report.codeword.len -= 4;
}

static void spoil_odd_bytes(peer *p)
{
    p->report.codeword.len -= 1;
}

static void spoil_pair(peer *p)
{
    p->report.pair ^= 1;
}

static void spoil_nan(peer *p)
{
    p->codeword[5] = NAN;
}

static void spoil_scale(peer *p)
{
    p->report.scale = -1;
}

static void spoil_shift(peer *p)
{
    p->report.delay_shift = UINT32_MAX;
}

static void spoil_angle_shift(peer *p)
{
    p->report.angle_shift = 65536 + 1;
}

static void spoil_references(peer *p)
{
    p->report.reference.len = 0;
}

static void spoil_ue(peer *p)
{
    p->report.ue = UINT32_MAX;
}

static void spoil_huge(peer *p)
{
    for (size_t i = 0; i < p->info->codeword; i++)
        p->codeword[i] = i % 2 ? 3e38f : -3e38f;
    p->report.scale = 3e38f;
}

static void spoil_huge_references(peer *p)
{
    for (size_t i = 0; i < 16; i++)
        p->reference[i] = i % 2 ? 3e38f : -3e38f;
}

static void spoil_zeros(peer *p)
{
    memset(p->codeword, 0, sizeof p->codeword);
    memset(p->reference, 0, sizeof p->reference);
    p->report.scale = 0;
}

static void spoil_short_truth(peer *p)
{
    p->genie.truth.len = 8;
    p->report.genie = &p->genie;
}

static void spoil_zero_truth(peer *p)
{
    p->report.genie = &p->genie;
}

static const struct {
    const char *what;
    void (*spoil)(peer *p);
} reports[] = {
    {"codeword-size", spoil_codeword_size},
    {"odd-bytes", spoil_odd_bytes},
    {"pair", spoil_pair},
    {"nan", spoil_nan},
    {"scale", spoil_scale},
    {"shift", spoil_shift},
    {"angle-shift", spoil_angle_shift},
    {"references", spoil_references},
    {"ue", spoil_ue},
    {"huge", spoil_huge},
    {"huge-references", spoil_huge_references},
    {"zeros", spoil_zeros},
    {"short-truth", spoil_short_truth},
    {"zero-truth", spoil_zero_truth},
};

static void print_answer(const char *what, void *socket)
{
    static const char *const words[] = {"RECONSTRUCTED", "REFUSED", "LOST_IN_CHANNEL"};
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    if (zmq_msg_recv(&frame, socket, 0) < 0) {
        printf("%s: silence\n", what);
    } else {
        link_ack *a = link_ack_unpack(&frame, NULL);
        printf("%s: %s %s%s\n", what, a && a->status <= 2 ? words[a->status] : "NOT AN ANSWER",
               a ? a->reason : "", a && a->quality ? "measured" : "");
        link_ack_free(a);
    }
    zmq_msg_close(&frame);
    fflush(stdout);
}

static void send_report(peer *p, const char *what, size_t cut)
{
    zmq_msg_t frame;
    if (link_pack(&p->report.base, &frame) != ERR_NONE)
        return;
    zmq_send(p->socket, zmq_msg_data(&frame), zmq_msg_size(&frame) - cut, 0);
    zmq_msg_close(&frame);
    print_answer(what, p->socket);
}

static void send_frames(peer *p, const char *what, int count)
{
    for (int i = 0; i < count; i++)
        zmq_send(p->socket, "frame", 5, i + 1 < count ? ZMQ_SNDMORE : 0);
    print_answer(what, p->socket);
}

static void break_rules(peer *p)
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
    make_report(p);
    send_report(p, "truncated", 200);
    for (size_t i = 0; i < sizeof reports / sizeof reports[0]; i++) {
        make_report(p);
        reports[i].spoil(p);
        send_report(p, reports[i].what, 0);
    }
    make_report(p);
    send_report(p, "good", 0);
    char *big = calloc(1, 2 << 20);
    if (big)
        zmq_send(p->socket, big, 2 << 20, 0);
    free(big);
    print_answer("two-megabytes", p->socket);
}

static void break_control(void *socket)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    zmq_send(socket, "\x0a\xff\xff\xff", 4, 0);
    wire_control_reply r = {0};
    bool answered = zmq_msg_recv(&frame, socket, 0) >= 0 &&
                    wire_control_reply_unpack(&frame, &r, NULL) == ERR_NONE;
    printf("control: %s\n", answered ? r.error : "silence");
    wire_control_reply_clear(&r);
    zmq_msg_close(&frame);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "peer: it takes ENDPOINT and MODEL, or ENDPOINT control\n");
        return 2;
    }
    bool control = strcmp(argv[2], "control") == 0;
    const char *slow = getenv("CSILINK_TEST_SLOW");
    int timeout = ANSWER_MS * (slow && atoi(slow) > 1 ? atoi(slow) : 1), linger = 0;
    void *context = zmq_ctx_new();
    peer p = {.socket = zmq_socket(context, control ? ZMQ_REQ : ZMQ_DEALER)};
    zmq_setsockopt(p.socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(p.socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_connect(p.socket, argv[1]);
    err e = {0};
    onnx_part *encoder = control ? NULL : onnx_load_named(CODEC_ENCODER, argv[2], &e);
    if (control) {
        break_control(p.socket);
    } else if (encoder) {
        p.info = onnx_part_info(encoder);
        break_rules(&p);
    } else {
        fprintf(stderr, "peer: %s\n", e.text);
    }
    onnx_part_free(encoder);
    zmq_close(p.socket);
    zmq_ctx_term(context);
    return control || encoder ? 0 : 1;
}
