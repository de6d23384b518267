#include "chain/ue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "csi/image.h"
#include "csi/metrics.h"
#include "csi/precoding.h"

struct chain_ue {
    chain_ue_config config;
    onnx_encoder *encoder;
    uint32_t codeword;
    csi_transform *transform;
    csi_pilots *pilots;     /* NULL without estimation, and so are the next three */
    float complex *h;       /* [nc][nt], the channel */
    float complex *y;       /* [nc][tp], the received pilots */
    float complex *hhat;    /* [nc][nt], the LS estimate */
    float complex *ls_grid; /* [CHAIN_GRID][nt] */
    float complex *h_ad;    /* [nt][ni] */
    float *image;           /* [2][nt][ni] */
};

double chain_se_snr_db(double dl_snr_db)
{
    return isinf(dl_snr_db) ? CHAIN_SE_SNR_DB : dl_snr_db;
}

int chain_dims_of_model(csi_dims *dims, const onnx_info *info, uint64_t nt, err *e)
{
    if (nt != 0 && nt != info->nt)
        return err_set(e, ERR_MISMATCH,
                       "model %s is for %u antennas, --nt asks for %llu: a model decides them",
                       info->name, info->nt, (unsigned long long)nt);
    dims->nt = info->nt;
    dims->ni = info->ni;
    dims->tp = dims->tp < dims->nt ? dims->nt : dims->tp;
    return 0;
}

int chain_check_dims(const csi_dims *dims, const onnx_info *info, bool genie, err *e)
{
    int status = csi_dims_check(dims, e);
    if (status != 0)
        return status;
    if (info->nt != dims->nt || info->ni != dims->ni)
        return err_set(e, ERR_MISMATCH,
                       "model %s is for %u antennas and %u delay taps, the link has %u and %u",
                       info->name, info->nt, info->ni, dims->nt, dims->ni);
    return genie ? csi_transform_grid_check(dims, CHAIN_GRID, e) : 0;
}

int chain_report_init(chain_report *r, const chain_ue_config *config, uint32_t codeword, err *e)
{
    *r = (chain_report){0};
    size_t nt = config->dims.nt, ni = config->dims.ni;
    r->codeword = calloc(codeword, sizeof *r->codeword);
    r->reference = calloc(config->references, sizeof *r->reference);
    bool packs = config->codeword.law != CSI_CODEWORD_FLOAT32;
    if (packs)
        r->packed = calloc(csi_codeword_bytes(config->codeword, codeword), 1);
    if (config->genie) {
        r->genie.truth = calloc(nt * ni, sizeof *r->genie.truth);
        r->genie.grid = calloc(CHAIN_GRID * nt, sizeof *r->genie.grid);
    }
    if (r->codeword && r->reference && (r->packed || !packs) &&
        (!config->genie || (r->genie.truth && r->genie.grid)))
        return 0;
    chain_report_free(r);
    return err_set(e, ERR_NOMEM, "no memory for a report");
}

void chain_report_free(chain_report *r)
{
    free(r->codeword);
    free(r->packed);
    free(r->reference);
    free(r->genie.truth);
    free(r->genie.grid);
    *r = (chain_report){0};
}

static int open_estimation(chain_ue *c, err *e)
{
    const csi_dims *d = &c->config.dims;
    size_t nt = d->nt, nc = d->nc, tp = d->tp;
    c->pilots = csi_pilots_create(d, c->config.pilots, e);
    if (!c->pilots)
        return e ? e->code : ERR_INVALID;
    c->h = calloc(nc * nt, sizeof *c->h);
    c->y = calloc(nc * tp, sizeof *c->y);
    c->hhat = calloc(nc * nt, sizeof *c->hhat);
    c->ls_grid = calloc(CHAIN_GRID * nt, sizeof *c->ls_grid);
    return c->h && c->y && c->hhat && c->ls_grid ? 0 : err_set(e, ERR_NOMEM, "no memory for a UE");
}

static int open_ue(chain_ue *c, const onnx_part *encoder, err *e)
{
    const csi_dims *d = &c->config.dims;
    const onnx_info *info = onnx_part_info(encoder);
    int status = chain_check_dims(d, info, c->config.genie, e);
    if (status != 0)
        return status;
    if (c->config.references < CSI_REFERENCES_MIN || c->config.references > CSI_REFERENCES_MAX)
        return err_set(e, ERR_INVALID, "%u reference symbols; %d to %d can be",
                       c->config.references, CSI_REFERENCES_MIN, CSI_REFERENCES_MAX);
    if (csi_codeword_check(c->config.codeword, e) != 0)
        return ERR_INVALID;
    c->codeword = info->codeword;
    c->encoder = onnx_encoder_open(encoder, e);
    c->transform = c->encoder ? csi_transform_create(d, e) : NULL;
    if (!c->transform)
        return e ? e->code : ERR_INVALID;
    c->h_ad = calloc((size_t)d->nt * d->ni, sizeof *c->h_ad);
    c->image = calloc((size_t)2 * d->nt * d->ni, sizeof *c->image);
    if (!c->h_ad || !c->image)
        return err_set(e, ERR_NOMEM, "no memory for a UE");
    return c->config.estimate ? open_estimation(c, e) : 0;
}

