/* The codec kind `dft`: one beam from an oversampled DFT codebook, in the style of Type I of NR
 * (TS 38.214, 5.2.2.2.1), rank 1, one panel.
 *
 * The array is a ULA of nt antennas, N1 = nt / P of each of P polarisations: the first half is one
 * polarisation, the second the other. csilink's channels have one polarisation; P = 2 treats the
 * two halves of the array as if they had different ones. In subband s the precoder is
 *
 *     w_s = b_m                                   P = 1,
 *     w_s = [b_m; phi b_m] / sqrt(2),  phi = j^c  P = 2, c = 0 .. 3,
 *
 * with b_m of csi/beam_grid.h. The UE chooses the m and c with the largest sum of |h^T w_s|^2 over
 * the subband, or, where one m covers the whole band (`wideband=yes`, as in mode 1 of Type I), the
 * largest sum over all subbands.
 *
 * Bits: m, ceil(log2(O1 N1)) bits, once or for each subband; then c, 2 bits for each subband where
 * P = 2. With a beam for each subband, its m and c are adjacent. */
#include <cblas.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "codec/kind.h"
#include "codec/options.h"
#include "csi/beam_grid.h"
#include "csi/dims.h"
#include "csi/subbands.h"
#include "payload/bits.h"

enum { N1_MIN = 2, PHASES = 4 };

typedef struct dft {
    codec_side side;
    uint32_t nt, ni, subbands, oversampling, polarisations;
    bool wideband;
    uint32_t n1, beams; /* per polarisation; beams: oversampling n1 */
    unsigned beam_bits, bits;
} dft;

typedef struct dft_work {
    dft m;
    float complex *table; /* [beams] csi_beam_grid_table */
    /* Of the encoder; NULL at the base station. */
    csi_subbands *channel;
    csi_beam_grid *grid;
    float *power;         /* [subbands][beams], with the best co-phase */
    uint8_t *phase;       /* [subbands][beams], that co-phase */
    float complex *cross; /* [beams] */
} dft_work;

static bool take_choice(const char *value, const char *yes, const char *no, bool *chosen)
{
    *chosen = strcmp(value, yes) == 0;
    return *chosen || strcmp(value, no) == 0;
}

static int take_option(void *user, const char *key, const char *value, err *e)
{
    dft *m = user;
    const struct {
        const char *key;
        uint32_t least, most, *number;
    } numbers[] = {
        {"subbands", 1, CSI_SUBBANDS_MAX, &m->subbands},
        {"oversampling", 1, CSI_BEAM_OVERSAMPLING_MAX, &m->oversampling},
        {"polarisations", 1, 2, &m->polarisations},
        {"nt", N1_MIN, CSI_NT_MAX, &m->nt},
        {"ni", 1, CSI_SUBBANDS_NI_MAX, &m->ni},
    };
    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (strcmp(key, numbers[i].key) == 0 &&
            codec_whole_option(value, numbers[i].least, numbers[i].most, numbers[i].number))
            return ERR_NONE;
    if (strcmp(key, "wideband") == 0 && take_choice(value, "yes", "no", &m->wideband))
        return ERR_NONE;
    return err_set(e, ERR_INVALID,
                   "option %.20s=%.40s of codec dft; it takes subbands=N from 1 to %d, "
                   "oversampling=N from 1 to %d, polarisations=1 or 2, wideband=yes or no, nt=N "
                   "from %d to %d and ni=N from 1 to %d",
                   key, value, CSI_SUBBANDS_MAX, CSI_BEAM_OVERSAMPLING_MAX, N1_MIN, CSI_NT_MAX,
                   CSI_SUBBANDS_NI_MAX);
}

static int resolve_sizes(dft *m, err *e)
{
    m->n1 = m->nt / m->polarisations;
    if (m->nt % m->polarisations || m->n1 < N1_MIN)
        return err_set(e, ERR_INVALID,
                       "nt=%u of codec dft; two polarisations need an even number of antennas, %d "
                       "or more of each",
                       m->nt, N1_MIN);
    m->beams = m->oversampling * m->n1;
    m->beam_bits = bits_for(m->beams);
    m->bits = m->beam_bits * (m->wideband ? 1 : m->subbands) +
              (m->polarisations == 2 ? 2 * m->subbands : 0);
    return ERR_NONE;
}

