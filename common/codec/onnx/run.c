#include "codec/onnx/pair.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "codec/onnx/internal.h"
#include "csi/image.h"

struct onnx_encoder {
    const onnx_part *part;
    nn_session *session;
    float *image; /* [2][nt][ni], aligned */
};

/* The network runs one codeword at a time: a reconstruction must not depend, not even in its last
 * bit, on the other reports in the same batch. */
struct onnx_decoder {
    const onnx_part *part;
    nn_session *session;
    float *image; /* [2][nt][ni], as decoded, still aligned */
};

/* The dimensions of the image as the network sees it, with the axes of `layout`. */
static csi_dims image_dims(const onnx_info *info, bool swapped)
{
    return (csi_dims){.nt = swapped ? info->ni : info->nt,
                      .ni = swapped ? info->nt : info->ni,
                      .nc = info->ni,
                      .tp = info->nt};
}

static int take_memory(const onnx_part *part, const nn_session *s, float *after, err *e)
{
    int status = onnx_memory_take(&part->memory, s, after, e);
    return status ? err_prefix(e, "%s %s", codec_side_name(part->side), part->info.name) : 0;
}

static nn_session *open_session(const onnx_part *part, codec_side side, err *e)
{
    if (part->side != side) {
        err_set(e, ERR_INVALID, "%s was loaded as %s", part->path, codec_side_name(part->side));
        return NULL;
    }
    nn_session *s = onnx_open_session(part->model, e);
    if (!s)
        err_prefix(e, "%s", part->path);
    return s;
}

static float *new_image(const onnx_info *info, err *e)
{
    float *image = calloc((size_t)2 * info->nt * info->ni, sizeof *image);
    if (!image)
        err_set(e, ERR_NOMEM, "no memory for an image");
    return image;
}

onnx_encoder *onnx_encoder_open(const onnx_part *part, err *e)
{
    onnx_encoder *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NOMEM, "no memory for an encoder");
        return NULL;
    }
    c->part = part;
    c->session = open_session(part, CODEC_ENCODER, e);
    c->image = c->session ? new_image(&part->info, e) : NULL;
    if (!c->image) {
        onnx_encoder_free(c);
        return NULL;
    }
    return c;
}

void onnx_encoder_free(onnx_encoder *c)
{
    if (!c)
        return;
    nn_session_free(c->session);
    free(c->image);
    free(c);
}

int onnx_encode(onnx_encoder *c, const float *image, float *codeword, csi_shift *shift, err *e)
{
    return onnx_encode_from(c, NULL, image, codeword, shift, NULL, e);
}

int onnx_encode_from(onnx_encoder *c, const float *before, const float *image, float *codeword,
                     csi_shift *shift, float *after, err *e)
{
    const onnx_info *info = &c->part->info;
    nn_tensor *in = nn_session_input(c->session, 0);
    csi_dims dims = image_dims(info, false);
    csi_shift found = csi_align_find(info->align, &dims, image);
    if (info->align != CSI_ALIGN_NONE) {
        csi_align_apply(&dims, &found, image, c->image);
        image = c->image;
    }
    if (info->layout == ONNX_ANGLE_DELAY)
        memcpy(in->data, image, in->bytes);
    else
        csi_image_transpose(&dims, image, in->data);
    if (shift)
        *shift = found;
    onnx_memory_put(&c->part->memory, c->session, before);
    int status = nn_session_run(c->session, e);
    if (status != 0)
        return status;
    const nn_tensor *out = nn_session_output(c->session, 0);
    if (!onnx_all_finite(out->data, out->count))
        return err_set(e, ERR_FORMAT, "encoder %s: its codeword is not finite", info->name);
    memcpy(codeword, out->data, out->bytes);
    return after ? take_memory(c->part, c->session, after, e) : 0;
}

onnx_decoder *onnx_decoder_open(const onnx_part *part, err *e)
{
    onnx_decoder *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NOMEM, "no memory for a decoder");
        return NULL;
    }
    c->part = part;
    c->session = open_session(part, CODEC_DECODER, e);
    c->image = c->session ? new_image(&part->info, e) : NULL;
    if (!c->image) {
        onnx_decoder_free(c);
        return NULL;
    }
    return c;
}

