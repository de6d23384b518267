#include "uplink/analog.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "payload/bits.h"
#include "payload/codeword.h"
#include "uplink/analog_arguments.h"
#include "uplink/digital/coded.h"
#include "uplink/digital/source.h"
#include "uplink/snr.h"

enum { HEADER_SYMBOLS_A_BIT = 3 };

typedef struct analog {
    analog_arguments arguments;
    payload_shape shape;
    uint32_t references, data; /* complex symbols; data: for the most values */
    unsigned rms_bits;         /* 0 for payloads without values */
    uint8_t *packed;           /* the values in the format; NULL for float32, which needs neither */
    float *level;              /* and their levels */
    payload_shape header_shape; /* of side bits and rms, in a coded header */
    uint32_t header_symbols;    /* 0 without one */
    coded *code;                /* NULL without one, as are the next four */
    coded_work *work;
    uint8_t *side, *bits;
    digital_scratch scratch;
    uint64_t digest; /* of the header's bits; 0: no bits were sent */
} analog;

/* A Rice code needs one bit for each value and four more: too few values can never be sent. */
static int check_rice(const analog *a, err *e)
{
    uint64_t n = a->shape.values_max, bits = n * a->arguments.format.bits;
    char name[CSI_CODEWORD_NAME_MAX];
    if (a->arguments.format.law == CSI_CODEWORD_RICE && n > 0 && bits < n + 4)
        return err_set(e, ERR_INVALID, "a payload of %u values is too small for the Rice code %s",
                       a->shape.values_max, csi_codeword_name(a->arguments.format, name));
    return ERR_NONE;
}

static void close_analog(void *state)
{
    analog *a = state;
    free(a->packed);
    free(a->level);
    coded_free(a->code);
    coded_work_free(a->work);
    free(a->side);
    free(a->bits);
    digital_scratch_free(&a->scratch);
    free(a);
}

/* Only the receiver uses the threshold, yet it is listed here. A base station treats links of one
 * identity as one link: otherwise the threshold of the first of two groups would apply to the
 * other, and an agent with another threshold than its base station would get figures of neither. */
static void write_receiver(const analog *a, uplink_info *info)
{
    int n = snprintf(info->receiver, sizeof info->receiver, "analog,references=%u", a->references);
    if (isfinite(a->arguments.outage_db))
        n += snprintf(info->receiver + n, sizeof info->receiver - (size_t)n, ",outage=%.17g",
                      a->arguments.outage_db);
    if (a->arguments.header == ANALOG_CODED)
        snprintf(info->receiver + n, sizeof info->receiver - (size_t)n, ",header=coded,uses=%u",
                 a->arguments.header_uses);
}

/* For the channel code, the side bits and the rms after them are a payload of bits. */
static int open_header(analog *a, err *e)
{
    a->header_shape = (payload_shape){.side_bits_max = a->shape.side_bits_max + a->rms_bits,
                                      .side_bits_min = a->shape.side_bits_min + a->rms_bits};
    const uint32_t bits = digital_source_bits((digital_source){0}, &a->header_shape);
    if (a->arguments.header != ANALOG_CODED || bits == 0)
        return ERR_NONE;
    a->header_symbols =
        a->arguments.header_uses > 0 ? a->arguments.header_uses : HEADER_SYMBOLS_A_BIT * bits;
    if (a->header_symbols > ANALOG_HEADER_USES_MAX)
        return err_set(e, ERR_INVALID, "a header of %u bits needs header-uses of at most %d", bits,
                       ANALOG_HEADER_USES_MAX);
    const uint32_t coded_bits = a->header_symbols * modulation_bits(MODULATION_QPSK);
    if (!(a->code = coded_create(bits, MODULATION_QPSK, a->header_symbols, e)) ||
        !(a->work = coded_work_create(coded_bits, UCI_LIST_DEFAULT, e)))
        return err_prefix(e, "header=coded");
    a->side = calloc((size_t)bits_bytes(bits) + 1, 1);
    a->bits = calloc(bits, 1);
    if (!a->side || !a->bits)
        return err_set(e, ERR_NOMEM, "out of memory for a header");
    return digital_scratch_init(&a->scratch, &a->header_shape, bits, e);
}

