/* The codec kind `onnx`: a pair of networks on the link.
 *
 * The network sees an image (csi/image.h), aligned first (codec/onnx/align.h). The payload's side
 * information undoes both, in this order:
 *
 *     scale      LEVEL_IMAGE_SCALE.bits, logarithmic (payload/level.h)
 *     delay      ceil(log2 ni) bits, where the alignment shifts delays
 *     angle      ceil(log2 nt) bits, where it shifts angles
 *     blocks     ceil(log2 blocks) bits for each that the alignment lists
 *
 * The values are the codeword. The UE divides by the scale as the base station will read it, the
 * nearest level: the image is up to 0.42 % larger or smaller, and the base station undoes it
 * exactly. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "codec/kind.h"
#include "codec/models.h"
#include "codec/onnx/pair.h"
#include "csi/image.h"
#include "payload/bits.h"
#include "payload/level.h"

typedef struct onnx_work {
    const onnx_part *part;
    csi_dims dims; /* of the image: nt and ni */
    onnx_encoder *encoder;
    onnx_decoder *decoder;
    float *image; /* [2][nt][ni] */
} onnx_work;

/* "NAME[,precision=P][,layout=L][,nt=N][,ni=N]". */
typedef struct onnx_arguments {
    char name[CODEC_SPEC_MAX];
    char precision[CODEC_PRECISION_MAX]; /* "": whichever file exists */
    char layout[CODEC_PRECISION_MAX];    /* "": from the file */
    uint32_t nt, ni;                     /* of symbolic rows and columns; 0: 32 */
} onnx_arguments;

static csi_dims image_dims(const onnx_info *info)
{
    return (csi_dims){.nt = info->nt, .ni = info->ni, .nc = info->ni, .tp = info->nt};
}

static unsigned blocks_of(const csi_dims *d)
{
    return d->nt / CSI_BLOCK * (d->ni / CSI_BLOCK);
}

/* "nt=16" and "ni=64". */
static int read_size(const char *key, const char *text, int length, uint32_t *size, err *e)
{
    char digits[16] = "";
    uint64_t value = 0;
    int at = (int)strlen(key);
    if (length - at < (int)sizeof digits)
        snprintf(digits, sizeof digits, "%.*s", length - at, text + at);
    if (!text_whole(digits, 1, *key == 'n' && key[1] == 't' ? CSI_NT_MAX : CSI_NC_MAX, &value))
        return err_set(e, ERR_INVALID,
                       "%s'%.32s' of codec onnx; it is a whole number, of antennas up to %d, of "
                       "taps up to %d",
                       key, digits, CSI_NT_MAX, CSI_NC_MAX);
    *size = (uint32_t)value;
    return ERR_NONE;
}

/* `text` is one of the options between commas. */
static int read_option(onnx_arguments *a, const char *text, int length, err *e)
{
    int value = length - (int)strlen("precision=");
    if (strncmp(text, "precision=", strlen("precision=")) == 0) {
        snprintf(a->precision, sizeof a->precision, "%.*s", value, text + length - value);
        if (strcmp(a->precision, "float") == 0 || strcmp(a->precision, "int8") == 0)
            return ERR_NONE;
        return err_set(e, ERR_INVALID, "precision '%.15s' of codec onnx; it must be float or int8",
                       a->precision);
    }
    value = length - (int)strlen("layout=");
    if (strncmp(text, "layout=", strlen("layout=")) == 0) {
        snprintf(a->layout, sizeof a->layout, "%.*s", value, text + length - value);
        return ERR_NONE;
    }
    if (strncmp(text, "nt=", 3) == 0)
        return read_size("nt=", text, length, &a->nt, e);
    if (strncmp(text, "ni=", 3) == 0)
        return read_size("ni=", text, length, &a->ni, e);
    return err_set(e, ERR_INVALID,
                   "unknown option '%.*s' of codec onnx; the options are precision=float, "
                   "precision=int8, layout=angle-delay, layout=delay-angle and, for a file whose "
                   "rows and columns are symbolic, nt=ANTENNAS and ni=TAPS",
                   length < 64 ? length : 64, text);
}

