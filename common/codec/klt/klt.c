/* The codec kind `klt`: principal components of a channel, a linear code with a linear MMSE
 * decoder.
 *
 * Let h be the truncated angle-delay matrix as a vector of n = 2 nt ni reals, v_i the principal
 * components of training samples (design.c) in the order of falling variance, and lambda_i the
 * variance of v_i^T h over samples of norm 1. The UE sends the first N = n / CR values
 *
 *     y_i = g_i v_i^T h,   g_i = lambda_i^(-spread / 2),
 *
 * in the scale of h. The base station, which receives y_i + n_i with noise of the same power
 * sigma^2 = mean(y^2) / SNR on every value, computes the linear MMSE estimate
 *
 *     h^ = sum_i v_i w_i (y_i + n_i) / g_i,   w_i = p_i / (p_i + mean(p) / SNR),
 *     p_i = g_i^2 lambda_i.
 *
 * Only ratios of powers enter w_i, so the decoder needs only the SNR, and the code sends no side
 * bits. (Sending the norm of h, for a sigma^2 from the received power, gains at most 0.03 dB
 * indoors and loses up to 0.13 dB outdoors, where the share of a sample in the components varies.)
 * From no_noise_db on, w_i = 1: the orthogonal projection.
 *
 * `spread` moves power from the first components to the later ones: 0 sends the principal
 * components unchanged, 1 sends all at the same power. On the reference test set indoors a spread
 * of 0.25, the default, gains 2.2 / 1.3 / 0.1 dB at CR 4 and 0.4 / 0.6 / 0.0 dB at CR 8, at 20 / 10
 * / 0 dB SNR, and loses 0.1 dB at -5 dB; without noise it changes nothing.
 *
 * With bits=N the components are sent as side bits instead (bits.c): y_i without gain, quantized.
 *
 * There is no mean vector: a common phase is arbitrary in every channel, so the mean is zero.
 * Estimated from the samples, it contains 1e-4 of the energy and changes the NMSE by less than
 * 0.002 dB. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "codec/klt/design.h"
#include "codec/klt/model.h"
#include "codec/options.h"

static const double spread_default = 0.25;

/* What the arguments say. */
typedef struct settings {
    klt_model *model;
    bool spread, quantizer; /* whether spread= was given; whether alloc= or shape= was */
} settings;

/* Finds a word in a list that ends with NULL, and writes its index. */
static bool is_one_of(const char *word, const char *const *list, int *index)
{
    for (*index = 0; list[*index]; ++*index)
        if (strcmp(word, list[*index]) == 0)
            return true;
    return false;
}

static int take_option(void *user, const char *key, const char *value, err *e)
{
    static const char *const allocations[] = {
        [KLT_GREEDY] = "greedy", [KLT_WATER] = "water", [KLT_UNIFORM] = "uniform", NULL};
    static const char *const shapes[] = {
        [LLOYD_HALF] = "0.5", [LLOYD_LAPLACIAN] = "1", [LLOYD_GAUSSIAN] = "2", NULL};
    static const char *const coders[] = {"none", "range", NULL};
    settings *s = user;
    klt_model *m = s->model;
    double spread;
    int index;
    if (strcmp(key, "cr") == 0 && codec_whole_option(value, 1, KLT_REALS_MAX, &m->cr))
        return ERR_NONE;
    if (strcmp(key, "bits") == 0 && codec_whole_option(value, KLT_BITS_MIN, KLT_BITS_MAX, &m->bits))
        return ERR_NONE;
    if (strcmp(key, "spread") == 0 && text_number(value, &spread) && spread >= 0 && spread <= 1) {
        m->spread = spread;
        s->spread = true;
    } else if (strcmp(key, "alloc") == 0 && is_one_of(value, allocations, &index)) {
        m->allocation = (klt_allocation)index;
        s->quantizer = true;
    } else if (strcmp(key, "shape") == 0 && is_one_of(value, shapes, &index)) {
        m->shape = (lloyd_shape)index;
        s->quantizer = true;
    } else if (strcmp(key, "entropy") == 0 && is_one_of(value, coders, &index)) {
        m->entropy = index == 1;
    } else {
        return err_set(e, ERR_INVALID,
                       "option %.20s=%.40s of codec klt; it takes cr=N, a whole number, spread=A "
                       "from 0 to 1, bits=N from %d to %d, alloc=greedy, water or uniform, "
                       "shape=0.5, 1 or 2, and entropy=range or none",
                       key, value, KLT_BITS_MIN, KLT_BITS_MAX);
    }
    return ERR_NONE;
}