void onnx_decoder_free(onnx_decoder *c)
{
    if (!c)
        return;
    nn_session_free(c->session);
    free(c->image);
    free(c);
}

/* Converts the network's image to image[2][nt][ni]: transposes it and undoes the alignment. */
static void undo(const onnx_decoder *c, const float *out, const csi_shift *shift, float *image)
{
    const onnx_info *info = &c->part->info;
    csi_dims dims = image_dims(info, false), swapped = image_dims(info, true);
    size_t bytes = (size_t)2 * info->nt * info->ni * sizeof *image;
    float *aligned = info->align == CSI_ALIGN_NONE ? image : c->image;
    if (info->layout == ONNX_ANGLE_DELAY)
        memcpy(aligned, out, bytes);
    else
        csi_image_transpose(&swapped, out, aligned);
    if (info->align != CSI_ALIGN_NONE)
        csi_align_undo(&dims, shift, aligned, image);
}

int onnx_check_shift(const onnx_info *info, uint32_t delay, uint32_t angle, const uint8_t *blocks,
                     size_t count, err *e)
{
    csi_dims dims = image_dims(info, false);
    uint32_t delays = info->align == CSI_ALIGN_NONE ? 1 : info->ni;
    uint32_t angles = info->align >= CSI_ALIGN_DELAY_ANGLE ? info->nt : 1;
    if (delay < delays && angle < angles && csi_align_lists(info->align, &dims, blocks, count))
        return 0;
    if (delay < delays && angle < angles)
        return err_set(e, ERR_FORMAT,
                       "a list of %zu blocks; with the alignment of %s, %s, at most %u different "
                       "ones below %u are allowed",
                       count, info->name, csi_align_name(info->align),
                       csi_align_blocks(info->align),
                       info->nt / CSI_BLOCK * (info->ni / CSI_BLOCK));
    return err_set(e, ERR_FORMAT,
                   "shifts of %u taps and %u angles; with the alignment of %s, %s, they go up to "
                   "%u and %u",
                   delay, angle, info->name, csi_align_name(info->align), delays - 1, angles - 1);
}

int onnx_decode_from(onnx_decoder *c, const float *before, const float *codeword,
                     const float *snr_db, const csi_shift *shift, float *image, float *after,
                     err *e)
{
    const onnx_info *info = &c->part->info;
    int status = onnx_check_shift(info, shift->delay, shift->angle, shift->block, shift->blocks, e);
    if (status != 0)
        return status;
    memcpy(nn_session_input(c->session, 0)->data, codeword, info->codeword * sizeof *codeword);
    if (info->takes_snr)
        memcpy(nn_session_input(c->session, c->part->snr_input)->data, snr_db, sizeof *snr_db);
    onnx_memory_put(&c->part->memory, c->session, before);
    status = nn_session_run(c->session, e);
    if (status != 0)
        return status;
    const nn_tensor *out = nn_session_output(c->session, 0);
    if (!onnx_all_finite(out->data, out->count))
        return err_set(e, ERR_FORMAT, "decoder %s: its image is not finite", info->name);
    undo(c, out->data, shift, image);
    return after ? take_memory(c->part, c->session, after, e) : 0;
}

int onnx_decode(onnx_decoder *c, size_t n, const float *codewords, const float *snr_db,
                const csi_shift *shifts, float *images, err *e)
{
    const onnx_info *info = &c->part->info;
    if (n > ONNX_BATCH_MAX)
        return err_set(e, ERR_INVALID, "%zu codewords at once; at most %d", n, ONNX_BATCH_MAX);
    if (info->takes_snr && !snr_db)
        return err_set(e, ERR_INVALID, "decoder %s needs the SNR of each codeword", info->name);
    const csi_shift none = {0};
    for (size_t i = 0; i < n; i++) {
        int status = onnx_decode_from(c, NULL, codewords + i * info->codeword,
                                      snr_db ? snr_db + i : NULL, shifts ? shifts + i : &none,
                                      images + i * 2 * info->nt * info->ni, NULL, e);
        if (status != 0)
            return status;
    }
    return 0;
}