static int read_arguments(onnx_arguments *a, const char *text, err *e)
{
    *a = (onnx_arguments){0};
    size_t length = strcspn(text, ",");
    if (length == 0 || length >= sizeof a->name)
        return err_set(e, ERR_INVALID,
                       "codec onnx needs the name of a model, onnx:csilink-net-cr8-indoor");
    memcpy(a->name, text, length);
    for (text += length; *text == ','; text += length) {
        length = strcspn(++text, ",");
        int rc = read_option(a, text, (int)length, e);
        if (rc != ERR_NONE)
            return rc;
    }
    return ERR_NONE;
}

/* "x.onnx" is a file; anything else is a name, FOLDER/NAME or NAME. */
static bool is_file(const char *name)
{
    size_t length = strlen(name), ending = strlen(".onnx");
    return length > ending && strcmp(name + length - ending, ".onnx") == 0;
}

static onnx_part *load_part(codec_side side, const onnx_arguments *a, err *e)
{
    return onnx_load_any(side, a->name, a->precision[0] ? a->precision : NULL,
                         a->layout[0] ? a->layout : NULL, a->nt, a->ni, e);
}

static void *load(codec_side side, const char *text, codec_info *info, err *e)
{
    onnx_arguments a;
    onnx_part *part = read_arguments(&a, text, e) == ERR_NONE ? load_part(side, &a, e) : NULL;
    if (!part)
        return NULL;
    const onnx_info *own = onnx_part_info(part);
    csi_dims dims = image_dims(own);
    snprintf(info->name, sizeof info->name, "%s", own->name);
    snprintf(info->precision, sizeof info->precision, "%s", own->precision);
    snprintf(info->trained, sizeof info->trained, "%s", own->trained);
    info->identity = own->pair;
    info->flags = (own->takes_snr ? CODEC_WANTS_SNR : 0) | (own->has_memory ? CODEC_HAS_MEMORY : 0);
    uint32_t side_bits = LEVEL_IMAGE_SCALE.bits + csi_align_bits(own->align, &dims);
    info->shape = (payload_shape){
        .side_bits_min = side_bits, .side_bits_max = side_bits, .values_max = own->codeword};
    info->nt = own->nt;
    info->ni = own->ni;
    info->parameters = own->parameters;
    info->macs = own->macs;
    info->weight_bytes = own->weight_bytes;
    return part;
}

static void unload(void *model)
{
    onnx_part_free(model);
}

/* Whether NAME.<side><form>.onnx exists. */
static bool form_exists(codec_side side, const char *name, const char *form)
{
    char file[CODEC_SPEC_MAX + 32], path[PATH_MAX];
    snprintf(file, sizeof file, "%s.%s%s.onnx", name, codec_side_name(side), form);
    return strchr(name, '/') ? access(file, R_OK) == 0
                             : models_find(file, path, sizeof path, NULL) == ERR_NONE;
}

static bool exists(codec_side side, const char *text)
{
    onnx_arguments a;
    if (read_arguments(&a, text, NULL) != ERR_NONE)
        return false;
    if (is_file(a.name))
        return access(a.name, R_OK) == 0;
    bool plain = side == CODEC_DECODER || strcmp(a.precision, "float") == 0;
    bool integer = strcmp(a.precision, "int8") == 0 && side == CODEC_ENCODER;
    return (!integer && form_exists(side, a.name, "")) ||
           (!plain && form_exists(side, a.name, ".int8"));
}

static int check_match(const void *encoder, const void *decoder, err *e)
{
    return onnx_check_pair(onnx_part_info(encoder), onnx_part_info(decoder), e);
}

static void close_work(void *work)
{
    onnx_work *w = work;
    onnx_encoder_free(w->encoder);
    onnx_decoder_free(w->decoder);
    free(w->image);
    free(w);
}

static void *open_work(const void *model, err *e)
{
    onnx_work *w = calloc(1, sizeof *w);
    const onnx_info *info = onnx_part_info(model);
    if (w)
        w->image = calloc((size_t)2 * info->nt * info->ni, sizeof *w->image);
    if (!w || !w->image) {
        free(w);
        err_set(e, ERR_NOMEM, "out of memory for an image");
        return NULL;
    }
    w->part = model;
    w->dims = image_dims(info);
    if (onnx_part_side(model) == CODEC_ENCODER)
        w->encoder = onnx_encoder_open(model, e);
    else
        w->decoder = onnx_decoder_open(model, e);
    if (w->encoder || w->decoder)
        return w;
    close_work(w);
    return NULL;
}

