/* Any bytes as a message: every reader must give a message that keeps its promises, or an error.
 * The first byte chooses the reader. Changed as messages of the type that it reads. */
#include "fuzz.h"

#include <csilink.pb-c.h>
#include <math.h>

#include "base/hist_coarse.h"
#include "base/text.h"
#include "mutate_message.h"
#include "wire/answer.h"
#include "wire/control.h"
#include "wire/report.h"
#include "wire/telemetry.h"

static void check_error(const err *e)
{
    fuzz_check_error(e);
    require(e->code == ERR_FORMAT);
}

/* Texts of a peer are shown, logged and put into JSON as they are. */
static void check_text(const char *text)
{
    require(text && fuzz_is_line(text) && text_is_utf8(text));
}

static void check_finite(const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++)
        require(isfinite(x[i]));
}

static void check_impairment(const wire_impairment *i)
{
    require(!isnan(i->snr_db) && isfinite(i->noise_power) && i->noise_power >= 0);
}

/* A report that was taken packs again into one that is taken, and is the same. */
static void check_again(const wire_report *r)
{
    zmq_msg_t frame;
    wire_report again;
    bool known;
    require(wire_report_pack(r, &frame) == ERR_NONE);
    require(wire_report_unpack(&frame, &again, &known, NULL) == ERR_NONE && known);
    require(again.ue == r->ue && again.seq == r->seq && again.symbols == r->symbols);
    require(memcmp(again.symbol, r->symbol, r->symbols * sizeof *r->symbol) == 0);
    require(again.side_bits == r->side_bits && again.builds_on == r->builds_on);
    wire_report_clear(&again);
    zmq_msg_close(&frame);
}

static void read_report(const zmq_msg_t *frame)
{
    err e = {0};
    wire_report r;
    bool known;
    int rc = wire_report_unpack(frame, &r, &known, &e);
    require(!known || r.ue < WIRE_UE_MAX);
    if (rc != ERR_NONE) {
        check_error(&e);
        require(!r.owned);
        return;
    }
    require(known && r.symbols > 0 && r.symbols <= WIRE_SYMBOLS_MAX && r.codec && r.uplink);
    require(r.due_s >= 0 && r.due_s <= WIRE_DUE_MAX_S && r.builds_on <= r.seq);
    require(r.side_bits <= WIRE_SIDE_BITS_MAX);
    check_finite((const float *)r.symbol, 2 * (size_t)r.symbols);
    check_impairment(&r.impairment);
    check_again(&r);
    wire_report_clear(&r);
}

static void read_answer(const zmq_msg_t *frame)
{
    err e = {0};
    wire_answer a;
    if (wire_answer_unpack(frame, &a, &e) != ERR_NONE) {
        check_error(&e);
        return;
    }
    require(a.ue < WIRE_UE_MAX && a.status < WIRE_STATUSES && isfinite(a.snr_estimated_db));
    require(strlen(a.reason) < WIRE_REASON_MAX);
    if (strlen(a.reason) < WIRE_REASON_MAX - 1) /* else it may be cut within a character */
        check_text(a.reason);
    check_impairment(&a.impairment);
    check_finite((const float *)a.reconstruction, 2 * (size_t)a.entries);
    if (a.predicted)
        check_finite((const float *)a.predicted, 2 * (size_t)a.entries);
    wire_answer_clear(&a);
}

static void read_request(const zmq_msg_t *frame)
{
    err e = {0};
    wire_control_request r;
    if (wire_control_request_unpack(frame, &r, &e) != ERR_NONE) {
        check_error(&e);
        return;
    }
    require(fuzz_is_line(r.by)); /* its end may be cut within a character */
    check_text(r.change.name);
    check_text(r.change.group);
}

static void read_reply(const zmq_msg_t *frame)
{
    err e = {0};
    wire_control_reply r;
    if (wire_control_reply_unpack(frame, &r, &e) != ERR_NONE) {
        check_error(&e);
        return;
    }
    check_text(r.error);
    for (size_t i = 0; i < r.settings; i++) {
        check_text(r.setting[i].name);
        check_text(r.setting[i].unit);
        check_text(r.setting[i].group);
    }
    for (size_t i = 0; i < r.groups; i++)
        check_text(r.group[i].name);
    wire_control_reply_clear(&r);
}

static void read_telemetry(const zmq_msg_t *frame)
{
    err e = {0};
    wire_telemetry t;
    if (wire_telemetry_unpack(frame, &t, &e) != ERR_NONE) {
        check_error(&e);
        return;
    }
    check_text(t.role);
    if (t.encodes) {
        check_text(t.encoder.codec);
        check_text(t.encoder.precision);
        check_text(t.encoder.uplink);
    }
    for (size_t i = 0; i < t.metrics; i++)
        check_text(t.metric[i].name);
    for (size_t i = 0; i < t.histograms; i++)
        check_text(t.histogram[i].name);
    for (size_t i = 0; i < t.histograms; i++)
        for (size_t k = 0; k < t.histogram[i].filled; k++)
            require(t.histogram[i].bucket[k] < HIST_COARSE);
    for (size_t i = 0; i < t.samples; i++)
        check_finite(t.sample[i].truth, (size_t)t.sample[i].rows * t.sample[i].columns);
    wire_telemetry_clear(&t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(const zmq_msg_t *) = {read_report, read_answer, read_request,
                                                         read_reply, read_telemetry};
    zmq_msg_t frame;
    if (size == 0 || zmq_msg_init_size(&frame, size - 1) != 0)
        return 0;
    if (size > 1)
        memcpy(zmq_msg_data(&frame), data + 1, size - 1);
    readers[data[0] % 5](&frame);
    zmq_msg_close(&frame);
    return 0;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    static const ProtobufCMessageDescriptor *const types[] = {
        &csilink__report__descriptor, &csilink__answer__descriptor,
        &csilink__control_request__descriptor, &csilink__control_reply__descriptor,
        &csilink__telemetry__descriptor};
    if (size == 0)
        return LLVMFuzzerMutate(data, size, room);
    return 1 + mutate_message(types[data[0] % 5], data + 1, size - 1, room - 1, seed);
}
