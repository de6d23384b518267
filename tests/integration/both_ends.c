/* both_ends: a UE agent and a base station around a channel-sim, neither with a codec. For the
 * integration tests only.
 *
 *     both_ends AGENTS STATION SEED SNR_DB LOSS DELAY_S
 *
 * binds STATION, where a channel-sim with these settings connects to, and sends reports to AGENTS,
 * where it listens. Prints "<law>: holds" or "<law>: <the first thing that does not>" for each. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/rng.h"
#include "raw_fields.h"
#include "uplink/air.h"
#include "wire/answer.h"
#include "wire/report.h"

enum { REPORTS = 200, SYMBOLS = 136, SIDE_BITS = 45, SIDE = (SIDE_BITS + 7) / 8 };
enum { WAIT_MS = 3000, FIELD_VERSION = 19 };

typedef enum law { NOISE, REST, STAMPS, LOSS, RETURN, REFUSAL, LAWS } law;

static const char *const laws[LAWS] = {"noise", "rest", "stamps", "loss", "return", "refusal"};

typedef struct ends {
    void *agent, *station;
    uint64_t seed;
    double snr_db, loss, delay_s;
    float complex symbol[SYMBOLS];
    uint8_t side[SIDE];
    unsigned lost, passed;
    char broken[LAWS][160];
} ends;

/* Keeps the first thing that does not hold. */
static void check(ends *e, law l, bool holds, const char *what)
{
    if (!holds && !e->broken[l][0])
        snprintf(e->broken[l], sizeof e->broken[l], "%s", what);
}

/* Report i, the same each time: a burst of power 1, every field set. */
static wire_report report_of(ends *e, uint32_t i)
{
    rng g = rng_at(7, RNG_TEST, i, 0);
    rng_normal_fill(&g, (float *)e->symbol, 2 * SYMBOLS, 1);
    float scale = (float)(1 / sqrt(air_power(e->symbol, SYMBOLS)));
    for (size_t k = 0; k < SYMBOLS; k++)
        e->symbol[k] *= scale;
    for (size_t k = 0; k < SIDE; k++)
        e->side[k] = (uint8_t)(i + k);
    e->side[SIDE - 1] &= (1 << SIDE_BITS % 8) - 1;
    return (wire_report){.ue = i % 7,
                         .seq = 1 + i / 7,
                         .due_s = 0.001 * i,
                         .codec = 0x1234567890abcdef,
                         .uplink = 0xfedcba0987654321,
                         .symbols = SYMBOLS,
                         .symbol = e->symbol,
                         .side_bits = SIDE_BITS,
                         .side = e->side,
                         .builds_on = 1,
                         .want_reconstruction = i % 2,
                         .impaired = i % 3 == 0, /* a claim, which channel-sim replaces */
                         .impairment = {.clock = 1, .snr_db = 77, .noise_power = 99}};
}

static zmq_msg_t pack(const wire_report *r)
{
    zmq_msg_t frame;
    if (wire_report_pack(r, &frame) != ERR_NONE)
        abort();
    return frame;
}

static void send_frame(void *socket, zmq_msg_t *frame)
{
    if (zmq_msg_send(frame, socket, 0) < 0)
        zmq_msg_close(frame);
}

/* The next answer at the agent's end. */
static bool hear(ends *e, wire_answer *a)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    bool heard =
        zmq_msg_recv(&frame, e->agent, 0) >= 0 && wire_answer_unpack(&frame, a, NULL) == ERR_NONE;
    zmq_msg_close(&frame);
    return heard;
}

