#include "harness.h"
#include "wire/answer.h"
#include "wire/control.h"
#include "wire/ranges.h"
#include "wire/telemetry.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const ProtobufCMessageDescriptor *const messages[] = {
    &csilink__report__descriptor, &csilink__answer__descriptor,
    &csilink__control_request__descriptor, &csilink__control_reply__descriptor,
    &csilink__telemetry__descriptor};

static bool is_number(ProtobufCType type)
{
    return type == PROTOBUF_C_TYPE_DOUBLE || type == PROTOBUF_C_TYPE_FLOAT ||
           type == PROTOBUF_C_TYPE_UINT32 || type == PROTOBUF_C_TYPE_UINT64 ||
           type == PROTOBUF_C_TYPE_FIXED64;
}

/* Nothing else is there that would need a rule of its own. */
static bool is_known(ProtobufCType type)
{
    return is_number(type) || type == PROTOBUF_C_TYPE_BOOL || type == PROTOBUF_C_TYPE_ENUM ||
           type == PROTOBUF_C_TYPE_STRING || type == PROTOBUF_C_TYPE_BYTES ||
           type == PROTOBUF_C_TYPE_MESSAGE;
}

static size_t count_rows(const ProtobufCMessageDescriptor *d)
{
    size_t rows = 0;
    for (unsigned i = 0; i < d->n_fields; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        CHECK(is_known(f->type));
        if (f->type == PROTOBUF_C_TYPE_MESSAGE)
            rows += count_rows(f->descriptor);
        if (!is_number(f->type))
            continue;
        const wire_range *r = wire_range_of(d, f->name);
        if (!r)
            printf("    no range for %s.%s\n", d->short_name, f->name);
        CHECK(r != NULL);
        rows += r != NULL;
    }
    return rows;
}

static void every_number_has_a_range(void)
{
    size_t rows = 0;
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++)
        rows += count_rows(messages[i]);
    /* The impairment stands in reports and in answers. */
    CHECK(rows == wire_range_count + csilink__impairment__descriptor.n_fields);
}

/* --- values -------------------------------------------------------------------------------------
 */

static void *make(const ProtobufCMessageDescriptor *d)
{
    void *m = calloc(1, d->sizeof_message);
    REQUIRE(m != NULL);
    protobuf_c_message_init(d, m);
    return m;
}

/* The path of messages from `d` down to the one of the row; the last one made is in *leaf. */
static void *make_down_to(const ProtobufCMessageDescriptor *d, const wire_range *r, void **leaf)
{
    void *m = make(d);
    if (d == r->message) {
        *leaf = m;
        return m;
    }
    for (unsigned i = 0; i < d->n_fields && !*leaf; i++) {
        const ProtobufCFieldDescriptor *f = &d->fields[i];
        if (f->type != PROTOBUF_C_TYPE_MESSAGE)
            continue;
        void *inner = make_down_to(f->descriptor, r, leaf);
        char *at = (char *)m + f->offset;
        if (!*leaf) {
            protobuf_c_message_free_unpacked(inner, NULL);
        } else if (f->label == PROTOBUF_C_LABEL_REPEATED) {
            void **list = malloc(sizeof *list);
            REQUIRE(list != NULL);
            *list = inner;
            *(void ***)at = list;
            *(size_t *)((char *)m + f->quantifier_offset) = 1;
        } else {
            *(void **)at = inner;
        }
    }
    return m;
}

static void write_number(ProtobufCType type, void *at, double x)
{
    switch (type) {
    case PROTOBUF_C_TYPE_DOUBLE:
        *(double *)at = x;
        break;
    case PROTOBUF_C_TYPE_FLOAT:
        *(float *)at = (float)x;
        break;
    case PROTOBUF_C_TYPE_UINT32:
        *(uint32_t *)at = (uint32_t)x;
        break;
    default:
        *(uint64_t *)at = (uint64_t)x;
    }
}

/* Sets the row's field, one element of it where it is repeated. */
static ProtobufCType set_field(void *leaf, const wire_range *r, double x)
{
    const ProtobufCFieldDescriptor *f =
        protobuf_c_message_descriptor_get_field_by_name(r->message, r->field);
    REQUIRE(f != NULL);
    char *at = (char *)leaf + f->offset;
    if (f->label == PROTOBUF_C_LABEL_REPEATED) {
        void *list = calloc(1, 8);
        REQUIRE(list != NULL);
        free(*(void **)at);
        *(void **)at = list;
        *(size_t *)((char *)leaf + f->quantifier_offset) = 1;
        at = list;
    }
    write_number(f->type, at, x);
    return f->type;
}

static const ProtobufCMessageDescriptor *root_of(const wire_range *r)
{
    for (size_t i = 0; i < sizeof messages / sizeof messages[0]; i++) {
        void *leaf = NULL, *m = make_down_to(messages[i], r, &leaf);
        protobuf_c_message_free_unpacked(m, NULL);
        if (leaf)
            return messages[i];
    }
    return NULL;
}

