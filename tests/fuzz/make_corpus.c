/* Writes the seeds that only a program can make: make_corpus FOLDER fills FOLDER/<target>/ with
 * messages, files and bursts as csilink's own writers make them. make-corpus.sh calls it. The same
 * seeds each time. */
#include "make_corpus.h"

#include "fuzz.h"

#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdarg.h>
#include <sys/stat.h>

#include "base/rng.h"
#include "codec/codec.h"
#include "payload/bits.h"
#include "uplink/uplink.h"
#include "wire/answer.h"
#include "wire/control.h"
#include "wire/report.h"
#include "wire/telemetry.h"

static const char *root;

/* FOLDER/<target>/<name>, its folders made. */
const char *seed_path(const char *target, const char *name)
{
    static char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", root, target);
    require(mkdir(path, 0777) == 0 || errno == EEXIST);
    snprintf(path, sizeof path, "%s/%s/%s", root, target, name);
    return path;
}

void write_seed(const char *target, const char *name, int first, const void *data, size_t n)
{
    FILE *f = fopen(seed_path(target, name), "wb");
    require(f != NULL);
    if (first >= 0)
        fputc(first, f);
    require(fwrite(data, 1, n, f) == n && fclose(f) == 0);
}

void write_text(const char *target, const char *name, int first, const char *text)
{
    write_seed(target, name, first, text, strlen(text));
}

/* --- messages: inputs of one, and sequences as parts --------------------------------------------
 */

typedef struct parts {
    uint8_t data[1 << 16];
    size_t size;
} parts;

static void add_part(parts *p, int tag, const void *data, size_t n)
{
    size_t size = n + (tag >= 0);
    require(p->size + 2 + size <= sizeof p->data);
    p->data[p->size++] = (uint8_t)size;
    p->data[p->size++] = (uint8_t)(size >> 8);
    if (tag >= 0)
        p->data[p->size++] = (uint8_t)tag;
    memcpy(p->data + p->size, data, n);
    p->size += n;
}

static void write_frame(const char *target, const char *name, int first, zmq_msg_t *frame)
{
    write_seed(target, name, first, zmq_msg_data(frame), zmq_msg_size(frame));
    zmq_msg_close(frame);
}

static void add_frame(parts *p, int tag, zmq_msg_t *frame)
{
    add_part(p, tag, zmq_msg_data(frame), zmq_msg_size(frame));
    zmq_msg_close(frame);
}

static void fill(float complex *x, size_t n)
{
    rng r = rng_at(7, RNG_TEST, 0, 0);
    rng_normal_fill(&r, (float *)x, 2 * n, 0.7f);
}

enum { READ_REPORT, READ_ANSWER, READ_REQUEST, READ_REPLY, READ_TELEMETRY };

static void write_reports(void)
{
    float complex symbol[24];
    uint8_t side[5] = {0x5a, 0xff, 0x01, 0x80, 0x03};
    zmq_msg_t frame;
    fill(symbol, 24);
    const wire_impairment impairment = {1, 1000000, 2000000, 500000, 10, 0.1};
    wire_report r = {.ue = 3,
                     .seq = 41,
                     .due_s = 1.25,
                     .codec = 0x1234567890abcdef,
                     .uplink = 0xfedcba,
                     .symbols = 24,
                     .symbol = symbol,
                     .side_bits = 34,
                     .side = side,
                     .builds_on = 40,
                     .want_reconstruction = true};
    require(wire_report_pack(&r, &frame) == ERR_NONE);
    write_frame("fuzz_message", "report", READ_REPORT, &frame);
    r.impaired = true;
    r.impairment = impairment;
    r.symbols = 9;
    r.side_bits = 0;
    r.builds_on = 0;
    require(wire_report_pack(&r, &frame) == ERR_NONE);
    write_frame("fuzz_message", "report-impaired", READ_REPORT, &frame);

    wire_answer a = {.ue = 3,
                     .seq = 41,
                     .status = WIRE_RECONSTRUCTED,
                     .snr_estimated_db = 9.8f,
                     .clock = 2,
                     .received_ns = 10,
                     .decode_start_ns = 20,
                     .decode_end_ns = 30,
                     .answered_ns = 40,
                     .impaired = true,
                     .impairment = impairment,
                     .entries = 16,
                     .reconstruction = symbol};
    require(wire_answer_pack(&a, &frame) == ERR_NONE);
    require(wire_answer_stamp_returned(&frame, 50) == ERR_NONE);
    write_frame("fuzz_message", "answer", READ_ANSWER, &frame);
    a.predicted = symbol;
    require(wire_answer_pack(&a, &frame) == ERR_NONE);
    write_frame("fuzz_message", "answer-predicted", READ_ANSWER, &frame);
    a = (wire_answer){.ue = 4, .status = WIRE_REFUSED, .reason = "a codec that is not here"};
    require(wire_answer_pack(&a, &frame) == ERR_NONE);
    write_frame("fuzz_message", "answer-refused", READ_ANSWER, &frame);
}

