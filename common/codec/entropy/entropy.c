/* The codec kind `entropy`: a pair of networks with a codeword of whole numbers, coded by the
 * probabilities that training has learned (DeepCMC; Balle et al.). A report has only bits:
 *
 *     scale      LEVEL_IMAGE_SCALE.bits, logarithmic (payload/level.h)
 *     numbers    round(s f), arithmetic coded one after the other (codec/entropy/table.h)
 *
 * f is 1 where the report then fits its limit. Otherwise the codeword shrinks until it does: f is
 * the largest multiple of 1/256 that fits, found by bisection. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "codec/entropy/table.h"
#include "codec/kind.h"
#include "codec/onnx/pair.h"
#include "codec/options.h"
#include "csi/image.h"
#include "nn/nn.h"
#include "payload/bits.h"
#include "payload/level.h"

enum { STEPS = 256, BITS_A_VALUE = 16 };

typedef struct entropy_model {
    onnx_part *part;
    entropy_table *table;
    uint32_t per_channel; /* values of each channel */
    uint32_t limit;       /* of a report */
} entropy_model;

typedef struct entropy_work {
    const entropy_model *model;
    csi_dims dims;
    onnx_encoder *encoder;
    onnx_decoder *decoder;
    float *image;    /* [2][nt][ni] */
    float *codeword; /* [N_s] */
} entropy_work;

/* --- loading ------------------------------------------------------------------------------------
 */

typedef struct arguments {
    char precision[CODEC_PRECISION_MAX];
    uint32_t limit;
} arguments;

static int take_option(void *user, const char *key, const char *value, err *e)
{
    arguments *a = user;
    bool precision = strcmp(key, "precision") == 0;
    if (precision && (strcmp(value, "float") == 0 || strcmp(value, "int8") == 0)) {
        snprintf(a->precision, sizeof a->precision, "%s", value);
        return ERR_NONE;
    }
    if (strcmp(key, "bits") == 0) {
        if (codec_whole_option(value, 32, PAYLOAD_SIDE_BITS_MAX, &a->limit))
            return ERR_NONE;
        return err_set(e, ERR_INVALID,
                       "bits=%.32s of codec entropy; it must be a whole number from 32 to %d",
                       value, PAYLOAD_SIDE_BITS_MAX);
    }
    return err_set(e, ERR_INVALID,
                   "option %.32s=%.32s of codec entropy; the options are bits=N, precision=float "
                   "and precision=int8",
                   key, value);
}

/* The fewest bits of a report: every number is the most likely one of its channel. */
static uint32_t least_bits(const entropy_model *m)
{
    arith a = arith_measure();
    for (uint32_t i = 0; i < m->table->channels * m->per_channel; i++) {
        const entropy_channel *c = &m->table->channel[i / m->per_channel];
        entropy_code(&a, c, c->centre);
    }
    return LEVEL_IMAGE_SCALE.bits + arith_finish(&a);
}

static int read_table(entropy_model *m, err *e)
{
    const onnx_info *info = onnx_part_info(m->part);
    const char *text = nn_model_metadata(onnx_part_network(m->part), "csilink.entropy");
    if (!text)
        return err_set(
            e, ERR_MISMATCH,
            "%s has no table of probabilities, csilink.entropy, because it was not trained with "
            "lambda; onnx:%s sends its values",
            info->name, info->name);
    m->table = entropy_table_read(text, e);
    if (!m->table)
        return err_prefix(e, "%s", info->name);
    if (info->codeword % m->table->channels != 0)
        return err_set(e, ERR_MISMATCH, "%s: a table of %u channels for %u values", info->name,
                       m->table->channels, info->codeword);
    if (info->align != CSI_ALIGN_NONE || info->takes_snr)
        return err_set(e, ERR_MISMATCH,
                       "%s: codec entropy supports neither aligned images nor an SNR input",
                       info->name);
    m->per_channel = info->codeword / m->table->channels;
    return ERR_NONE;
}

static int set_limit(entropy_model *m, uint32_t asked, err *e)
{
    const onnx_info *info = onnx_part_info(m->part);
    uint32_t usual = LEVEL_IMAGE_SCALE.bits + BITS_A_VALUE * info->codeword, least = least_bits(m);
    usual = usual < PAYLOAD_SIDE_BITS_MAX ? usual : PAYLOAD_SIDE_BITS_MAX;
    m->limit = asked ? asked : usual;
    if (m->limit >= least)
        return ERR_NONE;
    return err_set(e, ERR_INVALID, "bits=%u of codec entropy; %s needs at least %u", m->limit,
                   info->name, least);
}

