/* The codec kind `vq`: multi-stage product vector quantization of principal components.
 *
 * Shape and gain. The gain is |h|, as a level; the shape x = h / |h| has M complex principal
 * components y_i = u_i^H x. G of them make a group, a vector of 2 G reals. A stage s has a codebook
 * of 2^b vectors for one group and codes the residual of that group after earlier stages:
 *
 *     k_s = argmin_k |r_g - c_s[k]|^2,   r_g <- r_g - c_s[k_s],
 *
 * and the base station computes h^ = |h| sum_s U_g(s) c_s[k_s]. Stages are in the order in which
 * the design (design.c) chose them, each the one that removed the most distortion for its b bits: a
 * report of fewer bits is a prefix of a longer one, and one file serves all lengths.
 *
 * A payload is the gain's code (LEVEL_IMAGE_SCALE) and b bits for each stage; bits=N uses as many
 * stages as fit. A channel of zeros has gain 0, and indices 0. */
#include <cblas.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "codec/kind.h"
#include "codec/options.h"
#include "codec/vq/design.h"
#include "codec/vq/file.h"
#include "payload/bits.h"
#include "payload/level.h"

static const char ending[] = ".vq";

typedef struct vq_model {
    vq_codebooks books;
    uint32_t bits;   /* as given; 0: all stages */
    uint32_t stages; /* sent stages */
    float *by_part;  /* [stages][2 group][2^b]: code vectors by part, for the search */
    float *norm;     /* [stages][2^b] |c|^2 / 2 */
} vq_model;

typedef struct vq_work {
    const vq_model *model;
    float complex *unit; /* [nt ni] conj(x) */
    float complex *y;    /* [components] */
    float *score;        /* [2^b] */
} vq_work;

static size_t entries(const vq_model *m)
{
    return (size_t)m->books.nt * m->books.ni;
}

static uint32_t codes(const vq_model *m)
{
    return 1u << m->books.index_bits;
}

static int take_option(void *user, const char *key, const char *value, err *e)
{
    vq_model *m = user;
    if (strcmp(key, "bits") == 0 && codec_whole_option(value, 1, PAYLOAD_SIDE_BITS_MAX, &m->bits))
        return ERR_NONE;
    return err_set(e, ERR_INVALID,
                   "option %.20s=%.40s of codec vq; it takes bits=N, a whole number", key, value);
}

static bool exists(codec_side side, const char *arguments)
{
    (void)side;
    return codec_file_exists(arguments, ending);
}

static int read_books(const char *arguments, vq_codebooks *books, err *e)
{
    char name[CODEC_SPEC_MAX];
    void *file = NULL;
    size_t size;
    int rc = codec_file_read("vq", arguments, ending, VQ_FILE_BYTES_MAX, &file, &size, name, e);
    if (rc != ERR_NONE)
        return rc;
    rc = vq_file_read(file, size, books, e);
    free(file);
    return rc == ERR_NONE ? rc : err_prefix(e, "%s", name);
}

static int choose_stages(vq_model *m, err *e)
{
    const vq_codebooks *b = &m->books;
    uint32_t head = LEVEL_IMAGE_SCALE.bits, all = head + b->stages * b->index_bits;
    uint32_t least = head + b->index_bits;
    if (m->bits && m->bits < least)
        return err_set(e, ERR_INVALID, "bits=%u; this file serves %u bits and more, up to %u",
                       m->bits, least, all);
    m->stages = m->bits ? (m->bits - head) / b->index_bits : b->stages;
    m->stages = m->stages < b->stages ? m->stages : b->stages;
    return ERR_NONE;
}

static int prepare_search(vq_model *m, err *e)
{
    uint32_t parts = 2 * m->books.group, n = codes(m);
    m->by_part = calloc(m->stages * vq_stage_floats(&m->books), sizeof *m->by_part);
    m->norm = calloc((size_t)m->stages * n, sizeof *m->norm);
    if (!m->by_part || !m->norm)
        return err_set(e, ERR_NOMEM, "out of memory for codec vq");
    const float *code = m->books.code;
    for (uint32_t s = 0; s < m->stages; s++)
        for (uint32_t c = 0; c < n; c++)
            for (uint32_t k = 0; k < parts; k++, code++) {
                m->by_part[((size_t)s * parts + k) * n + c] = *code;
                m->norm[(size_t)s * n + c] += *code * *code / 2;
            }
    return ERR_NONE;
}