static void write_requests(void)
{
    static const wire_change snr = {.name = "snr", .value = 5};
    static const wire_change one_ue = {.name = "loss", .value = 0.25, .for_one_ue = true, .ue = 3};
    static const wire_change far = {.name = "delay", .value = 0.002, .group = "far"};
    static const wire_change ramp = {.name = "snr", .value = -5, .ramped = true, .over_s = 30};
    static const wire_change ramp_from = {.name = "jitter",
                                          .value = 0.001,
                                          .group = "near",
                                          .ramped = true,
                                          .over_s = 2,
                                          .from_given = true,
                                          .from = 0.01};
    static const wire_change no_noise = {.name = "snr", .value = HUGE_VAL};
    static const struct {
        const char *by;
        const wire_change *change; /* NULL: only asks */
    } requests[] = {{"ctl", NULL},   {"ctl", &snr},        {"page", &one_ue}, {"page", &far},
                    {"keys", &ramp}, {"keys", &ramp_from}, {"ctl", &no_noise}};
    zmq_msg_t frame;
    parts all = {.size = 0};
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        char name[32];
        snprintf(name, sizeof name, "request-%zu", i);
        wire_control_request request = {.changes = requests[i].change != NULL};
        snprintf(request.by, sizeof request.by, "%s", requests[i].by);
        if (request.changes)
            request.change = *requests[i].change;
        require(wire_control_request_pack(&request, &frame) == ERR_NONE);
        add_part(&all, -1, zmq_msg_data(&frame), zmq_msg_size(&frame));
        write_frame("fuzz_message", name, READ_REQUEST, &frame);
    }
    write_seed("fuzz_settings", "plain", 0, all.data, all.size);
    write_seed("fuzz_settings", "planned", 3, all.data, all.size);
    write_seed("fuzz_settings", "later", 5, all.data, all.size);

    wire_setting settings[] = {{"snr", "dB", 10, -30, 100, false, 0, "", 5, 2.5},
                               {"loss", "fraction", 0.1, 0, 1, false, 0, "far", 0, 0},
                               {"delay", "s", 0.002, 0, 10, true, 3, "", 0, 0}};
    wire_group groups[] = {{"near", 0, 4}, {"far", 4, 4}};
    const wire_control_reply reply = {.error = "",
                                      .settings = 3,
                                      .setting = settings,
                                      .groups = 2,
                                      .group = groups,
                                      .time_s = 12.5};
    require(wire_control_reply_pack(&reply, &frame) == ERR_NONE);
    write_frame("fuzz_message", "reply", READ_REPLY, &frame);
}

