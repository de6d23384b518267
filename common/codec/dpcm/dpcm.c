/* The codec kind `dpcm`: differential feedback, the simplest codec with memory.
 *
 * The UE sends what its newest acknowledged report did not contain, D = H - a M, with M the channel
 * of that report and a leak 0 <= a < 1. The base station computes H^ = a M^ + g D~, where M^ is its
 * reconstruction of that report and g = SNR / (1 + SNR) is the linear MMSE gain for the noise on
 * D~. A report that builds on nothing has M = 0.
 *
 * On the analog uplink the noise is relative to the power of D. Where H has unit power and the
 * reports have correlation rho, D has power 1 + a^2 - 2 a rho. Each reconstruction lacks 1 - g of
 * H, and the noise in M^ accumulates:
 *
 *     NMSE = (1 - g)^2 + g^2 / SNR (1 + a^2 - 2 a rho) / (1 - a^2),
 *
 * minimal at a = (1 - sqrt(1 - rho^2)) / rho: sqrt(1 - rho^2) times the noise at a = 0. The
 * default of 0.5 lowers it by 4 dB at rho = 0.95 and raises it by 1 dB at 0.3.
 *
 * Values are the real and imaginary parts of D, [nt][ni], divided by the largest of them, whose
 * level (LEVEL_IMAGE_SCALE) is the side information. The memory of a UE is M at the UE and M^ at
 * the base station, float complex [nt][ni]. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "base/hash.h"
#include "base/text.h"
#include "codec/kind.h"
#include "codec/options.h"
#include "csi/image.h"
#include "payload/bits.h"
#include "payload/level.h"

enum { NT_MAX = 256, NI_MAX = 256 };

static const double leak_default = 0.5;

typedef struct dpcm {
    double leak;
    uint32_t nt, ni;
} dpcm;

static size_t entries(const dpcm *m)
{
    return (size_t)m->nt * m->ni;
}

static int take_option(void *user, const char *key, const char *value, err *e)
{
    dpcm *m = user;
    double leak;
    if (strcmp(key, "leak") == 0 && text_number(value, &leak) && leak >= 0 && leak < 1)
        m->leak = leak;
    else if (!(strcmp(key, "nt") == 0 && codec_whole_option(value, 1, NT_MAX, &m->nt)) &&
             !(strcmp(key, "ni") == 0 && codec_whole_option(value, 1, NI_MAX, &m->ni)))
        return err_set(e, ERR_INVALID,
                       "option %.20s=%.40s of codec dpcm; it takes leak=A from 0 to below 1, nt=N "
                       "from 1 to %d and ni=N from 1 to %d",
                       key, value, NT_MAX, NI_MAX);
    return ERR_NONE;
}

/* Both ends must agree on all arguments: FNV-1a over their canonical form. */
static uint64_t identity_of(const dpcm *m)
{
    char text[96];
    snprintf(text, sizeof text, "dpcm,leak=%.17g,nt=%u,ni=%u", m->leak, m->nt, m->ni);
    return hash_text(HASH_START, text);
}

static void *load(codec_side side, const char *arguments, codec_info *info, err *e)
{
    (void)side; /* both ends load the same */
    dpcm *m = malloc(sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for codec dpcm");
        return NULL;
    }
    *m = (dpcm){.leak = leak_default, .nt = 32, .ni = 32};
    if (codec_options("dpcm", arguments, take_option, m, e) != ERR_NONE) {
        free(m);
        return NULL;
    }
    snprintf(info->name, sizeof info->name, "dpcm-leak%g", m->leak);
    info->identity = identity_of(m);
    info->flags = CODEC_HAS_MEMORY | CODEC_WANTS_SNR;
    info->shape = (payload_shape){.side_bits_min = LEVEL_IMAGE_SCALE.bits,
                                  .side_bits_max = LEVEL_IMAGE_SCALE.bits,
                                  .values_max = 2 * m->nt * m->ni};
    info->nt = m->nt;
    info->ni = m->ni;
    info->macs = (int64_t)(2 * entries(m));
    return m;
}

static void unload(void *model)
{
    free(model);
}

/* Encoding and decoding need no scratch: the workspace is a copy of the settings. */
static void *open_work(const void *model, err *e)
{
    dpcm *w = malloc(sizeof *w);
    if (!w) {
        err_set(e, ERR_NOMEM, "out of memory for codec dpcm");
        return NULL;
    }
    *w = *(const dpcm *)model;
    return w;
}

static size_t memory_bytes(const void *model)
{
    return entries(model) * sizeof(float complex);
}

static int encode(void *work, const void *before, csi_view *csi, payload *out, void *after, err *e)
{
    const dpcm *m = work;
    csi_dims dims = {.nt = m->nt, .ni = m->ni};
    const float *h = (const float *)csi_view_angle_delay(csi), *known = before;
    size_t n = 2 * entries(m);
    float leak = (float)m->leak;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(h[i]))
            return err_set(e, ERR_FORMAT, "the channel estimate is not finite");
        out->value[i] = known ? h[i] - leak * known[i] : h[i];
    }
    float largest = csi_image_scale(&dims, (const float complex *)out->value);
    uint32_t code = level_code(LEVEL_IMAGE_SCALE, largest, LEVEL_UPWARDS);
    float scale = level_value(LEVEL_IMAGE_SCALE, code);
    for (size_t i = 0; i < n; i++)
        out->value[i] = scale > 0 ? out->value[i] / scale : 0;
    bit_writer side = {.byte = out->side, .room = LEVEL_IMAGE_SCALE.bits};
    bits_put(&side, code, LEVEL_IMAGE_SCALE.bits);
    memcpy(after, h, n * sizeof *h);
    out->values = (uint32_t)n;
    out->side_bits = side.bits;
    return ERR_NONE;
}

static int decode(void *work, const void *before, const payload *in, const codec_hint *hint,
                  float complex *h, void *after, err *e)
{
    const dpcm *m = work;
    const float *known = before;
    float *out = (float *)h;
    size_t n = 2 * entries(m);
    if (in->values != n || in->side_bits != LEVEL_IMAGE_SCALE.bits)
        return err_set(e, ERR_FORMAT,
                       "a payload of %u values and %u side bits; dpcm takes %zu and %u", in->values,
                       in->side_bits, n, LEVEL_IMAGE_SCALE.bits);
    bit_reader side = {.byte = in->side, .size = in->side_bits};
    float scale = level_value(LEVEL_IMAGE_SCALE, bits_get(&side, LEVEL_IMAGE_SCALE.bits));
    double snr = power_of_db(hint->snr_db);
    float gain = scale * (isfinite(snr) ? (float)(snr / (1 + snr)) : 1), leak = (float)m->leak;
    for (size_t i = 0; i < n; i++)
        out[i] = gain * in->value[i] + (known ? leak * known[i] : 0);
    memcpy(after, out, n * sizeof *out);
    return ERR_NONE;
}

extern const codec_kind codec_dpcm;
const codec_kind codec_dpcm = {
    .name = "dpcm",
    .usage = "dpcm[:leak=A,nt=N,ni=N]",
    .load = load,
    .unload = unload,
    .open = open_work,
    .close = unload,
    .memory_bytes = memory_bytes,
    .encode = encode,
    .decode = decode,
};
