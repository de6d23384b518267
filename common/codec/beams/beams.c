/* The codec kind `beams`: combinations of a few orthogonal DFT beams, in the style of Type II
 * (type=r15) and eType II (type=r16) of NR (TS 38.214, 5.2.2.2.3 and 5.2.2.2.5), rank 1, for a ULA
 * of one polarisation or two.
 *
 * The UE takes the dominant eigenvector v_s of each subband (csi/subbands.h), chooses the beams
 * (basis.h), and sends the coefficients of v_s on them: each subband by itself (r15.h), or few taps
 * of their DFT over the subbands (r16.h). The base station's precoder is
 *
 *     w_s = sum over rows of c[row][s] b_row / norm.
 *
 * Bits: the beams, then the coefficients. Their number depends on the report, since a zero
 * coefficient costs less; the report itself says which coefficients are zero. */
#include <cblas.h>
#include <stdlib.h>

#include "codec/beams/basis.h"
#include "codec/beams/config.h"
#include "codec/beams/r15.h"
#include "codec/beams/r16.h"
#include "codec/kind.h"
#include "csi/beam_grid.h"
#include "csi/subbands.h"
#include "payload/bits.h"

typedef struct beams_model {
    codec_side side;
    beams_config config;
    payload_shape shape;
} beams_model;

typedef struct beams_work {
    const beams_model *model;
    float complex *coefficient; /* [rows][subbands] */
    float complex *table;       /* csi_beam_grid_table */
    beams_taps taps;            /* of r16 */
    /* Of the encoder; NULL at the base station. */
    csi_subbands *channel;
    csi_beam_grid *grid;
    float complex *target; /* [subbands][nt] */
    float *power;          /* [O1 n1] */
} beams_work;

static uint32_t bits_of(const beams_config *c, uint32_t kept)
{
    return beams_basis_bits(c) +
           (c->type == BEAMS_R15 ? beams_r15_bits(c, kept) : beams_r16_bits(c, kept));
}

static void *load(codec_side side, const char *arguments, codec_info *info, err *e)
{
    beams_model *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for codec beams");
        return NULL;
    }
    beams_config *c = &m->config;
    if (beams_config_read(arguments, c, e) != ERR_NONE) {
        free(m);
        return NULL;
    }
    m->side = side;
    m->shape.side_bits_min = bits_of(c, 1);
    m->shape.side_bits_max = bits_of(c, c->type == BEAMS_R15 ? c->rows : c->coefficients);
    beams_config_name(c, info->name);
    info->identity = beams_config_identity(c);
    info->flags = CODEC_GIVES_DIRECTIONS;
    info->shape = m->shape;
    info->nt = c->nt;
    info->ni = c->ni;
    info->subbands = c->subbands;
    info->layers = 1;
    if (side ==
        CODEC_ENCODER) /* the targets and their projections; choosing among them costs little */
        info->macs = csi_subbands_filters_macs(c->nt, c->ni, c->subbands) +
                     csi_subbands_eigenvectors_macs(c->nt, c->ni, c->subbands) +
                     csi_beam_grid_macs(c->n1, c->oversampling, c->subbands * c->polarisations);
    openblas_set_num_threads(1); /* the process already has a thread for every core */
    return m;
}

static void unload(void *model)
{
    free(model);
}

static void close_work(void *work)
{
    beams_work *w = work;
    free(w->coefficient);
    free(w->table);
    beams_taps_close(&w->taps);
    csi_subbands_free(w->channel);
    csi_beam_grid_free(w->grid);
    free(w->target);
    free(w->power);
    free(w);
}

/* What only the encoder needs. */
static int open_search(beams_work *w, err *e)
{
    const beams_config *c = &w->model->config;
    w->target = calloc((size_t)c->subbands * c->nt, sizeof *w->target);
    w->power = calloc((size_t)c->oversampling * c->n1, sizeof *w->power);
    if (!w->target || !w->power)
        return err_set(e, ERR_NOMEM, "out of memory for a workspace of codec beams");
    w->channel = csi_subbands_create(c->nt, c->ni, c->subbands, e);
    w->grid = csi_beam_grid_create(c->n1, c->oversampling, c->subbands * c->polarisations, e);
    return w->channel && w->grid ? ERR_NONE : ERR_NOMEM;
}

