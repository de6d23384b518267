#include "wire/ranges.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "base/hist_coarse.h"
#include "wire/telemetry.h"

/* Counters of a process: more than it sends in a thousand years, and exact as a double. */
#define COUNT_MAX 9007199254740992.0

#define ROW(m, f, low, high)                                                                       \
    {                                                                                              \
        &csilink__##m##__descriptor, f, low, high, false, false                                    \
    }
/* Also infinite or NaN: the reader decides where the meaning allows it. */
#define SPECIAL(m, f, low, high)                                                                   \
    {                                                                                              \
        &csilink__##m##__descriptor, f, low, high, true, false                                     \
    }
#define ANY(m, f)                                                                                  \
    {                                                                                              \
        &csilink__##m##__descriptor, f, 0, 0, false, true                                          \
    }

/* The rows of a message are adjacent. */
const wire_range wire_ranges[] = {
    ROW(report, "ue", 0, WIRE_UE_MAX - 1),
    ROW(report, "seq", 0, UINT32_MAX),
    ROW(report, "due_s", 0, WIRE_DUE_MAX_S),
    ROW(report, "version", WIRE_VERSION, WIRE_VERSION),
    ANY(report, "codec"),
    ANY(report, "uplink"),
    ROW(report, "side_bits", 0, WIRE_SIDE_BITS_MAX),
    ROW(report, "builds_on", 0, UINT32_MAX),
    ANY(impairment, "received_ns"),
    ANY(impairment, "forwarded_ns"),
    ANY(impairment, "clock"),
    SPECIAL(impairment, "snr_db", -1000, 1000),
    ROW(impairment, "delay_ns", 0, WIRE_DUE_MAX_S * 1e9),
    ROW(impairment, "noise_power", 0, 1e100),
    ROW(answer, "ue", 0, WIRE_UE_MAX - 1),
    ROW(answer, "seq", 0, UINT32_MAX),
    ROW(answer, "snr_estimated_db", -1000, 1000),
    ANY(answer, "received_ns"),
    ANY(answer, "decode_start_ns"),
    ANY(answer, "uplink_decoded_ns"),
    ANY(answer, "decode_end_ns"),
    ANY(answer, "answered_ns"),
    ANY(answer, "clock"),
    ANY(answer, "returned_ns"),
    ANY(answer, "digest"),
    ROW(answer, "version", WIRE_VERSION, WIRE_VERSION),
    ROW(control_request, "version", WIRE_VERSION, WIRE_VERSION),
    ROW(control_request, "from_ue", 0, WIRE_UE_MAX - 1),
    SPECIAL(control_request__set, "value", -1e9, 1e9),
    ROW(control_request__set, "ue", 0, UINT32_MAX),
    SPECIAL(control_request__set__ramp, "over_s", -1e9, 1e9),
    SPECIAL(control_request__set__ramp, "from", -1e9, 1e9),
    ROW(control_reply, "version", WIRE_VERSION, WIRE_VERSION),
    ROW(control_reply, "time_s", 0, WIRE_DUE_MAX_S),
    ROW(control_reply, "next_ue", 0, WIRE_UE_MAX - 1),
    SPECIAL(control_reply__setting, "value", -1e9, 1e9),
    SPECIAL(control_reply__setting, "min", -1e9, 1e9),
    SPECIAL(control_reply__setting, "max", -1e9, 1e9),
    SPECIAL(control_reply__setting, "ramp_to", -1e9, 1e9),
    ROW(control_reply__setting, "ramp_left_s", 0, 1e9),
    ROW(control_reply__setting, "ue", 0, WIRE_UE_MAX - 1),
    ROW(control_reply__group, "first_ue", 0, WIRE_UE_MAX - 1),
    ROW(control_reply__group, "ues", 0, WIRE_UE_MAX),
    ROW(telemetry, "version", WIRE_VERSION, WIRE_VERSION),
    ROW(telemetry, "pid", 0, UINT32_MAX),
    ANY(telemetry, "time_ns"),
    SPECIAL(telemetry__metric, "value", -DBL_MAX, DBL_MAX),
    ROW(telemetry__histogram, "sum", 0, 1e300),
    ANY(telemetry__histogram, "max"),
    ROW(telemetry__histogram, "bucket", 0, HIST_COARSE - 1),
    ROW(telemetry__histogram, "count", 0, COUNT_MAX),
    ROW(telemetry__ue_figures, "ue", 0, WIRE_UE_MAX - 1),
    ROW(telemetry__ue_figures, "sent", 0, COUNT_MAX),
    ROW(telemetry__ue_figures, "acked", 0, COUNT_MAX),
    ROW(telemetry__ue_figures, "lost_channel", 0, COUNT_MAX),
    ROW(telemetry__ue_figures, "timed_out", 0, COUNT_MAX),
    ROW(telemetry__ue_figures, "refused", 0, COUNT_MAX),
    ROW(telemetry__ue_figures, "measured", 0, COUNT_MAX),
    ROW(telemetry__ue_figures, "aged", 0, COUNT_MAX),
    ROW(telemetry__ue_figures, "not_decoded", 0, COUNT_MAX),
    ROW(telemetry__ue_figures, "keys", 0, COUNT_MAX),
    ROW(telemetry__ue_figures, "memory_age", 0, UINT32_MAX),
    ROW(telemetry__ue_figures, "nmse_sum", 0, 1e300),
    ROW(telemetry__ue_figures, "nmse_used_sum", 0, 1e300),
    ROW(telemetry__csi_sample, "ue", 0, WIRE_UE_MAX - 1),
    ROW(telemetry__csi_sample, "seq", 0, UINT32_MAX),
    ROW(telemetry__csi_sample, "rows", 0, WIRE_SAMPLE_SIDE_MAX),
    ROW(telemetry__csi_sample, "columns", 0, WIRE_SAMPLE_SIDE_MAX),
    ROW(telemetry__csi_sample, "nmse", 0, 1e300),
    ROW(telemetry__csi_sample, "sgcs", 0, WIRE_SGCS_MAX),
    ROW(telemetry__csi_sample, "snr_estimated_db", -1000, 1000),
};
const size_t wire_range_count = sizeof wire_ranges / sizeof wire_ranges[0];

