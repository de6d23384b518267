/* The codec kind `delta-net`: a pair of networks with the memory that it lacks.
 *
 * A key is the pair's own report, and 4 bits. The base station keeps what it reconstructs, the
 * whole channel, in blocks of taps (state.h). Every other report sends the blocks that are off
 * most, uncompressed but by differences, and lists which they are (report.c): on a channel that
 * moves slowly a few blocks in each report keep all of them closer than the pair's codeword can
 * tell. The UE runs the decoder, too, so that it knows what the base station made of a key, and
 * sends a key wherever that leaves less than blocks would. So delta-net is never far from the pair,
 * and is the pair where nothing can be predicted.
 *
 * A key and the others may be of different sizes, and either takes its own of every uplink. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "codec/blocks/model.h"
#include "codec/options.h"
#include "payload/enumerative.h"

extern const codec_kind codec_onnx;

static int take_option(void *user, const char *key, const char *value, err *e)
{
    blocks_model *m = user;
    uint32_t most = BLOCKS_MAX * BLOCK_REALS;
    if ((strcmp(key, "values") == 0 && codec_whole_option(value, BLOCK_REALS, most, &m->values) &&
         m->values % BLOCK_REALS == 0) ||
        (strcmp(key, "gop") == 0 && codec_whole_option(value, 0, BLOCK_GOP_MAX, &m->gop)))
        return ERR_NONE;
    return err_set(e, ERR_INVALID,
                   "option %.20s=%.40s of codec delta-net; it takes values=N, a multiple of %d, "
                   "and gop=N from 0 to %d",
                   key, value, BLOCK_REALS, BLOCK_GOP_MAX);
}

/* What of the arguments is the pair's: its name. */
static int name_of(const char *arguments, char name[CODEC_SPEC_MAX], err *e)
{
    size_t length = strcspn(arguments, ",");
    if (length == 0 || length >= CODEC_SPEC_MAX)
        return err_set(e, ERR_INVALID,
                       "codec delta-net wants the name of a model, "
                       "delta-net:csilink-net-cr8-outdoor");
    snprintf(name, CODEC_SPEC_MAX, "%.*s", (int)length, arguments);
    return ERR_NONE;
}

static bool exists(codec_side side, const char *arguments)
{
    char name[CODEC_SPEC_MAX];
    return name_of(arguments, name, NULL) == ERR_NONE && codec_onnx.exists(side, name) &&
           codec_onnx.exists(CODEC_DECODER, name);
}

static int check_pair(blocks_model *m, err *e)
{
    const codec_info *d = &m->of_decoder;
    if (m->encoder && codec_onnx.check_match(m->encoder, m->decoder, e) != ERR_NONE)
        return e->code;
    if (d->flags & CODEC_HAS_MEMORY)
        return err_set(e, ERR_MISMATCH,
                       "%s has a memory of its own; codec delta-net takes a pair "
                       "without",
                       d->name);
    m->grid = (block_grid){.nt = d->nt, .ni = d->ni};
    if (d->nt % BLOCK_ANGLES || d->ni % BLOCK_DELAYS)
        return err_set(e, ERR_MISMATCH,
                       "%s is for %u angles and %u delays; codec delta-net takes multiples of %d "
                       "and %d",
                       d->name, d->nt, d->ni, BLOCK_ANGLES, BLOCK_DELAYS);
    m->grid.blocks = d->nt / BLOCK_ANGLES * (d->ni / BLOCK_DELAYS);
    if (m->grid.blocks > BLOCKS_MAX)
        return err_set(e, ERR_MISMATCH,
                       "%s is for %u angles and %u delays; codec delta-net takes "
                       "up to %d blocks of %d x %d",
                       d->name, d->nt, d->ni, BLOCKS_MAX, BLOCK_ANGLES, BLOCK_DELAYS);
    if (d->shape.values_max % 2)
        return err_set(e, ERR_MISMATCH,
                       "%s has a codeword of %u values; codec delta-net takes an "
                       "even number",
                       d->name, d->shape.values_max);
    if (m->values == 0)
        m->values = d->shape.values_max / 2 / BLOCK_REALS * BLOCK_REALS;
    if (m->values < BLOCK_REALS)
        m->values = BLOCK_REALS;
    m->sent = m->values / BLOCK_REALS;
    if (m->sent > m->grid.blocks)
        return err_set(e, ERR_INVALID, "values=%u of codec delta-net; %s has %u in all", m->values,
                       d->name, m->grid.blocks * BLOCK_REALS);
    return ERR_NONE;
}

static int load_pair(blocks_model *m, const char *name, err *e)
{
    m->decoder = codec_onnx.load(CODEC_DECODER, name, &m->of_decoder, e);
    if (!m->decoder)
        return e->code;
    if (m->side == CODEC_ENCODER &&
        !(m->encoder = codec_onnx.load(CODEC_ENCODER, name, &m->of_encoder, e)))
        return e->code;
    return check_pair(m, e);
}

static uint32_t *new_words(const blocks_model *m)
{
    return calloc(enumerative_words(m->grid.blocks), sizeof(uint32_t));
}

