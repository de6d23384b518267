#include "uplink/digital/digital.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "payload/bits.h"
#include "uplink/digital/arguments.h"
#include "uplink/digital/coded.h"
#include "uplink/digital/rows.h"
#include "uplink/digital/source.h"
#include "uplink/snr.h"

/* How the reports of one kind are sent. */
typedef struct digital_kind {
    payload_shape shape; /* with the bit that says which kind it is, where there are two */
    uint32_t data;       /* symbols */
    size_t rows;
    digital_row row[DIGITAL_ROWS_MAX];
    coded *code[DIGITAL_ROWS_MAX]; /* of each row */
} digital_kind;

enum { KEY, INNOVATION, KINDS_MAX };

typedef struct digital {
    digital_arguments arguments;
    size_t kinds; /* 1: all reports are of one size */
    digital_kind kind[KINDS_MAX];
    coded_work *work;
    digital_scratch scratch;
    uint8_t *side;   /* of a payload, and the bit that says its kind */
    uint8_t *bits;   /* [A of the longest row] */
    uint32_t last;   /* A of the row last sent or received; at first, of the longest */
    uint64_t digest; /* of it */
} digital;

static void close_digital(void *state)
{
    digital *d = state;
    for (size_t k = 0; k < d->kinds; k++)
        for (size_t i = 0; i < d->kind[k].rows; i++)
            coded_free(d->kind[k].code[i]);
    coded_work_free(d->work);
    digital_scratch_free(&d->scratch);
    free(d->side);
    free(d->bits);
    free(d);
}

static uint32_t larger(uint32_t a, uint32_t b)
{
    return a > b ? a : b;
}

/* The rows of a kind and their codes; the bits of the longest, before and after coding. */
static int open_kind(digital *d, digital_kind *k, uint32_t *bits_max, uint32_t *coded_max, err *e)
{
    size_t rows;
    int rc = digital_rows_find(&d->arguments, &k->shape, k->row, &rows, &k->data, e);
    if (rc != ERR_NONE)
        return rc;
    k->rows = rows;
    for (size_t i = 0; i < k->rows; i++) {
        k->code[i] = coded_create(k->row[i].bits, k->row[i].modulation, k->data, e);
        if (!k->code[i])
            return e->code;
        *bits_max = larger(*bits_max, k->row[i].bits);
        *coded_max = larger(*coded_max, k->data * modulation_bits(k->row[i].modulation));
    }
    return ERR_NONE;
}

static int open_codes(digital *d, const payload_shape *largest, err *e)
{
    uint32_t bits_max = 0, coded_max = 0;
    for (size_t k = 0; k < d->kinds; k++) {
        int rc = open_kind(d, &d->kind[k], &bits_max, &coded_max, e);
        if (rc != ERR_NONE)
            return rc;
    }
    d->work = coded_work_create(coded_max, d->arguments.list, e);
    if (!d->work || digital_scratch_init(&d->scratch, largest, bits_max, e) != ERR_NONE)
        return e->code;
    d->last = bits_max;
    d->side = calloc((size_t)bits_bytes(largest->side_bits_max + 1) + 1, 1);
    d->bits = calloc((size_t)bits_max + 1, 1);
    return d->side && d->bits ? ERR_NONE
                              : err_set(e, ERR_NOMEM, "out of memory for %u bits", bits_max);
}

/* Keys and innovations apart, each with a bit more that says which it is. */
static void split_kinds(digital *d, const payload_shape *shape)
{
    d->kinds = shape->by_kind ? KINDS_MAX : 1;
    d->kind[KEY].shape = *shape;
    for (size_t k = 0; shape->by_kind && k < KINDS_MAX; k++) {
        const payload_size *size = payload_size_of(shape, k == INNOVATION);
        d->kind[k].shape = (payload_shape){.side_bits_min = size->side_bits_min + 1,
                                           .side_bits_max = size->side_bits_max + 1,
                                           .values_max = size->values};
    }
}

/* Everything that determines how a burst is read; the list, too, since a base station treats links
 * of one identity as one link. */
static void write_receiver(const digital *d, uplink_info *info)
{
    const digital_arguments *a = &d->arguments;
    char source[DIGITAL_SOURCE_NAME_MAX];
    int n = snprintf(info->receiver, sizeof info->receiver, "digital,%s,%s,",
                     digital_source_name(a->source, source),
                     a->modulation == MODULATIONS ? "any" : modulation_name(a->modulation));
    if (a->uses > 0)
        n += snprintf(info->receiver + n, sizeof info->receiver - (size_t)n, "uses=%u", a->uses);
    else
        n += snprintf(info->receiver + n, sizeof info->receiver - (size_t)n, "rate=%.17g", a->rate);
    n += snprintf(info->receiver + n, sizeof info->receiver - (size_t)n, ",list=%u,references=%u",
                  a->list, a->references);
    if (digital_rows_are_chosen(a))
        n += snprintf(info->receiver + n, sizeof info->receiver - (size_t)n,
                      ",margin=%.17g,table=%llx", a->margin_db,
                      (unsigned long long)digital_rows_table());
    if (d->kinds > 1)
        snprintf(info->receiver + n, sizeof info->receiver - (size_t)n, ",by-kind");
}

static int open_link(digital *d, const payload_shape *shape, const char *arguments, err *e)
{
    int rc = digital_arguments_parse(arguments, &d->arguments, e);
    if (rc != ERR_NONE)
        return rc;
    split_kinds(d, shape);
    return open_codes(d, shape, e);
}

