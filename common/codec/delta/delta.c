/* The codec kind `delta-klt`: principal components of a channel, as differences to what the base
 * station already has. Codec `klt` with memory.
 *
 * Each component is a first-order autoregressive process. The UE estimates its correlation from
 * report to report and sends it (state.h). The UE sends innovations, as bits (bits.c) or as values
 * (values.c), and the base station adds them to its prediction. A report builds on the UE's newest
 * acknowledged one, whatever was lost in between, so the two ends do not drift apart: with bits
 * both ends hold the same state to the last bit. A report that builds on nothing is a key. It
 * contains what klt sends, plus the bits that mark it as a key. With rho=0 every report is a key
 * without such bits, and delta-klt is klt.
 *
 * Prediction within the loop of the quantizer is DPCM (Cutler, 1952); reverse water-filling on the
 * variances of innovations is the rate of a Gauss-Markov process at high resolution (Berger, Rate
 * Distortion Theory, 1971). */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "base/text.h"
#include "codec/delta/model.h"
#include "codec/options.h"

enum { BITS_MIN = 32 }; /* the header of a report takes up to 26 */

static const double spread_default = 0.25, rho_max = 0.9999, rho_auto = -1;

typedef struct settings {
    delta_model *model;
    double rho;
    bool spread, key_bits; /* whether they were given */
} settings;

static int take_option(void *user, const char *key, const char *value, err *e)
{
    settings *s = user;
    klt_model *k = s->model->klt;
    double number;
    bool is_number = text_number(value, &number);
    if ((strcmp(key, "cr") == 0 && codec_whole_option(value, 1, KLT_REALS_MAX, &k->cr)) ||
        (strcmp(key, "bits") == 0 && codec_whole_option(value, BITS_MIN, KLT_BITS_MAX, &k->bits)) ||
        (strcmp(key, "gop") == 0 && codec_whole_option(value, 0, DELTA_GOP_MAX, &s->model->gop)))
        return ERR_NONE;
    if (strcmp(key, "key-bits") == 0 &&
        codec_whole_option(value, BITS_MIN, KLT_BITS_MAX, &s->model->key_bits)) {
        s->key_bits = true;
    } else if (strcmp(key, "spread") == 0 && is_number && number >= 0 && number <= 1) {
        k->spread = number;
        s->spread = true;
    } else if (strcmp(key, "rho") == 0 && strcmp(value, "auto") == 0) {
        s->rho = rho_auto;
    } else if (strcmp(key, "rho") == 0 && is_number && number >= 0 && number <= rho_max) {
        s->rho = number;
    } else {
        return err_set(e, ERR_INVALID,
                       "option %.20s=%.40s of codec delta-klt; it takes cr=N, a whole number, "
                       "rho=auto or R from 0 to %g, gop=N from 0 to %d, spread=A from 0 to 1, or "
                       "bits=N and key-bits=N from %d to %d",
                       key, value, rho_max, DELTA_GOP_MAX, BITS_MIN, KLT_BITS_MAX);
    }
    return ERR_NONE;
}

/* An option that has no effect beside the others is an error. */
static int check_together(const settings *s, err *e)
{
    uint32_t bits = s->model->klt->bits;
    if (bits == 0 && s->key_bits)
        return err_set(
            e, ERR_INVALID,
            "key-bits= of codec delta-klt is for reports of bits; also give bits=N from %d to %d",
            BITS_MIN, KLT_BITS_MAX);
    if (bits > 0 && s->spread)
        return err_set(e, ERR_INVALID,
                       "spread= of codec delta-klt is the power of values, and with bits=%u it "
                       "sends no values",
                       bits);
    if (s->rho == 0 && (s->model->gop > 1 || s->key_bits))
        return err_set(e, ERR_INVALID,
                       "gop= and key-bits= of codec delta-klt have no effect with rho=0, where "
                       "every report is a key");
    return ERR_NONE;
}

static bool exists(codec_side side, const char *arguments)
{
    (void)side;
    return codec_file_exists(arguments, KLT_ENDING);
}

/* Both ends need the same file, tables and correlations. */
static uint64_t identity_of(const delta_model *m, uint64_t digest)
{
    char text[224];
    const klt_model *k = m->klt;
    digest = hash_bytes(digest ? digest : HASH_START, m->law.rho, sizeof m->law.rho);
    digest = hash_bytes(digest, m->law.phasor, sizeof m->law.phasor);
    snprintf(text, sizeof text,
             "delta-klt,%016" PRIx64 ",sent=%u,spread=%.17g,bits=%u,%u,gop=%u,rho=%.17g,"
             "tables=%016" PRIx64,
             k->components.hash, k->sent, k->bits ? 0 : k->spread, k->bits, m->key_bits, m->gop,
             m->law.fixed, digest);
    uint64_t identity = hash_text(HASH_START, text);
    return identity ? identity : 1; /* 0 would mean none */
}

static void describe(const delta_model *m, const char *arguments, codec_info *info)
{
    const klt_model *k = m->klt;
    char name[CODEC_NAME_MAX];
    codec_name_of_arguments(arguments, KLT_ENDING, name);
    snprintf(info->name, sizeof info->name, "delta-%.*s", (int)sizeof info->name - 7, name);
    info->nr = 1;
    info->nt = k->components.nt;
    info->ni = k->components.ni;
    info->parameters = (int64_t)k->sent * (int64_t)k->reals;
    info->macs = (int64_t)k->values * (int64_t)(k->reals + 4);
    info->weight_bytes = k->sent * k->reals * sizeof *k->components.vector;
}