static void fill_info(const entropy_model *m, const char *name, codec_info *info)
{
    const onnx_info *own = onnx_part_info(m->part);
    const char *text = nn_model_metadata(onnx_part_network(m->part), "csilink.entropy");
    snprintf(info->name, sizeof info->name, "%s", name);
    snprintf(info->precision, sizeof info->precision, "%s", own->precision);
    /* Files without a pair have 0 and keep it: the link rejects them. */
    info->identity = own->pair ? hash_text(own->pair ^ m->limit, text) : 0;
    info->shape =
        (payload_shape){.side_bits_min = LEVEL_IMAGE_SCALE.bits, .side_bits_max = m->limit};
    info->nt = own->nt;
    info->ni = own->ni;
    info->parameters = own->parameters;
    info->macs = own->macs;
    info->weight_bytes = own->weight_bytes;
}

static void unload(void *model)
{
    entropy_model *m = model;
    onnx_part_free(m->part);
    free(m->table);
    free(m);
}

static void *load(codec_side side, const char *text, codec_info *info, err *e)
{
    arguments a = {0};
    char file[CODEC_SPEC_MAX], name[CODEC_NAME_MAX];
    size_t length = strcspn(text, ",");
    if (length == 0 || length >= sizeof file) {
        err_set(e, ERR_INVALID,
                "codec entropy needs the name of a model, entropy:deepcmc-cr8-indoor");
        return NULL;
    }
    snprintf(file, sizeof file, "%.*s", (int)length, text);
    if (codec_options("entropy", text + length, take_option, &a, e) != ERR_NONE)
        return NULL;
    entropy_model *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for codec entropy");
        return NULL;
    }
    m->part = onnx_load_any(side, file, a.precision[0] ? a.precision : NULL, NULL, 0, 0, e);
    if (m->part && read_table(m, e) == ERR_NONE && set_limit(m, a.limit, e) == ERR_NONE) {
        char limit[24] = "";
        if (a.limit)
            snprintf(limit, sizeof limit, "-bits%u", a.limit);
        snprintf(name, sizeof name, "%.*s%s", (int)(sizeof name - sizeof limit),
                 onnx_part_info(m->part)->name, limit);
        fill_info(m, name, info);
        return m;
    }
    unload(m);
    return NULL;
}

extern const codec_kind codec_onnx;

/* The files are those of the codec kind onnx. */
static bool exists(codec_side side, const char *text)
{
    char spec[CODEC_SPEC_MAX];
    arguments a = {0};
    size_t length = strcspn(text, ",");
    if (codec_options("entropy", text + length, take_option, &a, NULL) != ERR_NONE)
        return false;
    int n = snprintf(spec, sizeof spec, "%.*s%s%s", (int)length, text,
                     a.precision[0] ? ",precision=" : "", a.precision);
    return n > 0 && (size_t)n < sizeof spec && codec_onnx.exists(side, spec);
}

static int check_match(const void *encoder, const void *decoder, err *e)
{
    const entropy_model *a = encoder, *b = decoder;
    return onnx_check_pair(onnx_part_info(a->part), onnx_part_info(b->part), e);
}

/* --- work ---------------------------------------------------------------------------------------
 */

static void close_work(void *work)
{
    entropy_work *w = work;
    onnx_encoder_free(w->encoder);
    onnx_decoder_free(w->decoder);
    free(w->image);
    free(w->codeword);
    free(w);
}

static void *open_work(const void *model, err *e)
{
    const entropy_model *m = model;
    const onnx_info *info = onnx_part_info(m->part);
    entropy_work *w = calloc(1, sizeof *w);
    if (!w) {
        err_set(e, ERR_NOMEM, "out of memory for codec entropy");
        return NULL;
    }
    w->model = m;
    w->dims = (csi_dims){.nt = info->nt, .ni = info->ni, .nc = info->ni, .tp = info->nt};
    w->image = calloc((size_t)2 * info->nt * info->ni, sizeof *w->image);
    w->codeword = calloc(info->codeword, sizeof *w->codeword);
    if (!w->image || !w->codeword) {
        err_set(e, ERR_NOMEM, "out of memory for an image");
        close_work(w);
        return NULL;
    }
    if (onnx_part_side(m->part) == CODEC_ENCODER)
        w->encoder = onnx_encoder_open(m->part, e);
    else
        w->decoder = onnx_decoder_open(m->part, e);
    if (w->encoder || w->decoder)
        return w;
    close_work(w);
    return NULL;
}

