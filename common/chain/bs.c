#include "chain/bs.h"

#include <math.h>
#include <stdlib.h>

#include "chain/ue.h"
#include "csi/image.h"
#include "csi/metrics.h"
#include "csi/precoding.h"
#include "csi/transform.h"

struct chain_bs {
    csi_dims dims;
    onnx_decoder *decoder;
    csi_transform *transform;
    float *images;       /* [ONNX_BATCH_MAX][2][nt][ni] */
    float complex *h_ad; /* [ONNX_BATCH_MAX][nt][ni] */
    float complex *grid; /* [CHAIN_GRID][nt] of one reconstruction */
};

static int open_bs(chain_bs *c, const onnx_part *decoder, err *e)
{
    const csi_dims *d = &c->dims;
    size_t entries = (size_t)d->nt * d->ni;
    int status = chain_check_dims(d, onnx_part_info(decoder), true, e);
    if (status != 0)
        return status;
    c->decoder = onnx_decoder_open(decoder, e);
    c->transform = c->decoder ? csi_transform_create(d, e) : NULL;
    if (!c->transform)
        return e ? e->code : ERR_INVALID;
    c->images = calloc(ONNX_BATCH_MAX * 2 * entries, sizeof *c->images);
    c->h_ad = calloc(ONNX_BATCH_MAX * entries, sizeof *c->h_ad);
    c->grid = calloc((size_t)CHAIN_GRID * d->nt, sizeof *c->grid);
    if (!c->images || !c->h_ad || !c->grid)
        return err_set(e, ERR_NOMEM, "no memory for a base station");
    /* The plan for this grid is made now, so that measuring allocates nothing. */
    csi_transform_inverse_grid(c->transform, c->h_ad, CHAIN_GRID, c->grid);
    return 0;
}

chain_bs *chain_bs_create(const csi_dims *dims, const onnx_part *decoder, err *e)
{
    chain_bs *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NOMEM, "no memory for a base station");
        return NULL;
    }
    c->dims = *dims;
    if (open_bs(c, decoder, e) != 0) {
        chain_bs_free(c);
        return NULL;
    }
    return c;
}

void chain_bs_free(chain_bs *c)
{
    if (!c)
        return;
    onnx_decoder_free(c->decoder);
    csi_transform_free(c->transform);
    free(c->images);
    free(c->h_ad);
    free(c->grid);
    free(c);
}

int chain_bs_reconstruct(chain_bs *c, size_t n, const float *codewords, const float *snr_db,
                         const float *scales, const csi_shift *shifts, err *e)
{
    size_t entries = (size_t)c->dims.nt * c->dims.ni;
    for (size_t i = 0; i < n; i++)
        if (!isfinite(scales[i]) || scales[i] < 0)
            return err_set(e, ERR_FORMAT, "the scale of a report is %g, not a positive number",
                           (double)scales[i]);
    int status = onnx_decode(c->decoder, n, codewords, snr_db, shifts, c->images, e);
    if (status != 0)
        return status;
    for (size_t i = 0; i < n; i++)
        csi_image_to_ad(&c->dims, c->images + i * 2 * entries, scales[i], c->h_ad + i * entries);
    return 0;
}

const float complex *chain_bs_reconstruction(const chain_bs *c, size_t i)
{
    return c->h_ad + i * c->dims.nt * c->dims.ni;
}

void chain_bs_measure(chain_bs *c, size_t i, const float complex *truth,
                      const float complex *truth_grid, double dl_snr_db, chain_quality *q)
{
    size_t nt = c->dims.nt;
    const float complex *h_ad = chain_bs_reconstruction(c, i);
    csi_transform_inverse_grid(c->transform, h_ad, CHAIN_GRID, c->grid);
    q->nmse = csi_nmse(truth, h_ad, nt * c->dims.ni);
    q->rho = csi_rho(truth_grid, c->grid, CHAIN_GRID, nt);
    q->sgcs = csi_sgcs(truth_grid, c->grid, CHAIN_GRID, nt);
    q->se_feedback =
        csi_spectral_efficiency(truth_grid, c->grid, CHAIN_GRID, nt, chain_se_snr_db(dl_snr_db));
}
