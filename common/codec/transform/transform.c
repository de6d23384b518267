/* The codec kind `transform`: the largest taps of the angle-delay matrix, without training.
 *
 * One step quantizes everything: taps below the step are left out, the others are sent as a level
 * and a phase (taps.h). So the number K of taps and the bits of each follow from the step. The UE
 * takes the finest step at which the payload still fits into its N bits: uniform quantization with
 * entropy coding loses the same 1.5 dB against the rate-distortion bound at every tap, so no other
 * division of bits between taps does better.
 *
 * A payload is N bits, always:
 *
 *     11      the step's code (payload/level.h), 0.18 dB apart; 0 for a channel of zeros
 *     N - 11  the string of taps, then zeros
 *
 * The codec works at any scale with steps of -240 dB to 120 dB: it sends a channel with a largest
 * tap below them as zeros, and limits the levels of one above to TAPS_LEVEL_MAX. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "codec/kind.h"
#include "codec/options.h"
#include "codec/transform/step.h"
#include "codec/transform/taps.h"
#include "payload/bits.h"

enum { NT_MAX = 256, NI_MAX = 256, BITS_MIN = 32, BITS_MAX = 16384, BITS_DEFAULT = 1024 };

typedef struct transform {
    uint32_t bits, nt, ni;
} transform;

typedef struct transform_work {
    transform model;
    taps taps;
    taps_work *coder;
    float *size; /* [ni][nt] |h| */
} transform_work;

static size_t entries(const transform *m)
{
    return (size_t)m->nt * m->ni;
}

static int take_option(void *user, const char *key, const char *value, err *e)
{
    transform *m = user;
    if (!(strcmp(key, "bits") == 0 && codec_whole_option(value, BITS_MIN, BITS_MAX, &m->bits)) &&
        !(strcmp(key, "nt") == 0 && codec_whole_option(value, 1, NT_MAX, &m->nt)) &&
        !(strcmp(key, "ni") == 0 && codec_whole_option(value, 1, NI_MAX, &m->ni)))
        return err_set(e, ERR_INVALID,
                       "option %.20s=%.40s of codec transform; it takes bits=N from %d to %d, nt=N "
                       "from 1 to %d and ni=N from 1 to %d",
                       key, value, BITS_MIN, BITS_MAX, NT_MAX, NI_MAX);
    return ERR_NONE;
}

/* Both ends must agree on all arguments. */
static uint64_t identity_of(const transform *m)
{
    char text[96];
    snprintf(text, sizeof text, "transform,bits=%u,nt=%u,ni=%u", m->bits, m->nt, m->ni);
    return hash_text(HASH_START, text);
}

static void *load(codec_side side, const char *arguments, codec_info *info, err *e)
{
    (void)side; /* both ends load the same */
    transform *m = malloc(sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for codec transform");
        return NULL;
    }
    *m = (transform){.bits = BITS_DEFAULT, .nt = 32, .ni = 32};
    int rc = codec_options("transform", arguments, take_option, m, e);
    if (rc == ERR_NONE && entries(m) > TAPS_MAX)
        rc = err_set(e, ERR_INVALID,
                     "codec transform of %u x %u taps; at most %d in all are "
                     "allowed",
                     m->nt, m->ni, TAPS_MAX);
    if (rc != ERR_NONE) {
        free(m);
        return NULL;
    }
    snprintf(info->name, sizeof info->name, "transform-%u", m->bits);
    info->identity = identity_of(m);
    info->shape = (payload_shape){.side_bits_min = m->bits, .side_bits_max = m->bits};
    info->nt = m->nt;
    info->ni = m->ni;
    return m;
}

static void close_work(void *work)
{
    transform_work *w = work;
    taps_close(w->coder);
    free(w->taps.level);
    free(w->taps.phase);
    free(w->size);
    free(w);
}