/* "vq-indoor,bits=256" becomes vq-indoor-256 in logs, records and tables. */
static void describe(const vq_model *m, const char *arguments, codec_info *info)
{
    char text[CODEC_SPEC_MAX], name[CODEC_NAME_MAX];
    const vq_codebooks *b = &m->books;
    uint32_t bits = LEVEL_IMAGE_SCALE.bits + m->stages * b->index_bits;
    snprintf(text, sizeof text, "%.*s", (int)strcspn(arguments, ","), arguments);
    codec_name_of_arguments(text, ending, name);
    snprintf(info->name, sizeof info->name, "%.80s-%u", name, bits);
    snprintf(text, sizeof text, "vq,%016" PRIx64 ",stages=%u", b->hash, m->stages);
    uint64_t identity = hash_text(HASH_START, text);
    info->identity = identity ? identity : 1; /* 0 would mean none */
    info->shape = (payload_shape){.side_bits_min = bits, .side_bits_max = bits};
    info->nt = b->nt;
    info->ni = b->ni;
    info->parameters = (int64_t)(2 * entries(m) * b->components + m->stages * vq_stage_floats(b));
    info->macs = (int64_t)(4 * entries(m) * b->components + m->stages * vq_stage_floats(b));
    info->weight_bytes = (size_t)info->parameters * sizeof(float);
}

static void unload(void *model)
{
    vq_model *m = model;
    vq_codebooks_free(&m->books);
    free(m->by_part);
    free(m->norm);
    free(m);
}

static void *load(codec_side side, const char *arguments, codec_info *info, err *e)
{
    (void)side; /* both ends load the same */
    vq_model *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for codec vq");
        return NULL;
    }
    const char *options = strchr(arguments, ',');
    int rc = codec_options("vq", options ? options + 1 : "", take_option, m, e);
    if (rc == ERR_NONE)
        rc = read_books(arguments, &m->books, e);
    if (rc == ERR_NONE)
        rc = choose_stages(m, e);
    if (rc == ERR_NONE)
        rc = prepare_search(m, e);
    if (rc == ERR_NONE) {
        describe(m, arguments, info);
        openblas_set_num_threads(1); /* the process already has a thread for every core */
        return m;
    }
    unload(m);
    return NULL;
}

static void close_work(void *work)
{
    vq_work *w = work;
    free(w->unit);
    free(w->y);
    free(w->score);
    free(w);
}

static void *open_work(const void *model, err *e)
{
    const vq_model *m = model;
    vq_work *w = calloc(1, sizeof *w);
    if (w) {
        w->model = m;
        w->unit = calloc(entries(m), sizeof *w->unit);
        w->y = calloc(m->books.components, sizeof *w->y);
        w->score = calloc(codes(m), sizeof *w->score);
        if (w->unit && w->y && w->score)
            return w;
        close_work(w);
    }
    err_set(e, ERR_NOMEM, "out of memory for a workspace of codec vq");
    return NULL;
}

/* The nearest code vector of stage s, by the largest <r, c> - |c|^2 / 2; the lowest among
 * equals. */
static uint32_t find_nearest(const vq_work *w, uint32_t s, const float *r)
{
    const vq_model *m = w->model;
    uint32_t n = codes(m), parts = 2 * m->books.group, best = 0;
    const float *part = m->by_part + (size_t)s * parts * n, *norm = m->norm + (size_t)s * n;
    for (uint32_t c = 0; c < n; c++)
        w->score[c] = -norm[c];
    for (uint32_t k = 0; k < parts; k++, part += n)
        for (uint32_t c = 0; c < n; c++)
            w->score[c] += r[k] * part[c];
    for (uint32_t c = 1; c < n; c++)
        best = w->score[c] > w->score[best] ? c : best;
    return best;
}

static const float *code_of(const vq_model *m, uint32_t s, uint32_t index)
{
    return m->books.code + s * vq_stage_floats(&m->books) + (size_t)index * 2 * m->books.group;
}