/* Codes the codeword times f / STEPS with the given coder; false where that ran out of room. */
static uint32_t code_all(const entropy_work *w, uint32_t f, arith *a)
{
    const entropy_model *m = w->model;
    for (uint32_t i = 0; i < m->table->channels * m->per_channel; i++) {
        const entropy_channel *c = &m->table->channel[i / m->per_channel];
        float shrunk = (float)c->centre + (w->codeword[i] - (float)c->centre) * (float)f / STEPS;
        float held = fminf(fmaxf(rintf(shrunk), -2.0f * ENTROPY_FAR), 2.0f * ENTROPY_FAR);
        entropy_code(a, c, (int32_t)held);
    }
    return arith_finish(a);
}

static uint32_t measure(const entropy_work *w, uint32_t f)
{
    arith a = arith_measure();
    return LEVEL_IMAGE_SCALE.bits + code_all(w, f, &a);
}

/* The largest factor that fits; 0, where every number is the most likely one, always does. */
static uint32_t find_factor(const entropy_work *w)
{
    uint32_t fits = 0, beyond = STEPS;
    if (measure(w, STEPS) <= w->model->limit)
        return STEPS;
    while (beyond - fits > 1) {
        uint32_t middle = (fits + beyond) / 2;
        if (measure(w, middle) <= w->model->limit)
            fits = middle;
        else
            beyond = middle;
    }
    return fits;
}

static int encode(void *work, const void *before, csi_view *csi, payload *out, void *after, err *e)
{
    (void)before, (void)after;
    entropy_work *w = work;
    const float complex *h = csi_view_angle_delay(csi);
    float asked = csi_view_image_scale(csi);
    uint32_t code =
        level_code(LEVEL_IMAGE_SCALE, (double)(asked > 0 ? asked : csi_image_scale(&w->dims, h)),
                   LEVEL_NEAREST);
    csi_image_scaled(&w->dims, h, level_value(LEVEL_IMAGE_SCALE, code), w->image);
    int rc = onnx_encode(w->encoder, w->image, w->codeword, NULL, e);
    if (rc != ERR_NONE)
        return rc;
    memset(out->side, 0, (w->model->limit + 7) / 8);
    bit_writer b = {.byte = out->side, .room = LEVEL_IMAGE_SCALE.bits};
    bits_put(&b, code, LEVEL_IMAGE_SCALE.bits);
    arith a = arith_write(out->side, LEVEL_IMAGE_SCALE.bits, w->model->limit);
    out->side_bits = LEVEL_IMAGE_SCALE.bits + code_all(w, find_factor(w), &a);
    out->values = 0;
    if (a.full)
        return err_set(e, ERR_FORMAT, "a codeword of more than %u bits", w->model->limit);
    return ERR_NONE;
}

static int decode(void *work, const void *before, const payload *in, const codec_hint *hint,
                  float complex *h, void *after, err *e)
{
    (void)before, (void)after, (void)hint;
    entropy_work *w = work;
    const entropy_model *m = w->model;
    if (in->values != 0 || in->side_bits < LEVEL_IMAGE_SCALE.bits || in->side_bits > m->limit)
        return err_set(e, ERR_FORMAT, "a payload of %u values and %u bits; %s takes 0 and %u to %u",
                       in->values, in->side_bits, onnx_part_info(m->part)->name,
                       LEVEL_IMAGE_SCALE.bits, m->limit);
    bit_reader b = {.byte = in->side, .size = in->side_bits};
    float scale = level_value(LEVEL_IMAGE_SCALE, bits_get(&b, LEVEL_IMAGE_SCALE.bits));
    arith a = arith_read(in->side, LEVEL_IMAGE_SCALE.bits, in->side_bits), sent = arith_measure();
    for (uint32_t i = 0; i < m->table->channels * m->per_channel; i++) {
        const entropy_channel *c = &m->table->channel[i / m->per_channel];
        int32_t number = entropy_code(&a, c, c->centre);
        w->codeword[i] = (float)number;
        entropy_code(&sent, c, number);
    }
    /* Neither more bits than the numbers take nor fewer, except for one that may be missing. */
    uint32_t spare = LEVEL_IMAGE_SCALE.bits + arith_finish(&sent) - in->side_bits;
    if (!arith_is_whole(&a) || spare > 1)
        return err_set(e, ERR_FORMAT, "%u bits that are not a codeword of %s", in->side_bits,
                       onnx_part_info(m->part)->name);
    int rc = onnx_decode(w->decoder, 1, w->codeword, NULL, NULL, w->image, e);
    if (rc == ERR_NONE)
        csi_image_to_ad(&w->dims, w->image, scale, h);
    return rc;
}

extern const codec_kind codec_entropy;
const codec_kind codec_entropy = {
    .name = "entropy",
    .usage = "entropy:MODEL[,bits=N][,precision=float|int8]",
    .load = load,
    .unload = unload,
    .exists = exists,
    .check_match = check_match,
    .open = open_work,
    .close = close_work,
    .encode = encode,
    .decode = decode,
};
