#include "chain/ue.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "csi/grid.h"
#include "csi/metrics.h"
#include "csi/precoding.h"
#include "csi/view.h"

struct chain_ue {
    chain_ue_config config;
    const codec *encoder;
    codec_work *codec;
    uplink *uplink;
    csi_transform *transform;
    csi_view *view;
    float complex *taps;    /* [nt][ni], the known channel; without estimation */
    csi_pilots *pilots;     /* NULL without estimation, as are the next four */
    csi_denoiser *denoiser; /* NULL without denoising, too */
    float complex *h;       /* [nc][nt], the channel */
    float complex *y;       /* [nc][tp], the received pilots */
    float complex *ls_grid; /* [csi_grid.count][nt], of the UE's estimate */
};

int chain_dims_of_codec(csi_dims *dims, const codec_info *info, uint64_t nt, err *e)
{
    if (nt != 0 && nt != info->nt)
        return err_set(e, ERR_MISMATCH,
                       "codec %s is for %u antennas, --nt asks for %llu; the codec decides",
                       info->name, info->nt, (unsigned long long)nt);
    dims->nt = info->nt;
    if (info->ni > 0)
        dims->ni = info->ni;
    else if (dims->ni > dims->nc)
        dims->ni = dims->nc;
    dims->tp = dims->tp < dims->nt ? dims->nt : dims->tp;
    return ERR_NONE;
}

int chain_check_dims(const csi_dims *dims, const codec_info *info, err *e)
{
    int rc = csi_dims_check(dims, e);
    if (rc != ERR_NONE)
        return rc;
    if (info->nr != 1)
        return err_set(e, ERR_UNSUPPORTED, "codec %s is for %u receive antennas; the link has 1",
                       info->name, info->nr);
    if (info->layers > 1)
        return err_set(e, ERR_UNSUPPORTED,
                       "codec %s gives precoders of %u layers; one receive antenna takes 1",
                       info->name, info->layers);
    if (info->nt != dims->nt || (info->ni > 0 && info->ni != dims->ni))
        return err_set(e, ERR_MISMATCH,
                       "codec %s is for %u antennas and %u delay taps, the link has %u and %u",
                       info->name, info->nt, info->ni > 0 ? info->ni : dims->ni, dims->nt,
                       dims->ni);
    if (info->subbands > dims->nc)
        return err_set(e, ERR_MISMATCH, "codec %s has %u subbands, the link %u subcarriers",
                       info->name, info->subbands, dims->nc);
    return ERR_NONE;
}

int chain_check_denoise(const chain_ue_config *c, err *e)
{
    if (c->denoise == CSI_DENOISE_NONE)
        return ERR_NONE;
    if (!c->estimate)
        return err_set(e, ERR_INVALID,
                       "denoise works on estimates from pilots, but with estimation none the UE "
                       "knows its channel: use estimation ls");
    return csi_denoise_check(&c->dims, e);
}

measurer_config chain_measuring(const chain_ue_config *c, const codec_info *info)
{
    return (measurer_config){.dims = c->dims,
                             .subbands = codec_gives_directions(info) ? info->subbands : 0,
                             .whole_band = c->estimate,
                             .dl_snr_db = c->dl_snr_db};
}

int chain_report_init(chain_report *r, const chain_ue *c, err *e)
{
    *r = (chain_report){0};
    size_t memory = codec_memory_bytes(c->encoder);
    int rc = payload_init(&r->payload, &codec_info_of(c->encoder)->shape, e);
    if (rc == ERR_NONE)
        rc = uplink_burst_init(&r->burst, c->uplink, e);
    if (rc == ERR_NONE && c->config.genie)
        rc = measure_truth_init(&r->truth, &c->config.dims, e);
    if (rc == ERR_NONE && memory > 0 && !(r->after = malloc(memory)))
        rc = err_set(e, ERR_NOMEM, "out of memory for a codec's memory");
    if (rc != ERR_NONE)
        chain_report_free(r);
    return rc;
}