/* What the three processes of a link publish, `turn` by turn. */
static void telemetry_of_agent(unsigned turn, zmq_msg_t *frame)
{
    static const uint32_t bucket[] = {40, 41, 60};
    const uint64_t count[] = {turn, 2 * turn, 1};
    const float h[] = {0.5f, 1, 0, 0.25f, 0.125f, 1};
    double done = 100.0 * turn;
    wire_metric metrics[] = {{"reports_sent_total", done + 3},
                             {"reports_acked_total", done},
                             {"reports_lost_total", 2},
                             {"reports_refused_total", 1},
                             {"nmse_sum", 0.05 * done},
                             {"reports_measured_total", done},
                             {"ues", 8},
                             {"reports_counted_total", done},
                             {"report_bits_total", 256 * done}};
    wire_histogram histograms[] = {{"encode", 1e6 * turn, 500000, 3, bucket, count},
                                   {"total", 5e6 * turn, 900000, 3, bucket, count},
                                   {"nmse_e8", 4e6 * turn, 7000000, 3, bucket, count}};
    wire_ue_figures ues[] = {{.ue = 0,
                              .sent = turn,
                              .acked = turn,
                              .measured = turn,
                              .nmse_sum = 0.05 * turn,
                              .aged = 1,
                              .nmse_used_sum = 0.1},
                             {.ue = 7, .sent = turn + 1, .acked = turn, .lost_channel = 1}};
    wire_csi_sample samples[] = {{.ue = 3,
                                  .seq = turn,
                                  .directions = turn % 2,
                                  .rows = 2,
                                  .columns = 3,
                                  .truth = h,
                                  .reconstruction = h,
                                  .nmse = turn % 2 ? 0 : 0.05,
                                  .sgcs = 0.9,
                                  .snr_estimated_db = 9.5f}};
    const wire_telemetry t = {.role = "ue-agent",
                              .pid = 11,
                              .time_ns = 200000000ull * turn,
                              .metrics = sizeof metrics / sizeof metrics[0],
                              .metric = metrics,
                              .histograms = 3,
                              .histogram = histograms,
                              .ues = 2,
                              .ue = ues,
                              .samples = 1,
                              .sample = samples,
                              .encodes = true,
                              .encoder = {"csilink-net-cr8-indoor", "int8-static", "analog:r4"}};
    require(wire_telemetry_pack(&t, frame) == ERR_NONE);
}

static void telemetry_of(const char *role, unsigned turn, wire_metric *metrics, size_t count,
                         zmq_msg_t *frame)
{
    const wire_telemetry t = {.role = role,
                              .pid = 12,
                              .time_ns = 200000000ull * turn,
                              .metrics = count,
                              .metric = metrics};
    require(wire_telemetry_pack(&t, frame) == ERR_NONE);
}

static void write_telemetry(void)
{
    zmq_msg_t frame;
    parts all = {.size = 0}, restarted = {.size = 0};
    for (unsigned turn = 1; turn < 4; turn++) {
        wire_metric channel[] = {{"snr_asked_db", 10},
                                 {"noised_bursts_total", 100.0 * turn},
                                 {"noise_power_sum", 10.0 * turn},
                                 {"noise_power_asked_sum", 10.0 * turn},
                                 {"loss_fraction", 0.01},
                                 {"reports_received_total", 103.0 * turn}};
        wire_metric station[] = {{"reports_received_total", 100.0 * turn},
                                 {"reports_decoded_total", 100.0 * turn},
                                 {"reports_in_flight", 3},
                                 {"innovation_sum", 0.5 * turn},
                                 {"innovation_count", 90.0 * turn},
                                 {"key_innovation_sum", 8.0 * turn},
                                 {"key_innovation_count", 10.0 * turn}};
        telemetry_of_agent(turn, &frame);
        if (turn == 1)
            write_seed("fuzz_message", "telemetry", READ_TELEMETRY, zmq_msg_data(&frame),
                       zmq_msg_size(&frame));
        add_part(&restarted, 0, zmq_msg_data(&frame), zmq_msg_size(&frame));
        add_frame(&all, 0, &frame);
        telemetry_of("channel-sim", turn, channel, 6, &frame);
        add_frame(&all, 1, &frame);
        telemetry_of("bs-server", turn, station, 7, &frame);
        if (turn == 1)
            write_seed("fuzz_message", "telemetry-station", READ_TELEMETRY, zmq_msg_data(&frame),
                       zmq_msg_size(&frame));
        add_frame(&all, 2, &frame);
    }
    telemetry_of_agent(1, &frame);
    add_frame(&restarted, 0, &frame);
    write_seed("fuzz_telemetry", "link", -1, all.data, all.size);
    write_seed("fuzz_telemetry", "restarted", -1, restarted.data, restarted.size);
}

/* --- bursts and payloads ------------------------------------------------------------------------
 */