static void describe(const dft *m, codec_info *info)
{
    char text[128];
    snprintf(text, sizeof text,
             "dft,subbands=%u,oversampling=%u,polarisations=%u,wideband=%d,nt=%u", m->subbands,
             m->oversampling, m->polarisations, m->wideband, m->nt);
    info->identity = hash_text(HASH_START, text);
    snprintf(info->name, sizeof info->name, "dft-%s%u-o%u%s", m->wideband ? "wideband" : "subbands",
             m->subbands, m->oversampling, m->polarisations == 2 ? "-dual" : "");
    info->flags = CODEC_GIVES_DIRECTIONS;
    info->shape = (payload_shape){.side_bits_min = m->bits, .side_bits_max = m->bits};
    info->nt = m->nt;
    info->ni = m->ni;
    info->subbands = m->subbands;
    info->layers = 1;
    if (m->side ==
        CODEC_ENCODER) { /* the beams' powers at every point, on top of their projection */
        uint32_t points = csi_subbands_points(m->ni, m->subbands) * m->subbands;
        info->macs = csi_subbands_filters_macs(m->nt, m->ni, m->subbands) +
                     csi_beam_grid_macs(m->n1, m->oversampling, points * m->polarisations) +
                     2 * (int64_t)points * m->polarisations * m->n1 * m->oversampling;
    }
}

static void *load(codec_side side, const char *arguments, codec_info *info, err *e)
{
    dft *m = malloc(sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for codec dft");
        return NULL;
    }
    *m = (dft){.side = side,
               .nt = 32,
               .ni = 32,
               .subbands = 13,
               .oversampling = 4,
               .polarisations = 1,
               .wideband = true};
    if (codec_options("dft", arguments, take_option, m, e) != ERR_NONE ||
        resolve_sizes(m, e) != ERR_NONE) {
        free(m);
        return NULL;
    }
    describe(m, info);
    openblas_set_num_threads(1); /* the process already has a thread for every core */
    return m;
}

static void unload(void *model)
{
    free(model);
}

static void close_work(void *work)
{
    dft_work *w = work;
    csi_subbands_free(w->channel);
    csi_beam_grid_free(w->grid);
    free(w->power);
    free(w->phase);
    free(w->cross);
    free(w->table);
    free(w);
}

/* What only the encoder needs. */
static int open_search(dft_work *w, err *e)
{
    const dft *m = &w->m;
    size_t all = (size_t)m->subbands * m->beams;
    w->power = calloc(all, sizeof *w->power);
    w->phase = calloc(all, sizeof *w->phase);
    w->cross = calloc(m->beams, sizeof *w->cross);
    if (!w->power || !w->phase || !w->cross)
        return err_set(e, ERR_NOMEM, "out of memory for a workspace of codec dft");
    w->channel = csi_subbands_create(m->nt, m->ni, m->subbands, e);
    if (!w->channel)
        return ERR_NOMEM;
    uint32_t points = csi_subbands_points(m->ni, m->subbands);
    w->grid =
        csi_beam_grid_create(m->n1, m->oversampling, m->subbands * points * m->polarisations, e);
    return w->grid ? ERR_NONE : ERR_NOMEM;
}

static void *open_work(const void *model, err *e)
{
    const dft *m = model;
    dft_work *w = calloc(1, sizeof *w);
    float complex *table = calloc(m->beams, sizeof *table);
    if (!w || !table) {
        err_set(e, ERR_NOMEM, "out of memory for a workspace of codec dft");
        free(w);
        free(table);
        return NULL;
    }
    w->m = *m;
    w->table = table;
    csi_beam_grid_table(m->n1, m->oversampling, table);
    if (m->side == CODEC_DECODER || open_search(w, e) == ERR_NONE)
        return w;
    close_work(w);
    return NULL;
}

/* The power of every beam in subband s, from its parts c [points][P][beams] of the matched filters,
 * up to a common factor. Two polarisations give |a + conj(phi) c|^2 = |a|^2 + |c|^2 + 2 Re(phi X)
 * with X the sum of a conj(c): the best of 1, j, -1, -j brings X closest to the positive real
 * axis. */
