#include "uplink/digital/digital.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "uplink/digital/arguments.h"
#include "uplink/digital/coded.h"
#include "uplink/digital/rows.h"
#include "uplink/digital/source.h"
#include "uplink/snr.h"

typedef struct digital {
    digital_arguments arguments;
    payload_shape shape;
    uint32_t data; /* symbols */
    size_t rows;
    digital_row row[DIGITAL_ROWS_MAX];
    coded *code[DIGITAL_ROWS_MAX]; /* of each row */
    coded_work *work;
    digital_scratch scratch;
    uint8_t *bits;   /* [A of the longest row] */
    size_t last;     /* the row last sent or received */
    uint64_t digest; /* of it */
} digital;

static void close_digital(void *state)
{
    digital *d = state;
    for (size_t i = 0; i < d->rows; i++)
        coded_free(d->code[i]);
    coded_work_free(d->work);
    digital_scratch_free(&d->scratch);
    free(d->bits);
    free(d);
}

static int open_codes(digital *d, err *e)
{
    uint32_t bits_max = 0, qm_max = 1;
    for (size_t i = 0; i < d->rows; i++) {
        uint32_t qm = modulation_bits(d->row[i].modulation);
        d->code[i] = coded_create(d->row[i].bits, d->row[i].modulation, d->data, e);
        if (!d->code[i])
            return e->code;
        bits_max = d->row[i].bits > bits_max ? d->row[i].bits : bits_max;
        qm_max = qm > qm_max ? qm : qm_max;
    }
    d->work = coded_work_create(d->data * qm_max, d->arguments.list, e);
    if (!d->work || digital_scratch_init(&d->scratch, &d->shape, bits_max, e) != ERR_NONE)
        return e->code;
    d->bits = calloc((size_t)bits_max + 1, 1);
    return d->bits ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for %u bits", bits_max);
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
        snprintf(info->receiver + n, sizeof info->receiver - (size_t)n, ",margin=%.17g,table=%llx",
                 a->margin_db, (unsigned long long)digital_rows_table());
}

static int open_link(digital *d, const char *arguments, err *e)
{
    int rc = digital_arguments_parse(arguments, &d->arguments, e);
    if (rc == ERR_NONE)
        rc = digital_rows_find(&d->arguments, &d->shape, d->row, &d->rows, &d->data, e);
    return rc == ERR_NONE ? open_codes(d, e) : rc;
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
    d->shape = *shape;
    if (open_link(d, arguments, &local) != ERR_NONE) {
        close_digital(d);
        if (e)
            *e = local;
        return NULL;
    }
    d->last = d->rows - 1;
    info->references = d->arguments.references;
    info->symbols = d->arguments.references + d->data;
    info->side_bits_max = 0;
    for (size_t i = 0; i < d->rows; i++)
        info->words = coded_words(d->code[i]) > info->words ? coded_words(d->code[i]) : info->words;
    info->can_fail = true;
    info->adaptive = d->rows > 1;
    write_receiver(d, info);
    return d;
}

static int send_digital(void *state, const uplink_context *context, const payload *p,
                        uplink_burst *burst, err *e)
{
    digital *d = state;
    const size_t row = digital_rows_choose(d->row, d->rows, context->snr_db);
    int rc =
        digital_source_write(d->row[row].source, &d->shape, p, &d->scratch, d->bits, &d->digest, e);
    if (rc != ERR_NONE)
        return rc;
    d->last = row;
    snr_references(burst->symbol, d->arguments.references);
    coded_send(d->code[row], d->work, context->ue, d->bits,
               burst->symbol + d->arguments.references);
    return ERR_NONE;
}

/* Receives the burst as this row; returns whether its check is right and its bits are a payload. */
static bool try_row(digital *d, size_t row, const uplink_context *context,
                    const uplink_burst *burst, payload *p)
{
    bool passed = coded_receive(d->code[row], d->work, context->ue,
                                burst->symbol + burst->references, context->snr_db, d->bits);
    bool sound =
        digital_source_read(d->row[row].source, &d->shape, d->bits, &d->scratch, p, &d->digest);
    d->last = row;
    return passed && sound;
}

static int receive_digital(void *state, const uplink_context *context, const uplink_burst *burst,
                           payload *p, bool *intact, err *e)
{
    digital *d = state;
    size_t order[DIGITAL_TRIES_MAX];
    size_t tries = digital_rows_order(d->row, d->rows, context->snr_db, order);
    (void)e; /* any symbols are valid */
    *intact = false;
    for (size_t i = 0; i < tries && !*intact; i++)
        *intact = try_row(d, order[i], context, burst, p);
    if (!*intact &&
        tries > 1) /* restore the likeliest row's payload, for callers that want it anyway */
        (void)try_row(d, order[0], context, burst, p);
    return ERR_NONE;
}

static uint32_t bits_of_digital(const void *state, const payload *p)
{
    const digital *d = state;
    (void)p; /* a row's burst has room for the longest payload */
    return d->row[d->last].bits;
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