chain_ue *chain_ue_create(const chain_ue_config *config, const onnx_part *encoder, err *e)
{
    chain_ue *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NOMEM, "no memory for a UE");
        return NULL;
    }
    c->config = *config;
    if (open_ue(c, encoder, e) != 0) {
        chain_ue_free(c);
        return NULL;
    }
    return c;
}

void chain_ue_free(chain_ue *c)
{
    if (!c)
        return;
    onnx_encoder_free(c->encoder);
    csi_transform_free(c->transform);
    csi_pilots_free(c->pilots);
    free(c->h);
    free(c->y);
    free(c->hhat);
    free(c->ls_grid);
    free(c->h_ad);
    free(c->image);
    free(c);
}

static void take_grid(const csi_dims *d, const float complex *h, float complex *grid)
{
    size_t nt = d->nt, step = d->nc / CHAIN_GRID;
    for (size_t i = 0; i < CHAIN_GRID; i++)
        memcpy(grid + i * nt, h + i * step * nt, nt * sizeof *grid);
}

static void measure_estimate(chain_ue *c, chain_genie *g)
{
    const csi_dims *d = &c->config.dims;
    csi_pilots_estimate(c->pilots, c->y, c->hhat);
    g->ls_nmse = csi_nmse(c->h, c->hhat, (size_t)d->nc * d->nt);
    take_grid(d, c->hhat, c->ls_grid);
    g->se_ls = csi_spectral_efficiency(g->grid, c->ls_grid, CHAIN_GRID, d->nt,
                                       chain_se_snr_db(g->dl_snr_db));
}

static double perfect_se(const chain_ue *c, const chain_genie *g)
{
    return csi_spectral_efficiency(g->grid, g->grid, CHAIN_GRID, c->config.dims.nt,
                                   chain_se_snr_db(g->dl_snr_db));
}

/* The world up to the UE's antenna: channel and received pilots; and, before the clock of the
 * UE's own work starts, what only the genie knows. */
static int receive_pilots(chain_ue *c, fading_ue *channel, double time_s, chain_report *r, err *e)
{
    const csi_dims *d = &c->config.dims;
    int status = fading_ue_frequency(channel, c->transform, r->seq, time_s, c->h, e);
    if (status != 0)
        return status;
    rng noise = rng_at(c->config.seed, RNG_PILOT_NOISE, r->ue, r->seq);
    float sigma = csi_pilots_noise_sigma(c->h, (size_t)d->nc * d->nt, (float)c->config.dl_snr_db);
    csi_pilots_receive(c->pilots, c->h, sigma, &noise, c->y);
    if (!c->config.genie)
        return 0;
    csi_transform_forward(c->transform, c->h, r->genie.truth);
    take_grid(d, c->h, r->genie.grid);
    r->genie.se_perfect = perfect_se(c, &r->genie);
    measure_estimate(c, &r->genie);
    return 0;
}

static int know_channel(chain_ue *c, fading_ue *channel, double time_s, chain_report *r, err *e)
{
    const csi_dims *d = &c->config.dims;
    int status = fading_ue_angle_delay(channel, c->transform, r->seq, time_s, c->h_ad, e);
    if (status != 0 || !c->config.genie)
        return status;
    memcpy(r->genie.truth, c->h_ad, (size_t)d->nt * d->ni * sizeof *c->h_ad);
    csi_transform_inverse_grid(c->transform, c->h_ad, CHAIN_GRID, r->genie.grid);
    r->genie.ls_nmse = 0;
    r->genie.se_ls = r->genie.se_perfect = perfect_se(c, &r->genie);
    return 0;
}

/* From here on the codeword is what the packed one stands for: the levels are transmitted. */
static int pack(const chain_ue *c, chain_report *r, err *e)
{
    csi_codeword_format f = c->config.codeword;
    size_t n = c->codeword;
    if (f.law == CSI_CODEWORD_FLOAT32)
        return 0;
    int status = csi_codeword_pack(f, r->codeword, n, r->packed, &r->range, e);
    if (status != 0)
        return status;
    return csi_codeword_unpack(f, r->range, r->packed, csi_codeword_bytes(f, n), r->codeword, n, e);
}

int chain_ue_report(chain_ue *c, fading_ue *channel, uint32_t ue, uint32_t seq, double time_s,
                    chain_report *r, err *e)
{
    r->ue = ue;
    r->seq = seq;
    r->simulate_start_ns = clock_ns();
    r->genie.dl_snr_db = c->config.dl_snr_db;
    int status = c->config.estimate ? receive_pilots(c, channel, time_s, r, e)
                                    : know_channel(c, channel, time_s, r, e);
    if (status != 0)
        return status;
    r->estimate_start_ns = clock_ns();
    if (c->config.estimate) {
        csi_pilots_estimate(c->pilots, c->y, c->hhat);
        csi_transform_forward(c->transform, c->hhat, c->h_ad);
    }
    r->scale = csi_image_from_ad(&c->config.dims, c->h_ad, c->image);
    r->encode_start_ns = clock_ns();
    status = onnx_encode(c->encoder, c->image, r->codeword, &r->shift, e);
    if (status == 0)
        status = pack(c, r, e);
    if (status != 0)
        return status;
    csi_reference_symbols(csi_codeword_power(r->codeword, c->codeword), r->reference,
                          c->config.references);
    r->encode_end_ns = clock_ns();
    return 0;
}
