/* The codec kind `klt`: principal components of a channel, a linear code with a linear MMSE
 * decoder.
 *
 * Be h the truncated angle-delay matrix as a vector of n = 2 nt ni reals, v_i the principal
 * components of training samples (design.c) in the order of falling variance, and lambda_i the
 * variance of v_i^T h over samples of norm 1. The UE sends the first N = n / CR values
 *
 *     y_i = g_i v_i^T h,   g_i = lambda_i^(-spread / 2),
 *
 * in the scale of h; the base station, which receives y_i + n_i with noise of the same power
 * sigma^2 = mean(y^2) / SNR on every value, answers with the linear MMSE estimate
 *
 *     h^ = sum_i v_i w_i (y_i + n_i) / g_i,   w_i = p_i / (p_i + mean(p) / SNR),
 *     p_i = g_i^2 lambda_i.
 *
 * Only ratios of powers enter w_i, so the decoder needs the SNR and nothing else of the report: the
 * code sends no side bits. (Sending the norm of h, for a sigma^2 from the received power, gains at
 * most 0.03 dB indoors and loses up to 0.13 dB outdoors, where the components hold now more, now
 * less of a sample.) From no_noise_db on, w_i = 1: the orthogonal projection.
 *
 * `spread` gives the later components power that the first can spare: 0 sends the principal
 * components as they are, 1 all at the same power. On the reference test set indoors a spread of
 * 0.25, the default, gains 2.2 / 1.3 / 0.1 dB at CR 4 and 0.4 / 0.6 / 0.0 dB at CR 8, at 20 / 10 /
 * 0 dB SNR, and loses 0.1 dB at -5 dB; without noise it changes nothing.
 *
 * There is no mean vector: a common phase is arbitrary in every channel, so the mean is zero. Taken
 * from the samples, it carries 1e-4 of the energy and changes the NMSE by less than 0.002 dB. */
#include <cblas.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "base/hash.h"
#include "base/text.h"
#include "codec/kind.h"
#include "codec/klt/design.h"
#include "codec/klt/file.h"
#include "codec/models.h"
#include "codec/options.h"

static const double spread_default = 0.25;

static const char ending[] = ".klt";

/* The highest SNR that a receiver estimates; a link without noise shows as this. */
static const double no_noise_db = 60;

typedef struct klt_model {
    klt_components components;
    uint32_t cr; /* 0: all components */
    double spread;
    size_t reals;  /* 2 nt ni */
    uint32_t sent; /* components that travel */
    uint32_t values;
    float *gain;  /* [sent] g_i */
    float *power; /* [sent] p_i / mean(p) */
} klt_model;

typedef struct klt_work {
    const klt_model *model;
    float *turned; /* [reals] -j h, or what u^H gives for it */
    float *scaled; /* [values] w_i y_i / g_i */
} klt_work;

static int take_option(void *user, const char *key, const char *value, err *e)
{
    klt_model *m = user;
    double spread;
    if (strcmp(key, "cr") == 0 && codec_whole_option(value, 1, KLT_REALS_MAX, &m->cr))
        return ERR_NONE;
    if (strcmp(key, "spread") == 0 && text_number(value, &spread) && spread >= 0 && spread <= 1)
        m->spread = spread;
    else
        return err_set(e, ERR_INVALID,
                       "option %.20s=%.40s of codec klt; it takes cr=N, a whole number, and "
                       "spread=A from 0 to 1",
                       key, value);
    return ERR_NONE;
}

/* NAME of "NAME,cr=8". */
static int take_name(const char *arguments, char name[CODEC_SPEC_MAX], err *e)
{
    size_t length = strcspn(arguments, ",");
    if (length == 0 || length >= CODEC_SPEC_MAX)
        return err_set(e, ERR_INVALID,
                       "codec klt takes the name of its file first, such as klt:klt-indoor, not "
                       "'%.40s'",
                       arguments);
    snprintf(name, CODEC_SPEC_MAX, "%.*s", (int)length, arguments);
    return ERR_NONE;
}

static bool exists(codec_side side, const char *arguments)
{
    char name[CODEC_SPEC_MAX];
    (void)side;
    return take_name(arguments, name, NULL) == ERR_NONE && models_has(name, ending);
}