static void write_burst_of(const char *name, uint8_t which, const char *spec, payload_shape shape,
                           uint32_t builds_on)
{
    uint8_t seed[1024] = {which};
    payload p;
    uplink_burst burst;
    uplink *u = uplink_open(spec, &shape, NULL);
    require(u && payload_init(&p, &shape, NULL) == ERR_NONE);
    require(uplink_burst_init(&burst, u, NULL) == ERR_NONE);
    const payload_size *size = payload_size_of(&shape, builds_on > 0);
    p.side_bits = shape.by_kind ? size->side_bits_max : shape.side_bits_max;
    p.values = shape.by_kind ? size->values : shape.values_max;
    p.builds_on = builds_on;
    for (uint32_t i = 0; i < p.values; i++)
        p.value[i] = (float)i / 4 - 0.5f;
    require(uplink_send(u, &(uplink_context){.snr_db = 10}, &p, &burst, NULL) == ERR_NONE);
    size_t symbols = burst.symbols * sizeof *burst.symbol, side = (burst.side_bits + 7) / 8;
    require(4 + symbols + side <= sizeof seed);
    seed[2] = (uint8_t)burst.side_bits;
    seed[1] = (uint8_t)((uplink_info_of(u)->symbols - burst.symbols) << 2);
    seed[3] = (uint8_t)(burst.side_bits >> 8 | builds_on << 1);
    memcpy(seed + 4, burst.symbol, symbols);
    memcpy(seed + 4 + symbols, burst.side, side);
    write_seed("fuzz_burst", name, -1, seed, 4 + symbols + side);
    uplink_burst_free(&burst);
    payload_free(&p);
    uplink_close(u);
}

static void write_burst(const char *name, uint8_t which, const char *spec, payload_shape shape)
{
    write_burst_of(name, which, spec, shape, 0);
}

/* A key and an innovation, of an uplink that takes either by its own length. */
static void write_kinds(void)
{
    static const payload_size key = {9, 9, 12}, innovation = {5, 7, 6};
    static const char *const spec = "digital:r4,qpsk,rate=1/2,references=1";
    const payload_shape shape = payload_shape_by_kind(&key, &innovation);
    write_burst_of("digital-key", 8, spec, shape, 0);
    write_burst_of("digital-innovation", 8, spec, shape, 1);
}

/* Two payloads for each decoder: full of values, and with bits alone. */
static void write_payloads(void)
{
    static const struct {
        uint8_t decoder, side_bits;
    } to[] = {{0, 12}, {1, 0}, {2, 12}, {3, 70}, {4, 128}, {5, 90}, {19, 4}};
    for (size_t n = 0; n < sizeof to / sizeof to[0]; n++) {
        uint8_t which = to[n].decoder, side_bits = to[n].side_bits;
        parts p = {.size = 0};
        char name[32];
        uint8_t bytes[96] = {side_bits, 0x80};
        /* Of an aligned codec: scale and shifts, then a list of blocks that are all different. */
        bit_writer side = {.byte = bytes + 2, .room = side_bits};
        bits_put(&side, 0x234, side.room ? 12 : 0);
        if (side.room > 12) {
            bits_put(&side, 0, 10);
            for (uint32_t block = 0; block < 8; block++)
                bits_put(&side, block, 6);
        }
        size_t at = 2 + (side_bits + 7u) / 8;
        if (which >= 4 &&
            side_bits >
                8) { /* codecs of bits: any, and a one at the end, as entropy coding has it */
            memset(bytes + 2, 0x5b, at - 2);
            bytes[at - 1] = (uint8_t)(1 << (side_bits + 7u) % 8);
        }
        for (size_t i = 0; i < 12; i++) {
            float value = 0.8f * (float)sin((double)i);
            memcpy(bytes + at + 4 * i, &value, sizeof value);
        }
        uint8_t head[] = {which, 2};
        add_part(&p, -1, bytes, at + 48);
        add_part(&p, -1, bytes, at + 48);
        add_part(&p, -1, "\x20\x00\x12\x34", 4);
        memmove(p.data + 2, p.data, p.size);
        memcpy(p.data, head, 2);
        snprintf(name, sizeof name, "decoder-%u", which);
        write_seed("fuzz_codec", name, -1, p.data, p.size + 2);
    }
}

/* Reports of one UE over one link: two that build on each other, one that builds on what was lost.
 * `first` is fuzz_station's number of the link, plus 4 x that of an SNR. */