static void measure_beams(dft_work *w, uint32_t s, const float complex *c)
{
    const dft *m = &w->m;
    size_t rows = (size_t)csi_subbands_points(m->ni, m->subbands) * m->polarisations;
    float *power = w->power + (size_t)s * m->beams;
    uint8_t *phase = w->phase + (size_t)s * m->beams;
    memset(power, 0, m->beams * sizeof *power);
    for (size_t i = 0; i < rows; i++)
        for (size_t b = 0; b < m->beams; b++) {
            float complex x = c[i * m->beams + b];
            power[b] += crealf(x) * crealf(x) + cimagf(x) * cimagf(x);
        }
    if (m->polarisations == 1)
        return;
    memset(w->cross, 0, m->beams * sizeof *w->cross);
    for (size_t i = 0; i < rows; i += 2)
        for (size_t b = 0; b < m->beams; b++)
            w->cross[b] += c[i * m->beams + b] * conjf(c[(i + 1) * m->beams + b]);
    for (size_t b = 0; b < m->beams; b++) {
        float re = crealf(w->cross[b]), im = cimagf(w->cross[b]);
        const float gain[PHASES] = {re, -im, -re, im};
        phase[b] = 0;
        for (int k = 1; k < PHASES; k++)
            if (gain[k] > gain[phase[b]])
                phase[b] = (uint8_t)k;
        power[b] += 2 * gain[phase[b]];
    }
}

static uint32_t largest_of(const float *power, uint32_t count)
{
    uint32_t best = 0;
    for (uint32_t i = 1; i < count; i++)
        if (power[i] > power[best])
            best = i;
    return best;
}

static int encode(void *work, const void *before, csi_view *csi, payload *out, void *after, err *e)
{
    dft_work *w = work;
    const dft *m = &w->m;
    (void)before, (void)after;
    const float complex *x;
    int rc = csi_subbands_filters(w->channel, csi, &x, e);
    if (rc != ERR_NONE)
        return rc;
    const float complex *c = csi_beam_grid_project(w->grid, x);
    size_t stride = (size_t)csi_subbands_points(m->ni, m->subbands) * m->polarisations * m->beams;
    for (uint32_t s = 0; s < m->subbands; s++)
        measure_beams(w, s, c + s * stride);

    bit_writer side = {.byte = out->side, .room = m->bits};
    uint32_t beam = 0;
    if (m->wideband) {
        /* The first row becomes the sum, whose co-phases are separate from it. */
        for (uint32_t s = 1; s < m->subbands; s++)
            for (uint32_t b = 0; b < m->beams; b++)
                w->power[b] += w->power[(size_t)s * m->beams + b];
        beam = largest_of(w->power, m->beams);
        bits_put(&side, beam, m->beam_bits);
    }
    for (uint32_t s = 0; s < m->subbands; s++) {
        if (!m->wideband) {
            beam = largest_of(w->power + (size_t)s * m->beams, m->beams);
            bits_put(&side, beam, m->beam_bits);
        }
        if (m->polarisations == 2)
            bits_put(&side, w->phase[(size_t)s * m->beams + beam], 2);
    }
    out->values = 0;
    out->side_bits = side.bits;
    return ERR_NONE;
}

static void write_precoder(const dft_work *w, uint32_t beam, uint32_t phase, float complex *to)
{
    const dft *m = &w->m;
    static const float complex co_phases[PHASES] = {1, I, -1, -I};
    float share = 1 / sqrtf((float)m->polarisations);
    for (uint32_t k = 0; k < m->n1; k++) {
        float complex entry = w->table[k * beam % m->beams] * share;
        to[k] = entry;
        if (m->polarisations == 2)
            to[m->n1 + k] = entry * co_phases[phase];
    }
}

static int decode(void *work, const void *before, const payload *in, const codec_hint *hint,
                  float complex *h, void *after, err *e)
{
    const dft_work *w = work;
    const dft *m = &w->m;
    (void)before, (void)hint, (void)after;
    if (in->values != 0 || in->side_bits != m->bits)
        return err_set(e, ERR_FORMAT, "%u values and %u side bits; this dft takes none and %u",
                       in->values, in->side_bits, m->bits);
    bit_reader side = {.byte = in->side, .size = in->side_bits};
    uint32_t beam = 0;
    for (uint32_t s = 0; s < m->subbands; s++) {
        if (s == 0 || !m->wideband)
            beam = bits_get(&side, m->beam_bits);
        uint32_t phase = m->polarisations == 2 ? bits_get(&side, 2) : 0;
        /* Possible only where O1 N1 is not a power of two. */
        if (beam >= m->beams)
            return err_set(e, ERR_FORMAT, "beam %u in subband %u; this dft has %u", beam, s,
                           m->beams);
        write_precoder(w, beam, phase, h + (size_t)s * m->nt);
    }
    return ERR_NONE;
}

extern const codec_kind codec_dft;
const codec_kind codec_dft = {
    .name = "dft",
    .usage = "dft[:subbands=N,wideband=yes|no,...]",
    .load = load,
    .unload = unload,
    .open = open_work,
    .close = close_work,
    .encode = encode,
    .decode = decode,
};