static int read_components(const char *arguments, klt_components *c, err *e)
{
    char name[CODEC_SPEC_MAX];
    void *file = NULL;
    size_t size;
    int rc = take_name(arguments, name, e);
    if (rc == ERR_NONE)
        rc = models_read(name, ending, KLT_FILE_BYTES_MAX, &file, &size, e);
    if (rc != ERR_NONE)
        return rc;
    rc = klt_file_read(file, size, c, e);
    free(file);
    return rc == ERR_NONE ? rc : err_prefix(e, "%s", name);
}

/* How many components travel at the CR asked for. */
static int choose_components(klt_model *m, err *e)
{
    const klt_components *c = &m->components;
    m->reals = (size_t)2 * c->nt * c->ni;
    m->sent = m->cr ? (uint32_t)(m->reals / m->cr / c->form) : c->vectors;
    m->values = m->sent * c->form;
    if (m->sent >= 1 && m->sent <= c->vectors)
        return ERR_NONE;
    return err_set(e, ERR_INVALID, "cr=%u; this file serves CR %zu to %zu", m->cr,
                   (m->reals + c->vectors * c->form - 1) / (c->vectors * c->form),
                   m->reals / c->form);
}

/* Gains, and the powers that they give the values, relative to their mean. */
static int balance_powers(klt_model *m, err *e)
{
    const float *variance = m->components.variance;
    m->gain = calloc(m->sent, sizeof *m->gain);
    m->power = calloc(m->sent, sizeof *m->power);
    if (!m->gain || !m->power)
        return err_set(e, ERR_NOMEM, "out of memory for codec klt");
    double sum = 0;
    for (size_t i = 0; i < m->sent; i++) {
        /* Relative to the first, so that no variance of a float is too small for its power. */
        double relative = (double)variance[i] / (double)variance[0];
        m->gain[i] = (float)pow(relative, -m->spread / 2);
        m->power[i] = (float)pow(relative, 1 - m->spread);
        sum += (double)m->power[i];
    }
    for (size_t i = 0; i < m->sent; i++)
        m->power[i] = (float)((double)m->power[i] * m->sent / sum);
    return ERR_NONE;
}

/* Both ends must have the same file, and take as many of its components with the same gains. */
static uint64_t identity_of(const klt_model *m)
{
    char text[96];
    snprintf(text, sizeof text, "klt,%016" PRIx64 ",sent=%u,spread=%.17g", m->components.hash,
             m->sent, m->spread);
    uint64_t identity = hash_text(HASH_START, text);
    return identity ? identity : 1; /* 0 would mean: none */
}

/* "klt-indoor,cr=8" is called klt-indoor-cr8 in logs, records and tables. */
static void name_codec(const char *arguments, char name[CODEC_NAME_MAX])
{
    size_t length = strcspn(arguments, ","), used = 0;
    const char *slash = memrchr(arguments, '/', length);
    for (const char *c = slash ? slash + 1 : arguments; *c && used + 1 < CODEC_NAME_MAX; c++) {
        if (strncmp(c, ending, strlen(ending)) == 0 && c + strlen(ending) == arguments + length)
            c += strlen(ending) - 1;
        else if (*c != '=')
            name[used++] = *c == ',' ? '-' : *c;
    }
    name[used] = '\0';
}

static void describe(const klt_model *m, const char *arguments, codec_info *info)
{
    const klt_components *c = &m->components;
    name_codec(arguments, info->name);
    info->identity = identity_of(m);
    info->flags = CODEC_WANTS_SNR;
    info->shape = (payload_shape){.values_max = m->values};
    info->nr = 1;
    info->nt = c->nt;
    info->ni = c->ni;
    info->parameters = (int64_t)m->sent * (int64_t)m->reals;
    info->macs = (int64_t)m->values * (int64_t)m->reals;
    info->weight_bytes = m->sent * m->reals * sizeof *c->vector;
}

static void unload(void *model)
{
    klt_model *m = model;
    klt_components_free(&m->components);
    free(m->gain);
    free(m->power);
    free(m);
}

static void *load(codec_side side, const char *arguments, codec_info *info, err *e)
{
    (void)side; /* both ends hold the same */
    klt_model *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for codec klt");
        return NULL;
    }
    m->spread = spread_default;
    const char *options = strchr(arguments, ',');
    int rc = codec_options("klt", options ? options + 1 : "", take_option, m, e);
    if (rc == ERR_NONE)
        rc = read_components(arguments, &m->components, e);
    if (rc == ERR_NONE)
        rc = choose_components(m, e);
    if (rc == ERR_NONE)
        rc = balance_powers(m, e);
    if (rc == ERR_NONE) {
        describe(m, arguments, info);
        openblas_set_num_threads(1); /* the process has threads of its own for every core */
        return m;
    }
    unload(m);
    return NULL;
}