static int describe(blocks_model *m, codec_info *info, err *e)
{
    const codec_info *d = &m->of_decoder, *own = m->encoder ? &m->of_encoder : d;
    char text[128];
    uint32_t *work = new_words(m);
    if (!work)
        return err_set(e, ERR_NOMEM, "out of memory for codec delta-net");
    m->rank_bits = enumerative_bits(m->grid.blocks, m->sent, work);
    free(work);
    uint32_t of_key = BLOCK_LEAK_BITS + d->shape.side_bits_max, head = blocks_head_bits(m);
    const payload_size key = {of_key, of_key, d->shape.values_max},
                       innovation = {head, head, m->values};
    snprintf(info->name, sizeof info->name, "delta-%.*s", (int)sizeof info->name - 7, d->name);
    snprintf(info->precision, sizeof info->precision, "%s", own->precision);
    snprintf(info->trained, sizeof info->trained, "%s", d->trained);
    info->flags = CODEC_HAS_MEMORY | CODEC_WANTS_SNR;
    info->shape = payload_shape_by_kind(&key, &innovation);
    info->nt = d->nt;
    info->ni = d->ni;
    bool both = m->encoder != NULL; /* the UE runs the decoder, too */
    info->parameters = d->parameters + (both ? own->parameters : 0);
    info->macs = d->macs + (both ? own->macs : 0);
    info->weight_bytes = d->weight_bytes + (both ? own->weight_bytes : 0);
    snprintf(text, sizeof text, "delta-net,%016" PRIx64 ",values=%u", d->identity, m->values);
    uint64_t digest = hash_bytes(hash_text(HASH_START, text), block_leak, sizeof block_leak);
    info->identity = d->identity ? hash_bytes(digest, block_step, sizeof block_step) | 1 : 0;
    return ERR_NONE;
}

static void unload(void *model)
{
    blocks_model *m = model;
    if (m->encoder)
        codec_onnx.unload(m->encoder);
    if (m->decoder)
        codec_onnx.unload(m->decoder);
    free(m);
}

static void *load(codec_side side, const char *arguments, codec_info *info, err *e)
{
    char name[CODEC_SPEC_MAX];
    blocks_model *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for codec delta-net");
        return NULL;
    }
    m->side = side;
    const char *options = strchr(arguments, ',');
    int rc = name_of(arguments, name, e);
    if (rc == ERR_NONE)
        rc = codec_options("delta-net", options ? options + 1 : "", take_option, m, e);
    if (rc == ERR_NONE)
        rc = load_pair(m, name, e);
    if (rc == ERR_NONE)
        rc = describe(m, info, e);
    if (rc == ERR_NONE)
        return m;
    unload(m);
    return NULL;
}

static void close_work(void *work)
{
    blocks_work *w = work;
    if (w->encoder)
        codec_onnx.close(w->encoder);
    if (w->decoder)
        codec_onnx.close(w->decoder);
    free(w->key.side);
    free(w->now);
    free(w->network);
    free(w->error);
    free(w->place);
    free(w->rank);
    free(w->scratch);
    free(w->ahead);
    free(w);
}

static void *open_work(const void *model, err *e)
{
    const blocks_model *m = model;
    blocks_work *w = calloc(1, sizeof *w);
    size_t reals = (size_t)m->grid.blocks * BLOCK_REALS;
    if (!w) {
        err_set(e, ERR_NOMEM, "out of memory for a workspace of codec delta-net");
        return NULL;
    }
    w->model = m;
    w->key.side = calloc((size_t)bits_bytes(m->of_decoder.shape.side_bits_max) + 1, 1);
    w->now = calloc(reals, sizeof *w->now);
    w->network = calloc(reals, sizeof *w->network);
    w->error = calloc(m->grid.blocks, sizeof *w->error);
    w->place = calloc(m->grid.blocks, sizeof *w->place);
    w->rank = new_words(m);
    w->scratch = new_words(m);
    w->ahead = calloc(1, held_bytes(&m->grid));
    if (!w->key.side || !w->now || !w->network || !w->error || !w->place || !w->rank ||
        !w->scratch || !w->ahead)
        err_set(e, ERR_NOMEM, "out of memory for a workspace of codec delta-net");
    else if ((w->decoder = codec_onnx.open(m->decoder, e)) &&
             (!m->encoder || (w->encoder = codec_onnx.open(m->encoder, e))))
        return w;
    close_work(w);
    return NULL;
}

static size_t memory_bytes(const void *model)
{
    const blocks_model *m = model;
    return held_bytes(&m->grid);
}

static int encode(void *work, const void *before, csi_view *csi, payload *out, void *after, err *e)
{
    blocks_work *w = work;
    const blocks_model *m = w->model;
    const csi_dims *dims = csi_view_dims(csi);
    const held *base = before;
    if (dims->nt != m->grid.nt || dims->ni != m->grid.ni)
        return err_set(e, ERR_MISMATCH, "a channel of %u x %u for a delta-net of %u x %u", dims->nt,
                       dims->ni, m->grid.nt, m->grid.ni);
    if (base && m->gop > 0 && base->age + 1 >= m->gop)
        base = NULL;
    return blocks_encode(w, base, csi, out, after, e);
}

static int decode(void *work, const void *before, const payload *in, const codec_hint *hint,
                  float complex *h, void *after, err *e)
{
    return blocks_decode(work, before, in, hint, h, after, e);
}

extern const codec_kind codec_delta_net;
const codec_kind codec_delta_net = {
    .name = "delta-net",
    .usage = "delta-net:MODEL[,values=N][,gop=N]",
    .load = load,
    .unload = unload,
    .exists = exists,
    .open = open_work,
    .close = close_work,
    .memory_bytes = memory_bytes,
    .encode = encode,
    .decode = decode,
};