static int open_parts(beams_work *w, err *e)
{
    const beams_config *c = &w->model->config;
    w->coefficient = calloc((size_t)c->rows * c->subbands, sizeof *w->coefficient);
    w->table = calloc((size_t)c->oversampling * c->n1, sizeof *w->table);
    if (!w->coefficient || !w->table)
        return err_set(e, ERR_NOMEM, "out of memory for a workspace of codec beams");
    csi_beam_grid_table(c->n1, c->oversampling, w->table);
    int rc = c->type == BEAMS_R16 ? beams_taps_open(c, &w->taps, e) : ERR_NONE;
    return rc == ERR_NONE && w->model->side == CODEC_ENCODER ? open_search(w, e) : rc;
}

static void *open_work(const void *model, err *e)
{
    beams_work *w = calloc(1, sizeof *w);
    if (!w) {
        err_set(e, ERR_NOMEM, "out of memory for a workspace of codec beams");
        return NULL;
    }
    w->model = model;
    if (open_parts(w, e) == ERR_NONE)
        return w;
    close_work(w);
    return NULL;
}

static int encode(void *work, const void *before, csi_view *csi, payload *out, void *after, err *e)
{
    beams_work *w = work;
    const beams_config *c = &w->model->config;
    const float complex *filters;
    beams_basis basis;
    (void)before, (void)after;
    int rc = csi_subbands_filters(w->channel, csi, &filters, e);
    if (rc != ERR_NONE)
        return rc;
    csi_subbands_eigenvectors(w->channel, w->target);
    const float complex *part = csi_beam_grid_project(w->grid, w->target);
    beams_basis_choose(c, part, w->power, &basis);
    beams_basis_project(c, &basis, part, w->coefficient);

    bit_writer side = {.byte = out->side, .room = w->model->shape.side_bits_max};
    beams_basis_pack(c, &basis, &side);
    if (c->type == BEAMS_R15) {
        beams_r15 pmi;
        beams_r15_quantize(c, w->coefficient, &pmi);
        beams_r15_pack(c, &pmi, &side);
    } else {
        beams_r16 pmi;
        beams_taps_choose(c, &w->taps, w->coefficient);
        beams_r16_quantize(c, &w->taps, &pmi);
        beams_r16_pack(c, &pmi, &side);
    }
    out->values = 0;
    out->side_bits = side.bits;
    return ERR_NONE;
}

/* Reads the coefficients of a report into w->coefficient, and finds its strongest row. */
static int read_coefficients(beams_work *w, bit_reader *from, uint32_t *strongest, err *e)
{
    const beams_config *c = &w->model->config;
    int rc;
    if (c->type == BEAMS_R15) {
        beams_r15 pmi;
        if ((rc = beams_r15_unpack(c, from, &pmi, e)) != ERR_NONE)
            return rc;
        beams_r15_coefficients(c, &pmi, w->coefficient);
        *strongest = pmi.strongest;
    } else {
        beams_r16 pmi;
        if ((rc = beams_r16_unpack(c, from, &pmi, e)) != ERR_NONE)
            return rc;
        beams_r16_coefficients(c, &w->taps, &pmi, w->coefficient);
        *strongest = pmi.strongest;
    }
    return ERR_NONE;
}

static int decode(void *work, const void *before, const payload *in, const codec_hint *hint,
                  float complex *h, void *after, err *e)
{
    beams_work *w = work;
    const beams_config *c = &w->model->config;
    const payload_shape *shape = &w->model->shape;
    beams_basis basis;
    uint32_t strongest;
    (void)before, (void)hint, (void)after;
    if (in->values != 0 || in->side_bits < shape->side_bits_min ||
        in->side_bits > shape->side_bits_max)
        return err_set(e, ERR_FORMAT,
                       "%u values and %u side bits; this codec takes none and %u to %u", in->values,
                       in->side_bits, shape->side_bits_min, shape->side_bits_max);
    bit_reader side = {.byte = in->side, .size = in->side_bits};
    int rc = beams_basis_unpack(c, &side, &basis, e);
    if (rc == ERR_NONE)
        rc = read_coefficients(w, &side, &strongest, e);
    if (rc != ERR_NONE)
        return rc;
    if (side.cut || side.bits != in->side_bits)
        return err_set(e, ERR_FORMAT, "%u side bits; %s", in->side_bits,
                       side.cut ? "they end before the coefficients that they list"
                                : "bits follow the last coefficient");
    beams_basis_precoders(c, &basis, w->table, w->coefficient, strongest, h);
    return ERR_NONE;
}

extern const codec_kind codec_beams;
const codec_kind codec_beams = {
    .name = "beams",
    .usage = "beams[:type=r15|r16,combination=N,...]",
    .load = load,
    .unload = unload,
    .open = open_work,
    .close = close_work,
    .encode = encode,
    .decode = decode,
};