/* An option that has no effect beside the others is an error. */
static int check_together(const settings *s, err *e)
{
    const klt_model *m = s->model;
    if (m->bits == 0 && (s->quantizer || m->entropy))
        return err_set(e, ERR_INVALID,
                       "alloc=, shape= and entropy= of codec klt are for a klt of bits; also give "
                       "bits=N from %d to %d",
                       KLT_BITS_MIN, KLT_BITS_MAX);
    if (m->bits > 0 && s->spread)
        return err_set(e, ERR_INVALID,
                       "spread= of codec klt is the power of values, and with bits=%u it sends no "
                       "values",
                       m->bits);
    if (m->entropy && s->quantizer)
        return err_set(e, ERR_INVALID,
                       "alloc= and shape= of codec klt are for its Lloyd-Max quantizers, which "
                       "entropy=range does not use");
    return ERR_NONE;
}

static bool exists(codec_side side, const char *arguments)
{
    (void)side;
    return codec_file_exists(arguments, KLT_ENDING);
}

/* Both ends must have the same file and use the same number of its components in the same way.
 * `digest` covers all tables that follow from the arguments: two processors might round one
 * differently. */
static uint64_t identity_of(const klt_model *m, uint64_t digest)
{
    char text[160];
    int n = snprintf(text, sizeof text, "klt,%016" PRIx64 ",sent=%u", m->components.hash, m->sent);
    if (m->bits == 0)
        snprintf(text + n, sizeof text - (size_t)n, ",spread=%.17g", m->spread);
    else
        snprintf(text + n, sizeof text - (size_t)n,
                 ",bits=%u,shape=%g,entropy=%d,tables=%016" PRIx64, m->bits, lloyd_beta(m->shape),
                 m->entropy, digest);
    uint64_t identity = hash_text(HASH_START, text);
    return identity ? identity : 1; /* 0 would mean none */
}

static void describe(const klt_model *m, const char *arguments, codec_info *info)
{
    const klt_components *c = &m->components;
    codec_name_of_arguments(arguments, KLT_ENDING, info->name);
    info->nr = 1;
    info->nt = c->nt;
    info->ni = c->ni;
    info->parameters = (int64_t)m->sent * (int64_t)m->reals;
    info->macs = (int64_t)m->values * (int64_t)m->reals;
    info->weight_bytes = m->sent * m->reals * sizeof *c->vector;
}

/* Derives what is sent, and the tables for it. */
static int prepare(klt_model *m, codec_info *info, err *e)
{
    uint64_t digest = 0;
    int rc;
    if (m->bits > 0) {
        rc = klt_bits_prepare(m, &info->shape, &digest, e);
    } else {
        rc = klt_values_prepare(m, e);
        info->shape = (payload_shape){.values_max = m->values};
        info->flags = CODEC_WANTS_SNR;
    }
    info->identity = identity_of(m, digest);
    return rc;
}

static void *load(codec_side side, const char *arguments, codec_info *info, err *e)
{
    (void)side; /* both ends load the same */
    klt_model *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for codec klt");
        return NULL;
    }
    m->spread = spread_default;
    settings s = {.model = m};
    const char *options = strchr(arguments, ',');
    int rc = codec_options("klt", options ? options + 1 : "", take_option, &s, e);
    if (rc == ERR_NONE)
        rc = check_together(&s, e);
    if (rc == ERR_NONE)
        rc = klt_model_read(m, "klt", arguments, e);
    if (rc == ERR_NONE)
        rc = prepare(m, info, e);
    if (rc == ERR_NONE) {
        describe(m, arguments, info);
        return m;
    }
    klt_model_unload(m);
    return NULL;
}

static int encode(void *work, const void *before, csi_view *csi, payload *out, void *after, err *e)
{
    klt_work *w = work;
    const klt_components *c = &w->model->components;
    (void)before, (void)after;
    const csi_dims *dims = csi_view_dims(csi);
    if (dims->nt != c->nt || dims->ni != c->ni)
        return err_set(e, ERR_MISMATCH, "a channel of %u x %u for a klt of %u x %u", dims->nt,
                       dims->ni, c->nt, c->ni);
    const float *h = (const float *)csi_view_angle_delay(csi);
    return w->model->bits ? klt_bits_encode(w, h, out, e) : klt_values_encode(w, h, out, e);
}

static int decode(void *work, const void *before, const payload *in, const codec_hint *hint,
                  float complex *h, void *after, err *e)
{
    klt_work *w = work;
    (void)before, (void)after;
    return w->model->bits ? klt_bits_decode(w, in, (float *)h, e)
                          : klt_values_decode(w, in, hint, (float *)h, e);
}

const codec_kind codec_klt = {
    .name = "klt",
    .usage = "klt:NAME[,cr=N][,spread=A][,bits=N][,alloc=A][,shape=B][,entropy=range]",
    .load = load,
    .unload = klt_model_unload,
    .exists = exists,
    .open = klt_work_open,
    .close = klt_work_close,
    .encode = encode,
    .decode = decode,
    .design = klt_design,
    .design_usage = "principal components of a channel; klt:cr=N,form=complex|real,scale=norm|peak",
};