static void unload(void *model)
{
    delta_model *m = model;
    klt_model_unload(m->klt);
    free(m);
}

static int prepare(delta_model *m, const settings *s, const char *arguments, codec_info *info,
                   err *e)
{
    uint64_t digest = 0;
    int rc = klt_model_read(m->klt, "delta-klt", arguments, e);
    if (rc != ERR_NONE)
        return rc;
    delta_law_set(&m->law, s->rho, m->klt->components.form);
    if (m->klt->bits > 0 && !s->key_bits)
        m->key_bits = m->klt->bits;
    info->flags = CODEC_HAS_MEMORY | (m->klt->bits > 0 ? 0 : CODEC_WANTS_SNR);
    rc = m->klt->bits > 0 ? delta_bits_prepare(m, &info->shape, &digest, e)
                          : delta_values_prepare(m, &info->shape, e);
    info->identity = identity_of(m, digest);
    describe(m, arguments, info);
    return rc;
}

static void *load(codec_side side, const char *arguments, codec_info *info, err *e)
{
    (void)side; /* both ends load the same */
    delta_model *m = calloc(1, sizeof *m);
    if (m)
        m->klt = calloc(1, sizeof *m->klt);
    if (!m || !m->klt) {
        free(m);
        err_set(e, ERR_NOMEM, "out of memory for codec delta-klt");
        return NULL;
    }
    m->klt->spread = spread_default;
    settings s = {.model = m, .rho = rho_auto};
    const char *options = strchr(arguments, ',');
    int rc = codec_options("delta-klt", options ? options + 1 : "", take_option, &s, e);
    if (rc == ERR_NONE)
        rc = check_together(&s, e);
    if (rc == ERR_NONE)
        rc = prepare(m, &s, arguments, info, e);
    if (rc == ERR_NONE)
        return m;
    unload(m);
    return NULL;
}

static void close_work(void *work)
{
    delta_work *w = work;
    klt_work_close(w->klt);
    free(w->predicted);
    free(w->innovation);
    free(w->variance);
    free(w->deviation);
    free(w->message);
    free(w->other);
    free(w);
}

static void *open_work(const void *model, err *e)
{
    const delta_model *m = model;
    const klt_model *k = m->klt;
    delta_work *w = calloc(1, sizeof *w);
    if (w) {
        w->model = m;
        w->klt = klt_work_open(k, NULL);
        w->predicted = calloc(k->values, sizeof *w->predicted);
        w->innovation = calloc(k->values, sizeof *w->innovation);
        w->variance = calloc(k->sent, sizeof *w->variance);
        w->deviation = calloc(k->values, sizeof *w->deviation);
        w->message = calloc(bits_bytes(KLT_BITS_MAX), 1);
        w->other = calloc(bits_bytes(KLT_BITS_MAX), 1);
        if (w->klt && w->predicted && w->innovation && w->variance && w->deviation && w->message &&
            w->other)
            return w;
        close_work(w);
    }
    err_set(e, ERR_NOMEM, "out of memory for a workspace of codec delta-klt");
    return NULL;
}

static size_t memory_bytes(const void *model)
{
    const delta_model *m = model;
    return delta_state_bytes(m->klt->values, m->variances);
}

/* The state that the UE builds on: none where every report, or this one by the gop, is a key. */
static const delta_state *base_of(const delta_model *m, const void *before)
{
    const delta_state *state = before;
    bool key = !state || m->law.fixed == 0 || (m->gop > 0 && state->age + 1 >= m->gop);
    return key ? NULL : state;
}

static int encode(void *work, const void *before, csi_view *csi, payload *out, void *after, err *e)
{
    delta_work *w = work;
    const klt_model *k = w->model->klt;
    const csi_dims *dims = csi_view_dims(csi);
    if (dims->nt != k->components.nt || dims->ni != k->components.ni)
        return err_set(e, ERR_MISMATCH, "a channel of %u x %u for a delta-klt of %u x %u", dims->nt,
                       dims->ni, k->components.nt, k->components.ni);
    const float *h = (const float *)csi_view_angle_delay(csi);
    const delta_state *base = base_of(w->model, before);
    if (!base)
        out->builds_on = 0;
    return k->bits ? delta_bits_encode(w, base, h, out, after, e)
                   : delta_values_encode(w, base, h, out, after, e);
}

static int decode(void *work, const void *before, const payload *in, const codec_hint *hint,
                  float complex *h, void *after, err *e)
{
    delta_work *w = work;
    return w->model->klt->bits ? delta_bits_decode(w, before, in, (float *)h, after, e)
                               : delta_values_decode(w, before, in, hint, (float *)h, after, e);
}

extern const codec_kind codec_delta_klt;
const codec_kind codec_delta_klt = {
    .name = "delta-klt",
    .usage = "delta-klt:NAME[,cr=N][,rho=auto|R][,gop=N][,spread=A][,bits=N][,key-bits=N]",
    .load = load,
    .unload = unload,
    .exists = exists,
    .open = open_work,
    .close = close_work,
    .memory_bytes = memory_bytes,
    .encode = encode,
    .decode = decode,
};