static void write_station(uint8_t first, const char *name, const char *spec, payload_shape shape)
{
    parts all = {.data = {first}, .size = 1};
    payload p;
    uplink_burst burst;
    zmq_msg_t frame;
    uplink *u = uplink_open(spec, &shape, NULL);
    require(u && payload_init(&p, &shape, NULL) == ERR_NONE);
    require(uplink_burst_init(&burst, u, NULL) == ERR_NONE);
    for (uint32_t seq = 0; seq < 3; seq++) {
        const payload_size *own = shape.by_kind ? payload_size_of(&shape, seq > 0) : NULL;
        p.side_bits = own ? own->side_bits_max : shape.side_bits_max;
        p.values = own ? own->values : shape.values_max;
        p.builds_on = seq;
        memset(p.side, 0, (shape.side_bits_max + 7) / 8);
        /* delta-klt's first bit is 0 in a key. */
        memset(p.side, own && seq == 0 ? 0 : 0x15, p.side_bits / 8);
        for (uint32_t i = 0; i < p.values; i++)
            p.value[i] = (float)sin(i + seq);
        require(uplink_send(u, &(uplink_context){.ue = 3, .snr_db = 10}, &p, &burst, NULL) ==
                ERR_NONE);
        const wire_report r = {.ue = 3,
                               .seq = seq,
                               .due_s = 0.02 * seq,
                               .codec = 1,
                               .uplink = 2,
                               .symbols = burst.symbols,
                               .symbol = burst.symbol,
                               .side_bits = burst.side_bits,
                               .side = burst.side,
                               .builds_on = seq,
                               .want_reconstruction = true};
        require(wire_report_pack(&r, &frame) == ERR_NONE);
        add_frame(&all, -1, &frame);
    }
    write_seed("fuzz_station", name, -1, all.data, all.size);
    uplink_burst_free(&burst);
    payload_free(&p);
    uplink_close(u);
}

/* delta-klt's own shape, which its file decides. */
static void write_station_kinds(void)
{
    codec *delta = codec_load(CODEC_DECODER, "delta-klt:klt-indoor,bits=32,key-bits=64", NULL);
    require(delta != NULL);
    write_station(11, "kinds", "digital:r2,qpsk,rate=1/2", codec_info_of(delta)->shape);
    codec_unload(delta);
}

/* Messages of one frame, of as many as can be, of too many, and empty ones. */
static void write_frames(void)
{
    static const uint8_t counts[] = {0, 1, 6, 7, 15, 0};
    parts all = {.size = 0};
    for (size_t i = 0; i < sizeof counts; i++)
        add_part(&all, counts[i], "twenty-one bytes here", i == 1 ? 0 : 21);
    write_seed("fuzz_link", "frames", -1, all.data, all.size);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s FOLDER\n", argv[0]);
        return 2;
    }
    root = argv[1];
    write_reports();
    write_requests();
    write_telemetry();
    write_burst("analog", 0, "analog:references=1", (payload_shape){11, .values_max = 5});
    write_burst("rice", 1, "analog:r4,references=2", (payload_shape){0, .values_max = 6});
    write_burst("bits", 2, "analog:references=3", (payload_shape){40, .values_max = 0});
    write_burst("half", 3, "analog:float16", (payload_shape){8, .values_max = 1});
    write_burst("digital", 4, "digital:r4,qpsk,uses=60,references=1",
                (payload_shape){11, 5, 3, .values_min = 0});
    write_burst("256qam", 5, "digital:u2,256qam,uses=9,references=2",
                (payload_shape){0, .values_max = 6});
    write_burst("simplex", 6, "digital:qpsk,rate=1/3", (payload_shape){2, 0, 2, .values_min = 0});
    write_burst("analog-few", 7, "analog:references=2", (payload_shape){9, 12, 4, .values_min = 4});
    write_kinds();
    write_payloads();
    write_codec_reports();
    write_uci_words();
    write_station(8, "dpcm", "analog:references=4", (payload_shape){12, .values_max = 8});
    write_station(9, "dpcm-rice", "analog:r4,references=1", (payload_shape){12, .values_max = 8});
    write_station(10, "klt", "analog:mu6,references=2", (payload_shape){0, .values_max = 8});
    write_station_kinds();
    write_frames();
    write_files();
    write_networks();
    return 0;
}