/* What the check says of the whole message with that value in the row's field. */
static int check(const wire_range *r, double x, ProtobufCType *type, err *e)
{
    void *leaf = NULL, *m = make_down_to(root_of(r), r, &leaf);
    /* Versions are 0 in a fresh message; every other number may be. */
    if (protobuf_c_message_descriptor_get_field_by_name(((ProtobufCMessage *)m)->descriptor,
                                                        "version"))
        set_field(m, wire_range_of(((ProtobufCMessage *)m)->descriptor, "version"), WIRE_VERSION);
    *type = set_field(leaf, r, x);
    int rc = wire_check_ranges(m, e);
    protobuf_c_message_free_unpacked(m, NULL);
    return rc;
}

static void check_row(const wire_range *r)
{
    ProtobufCType type;
    err e = {0};
    if (r->endless) {
        CHECK(check(r, 0, &type, &e) == ERR_NONE && check(r, 1e15, &type, &e) == ERR_NONE);
        return;
    }
    CHECK(r->min <= r->max && isfinite(r->min) && isfinite(r->max));
    CHECK(check(r, r->min, &type, &e) == ERR_NONE);
    CHECK(check(r, r->max, &type, &e) == ERR_NONE);
    bool whole = type != PROTOBUF_C_TYPE_DOUBLE && type != PROTOBUF_C_TYPE_FLOAT;
    double above = whole ? r->max + (r->max < 1e15 ? 1 : 1e4) : r->max * 1.001 + 1e-6;
    double below = whole ? r->min - 1 : r->min - 1 - fabs(r->min) * 0.001;
    bool no_above = (type == PROTOBUF_C_TYPE_UINT32 && r->max >= UINT32_MAX) || isinf(above);
    if (!no_above) {
        CHECK(check(r, above, &type, &e) == ERR_FORMAT);
        CHECK(strstr(e.text, r->field) && strstr(e.text, "is allowed"));
    }
    if (!(whole && r->min <= 0) && isfinite(below) && r->min > -1e300)
        CHECK(check(r, below, &type, &e) == ERR_FORMAT);
    static const double odd[] = {NAN, INFINITY, -INFINITY};
    for (size_t i = 0; !whole && i < 3; i++)
        CHECK(check(r, odd[i], &type, &e) == (r->special ? ERR_NONE : ERR_FORMAT));
}

static void a_number_outside_its_range_is_refused(void)
{
    for (size_t i = 0; i < wire_range_count; i++)
        check_row(&wire_ranges[i]);
}

/* --- what uses it -------------------------------------------------------------------------------
 */

static void a_message_out_of_range_is_refused_where_it_is_read(void)
{
    err e = {0};
    zmq_msg_t frame;
    Csilink__Report report = CSILINK__REPORT__INIT;
    Csilink__Impairment impairment = CSILINK__IMPAIRMENT__INIT;
    uint8_t symbol[8] = {0};
    report.version = WIRE_VERSION;
    report.codec = report.uplink = 1;
    report.symbols = (ProtobufCBinaryData){.len = sizeof symbol, .data = symbol};
    report.impairment = &impairment;
    wire_report r;
    bool known;
    REQUIRE(wire_pack(&report, &frame) == ERR_NONE);
    CHECK(wire_report_unpack(&frame, &r, &known, &e) == ERR_NONE);
    wire_report_clear(&r);
    zmq_msg_close(&frame);
    impairment.delay_ns = UINT64_MAX;
    REQUIRE(wire_pack(&report, &frame) == ERR_NONE);
    CHECK(wire_report_unpack(&frame, &r, &known, &e) == ERR_FORMAT && known);
    CHECK(strstr(e.text, "delay_ns") != NULL);
    zmq_msg_close(&frame);

    Csilink__ControlRequest request = CSILINK__CONTROL_REQUEST__INIT;
    request.version = WIRE_VERSION;
    request.from_ue = UINT32_MAX;
    wire_control_request q;
    REQUIRE(wire_pack(&request, &frame) == ERR_NONE);
    CHECK(wire_control_request_unpack(&frame, &q, &e) == ERR_FORMAT && strstr(e.text, "from_ue"));
    zmq_msg_close(&frame);

    Csilink__Telemetry telemetry = CSILINK__TELEMETRY__INIT;
    Csilink__Telemetry__UeFigures figures = CSILINK__TELEMETRY__UE_FIGURES__INIT, *list = &figures;
    telemetry.version = WIRE_VERSION;
    telemetry.n_ues = 1;
    telemetry.ues = &list;
    figures.acked = UINT64_MAX;
    wire_telemetry t;
    REQUIRE(wire_pack(&telemetry, &frame) == ERR_NONE);
    CHECK(wire_telemetry_unpack(&frame, &t, &e) == ERR_FORMAT && strstr(e.text, "acked"));
    zmq_msg_close(&frame);
}

static const harness_test tests[] = {
    {"every number of every message has a range", every_number_has_a_range},
    {"each number outside its range is refused by name, and inside it is taken",
     a_number_outside_its_range_is_refused},
    {"a message with such a number is refused where it is read",
     a_message_out_of_range_is_refused_where_it_is_read},
};

int main(int argc, char **argv)
{
    return harness_main(argc, argv, "ranges", tests, sizeof tests / sizeof tests[0]);
}