void chain_report_free(chain_report *r)
{
    payload_free(&r->payload);
    uplink_burst_free(&r->burst);
    measure_truth_free(&r->truth);
    free(r->after);
    *r = (chain_report){0};
}

static int open_estimation(chain_ue *c, err *e)
{
    const csi_dims *d = &c->config.dims;
    size_t nt = d->nt, nc = d->nc, tp = d->tp;
    c->pilots = csi_pilots_create(d, c->config.pilots, e);
    if (!c->pilots)
        return e->code;
    c->h = calloc(nc * nt, sizeof *c->h);
    c->y = calloc(nc * tp, sizeof *c->y);
    c->ls_grid = calloc((size_t)csi_grid_of(d).count * nt, sizeof *c->ls_grid);
    if (!c->h || !c->y || !c->ls_grid)
        return err_set(e, ERR_NOMEM, "out of memory for a UE's pilots");
    if (c->config.denoise == CSI_DENOISE_NONE)
        return ERR_NONE;
    c->denoiser = csi_denoiser_create(d, c->config.denoise, e);
    csi_view_set_denoiser(c->view, c->denoiser);
    return c->denoiser ? ERR_NONE : e->code;
}

static int open_ue(chain_ue *c, err *e)
{
    const csi_dims *d = &c->config.dims;
    const codec_info *info = codec_info_of(c->encoder);
    int rc = chain_check_dims(d, info, e);
    if (rc == ERR_NONE)
        rc = chain_check_denoise(&c->config, e);
    if (rc != ERR_NONE)
        return rc;
    if (!(c->codec = codec_open(c->encoder, e)) ||
        !(c->uplink = uplink_open(c->config.uplink, &info->shape, e)) ||
        !(c->transform = csi_transform_create(d, e)) ||
        !(c->view = csi_view_create(c->transform, e)))
        return e->code;
    c->taps = calloc((size_t)d->nt * d->ni, sizeof *c->taps);
    if (!c->taps)
        return err_set(e, ERR_NOMEM, "out of memory for a UE's channel");
    return c->config.estimate ? open_estimation(c, e) : ERR_NONE;
}

chain_ue *chain_ue_create(const chain_ue_config *config, const codec *encoder, err *e)
{
    err local = {0};
    chain_ue *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(&local, ERR_NOMEM, "out of memory for a UE");
    } else {
        c->config = *config;
        c->encoder = encoder;
        if (open_ue(c, &local) == ERR_NONE)
            return c;
    }
    chain_ue_free(c);
    if (e)
        *e = local;
    return NULL;
}

void chain_ue_free(chain_ue *c)
{
    if (!c)
        return;
    codec_close(c->codec);
    uplink_close(c->uplink);
    csi_view_free(c->view);
    csi_transform_free(c->transform);
    csi_pilots_free(c->pilots);
    csi_denoiser_free(c->denoiser);
    free(c->taps);
    free(c->h);
    free(c->y);
    free(c->ls_grid);
    free(c);
}

const uplink_info *chain_ue_uplink(const chain_ue *c)
{
    return uplink_info_of(c->uplink);
}

static double rate(const chain_ue *c, const measure_truth *truth, const float complex *known)
{
    const csi_dims *d = &c->config.dims;
    return csi_spectral_efficiency(truth->grid, known, csi_grid_of(d).count, d->nt,
                                   measure_se_snr_db(c->config.dl_snr_db));
}

/* Figures that only the genie knows, computed before the clock of the UE's own work starts. */
static int know_truth(chain_ue *c, fading_ue *channel, double time_s, chain_report *r, err *e)
{
    const csi_dims *d = &c->config.dims;
    csi_grid grid = csi_grid_of(d);
    int rc = measure_truth_at(channel, c->transform, true, r->seq, time_s, &r->truth, e);
    if (rc != ERR_NONE)
        return rc;
    r->se_perfect = rate(c, &r->truth, r->truth.grid);
    if (c->denoiser)
        csi_transform_inverse_on_grid(c->transform, csi_view_angle_delay(c->view), &grid,
                                      c->ls_grid);
    else
        csi_pilots_estimate_on_grid(c->pilots, c->y, &grid, c->ls_grid);
    r->se_ls = rate(c, &r->truth, c->ls_grid);
    return ERR_NONE;
}