static int encode(void *work, const void *before, csi_view *csi, payload *out, void *after, err *e)
{
    vq_work *w = work;
    const vq_model *m = w->model;
    const vq_codebooks *b = &m->books;
    const float complex one = 1, none = 0;
    (void)before, (void)after;
    const csi_dims *dims = csi_view_dims(csi);
    if (dims->nt != b->nt || dims->ni != b->ni)
        return err_set(e, ERR_MISMATCH, "a channel of %u x %u for a vq of %u x %u", dims->nt,
                       dims->ni, b->nt, b->ni);
    const float complex *h = csi_view_angle_delay(csi);
    double energy = 0;
    for (size_t i = 0; i < entries(m); i++)
        energy += (double)crealf(h[i]) * (double)crealf(h[i]) +
                  (double)cimagf(h[i]) * (double)cimagf(h[i]);
    if (!isfinite(energy))
        return err_set(e, ERR_FORMAT, "the channel estimate is not finite");
    double gain = sqrt(energy), inverse = energy > 0 ? 1 / gain : 0;
    /* conj(y) = U conj(x), by rows: BLAS conjugates only what it transposes. */
    for (size_t i = 0; i < entries(m); i++)
        w->unit[i] =
            (float)((double)crealf(h[i]) * inverse) - I * (float)((double)cimagf(h[i]) * inverse);
    cblas_cgemv(CblasRowMajor, CblasNoTrans, (int)b->components, (int)entries(m), &one,
                b->component, (int)entries(m), w->unit, 1, &none, w->y, 1);
    for (uint32_t i = 0; i < b->components; i++)
        w->y[i] = conjf(w->y[i]);
    uint32_t code = level_code(LEVEL_IMAGE_SCALE, gain, LEVEL_NEAREST);
    bit_writer side = {.byte = out->side,
                       .room = LEVEL_IMAGE_SCALE.bits + m->stages * b->index_bits};
    bits_put(&side, code, LEVEL_IMAGE_SCALE.bits);
    for (uint32_t s = 0; s < m->stages; s++) {
        float *r = (float *)(w->y + (size_t)b->target[s] * b->group);
        uint32_t index = code ? find_nearest(w, s, r) : 0;
        const float *c = code_of(m, s, index);
        for (uint32_t k = 0; k < 2 * b->group; k++)
            r[k] -= c[k];
        bits_put(&side, index, b->index_bits);
    }
    out->side_bits = side.bits;
    out->values = 0;
    return ERR_NONE;
}

static int decode(void *work, const void *before, const payload *in, const codec_hint *hint,
                  float complex *h, void *after, err *e)
{
    vq_work *w = work;
    const vq_model *m = w->model;
    const vq_codebooks *b = &m->books;
    uint32_t bits = LEVEL_IMAGE_SCALE.bits + m->stages * b->index_bits;
    const float complex none = 0;
    (void)before, (void)hint, (void)after;
    if (in->values != 0 || in->side_bits != bits)
        return err_set(e, ERR_FORMAT,
                       "a payload of %u values and %u side bits; this vq takes 0 and %u",
                       in->values, in->side_bits, bits);
    bit_reader side = {.byte = in->side, .size = bits};
    float gain = level_value(LEVEL_IMAGE_SCALE, bits_get(&side, LEVEL_IMAGE_SCALE.bits));
    memset(w->y, 0, b->components * sizeof *w->y);
    for (uint32_t s = 0; s < m->stages; s++) {
        float *y = (float *)(w->y + (size_t)b->target[s] * b->group);
        const float *c = code_of(m, s, bits_get(&side, b->index_bits));
        for (uint32_t k = 0; k < 2 * b->group; k++)
            y[k] += c[k];
    }
    const float complex scale = gain;
    cblas_cgemv(CblasRowMajor, CblasTrans, (int)b->components, (int)entries(m), &scale,
                b->component, (int)entries(m), w->y, 1, &none, h, 1);
    return ERR_NONE;
}

extern const codec_kind codec_vq;
const codec_kind codec_vq = {
    .name = "vq",
    .usage = "vq:NAME[,bits=N]",
    .load = load,
    .unload = unload,
    .exists = exists,
    .open = open_work,
    .close = close_work,
    .encode = encode,
    .decode = decode,
    .design = vq_design,
    .design_usage = "codebooks in the principal components of a klt file; "
                    "vq:klt=NAME,bits=N,components=N,group=N,index=N,starts=N,rounds=N,seed=N",
};