static void *open_work(const void *model, err *e)
{
    const transform *m = model;
    transform_work *w = calloc(1, sizeof *w);
    if (!w) {
        err_set(e, ERR_NOMEM, "out of memory for a workspace of codec transform");
        return NULL;
    }
    w->model = *m;
    w->taps.level = calloc(entries(m), sizeof *w->taps.level);
    w->taps.phase = calloc(entries(m), sizeof *w->taps.phase);
    w->size = calloc(entries(m), sizeof *w->size);
    w->coder = taps_open(m->nt, m->ni, m->bits, e);
    if (w->taps.level && w->taps.phase && w->size && w->coder)
        return w;
    if (w->coder)
        err_set(e, ERR_NOMEM, "out of memory for a workspace of codec transform");
    close_work(w);
    return NULL;
}

/* |h| into w->size, by delays; returns the largest, NaN where one is not finite. */
static float measure_taps(transform_work *w, const float complex *h)
{
    size_t nt = w->model.nt, ni = w->model.ni;
    const float *part = (const float *)h;
    float largest = 0, unfit = 0;
    for (size_t d = 0; d < ni; d++)
        for (size_t t = 0; t < nt; t++) {
            /* In double precision: the squares may be beyond a float. */
            double re = (double)part[2 * (t * ni + d)], im = (double)part[2 * (t * ni + d) + 1];
            float size = (float)sqrt(re * re + im * im);
            w->size[d * nt + t] = size;
            largest = size > largest ? size : largest;
            unfit += size * 0; /* NaN from here on */
        }
    return largest + unfit;
}

static void quantize(transform_work *w, uint32_t code)
{
    float inverse = 1 / level_value(STEP_LAW, code);
    for (size_t i = 0; i < entries(&w->model); i++) {
        float level = w->size[i] * inverse;
        w->taps.level[i] = level < TAPS_LEVEL_MAX ? (uint16_t)level : TAPS_LEVEL_MAX;
    }
}

static uint32_t room(const transform_work *w)
{
    return w->model.bits - STEP_LAW.bits;
}

/* Bits of the string at a step; far beyond the budget, some number that is beyond it, too. */
static uint32_t bits_at(transform_work *w, uint32_t code, bool listed)
{
    quantize(w, code);
    return taps_measure(w->coder, &w->taps, listed, room(w) + room(w) / 4);
}

/* The finest step between `finest` and `coarsest` that fits; where none does, a step coarser than
 * `coarsest`. Starts at a guess and follows the slope of bits over codes, or bisects where that
 * leads out of bounds. */
static uint32_t search_step(transform_work *w, step_guess guess, uint32_t finest, uint32_t coarsest,
                            bool listed)
{
    /* Codes below `low` do not fit or are not wanted; `high` fits. */
    uint32_t low = finest, high = coarsest + 1, code = guess.code;
    while (low < high) {
        if (code < low || code >= high)
            code = low + (high - low) / 2;
        double spare = (double)room(w) - bits_at(w, code, listed);
        if (spare >= 0)
            high = code;
        else
            low = code + 1;
        /* By the known slope, the next step would not fit. */
        if (spare >= 0 && spare < guess.bits_per_code / 2)
            break;
        double by = rint(-spare / guess.bits_per_code);
        code = (uint32_t)fmax((double)code + (by != 0 ? by : spare >= 0 ? -1 : 1), 0);
    }
    return high;
}

/* The finest step that fits, and how to send the positions; 0 for a channel with no tap that
 * fits. */
static uint32_t choose_step(transform_work *w, float largest, bool *listed)
{
    *listed = false;
    if (largest == 0)
        return 0;
    uint32_t coarsest = level_code(STEP_LAW, (double)largest, LEVEL_UPWARDS);
    uint32_t finest = level_code(STEP_LAW, (double)largest / TAPS_LEVEL_MAX, LEVEL_UPWARDS);
    step_guess guess = step_guess_of(w->size, entries(&w->model), largest, room(w));
    uint32_t code = search_step(w, guess, finest, coarsest, false);
    if (taps_listing_is_near(w->coder, &w->taps)) {
        guess.code = code;
        uint32_t other = search_step(w, guess, finest, code, true);
        *listed = other < code;
        code = *listed ? other : code;
    }
    return code <= coarsest && (double)level_value(STEP_LAW, code) <= (double)largest ? code : 0;
}