/* The world up to the UE's antenna: channel and received pilots. */
static int receive_pilots(chain_ue *c, fading_ue *channel, double time_s, chain_report *r, err *e)
{
    const csi_dims *d = &c->config.dims;
    int rc = fading_ue_frequency(channel, c->transform, r->seq, time_s, c->h, e);
    if (rc != ERR_NONE)
        return rc;
    rng noise = rng_at(c->config.seed, RNG_PILOT_NOISE, r->ue, r->seq);
    size_t entries = (size_t)d->nc * d->nt;
    double energy = csi_energy(c->h, entries);
    float sigma = csi_pilots_sigma(energy / (double)entries, c->config.dl_snr_db);
    if (c->config.genie) {
        double ls_error = csi_pilots_receive_error(c->pilots, c->h, sigma, &noise, c->y);
        r->ls_nmse = energy > 0 ? ls_error / energy : 0;
        csi_view_from_pilots(c->view, c->pilots, c->y);
        rc = know_truth(c, channel, time_s, r, e);
    } else {
        csi_pilots_receive(c->pilots, c->h, sigma, &noise, c->y);
    }
    /* Starts a new view, so that the time of the UE's work does not depend on what the genie has
     * computed. */
    csi_view_from_pilots(c->view, c->pilots, c->y);
    return rc;
}

/* With the genie, the UE's channel is the truth and is computed once. */
static int know_channel(chain_ue *c, fading_ue *channel, double time_s, chain_report *r, err *e)
{
    if (!c->config.genie) {
        csi_view_from_angle_delay(c->view, c->taps);
        return fading_ue_angle_delay(channel, c->transform, r->seq, time_s, c->taps, e);
    }
    int rc = measure_truth_at(channel, c->transform, false, r->seq, time_s, &r->truth, e);
    csi_view_from_angle_delay(c->view, r->truth.taps);
    r->ls_nmse = 0;
    r->se_ls = r->se_perfect = rate(c, &r->truth, r->truth.grid);
    return rc;
}

int chain_ue_send_again(chain_ue *c, double snr_db, chain_report *r, err *e)
{
    uplink_context context = {.ue = r->ue, .snr_db = snr_db};
    int rc = uplink_send(c->uplink, &context, &r->payload, &r->burst, e);
    r->bits = rc == ERR_NONE ? uplink_bits(c->uplink, &r->payload) : 0;
    r->charged_bits = uplink_charged_bits(uplink_info_of(c->uplink), &r->burst);
    r->digest = rc == ERR_NONE ? uplink_digest(c->uplink) : 0;
    return rc;
}

int chain_ue_report(chain_ue *c, fading_ue *channel, uint32_t ue, uint32_t seq, double time_s,
                    const chain_acknowledged *acknowledged, chain_report *r, err *e)
{
    r->ue = ue;
    r->seq = seq;
    r->simulate_start_ns = clock_ns();
    int rc = c->config.estimate ? receive_pilots(c, channel, time_s, r, e)
                                : know_channel(c, channel, time_s, r, e);
    if (rc != ERR_NONE)
        return rc;
    if (c->config.file_scale)
        csi_view_set_image_scale(c->view, fading_ue_image_scale(channel, seq));
    r->estimate_start_ns = clock_ns();
    csi_view_angle_delay(
        c->view); /* the estimate itself; other forms for the codec count as encoding */
    r->encode_start_ns = clock_ns();
    r->payload.builds_on = acknowledged->builds_on; /* a key clears it */
    rc = codec_encode(c->codec, acknowledged->memory, c->view, &r->payload, r->after, e);
    r->modulate_start_ns = clock_ns();
    if (rc == ERR_NONE)
        rc = chain_ue_send_again(c, acknowledged->snr_db, r, e);
    r->modulate_end_ns = clock_ns();
    return rc;
}