static void write_shift(bit_writer *b, csi_align align, const csi_dims *d, const csi_shift *shift)
{
    if (align != CSI_ALIGN_NONE)
        bits_put(b, shift->delay, bits_for(d->ni));
    if (align >= CSI_ALIGN_DELAY_ANGLE)
        bits_put(b, shift->angle, bits_for(d->nt));
    for (unsigned i = 0; i < shift->blocks; i++)
        bits_put(b, shift->block[i], bits_for(blocks_of(d)));
}

static csi_shift read_shift(bit_reader *b, csi_align align, const csi_dims *d)
{
    csi_shift shift = {.blocks = (uint16_t)csi_align_blocks(align)};
    if (align != CSI_ALIGN_NONE)
        shift.delay = (uint16_t)bits_get(b, bits_for(d->ni));
    if (align >= CSI_ALIGN_DELAY_ANGLE)
        shift.angle = (uint16_t)bits_get(b, bits_for(d->nt));
    for (unsigned i = 0; i < shift.blocks; i++)
        shift.block[i] = (uint8_t)bits_get(b, bits_for(blocks_of(d)));
    return shift;
}

/* Where only the other end has memory, this end keeps one value: it, too, must know which report
 * was built on. */
static size_t memory_bytes(const void *model)
{
    const onnx_info *info = onnx_part_info(model);
    return info->has_memory ? (info->memory ? info->memory : 1) * sizeof(float) : 0;
}

static void clear_empty_memory(const onnx_info *info, void *after)
{
    if (after && info->has_memory && info->memory == 0)
        memset(after, 0, sizeof(float));
}

static int encode(void *work, const void *before, csi_view *csi, payload *out, void *after, err *e)
{
    onnx_work *w = work;
    const onnx_info *info = onnx_part_info(w->part);
    const float complex *h = csi_view_angle_delay(csi);
    float asked = csi_view_image_scale(csi); /* a level already, where a cell opened the file */
    uint32_t code =
        level_code(LEVEL_IMAGE_SCALE, (double)(asked > 0 ? asked : csi_image_scale(&w->dims, h)),
                   LEVEL_NEAREST);
    csi_image_scaled(&w->dims, h, level_value(LEVEL_IMAGE_SCALE, code), w->image);
    csi_shift shift;
    int rc = onnx_encode_from(w->encoder, before, w->image, out->value, &shift, after, e);
    clear_empty_memory(info, after);
    if (rc != ERR_NONE)
        return rc;
    out->values = info->codeword;
    /* An image that uses little of its range is lost in the error of its zero, 0.5. */
    out->exact = asked > 0;
    bit_writer b = {.byte = out->side,
                    .room = LEVEL_IMAGE_SCALE.bits + csi_align_bits(info->align, &w->dims)};
    bits_put(&b, code, LEVEL_IMAGE_SCALE.bits);
    write_shift(&b, info->align, &w->dims, &shift);
    out->side_bits = b.bits;
    return ERR_NONE;
}

static int decode(void *work, const void *before, const payload *in, const codec_hint *hint,
                  float complex *h, void *after, err *e)
{
    onnx_work *w = work;
    const onnx_info *info = onnx_part_info(w->part);
    uint32_t wanted = LEVEL_IMAGE_SCALE.bits + csi_align_bits(info->align, &w->dims);
    if (in->values != info->codeword || in->side_bits != wanted)
        return err_set(e, ERR_FORMAT, "a payload of %u values and %u side bits; %s takes %u and %u",
                       in->values, in->side_bits, info->name, info->codeword, wanted);
    bit_reader b = {.byte = in->side, .size = in->side_bits};
    float scale = level_value(LEVEL_IMAGE_SCALE, bits_get(&b, LEVEL_IMAGE_SCALE.bits));
    csi_shift shift = read_shift(&b, info->align, &w->dims);
    float snr_db = (float)hint->snr_db;
    int rc = onnx_decode_from(w->decoder, before, in->value, &snr_db, &shift, w->image, after, e);
    clear_empty_memory(info, after);
    if (rc == ERR_NONE)
        csi_image_to_ad(&w->dims, w->image, scale, h);
    return rc;
}

extern const codec_kind codec_onnx;
const codec_kind codec_onnx = {
    .name = "onnx",
    .usage = "onnx:MODEL[,precision=float|int8]",
    .load = load,
    .unload = unload,
    .exists = exists,
    .check_match = check_match,
    .open = open_work,
    .close = close_work,
    .memory_bytes = memory_bytes,
    .encode = encode,
    .decode = decode,
};