static void *open_analog(const char *arguments, const payload_shape *shape, uplink_info *info,
                         err *e)
{
    analog *a = calloc(1, sizeof *a);
    if (!a) {
        err_set(e, ERR_NOMEM, "out of memory for an uplink");
        return NULL;
    }
    a->shape = *shape;
    a->data = shape->values_max / 2 + shape->values_max % 2;
    a->rms_bits = shape->values_max > 0 ? ANALOG_RMS.bits : 0;
    if (analog_arguments_parse(arguments, &a->arguments, e) != ERR_NONE ||
        check_rice(a, e) != ERR_NONE || open_header(a, e) != ERR_NONE) {
        close_analog(a);
        return NULL;
    }
    a->level = calloc((size_t)shape->values_max + 1, sizeof *a->level);
    a->packed = calloc(csi_codeword_bytes(a->arguments.format, shape->values_max) + 1, 1);
    if (!a->level || !a->packed) {
        close_analog(a);
        err_set(e, ERR_NOMEM, "out of memory for an uplink");
        return NULL;
    }
    a->references = a->arguments.references;
    info->references = a->references;
    info->symbols = a->references + a->header_symbols + a->data;
    if (shape->values_min > 0)
        info->symbols_min = a->references + a->header_symbols + shape->values_min / 2;
    info->side_bits_max = a->arguments.header == ANALOG_CODED ? 0 : a->header_shape.side_bits_max;
    info->words = a->code ? coded_words(a->code) : 0;
    info->can_fail = isfinite(a->arguments.outage_db) || a->code;
    info->side_is_free = a->arguments.header == ANALOG_FREE;
    write_receiver(a, info);
    return a;
}

/* Rounds the values to the levels of the format: those are transmitted. */
static int round_to_levels(analog *a, const payload *p, err *e)
{
    size_t n = p->values;
    csi_codeword_range range;
    if (n == 0) /* a Rice code of nothing would be rejected */
        return ERR_NONE;
    if (a->arguments.format.law == CSI_CODEWORD_FLOAT32) {
        memcpy(a->level, p->value, n * sizeof *a->level);
        return ERR_NONE;
    }
    int rc = csi_codeword_pack(a->arguments.format, p->value, n, a->packed, &range, e);
    if (rc != ERR_NONE)
        return rc;
    return csi_codeword_unpack(a->arguments.format, range, a->packed,
                               csi_codeword_bytes(a->arguments.format, n), a->level, n, e);
}

/* Complex symbols for this number of values. */
static uint32_t data_symbols(const analog *a, uint32_t values)
{
    bool fixed = a->shape.values_min == 0 || values < a->shape.values_min;
    return fixed ? a->data : values / 2 + values % 2;
}

/* The square root of the data symbols' mean power. */
static double rms_of(const analog *a, uint32_t values, uint32_t data)
{
    double sum = 0;
    for (uint32_t i = 0; i < values; i++)
        sum += (double)a->level[i] * (double)a->level[i];
    return data ? sqrt(sum / data) : 0;
}

static int check_rms(double rms, err *e)
{
    const level_law law = ANALOG_RMS;
    double highest = (double)level_value(law, UINT32_MAX);
    if (rms > highest)
        return err_set(e, ERR_FORMAT,
                       "the payload's symbols have an rms of %g; at most %g is allowed", rms,
                       highest);
    return ERR_NONE;
}

/* Sends the side bits, then the rms: beside the burst, or in it. */
static int send_header(analog *a, uint32_t ue, const payload *p, uint32_t rms_code,
                       uplink_burst *burst, err *e)
{
    uint8_t *side = a->code ? a->side : burst->side;
    if (p->side_bits > 0)
        memcpy(side, p->side, bits_bytes(p->side_bits));
    bit_writer w = {side, p->side_bits, p->side_bits + a->rms_bits, false};
    bits_put(&w, rms_code, a->rms_bits);
    if (!a->code) {
        burst->side_bits = a->arguments.header == ANALOG_CODED ? 0 : w.bits;
        return ERR_NONE;
    }
    const payload bits = {.side = side, .side_bits = w.bits};
    int rc = digital_source_write((digital_source){0}, &a->header_shape, &bits, &a->scratch,
                                  a->bits, &a->digest, e);
    if (rc == ERR_NONE)
        coded_send(a->code, a->work, ue, a->bits, burst->symbol + a->references);
    return rc;
}