static void fill_info(const digital *d, uplink_info *info)
{
    const digital_kind *key = &d->kind[KEY], *other = &d->kind[d->kinds - 1];
    info->references = d->arguments.references;
    info->symbols = info->references + larger(key->data, other->data);
    info->side_bits_max = 0;
    for (size_t k = 0; k < d->kinds; k++) {
        for (size_t i = 0; i < d->kind[k].rows; i++)
            info->words = larger(info->words, coded_words(d->kind[k].code[i]));
        info->adaptive = info->adaptive || d->kind[k].rows > 1;
    }
    info->can_fail = true;
    if (d->kinds > 1) {
        info->by_kind = true;
        info->symbols_of_key = info->references + key->data;
        info->symbols_of_innovation = info->references + other->data;
        info->symbols_min = info->symbols_of_key + info->symbols_of_innovation - info->symbols;
    }
    write_receiver(d, info);
}

static void *open_digital(const char *arguments, const payload_shape *shape, uplink_info *info,
                          err *e)
{
    err local = {0};
    digital *d = calloc(1, sizeof *d);
    if (!d) {
        err_set(e, ERR_NOMEM, "out of memory for an uplink");
        return NULL;
    }
    if (open_link(d, shape, arguments, &local) != ERR_NONE) {
        close_digital(d);
        if (e)
            *e = local;
        return NULL;
    }
    fill_info(d, info);
    return d;
}

static digital_kind *kind_of(digital *d, uint32_t builds_on)
{
    return &d->kind[d->kinds > 1 && builds_on > 0 ? INNOVATION : KEY];
}

/* The payload with the bit behind its side bits that says its kind. */
static payload say_kind(digital *d, const payload *p)
{
    payload said = *p;
    if (d->kinds == 1)
        return said;
    if (p->side_bits > 0)
        memcpy(d->side, p->side, bits_bytes(p->side_bits));
    bit_writer w = {.byte = d->side, .bits = p->side_bits, .room = p->side_bits + 1};
    bits_put(&w, p->builds_on > 0, 1);
    said.side = d->side;
    said.side_bits = w.bits;
    return said;
}

static int send_digital(void *state, const uplink_context *context, const payload *p,
                        uplink_burst *burst, err *e)
{
    digital *d = state;
    const digital_kind *k = kind_of(d, p->builds_on);
    const size_t row = digital_rows_choose(k->row, k->rows, context->snr_db);
    const payload said = say_kind(d, p);
    int rc = digital_source_write(k->row[row].source, &k->shape, &said, &d->scratch, d->bits,
                                  &d->digest, e);
    if (rc != ERR_NONE)
        return rc;
    d->last = k->row[row].bits;
    snr_references(burst->symbol, d->arguments.references);
    coded_send(k->code[row], d->work, context->ue, d->bits,
               burst->symbol + d->arguments.references);
    burst->symbols = d->arguments.references + k->data;
    return ERR_NONE;
}

/* Receives the burst as this row; returns whether its check is right and its bits are a payload. */
static bool try_row(digital *d, const digital_kind *k, size_t row, const uplink_context *context,
                    const uplink_burst *burst, payload *p)
{
    bool passed = coded_receive(k->code[row], d->work, context->ue,
                                burst->symbol + burst->references, context->snr_db, d->bits);
    bool sound =
        digital_source_read(k->row[row].source, &k->shape, d->bits, &d->scratch, p, &d->digest);
    d->last = k->row[row].bits;
    return passed && sound;
}

/* The burst by the likeliest rows of its kind. What the first of them made of it remains where no
 * check is right, for whoever wants it anyway. */
static bool try_rows(digital *d, const digital_kind *k, const uplink_context *context,
                     const uplink_burst *burst, payload *p)
{
    size_t order[DIGITAL_TRIES_MAX];
    size_t tries = digital_rows_order(k->row, k->rows, context->snr_db, order);
    for (size_t i = 0; i < tries; i++)
        if (try_row(d, k, order[i], context, burst, p))
            return true;
    if (tries > 1)
        (void)try_row(d, k, order[0], context, burst, p);
    return false;
}

/* Takes the bit that says the kind off the payload's side bits, one at least, in d->side. */
static bool take_kind(digital *d, payload *p)
{
    const uint32_t at = p->side_bits - 1;
    bool innovation = d->side[at / 8] >> at % 8 & 1;
    d->side[at / 8] &= (uint8_t) ~(1u << at % 8);
    p->side_bits = at;
    return innovation;
}

static int receive_digital(void *state, const uplink_context *context, const uplink_burst *burst,
                           payload *p, bool *intact, err *e)
{
    digital *d = state;
    const digital_kind *k = kind_of(d, burst->builds_on);
    uint8_t *side = p->side;
    if (d->kinds == 1) {
        *intact = try_rows(d, k, context, burst, p); /* any symbols are valid */
        return ERR_NONE;
    }
    p->side = d->side; /* the payload's own has no room for a bit more */
    *intact = try_rows(d, k, context, burst, p);
    bool innovation = take_kind(d, p);
    memcpy(side, d->side, bits_bytes(p->side_bits));
    p->side = side;
    if (!*intact || innovation == (burst->builds_on > 0))
        return ERR_NONE;
    return err_set(e, ERR_FORMAT, "%s in a report whose header says that it is %s",
                   innovation ? "an innovation" : "a key", innovation ? "a key" : "an innovation");
}

static uint32_t bits_of_digital(const void *state, const payload *p)
{
    const digital *d = state;
    (void)p; /* a row's burst has room for the longest of its kind */
    return d->last;
}

static uint64_t digest_of_digital(const void *state)
{
    const digital *d = state;
    return d->digest;
}

const uplink_kind uplink_digital = {
    .name = "digital",
    .usage = DIGITAL_USAGE,
    .open = open_digital,
    .close = close_digital,
    .send = send_digital,
    .receive = receive_digital,
    .bits = bits_of_digital,
    .digest = digest_of_digital,
};