static void choose_phases(transform_work *w, const float complex *h)
{
    uint32_t nt = w->model.nt, ni = w->model.ni;
    for (uint32_t d = 0, i = 0; d < ni; d++)
        for (uint32_t t = 0; t < nt; t++, i++)
            if (w->taps.level[i]) {
                uint32_t count = taps_phases(w->taps.level[i]);
                double cycles = (double)cargf(h[(size_t)t * ni + d]) / (2 * M_PI);
                w->taps.phase[i] =
                    (uint32_t)lrint((cycles < 0 ? cycles + 1 : cycles) * count) % count;
            }
}

static int encode(void *work, const void *before, csi_view *csi, payload *out, void *after, err *e)
{
    transform_work *w = work;
    const transform *m = &w->model;
    (void)before, (void)after;
    const csi_dims *dims = csi_view_dims(csi);
    if (dims->nt != m->nt || dims->ni != m->ni)
        return err_set(e, ERR_MISMATCH, "a channel of %u x %u for a transform of %u x %u", dims->nt,
                       dims->ni, m->nt, m->ni);
    const float complex *h = csi_view_angle_delay(csi);
    float largest = measure_taps(w, h);
    if (!isfinite(largest))
        return err_set(e, ERR_FORMAT, "the channel estimate is not finite");
    bool listed;
    uint32_t code = choose_step(w, largest, &listed);
    memset(out->side, 0, bits_bytes(m->bits));
    out->values = 0;
    out->side_bits = m->bits;
    if (code == 0)
        return ERR_NONE;
    quantize(w, code);
    choose_phases(w, h);
    bit_writer head = {.byte = out->side, .room = m->bits};
    bits_put(&head, code, STEP_LAW.bits);
    arith a = arith_write(out->side, head.bits, m->bits);
    taps_write(w->coder, &w->taps, listed, &a);
    arith_finish(&a);
    return a.full ? err_set(e, ERR_STATE, "a payload of more than %u bits", m->bits) : ERR_NONE;
}

static int decode(void *work, const void *before, const payload *in, const codec_hint *hint,
                  float complex *h, void *after, err *e)
{
    transform_work *w = work;
    const transform *m = &w->model;
    (void)before, (void)hint, (void)after;
    if (in->values != 0 || in->side_bits != m->bits)
        return err_set(e, ERR_FORMAT,
                       "a payload of %u values and %u side bits; transform takes 0 and %u",
                       in->values, in->side_bits, m->bits);
    bit_reader head = {.byte = in->side, .size = m->bits};
    uint32_t code = bits_get(&head, STEP_LAW.bits);
    memset(h, 0, entries(m) * sizeof *h);
    if (code == 0) {
        uint32_t rest = 0;
        while (head.bits < m->bits)
            rest |= bits_get(&head, 1);
        return rest ? err_set(e, ERR_FORMAT, "bits follow the step of a channel of zeros")
                    : ERR_NONE;
    }
    arith a = arith_read(in->side, head.bits, m->bits);
    int rc = taps_read(w->coder, &a, &w->taps, e);
    if (rc != ERR_NONE)
        return rc;
    float step = level_value(STEP_LAW, code);
    for (uint32_t d = 0, i = 0; d < m->ni; d++)
        for (uint32_t t = 0; t < m->nt; t++, i++)
            if (w->taps.level[i])
                h[(size_t)t * m->ni + d] = step * taps_value(w->taps.level[i], w->taps.phase[i]);
    return ERR_NONE;
}

static void unload(void *model)
{
    free(model);
}

extern const codec_kind codec_transform;
const codec_kind codec_transform = {
    .name = "transform",
    .usage = "transform[:bits=N,nt=N,ni=N]",
    .load = load,
    .unload = unload,
    .open = open_work,
    .close = close_work,
    .encode = encode,
    .decode = decode,
};