/* What the base station got is what was sent, plus the noise of this report, and nothing else. */
static void check_arrival(ends *e, const wire_report *sent, const wire_report *got)
{
    const wire_impairment *w = &got->impairment;
    double noise = air_add_noise(e->seed, sent->ue, sent->seq, e->snr_db, e->symbol, SYMBOLS);
    check(e, NOISE,
          got->symbols == SYMBOLS && memcmp(got->symbol, e->symbol, sizeof e->symbol) == 0,
          "the symbols are not those sent plus the noise of this seed, UE and number");
    check(e, NOISE, memcmp(&w->noise_power, &noise, sizeof noise) == 0,
          "the noise's power is not that of what was added");
    check(e, REST,
          got->side_bits == SIDE_BITS && memcmp(got->side, e->side, SIDE) == 0 &&
              got->codec == sent->codec && got->uplink == sent->uplink &&
              got->builds_on == sent->builds_on &&
              got->want_reconstruction == sent->want_reconstruction &&
              memcmp(&got->due_s, &sent->due_s, sizeof got->due_s) == 0,
          "a field changed on the way");
    check(e, STAMPS, got->impaired && w->clock != 1, "the UE's claim of an impairment stands");
    check(e, STAMPS, memcmp(&w->snr_db, &e->snr_db, sizeof w->snr_db) == 0, "another SNR");
    check(e, STAMPS, w->delay_ns == (uint64_t)(e->delay_s * 1e9), "another delay");
    check(e, STAMPS, w->forwarded_ns - w->received_ns >= w->delay_ns, "it left too early");
}

/* Answers as a base station would; the agent must hear just that, and when it passed by. */
static void answer_back(ends *e, zmq_msg_t *route, const wire_report *got)
{
    const wire_answer sent = {.ue = got->ue,
                              .seq = got->seq,
                              .status = WIRE_NEEDS_KEY,
                              .reason = "as the test says",
                              .snr_estimated_db = 3,
                              .impaired = true,
                              .impairment = got->impairment,
                              .entries = SYMBOLS,
                              .reconstruction = got->symbol};
    zmq_msg_t frame;
    wire_answer heard = {0};
    if (wire_answer_pack(&sent, &frame) != ERR_NONE)
        abort();
    zmq_msg_send(route, e->station, ZMQ_SNDMORE);
    send_frame(e->station, &frame);
    check(e, RETURN, hear(e, &heard), "no answer came back");
    check(e, RETURN,
          heard.ue == sent.ue && heard.seq == sent.seq && heard.status == sent.status &&
              heard.entries == SYMBOLS && strcmp(heard.reason, sent.reason) == 0,
          "the answer changed on the way");
    check(e, RETURN, heard.returned_ns >= got->impairment.forwarded_ns, "no stamp of its return");
    wire_answer_clear(&heard);
}

/* One report that channel-sim passes on: two identities stand before it. */
static void take_at_station(ends *e, const wire_report *sent)
{
    zmq_msg_t frames[3];
    wire_report got = {0};
    bool known, whole = true;
    for (int i = 0; i < 3; i++) {
        zmq_msg_init(&frames[i]);
        whole = whole && zmq_msg_recv(&frames[i], e->station, 0) >= 0;
    }
    check(e, REST, whole && wire_report_unpack(&frames[2], &got, &known, NULL) == ERR_NONE,
          "a report did not arrive");
    if (got.owned) {
        e->passed++;
        check_arrival(e, sent, &got);
        zmq_msg_send(&frames[0], e->station, ZMQ_SNDMORE);
        answer_back(e, &frames[1], &got);
    }
    wire_report_clear(&got);
    for (int i = 0; i < 3; i++)
        zmq_msg_close(&frames[i]);
}

static void pass_one(ends *e, uint32_t i)
{
    wire_report r = report_of(e, i);
    rng g = rng_at(e->seed, RNG_LOSS, r.ue, r.seq);
    bool lost = rng_uniform(&g) < e->loss;
    zmq_msg_t frame = pack(&r);
    send_frame(e->agent, &frame);
    if (!lost) {
        take_at_station(e, &r);
        return;
    }
    wire_answer a = {0};
    check(e, LOSS, hear(e, &a) && a.status == WIRE_LOST_IN_CHANNEL, "no word of a loss");
    check(e, LOSS, a.ue == r.ue && a.seq == r.seq, "another report is lost");
    wire_answer_clear(&a);
    e->lost++;
}