const wire_range *wire_range_of(const ProtobufCMessageDescriptor *message, const char *field)
{
    for (size_t i = 0; i < wire_range_count; i++)
        if (wire_ranges[i].message == message && strcmp(wire_ranges[i].field, field) == 0)
            return &wire_ranges[i];
    return NULL;
}

static int refuse(const ProtobufCMessageDescriptor *d, const wire_range *r, const char *value,
                  err *e)
{
    return err_set(e, ERR_FORMAT, "%s.%s is %s; %.16g to %.16g is allowed", d->short_name, r->field,
                   value, r->min, r->max);
}

static int check_double(const ProtobufCMessageDescriptor *d, const wire_range *r, double x, err *e)
{
    char text[32];
    if ((x >= r->min && x <= r->max) || (r->special && !isfinite(x)))
        return ERR_NONE;
    snprintf(text, sizeof text, "%g", x);
    return refuse(d, r, text, e);
}

static int check_whole(const ProtobufCMessageDescriptor *d, const wire_range *r, uint64_t x, err *e)
{
    char text[32];
    if (r->endless || ((double)x >= r->min && (double)x <= r->max))
        return ERR_NONE;
    snprintf(text, sizeof text, "%" PRIu64, x);
    return refuse(d, r, text, e);
}

/* Checks one value of a field, at `at`. */
static int check_value(const ProtobufCMessageDescriptor *d, const ProtobufCFieldDescriptor *f,
                       const void *at, err *e)
{
    if (f->type == PROTOBUF_C_TYPE_MESSAGE) {
        const void *inner = *(void *const *)at;
        return inner ? wire_check_ranges(inner, e) : ERR_NONE;
    }
    bool number = f->type == PROTOBUF_C_TYPE_DOUBLE || f->type == PROTOBUF_C_TYPE_FLOAT ||
                  f->type == PROTOBUF_C_TYPE_UINT32 || f->type == PROTOBUF_C_TYPE_UINT64 ||
                  f->type == PROTOBUF_C_TYPE_FIXED64;
    const wire_range *r = number ? wire_range_of(d, f->name) : NULL;
    if (!r)
        return ERR_NONE;
    switch (f->type) {
    case PROTOBUF_C_TYPE_DOUBLE:
        return check_double(d, r, *(const double *)at, e);
    case PROTOBUF_C_TYPE_FLOAT:
        return check_double(d, r, (double)*(const float *)at, e);
    case PROTOBUF_C_TYPE_UINT32:
        return check_whole(d, r, *(const uint32_t *)at, e);
    default:
        return check_whole(d, r, *(const uint64_t *)at, e);
    }
}

static size_t size_of(ProtobufCType type)
{
    switch (type) {
    case PROTOBUF_C_TYPE_UINT32:
    case PROTOBUF_C_TYPE_FLOAT:
        return 4;
    case PROTOBUF_C_TYPE_MESSAGE:
        return sizeof(void *);
    default:
        return 8;
    }
}

int wire_check_ranges(const void *message, err *e)
{
    const ProtobufCMessageDescriptor *d = ((const ProtobufCMessage *)message)->descriptor;
    int rc = ERR_NONE;
    for (unsigned i = 0; rc == ERR_NONE && i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        const char *at = (const char *)message + f->offset;
        if (f->label != PROTOBUF_C_LABEL_REPEATED) {
            rc = check_value(d, f, at, e);
            continue;
        }
        size_t count = *(const size_t *)((const char *)message + f->quantifier_offset);
        const char *values = *(const char *const *)at;
        for (size_t k = 0; rc == ERR_NONE && k < count; k++)
            rc = check_value(d, f, values + k * size_of(f->type), e);
    }
    return rc;
}
