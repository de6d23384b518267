/* flood: an agent that floods its channel-sim. For the chaos test only.
 *
 *     flood save TAP FILE
 *         waits at TAP, as a channel-sim would, for one report of an honest agent, and writes it to
 *         FILE: a flood knows no codec, so it copies
 *     flood send ENDPOINT FILE FIRST UES SECONDS SEED READS [KEYS CERTIFICATE]
 *         sends as fast as the socket takes, for SECONDS: reports of UEs FIRST to FIRST + UES - 1,
 *         which are its own, and of UEs that are not; reports with bytes changed; frames of random
 *         bytes and of the largest size. READS 0: it never reads an answer, so that the other
 *         end's queue towards it fills
 *
 * Prints one line of JSON: messages sent, messages the socket refused, answers by status. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/rng.h"
#include "link/context.h"
#include "link/keys.h"
#include "link/socket.h"
#include "wire/answer.h"
#include "wire/report.h"

enum { TAP_MS = 20000, POLL_MS = 1, UE_FOREIGN = 1000 };

typedef struct flood {
    void *socket;
    wire_report report; /* the copied one, whose UE and number change */
    uint32_t first, ues;
    uint64_t seed, sent, refused, answers[WIRE_STATUSES];
    bool reads;
} flood;

static int save(void *context, const char *tap, const char *path)
{
    void *socket = zmq_socket(context, ZMQ_ROUTER);
    int timeout = TAP_MS, rc = 1;
    zmq_msg_t identity, frame;
    zmq_msg_init(&identity);
    zmq_msg_init(&frame);
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    if (zmq_bind(socket, tap) == 0 && zmq_msg_recv(&identity, socket, 0) >= 0 &&
        zmq_msg_recv(&frame, socket, 0) >= 0) {
        FILE *f = fopen(path, "wb");
        if (f && fwrite(zmq_msg_data(&frame), zmq_msg_size(&frame), 1, f) == 1)
            rc = 0;
        if (f && fclose(f) != 0)
            rc = 1;
    }
    zmq_msg_close(&identity);
    zmq_msg_close(&frame);
    zmq_close(socket);
    if (rc)
        fprintf(stderr, "flood: no report came to %s\n", tap);
    return rc;
}

static int read_report(const char *path, wire_report *report)
{
    zmq_msg_t frame;
    bool known;
    err e = {0};
    FILE *f = fopen(path, "rb");
    if (!f || zmq_msg_init_size(&frame, WIRE_FRAME_BYTES_MAX) != 0)
        return 1;
    size_t size = fread(zmq_msg_data(&frame), 1, WIRE_FRAME_BYTES_MAX, f);
    fclose(f);
    zmq_msg_t exact;
    zmq_msg_init_size(&exact, size);
    memcpy(zmq_msg_data(&exact), zmq_msg_data(&frame), size);
    zmq_msg_close(&frame);
    int rc = wire_report_unpack(&exact, report, &known, &e);
    zmq_msg_close(&exact);
    if (rc)
        fprintf(stderr, "flood: %s: %s\n", path, e.text);
    return rc;
}

/* What a message is, drawn for each: mostly reports that nothing is wrong with. */
typedef enum flood_kind { OWN, FOREIGN, CHANGED, NOISE, LARGEST } flood_kind;

static flood_kind draw_kind(rng *r)
{
    static const struct {
        flood_kind kind;
        double below;
    } kinds[] = {{OWN, 0.7}, {FOREIGN, 0.8}, {CHANGED, 0.9}, {NOISE, 0.97}, {LARGEST, 1}};
    double u = rng_uniform(r);
    size_t k = 0;
    while (u >= kinds[k].below)
        k++;
    return kinds[k].kind;
}

static void make_noise(rng *r, zmq_msg_t *frame, size_t size)
{
    if (zmq_msg_init_size(frame, size) != 0)
        abort();
    uint8_t *bytes = zmq_msg_data(frame);
    for (size_t i = 0; i + 4 <= size; i += 4) {
        uint32_t word = rng_u32(r);
        memcpy(bytes + i, &word, 4);
    }
}