/* Refused with a reason that has `hint`; nothing goes on to the base station. */
static void refused(ends *e, zmq_msg_t *frame, const char *hint)
{
    wire_answer a = {0};
    char text[160];
    send_frame(e->agent, frame);
    bool heard = hear(e, &a);
    snprintf(text, sizeof text, "'%s' expected, got '%.80s'", hint, heard ? a.reason : "silence");
    check(e, REFUSAL, heard && a.status == WIRE_REFUSED && strstr(a.reason, hint), text);
    wire_answer_clear(&a);
}

static void break_rules(ends *e)
{
    wire_report r = report_of(e, 0);
    for (size_t k = 0; k < SYMBOLS; k++)
        e->symbol[k] *= 1.2f; /* QAM of so many symbols may have up to 1.32 */
    zmq_msg_t frame = pack(&r);
    refused(e, &frame, "mean power of 1.44");
    r = report_of(e, 0);
    ((float *)e->symbol)[9] = NAN;
    frame = pack(&r);
    refused(e, &frame, "burst[9] is not finite");
    r = report_of(e, 0);
    frame = pack(&r);
    raw_field_varint(&frame, FIELD_VERSION, 1);
    refused(e, &frame, "protocol version 1; this program speaks version 2");
}

static void take_whole(void *socket)
{
    for (bool more = true; more;) {
        zmq_msg_t frame;
        zmq_msg_init(&frame);
        more = zmq_msg_recv(&frame, socket, 0) >= 0 && zmq_msg_more(&frame);
        zmq_msg_close(&frame);
    }
}

/* Sends reports of a UE of its own until one arrives: channel-sim may come later than this, and
 * refuses what it cannot pass on. */
static bool find_channel_sim(ends *e)
{
    for (uint32_t i = 0; i < 100; i++) {
        wire_report r = report_of(e, 0);
        zmq_pollitem_t both[] = {{.socket = e->agent, .events = ZMQ_POLLIN},
                                 {.socket = e->station, .events = ZMQ_POLLIN}};
        wire_answer a = {0};
        r.ue = 900;
        r.seq += i;
        zmq_msg_t frame = pack(&r);
        send_frame(e->agent, &frame);
        if (zmq_poll(both, 2, WAIT_MS) < 0)
            return false;
        if (both[1].revents & ZMQ_POLLIN) {
            take_whole(e->station);
            return true;
        }
        if (both[0].revents & ZMQ_POLLIN)
            hear(e, &a);
        wire_answer_clear(&a);
        zmq_poll(NULL, 0, 50);
    }
    return false;
}

static void set_up(void *socket)
{
    int wait = WAIT_MS, linger = 0;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &wait, sizeof wait);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
}

int main(int argc, char **argv)
{
    static ends e;
    if (argc != 7) {
        fprintf(stderr, "both_ends: it takes AGENTS STATION SEED SNR_DB LOSS DELAY_S\n");
        return 2;
    }
    void *context = zmq_ctx_new();
    e.agent = zmq_socket(context, ZMQ_DEALER);
    e.station = zmq_socket(context, ZMQ_ROUTER);
    e.seed = strtoull(argv[3], NULL, 10);
    e.snr_db = strtod(argv[4], NULL);
    e.loss = strtod(argv[5], NULL);
    e.delay_s = strtod(argv[6], NULL);
    set_up(e.agent);
    set_up(e.station);
    int rc = zmq_bind(e.station, argv[2]) == 0 && zmq_connect(e.agent, argv[1]) == 0 ? 0 : 1;
    if (rc == 0 && !find_channel_sim(&e))
        rc = 1;
    for (uint32_t i = 0; rc == 0 && i < REPORTS; i++)
        pass_one(&e, i);
    if (rc == 0)
        break_rules(&e);
    printf("passed: %u\nlost: %u\n", e.passed, e.lost);
    for (int i = 0; i < LAWS; i++)
        printf("%s: %s\n", laws[i], e.broken[i][0] ? e.broken[i] : "holds");
    zmq_close(e.agent);
    zmq_close(e.station);
    zmq_ctx_term(context);
    return rc;
}