static void close_work(void *work)
{
    klt_work *w = work;
    free(w->turned);
    free(w->scaled);
    free(w);
}

static void *open_work(const void *model, err *e)
{
    const klt_model *m = model;
    klt_work *w = calloc(1, sizeof *w);
    if (w) {
        w->model = m;
        w->turned = calloc(m->reals, sizeof *w->turned);
        w->scaled = calloc(m->values, sizeof *w->scaled);
        if (w->turned && w->scaled)
            return w;
        close_work(w);
    }
    err_set(e, ERR_NOMEM, "out of memory for a workspace of codec klt");
    return NULL;
}

/* Value f of component i is number i form + f of the payload. The imaginary part of u^H h is the
 * real part of u^H (-j h), so that both forms are products of one real matrix. */
static int encode(void *work, const void *before, csi_view *csi, payload *out, void *after, err *e)
{
    klt_work *w = work;
    const klt_model *m = w->model;
    const klt_components *c = &m->components;
    int form = (int)c->form, n = (int)m->reals;
    (void)before, (void)after;
    const csi_dims *dims = csi_view_dims(csi);
    if (dims->nt != c->nt || dims->ni != c->ni)
        return err_set(e, ERR_MISMATCH, "a channel of %u x %u for a klt of %u x %u", dims->nt,
                       dims->ni, c->nt, c->ni);
    const float *h = (const float *)csi_view_angle_delay(csi);
    cblas_sgemv(CblasRowMajor, CblasNoTrans, (int)m->sent, n, 1, c->vector, n, h, 1, 0, out->value,
                form);
    if (c->form == KLT_COMPLEX) {
        for (size_t j = 0; j < m->reals; j += 2) {
            w->turned[j] = h[j + 1];
            w->turned[j + 1] = -h[j];
        }
        cblas_sgemv(CblasRowMajor, CblasNoTrans, (int)m->sent, n, 1, c->vector, n, w->turned, 1, 0,
                    out->value + 1, form);
    }
    bool finite = true;
    for (size_t i = 0; i < m->values; i++) {
        out->value[i] *= m->gain[i / c->form];
        finite &= isfinite(out->value[i]);
    }
    out->values = m->values;
    out->side_bits = 0;
    return finite ? ERR_NONE : err_set(e, ERR_FORMAT, "the channel has values that are not finite");
}

static int decode(void *work, const void *before, const payload *in, const codec_hint *hint,
                  float complex *h, void *after, err *e)
{
    klt_work *w = work;
    const klt_model *m = w->model;
    const klt_components *c = &m->components;
    int form = (int)c->form, n = (int)m->reals;
    float *to = (float *)h;
    (void)before, (void)after;
    if (in->values != m->values || in->side_bits != 0)
        return err_set(e, ERR_FORMAT, "%u values and %u side bits; this klt takes %u and none",
                       in->values, in->side_bits, m->values);
    /* A hint that is not a number shrinks nothing. */
    bool noisy = hint->snr_db < no_noise_db;
    float noise = noisy ? (float)power_of_db(-fmax(hint->snr_db, -no_noise_db)) : 0;
    for (size_t i = 0; i < m->values; i++) {
        size_t k = i / c->form;
        w->scaled[i] = in->value[i] * m->power[k] / ((m->power[k] + noise) * m->gain[k]);
    }
    cblas_sgemv(CblasRowMajor, CblasTrans, (int)m->sent, n, 1, c->vector, n, w->scaled, form, 0, to,
                1);
    if (c->form == KLT_REAL)
        return ERR_NONE;
    cblas_sgemv(CblasRowMajor, CblasTrans, (int)m->sent, n, 1, c->vector, n, w->scaled + 1, form, 0,
                w->turned, 1);
    for (size_t j = 0; j < m->reals; j += 2) { /* += j turned */
        to[j] -= w->turned[j + 1];
        to[j + 1] += w->turned[j];
    }
    return ERR_NONE;
}

const codec_kind codec_klt = {
    .name = "klt",
    .usage = "klt:NAME[,cr=N][,spread=A]",
    .load = load,
    .unload = unload,
    .exists = exists,
    .open = open_work,
    .close = close_work,
    .encode = encode,
    .decode = decode,
    .design = klt_design,
    .design_usage = "principal components of a channel; klt:cr=N,form=complex|real,scale=norm|peak",
};
