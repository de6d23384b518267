/* Codecs: both sides of one, each handle with the memory of one UE at either end. */
#include "codec/codec.h"

#include <math.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "chain/ue.h"
#include "csi/transform.h"
#include "csi/view.h"
#include "uplink/snr.h"

/* What all handles of one codec share. */
typedef struct loaded {
    atomic_uint handles;
    codec *encoder, *decoder; /* NULL where that side was not asked for */
    csi_dims dims;
} loaded;

/* Memory after the last report at one end, and room for the memory after the next: the two swap. */
typedef struct end_memory {
    void *before, *after;
    uint32_t reports; /* since the reset; 0: `before` holds nothing */
} end_memory;

struct csl_codec {
    loaded *shared;
    const codec_info *info;          /* of a side that is loaded */
    codec_work *encoding, *decoding; /* NULL for a side that was not asked for */
    csi_transform *transform;        /* of the encoder, as are the next two */
    csi_view *view;
    float complex *rows; /* [nc][nt]; NULL before the first estimate in the frequency domain */
    end_memory sent, received;
};

const payload_shape *api_codec_shape(const csl_codec *c)
{
    return &c->info->shape;
}

static void release(loaded *l)
{
    if (atomic_fetch_sub(&l->handles, 1) > 1)
        return;
    codec_unload(l->encoder);
    codec_unload(l->decoder);
    free(l);
}

static const codec_info *info_of(const loaded *l)
{
    return codec_info_of(l->encoder ? l->encoder : l->decoder);
}

static loaded *load(const char *spec, int sides, uint32_t nc, err *e)
{
    loaded *l = calloc(1, sizeof *l);
    if (!l) {
        err_set(e, ERR_NOMEM, "out of memory for a codec");
        return NULL;
    }
    atomic_init(&l->handles, 1);
    l->dims = CSI_DIMS_DEFAULT;
    l->dims.nc = nc ? nc : l->dims.nc;
    int rc = ERR_NONE;
    if (sides & CSL_ENCODER && !(l->encoder = codec_load(CODEC_ENCODER, spec, e)))
        rc = e->code;
    if (rc == ERR_NONE && sides & CSL_DECODER && !(l->decoder = codec_load(CODEC_DECODER, spec, e)))
        rc = e->code;
    if (rc == ERR_NONE && l->encoder && l->decoder)
        rc = codec_check_match(l->encoder, l->decoder, e);
    if (rc == ERR_NONE)
        rc = chain_dims_of_codec(&l->dims, info_of(l), 0, e);
    if (rc == ERR_NONE)
        rc = chain_check_dims(&l->dims, info_of(l), e);
    if (rc == ERR_NONE)
        return l;
    release(l);
    return NULL;
}

static int open_memory(end_memory *m, size_t bytes, err *e)
{
    m->before = calloc(1, bytes);
    m->after = calloc(1, bytes);
    return m->before && m->after ? ERR_NONE
                                 : err_set(e, ERR_NOMEM, "out of memory for a codec's memory");
}

static int open_ends(csl_codec *c, err *e)
{
    const loaded *l = c->shared;
    size_t sent = l->encoder ? codec_memory_bytes(l->encoder) : 0;
    size_t received = l->decoder ? codec_memory_bytes(l->decoder) : 0;
    if (l->encoder && (!(c->encoding = codec_open(l->encoder, e)) ||
                       !(c->transform = csi_transform_create(&l->dims, e)) ||
                       !(c->view = csi_view_create(c->transform, e))))
        return e->code;
    if (l->decoder && !(c->decoding = codec_open(l->decoder, e)))
        return e->code;
    int rc = sent > 0 ? open_memory(&c->sent, sent, e) : ERR_NONE;
    return rc == ERR_NONE && received > 0 ? open_memory(&c->received, received, e) : rc;
}

/* Takes over the reference to `l`, even on failure. */
static int open_handle(loaded *l, csl_codec **out, err *e)
{
    csl_codec *c = calloc(1, sizeof *c);
    if (!c) {
        release(l);
        return err_set(e, ERR_NOMEM, "out of memory for a codec");
    }
    c->shared = l;
    c->info = info_of(l);
    if (open_ends(c, e) == ERR_NONE)
        *out = c;
    else
        csl_codec_close(c);
    return e->code;
}