static int send_analog(void *state, const uplink_context *context, const payload *p,
                       uplink_burst *burst, err *e)
{
    analog *a = state;
    int rc = round_to_levels(a, p, e);
    if (rc != ERR_NONE)
        return rc;
    uint32_t data = data_symbols(a, p->values);
    double rms = rms_of(a, p->values, data);
    rc = check_rms(rms, e);
    if (rc != ERR_NONE)
        return rc;
    uint32_t code = level_code(ANALOG_RMS, rms, p->exact ? LEVEL_UPWARDS : LEVEL_NEAREST);
    /* The receiver multiplies by the level. Dividing by it here restores the values up to rounding,
     * at a power just below 1. */
    if (p->exact && code > 0)
        rms = (double)level_value(ANALOG_RMS, code);

    snr_references(burst->symbol, a->references);
    float *real = (float *)(burst->symbol + a->references + a->header_symbols);
    /* What the receiver reads as 0 must not be sent at full power. */
    double gain = code > 0 ? 1 / rms : 0;
    for (uint32_t i = 0; i < p->values; i++)
        real[i] = (float)((double)a->level[i] * gain);
    for (uint32_t i = p->values; i < 2 * data; i++)
        real[i] = 0;
    burst->symbols = a->references + a->header_symbols + data;
    return send_header(a, context->ue, p, code, burst, e);
}

/* Side bits and rms as received; false where the header's check failed. */
static bool receive_header(analog *a, const uplink_context *context, const uplink_burst *burst,
                           const uint8_t **side, uint32_t *side_bits)
{
    payload bits = {.side = a->side};
    *side = burst->side;
    *side_bits = burst->side_bits;
    if (!a->code)
        return true;
    bool passed = coded_receive(a->code, a->work, context->ue, burst->symbol + a->references,
                                context->snr_db, a->bits);
    bool sound = digital_source_read((digital_source){0}, &a->header_shape, a->bits, &a->scratch,
                                     &bits, &a->digest);
    *side = a->side;
    *side_bits = bits.side_bits;
    return passed && sound;
}

static int receive_analog(void *state, const uplink_context *context, const uplink_burst *burst,
                          payload *p, bool *intact, err *e)
{
    analog *a = state;
    const uint8_t *side;
    uint32_t side_bits;
    bool header_intact = receive_header(a, context, burst, &side, &side_bits);
    *intact = header_intact && context->snr_db >= a->arguments.outage_db;
    if (side_bits < a->rms_bits)
        return err_set(e, ERR_FORMAT, "a burst with %u side bits; the rms alone needs %u",
                       side_bits, a->rms_bits);
    p->side_bits = side_bits - a->rms_bits;
    uint32_t bytes = bits_bytes(p->side_bits);
    if (bytes > 0)
        memcpy(p->side, side, bytes);
    if (p->side_bits % 8) /* the rms starts in the same byte */
        p->side[bytes - 1] &= (uint8_t)((1u << p->side_bits % 8) - 1);

    bit_reader r = {side, p->side_bits, side_bits, false};
    float rms = level_value(ANALOG_RMS, bits_get(&r, a->rms_bits));
    const uint32_t first = a->references + a->header_symbols;
    const float *real = (const float *)(burst->symbol + first);
    const uint32_t data = burst->symbols - first;
    p->values = data < a->data ? 2 * data : a->shape.values_max;
    if (p->values > 0) /* the symbols' mean power was 1, with half of the last possibly empty */
        p->power = (double)rms * (double)rms * data / p->values;
    for (uint32_t i = 0; i < p->values; i++) {
        p->value[i] = real[i] * rms;
        if (!isfinite(p->value[i]))
            return err_set(e, ERR_FORMAT,
                           "symbol %u of the burst is beyond the range of floats "
                           "at rms %g",
                           first + i / 2, (double)rms);
    }
    return ERR_NONE;
}

static uint32_t bits_of_analog(const void *state, const payload *p)
{
    const analog *a = state;
    bool has_scale = a->arguments.format.law != CSI_CODEWORD_FLOAT32 &&
                     a->arguments.format.law != CSI_CODEWORD_FLOAT16;
    uint32_t values = p->values > 0 ? csi_codeword_bits(a->arguments.format, p->values) : 0;
    return p->side_bits + values + (has_scale ? 0 : a->rms_bits);
}

static uint64_t digest_of_analog(const void *state)
{
    const analog *a = state;
    return a->digest;
}

const uplink_kind uplink_analog = {
    .name = "analog",
    .usage = ANALOG_USAGE,
    .open = open_analog,
    .close = close_analog,
    .send = send_analog,
    .receive = receive_analog,
    .bits = bits_of_analog,
    .digest = digest_of_analog,
};