static void make_message(flood *f, rng *r, zmq_msg_t *frame)
{
    enum { CHANGES = 8 };
    flood_kind kind = draw_kind(r);
    if (kind == NOISE || kind == LARGEST) {
        size_t most = kind == NOISE ? 2000 : WIRE_FRAME_BYTES_MAX;
        make_noise(r, frame, kind == NOISE ? rng_u32(r) % most : most);
        return;
    }
    f->report.ue = kind == FOREIGN ? rng_u32(r) % UE_FOREIGN : f->first + rng_u32(r) % f->ues;
    f->report.seq++;
    if (wire_report_pack(&f->report, frame) != ERR_NONE)
        abort();
    uint8_t *bytes = zmq_msg_data(frame);
    for (int i = 0; kind == CHANGED && i < CHANGES; i++)
        bytes[rng_u32(r) % zmq_msg_size(frame)] ^= (uint8_t)(1U << rng_u32(r) % 8);
}

static void count_answers(flood *f)
{
    zmq_msg_t frame;
    wire_answer a;
    zmq_msg_init(&frame);
    while (zmq_msg_recv(&frame, f->socket, ZMQ_DONTWAIT) >= 0)
        if (wire_answer_unpack(&frame, &a, NULL) == ERR_NONE) {
            f->answers[a.status]++;
            wire_answer_clear(&a);
        }
    zmq_msg_close(&frame);
}

static void send_until(flood *f, uint64_t end_ns)
{
    for (uint32_t message = 0; clock_ns() < end_ns; message++) {
        rng r = rng_at(f->seed, RNG_TEST, f->first, message);
        zmq_msg_t frame;
        make_message(f, &r, &frame);
        if (zmq_msg_send(&frame, f->socket, ZMQ_DONTWAIT) >= 0) {
            f->sent++;
        } else {
            f->refused++;
            zmq_msg_close(&frame);
            zmq_poll(NULL, 0, POLL_MS);
        }
        if (f->reads)
            count_answers(f);
    }
}

static void print_counts(const flood *f)
{
    printf("{\"sent\":%llu,\"refused_by_socket\":%llu", (unsigned long long)f->sent,
           (unsigned long long)f->refused);
    for (int i = 0; i < WIRE_STATUSES; i++)
        printf(",\"%s\":%llu", wire_status_name((wire_status)i), (unsigned long long)f->answers[i]);
    printf("}\n");
}

static int send_flood(void *context, int argc, char **argv)
{
    flood f = {.first = (uint32_t)strtoul(argv[4], NULL, 10),
               .ues = (uint32_t)strtoul(argv[5], NULL, 10),
               .seed = strtoull(argv[7], NULL, 10),
               .reads = strcmp(argv[8], "0") != 0};
    int linger = 0;
    err e = {0};
    link_keys *keys = argc > 9 ? link_keys_open(argv[9], argv[10], 1u << LINK_AGENT, &e) : NULL;
    if (f.ues == 0 || (argc > 9 && !keys) || read_report(argv[3], &f.report)) {
        fprintf(stderr, "flood: %s\n", e.text);
        return 1;
    }
    f.socket = zmq_socket(context, ZMQ_DEALER);
    zmq_setsockopt(f.socket, ZMQ_LINGER, &linger, sizeof linger);
    int rc = link_connect(f.socket, argv[2], keys, &e);
    if (rc)
        fprintf(stderr, "flood: %s\n", e.text);
    else
        send_until(&f, clock_ns() + (uint64_t)(strtod(argv[6], NULL) * 1e9));
    zmq_close(f.socket);
    link_keys_free(keys);
    wire_report_clear(&f.report);
    print_counts(&f);
    return rc;
}

int main(int argc, char **argv)
{
    void *context = link_context_create();
    int rc = 2;
    if (argc == 4 && strcmp(argv[1], "save") == 0)
        rc = save(context, argv[2], argv[3]);
    else if ((argc == 9 || argc == 11) && strcmp(argv[1], "send") == 0)
        rc = send_flood(context, argc, argv);
    else
        fprintf(stderr, "usage: flood save TAP FILE | flood send ENDPOINT FILE FIRST UES SECONDS "
                        "SEED READS [KEYS CERTIFICATE]\n");
    zmq_ctx_term(context);
    return rc;
}