int csl_codec_open(const char *spec, int sides, uint32_t nc, csl_codec **out)
{
    err e = {0};
    if (api_need(out, "out", &e))
        return api_return(&e);
    *out = NULL;
    if (api_need(spec, "the spec of a codec", &e))
        return api_return(&e);
    if (sides < 1 || sides > (CSL_ENCODER | CSL_DECODER)) {
        err_set(&e, ERR_INVALID,
                "the sides %d of a codec; CSL_ENCODER, CSL_DECODER or both of them are allowed",
                sides);
        return api_return(&e);
    }
    loaded *l = load(spec, sides, nc, &e);
    if (l)
        open_handle(l, out, &e);
    return api_return(&e);
}

int csl_codec_clone(const csl_codec *c, csl_codec **out)
{
    err e = {0};
    if (api_need(out, "out", &e))
        return api_return(&e);
    *out = NULL;
    if (api_need(c, "the codec", &e))
        return api_return(&e);
    atomic_fetch_add(&c->shared->handles, 1);
    open_handle(c->shared, out, &e);
    return api_return(&e);
}

void csl_codec_close(csl_codec *c)
{
    if (!c)
        return;
    codec_close(c->encoding);
    codec_close(c->decoding);
    csi_view_free(c->view);
    csi_transform_free(c->transform);
    free(c->rows);
    free(c->sent.before);
    free(c->sent.after);
    free(c->received.before);
    free(c->received.after);
    release(c->shared);
    free(c);
}

int csl_codec_get_info(const csl_codec *c, csl_codec_info *info)
{
    err e = {0};
    if (api_need(c, "the codec", &e) || api_need(info, "info", &e))
        return api_return(&e);
    const codec_info *i = c->info;
    const codec_info *decoder = c->shared->decoder ? codec_info_of(c->shared->decoder) : NULL;
    *info = (csl_codec_info){.identity = i->identity,
                             .flags = i->flags,
                             .nt = c->shared->dims.nt,
                             .nc = c->shared->dims.nc,
                             .ni = c->shared->dims.ni,
                             .subbands = i->subbands,
                             .bits_min = i->shape.side_bits_min,
                             .bits_max = i->shape.side_bits_max,
                             .values_max = i->shape.values_max,
                             .entries = codec_output_size(i),
                             .encoder_parameters = c->shared->encoder ? i->parameters : 0,
                             .encoder_macs = c->shared->encoder ? i->macs : 0,
                             .decoder_parameters = decoder ? decoder->parameters : 0,
                             .decoder_macs = decoder ? decoder->macs : 0};
    memcpy(info->kind, i->kind, sizeof info->kind);
    memcpy(info->name, i->name, sizeof info->name);
    memcpy(info->precision, i->precision, sizeof info->precision);
    return CSL_OK;
}
_Static_assert(sizeof(((csl_codec_info *)0)->kind) == CODEC_KIND_MAX, "names fit");
_Static_assert(sizeof(((csl_codec_info *)0)->name) == CODEC_NAME_MAX, "names fit");
_Static_assert(sizeof(((csl_codec_info *)0)->precision) == CODEC_PRECISION_MAX, "names fit");
_Static_assert(CSL_HAS_MEMORY == (int)CODEC_HAS_MEMORY, "flags");
_Static_assert(CSL_WANTS_SNR == (int)CODEC_WANTS_SNR, "flags");
_Static_assert(CSL_GIVES_DIRECTIONS == (int)CODEC_GIVES_DIRECTIONS, "flags");

/* The memory after a report becomes the memory before the next. */
static void advance(end_memory *m)
{
    void *before = m->before;
    m->before = m->after;
    m->after = before;
    m->reports++;
}

static int show_estimate(csl_codec *c, int domain, const float complex *h, err *e)
{
    size_t nt = c->shared->dims.nt, nc = c->shared->dims.nc;
    if (domain == CSL_ANGLE_DELAY) {
        csi_view_from_angle_delay(c->view, h);
        return ERR_NONE;
    }
    if (!c->rows && !(c->rows = malloc(nt * nc * sizeof *c->rows)))
        return err_set(e, ERR_NOMEM, "out of memory for a channel estimate");
    api_transpose(h, nt, nc, c->rows);
    csi_view_from_frequency(c->view, c->rows);
    return ERR_NONE;
}

static int encode_one(csl_codec *c, int domain, const float complex *h, csl_payload *out, err *e)
{
    end_memory *m = &c->sent;
    int rc = show_estimate(c, domain, h, e);
    if (rc != ERR_NONE)
        return rc;
    payload p = api_payload_of(out);
    /* The caller's counts are those of the payload before. */
    p.side_bits = p.values = 0;
    p.exact = false;
    p.snr_db = INFINITY;
    rc = codec_encode(c->encoding, m->reports ? m->before : NULL, c->view, &p, m->after, e);
    if (rc != ERR_NONE)
        return rc;
    /* Reports are counted from 1 here, so that 0 can mean a report that builds on nothing. */
    p.builds_on = m->after ? m->reports : 0;
    if (m->after)
        advance(m);
    api_payload_to(&p, out);
    return ERR_NONE;
}

int csl_codec_encode(csl_codec *c, int domain, uint32_t n, const csl_complex *h,
                     csl_payload *payloads)
{
    err e = {0};
    if (api_need(c, "the codec", &e) ||
        (n && (api_need(h, "h", &e) || api_need(payloads, "payloads", &e))))
        return api_return(&e);
    if (!c->encoding)
        err_set(&e, ERR_STATE, "codec %s was opened without its encoder", c->info->name);
    else if (domain != CSL_FREQUENCY && domain != CSL_ANGLE_DELAY)
        err_set(&e, ERR_INVALID, "the domain %d; CSL_FREQUENCY or CSL_ANGLE_DELAY is allowed",
                domain);
    if (e.code != ERR_NONE)
        return api_return(&e);
    const csi_dims *d = &c->shared->dims;
    size_t entries = (size_t)d->nt * (domain == CSL_FREQUENCY ? d->nc : d->ni);
    int rc = api_need_finite(h, n, entries, "h", &e);
    for (uint32_t i = 0; rc == ERR_NONE && i < n; i++) {
        rc = api_check_room(&payloads[i], i, &c->info->shape, &e);
        if (rc == ERR_NONE)
            rc = encode_one(c, domain, h + i * entries, &payloads[i], &e);
    }
    return api_return(&e);
}

/* The memory that a payload builds on, or NULL: a report that builds on nothing starts over,
 * whatever the decoder remembers. */
static int find_memory(csl_codec *c, const csl_payload *p, const void **before, err *e)
{
    end_memory *m = &c->received;
    *before = NULL;
    if (p->builds_on == 0) {
        m->reports = 0;
        return ERR_NONE;
    }
    if (!m->after)
        return err_set(e, ERR_FORMAT, "a payload of %s builds on another, which it cannot",
                       c->info->name);
    if (p->builds_on != m->reports)
        return err_set(e, ERR_STATE,
                       "a payload builds on the memory after payload %u; this decoder has that "
                       "after payload %u: reset the encoder",
                       p->builds_on, m->reports);
    *before = m->before;
    return ERR_NONE;
}

static int decode_one(csl_codec *c, const csl_payload *from, float complex *h, err *e)
{
    const void *before;
    int rc = find_memory(c, from, &before, e);
    if (rc != ERR_NONE)
        return rc;
    payload p = api_payload_of(from);
    /* Decoders that use an SNR expect a receiver's estimate. A payload that was never sent gets the
     * best one. */
    if (isinf(p.snr_db))
        p.snr_db = p.snr_db > 0 ? UPLINK_SNR_MAX_DB : UPLINK_SNR_MIN_DB;
    const codec_hint hint = {.snr_db = p.snr_db};
    rc = codec_decode(c->decoding, before, &p, &hint, h, c->received.after, e);
    if (rc == ERR_NONE && c->received.after)
        advance(&c->received);
    return rc;
}

int csl_codec_decode(csl_codec *c, uint32_t n, const csl_payload *payloads, csl_complex *h)
{
    err e = {0};
    if (api_need(c, "the codec", &e) ||
        (n && (api_need(payloads, "payloads", &e) || api_need(h, "h", &e))))
        return api_return(&e);
    int rc = ERR_NONE;
    if (!c->decoding)
        rc = err_set(&e, ERR_STATE, "codec %s was opened without its decoder", c->info->name);
    size_t entries = codec_output_size(c->info);
    for (uint32_t i = 0; rc == ERR_NONE && i < n; i++) {
        rc = api_check_payload(&payloads[i], i, &c->info->shape, &e);
        if (rc == ERR_NONE && isnan(payloads[i].snr_db))
            rc = err_set(&e, ERR_INVALID, "snr_db of payload %u is not a number", i);
        if (rc == ERR_NONE && (rc = decode_one(c, &payloads[i], h + i * entries, &e)))
            err_prefix(&e, "payload %u", i);
    }
    return api_return(&e);
}

int csl_codec_reset(csl_codec *c)
{
    err e = {0};
    if (api_need(c, "the codec", &e) == ERR_NONE)
        c->sent.reports = c->received.reports = 0;
    return api_return(&e);
}
