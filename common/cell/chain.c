#include "cell/chain.h"

#include <math.h>
#include <string.h>

#include "base/log.h"
#include "cell/codec.h"
#include "payload/level.h"

/* Every group of a described cell fits an open cell. */
_Static_assert((int)CHAIN_GROUPS_MAX >= (int)CELL_GROUPS_MAX, "room for every group");
_Static_assert((int)CHAIN_CHANNEL_MAX >= (int)CELL_CHANNEL_MAX, "room for a channel's name");

csi_dims cell_dims(const cell *c)
{
    csi_dims dims = CSI_DIMS_DEFAULT;
    dims.nc = (uint32_t)c->nc;
    dims.tp = (uint32_t)c->tp;
    return dims;
}

/* The nearest image scale that a report can send. */
static float nearest_image_scale(float asked)
{
    return level_value(LEVEL_IMAGE_SCALE,
                       level_code(LEVEL_IMAGE_SCALE, (double)asked, LEVEL_NEAREST));
}

static bool keeps_file_scale(const cell *c)
{
    return strcmp(c->image_scale, "file") == 0;
}

fading_config cell_fading(const cell *c, const cell_ues *ues, const csi_dims *dims)
{
    return (fading_config){.dims = *dims,
                           .bandwidth_hz = c->bandwidth_hz,
                           .carrier_hz = c->carrier_hz,
                           .speed_kmh = ues->speed_kmh,
                           .seed = c->seed,
                           .image_scale = keeps_file_scale(c) ? nearest_image_scale : NULL};
}

static csi_denoise_method denoise_method(const cell *c)
{
    if (strcmp(c->denoise, "mmse") == 0)
        return CSI_DENOISE_MMSE;
    return strcmp(c->denoise, "soft") == 0 ? CSI_DENOISE_SOFT : CSI_DENOISE_NONE;
}

int cell_chain(const cell *c, const cell_ues *ues, const csi_dims *dims, chain_ue_config *config,
               err *e)
{
    bool dft = strcmp(c->pilots, "dft") == 0;
    *config = (chain_ue_config){.dims = *dims,
                                .estimate = strcmp(c->estimation, "ls") == 0,
                                .file_scale = keeps_file_scale(c),
                                .dl_snr_db = c->dl_snr_db,
                                .pilots = dft ? CSI_PILOTS_DFT : CSI_PILOTS_HADAMARD,
                                .denoise = denoise_method(c),
                                .seed = c->seed,
                                .genie = c->genie};
    return cell_uplink(c, ues, config->uplink, e);
}

int cell_schedule(const cell *c, const cell_ues *ues, uint32_t in_all, chain_schedule *schedule,
                  err *e)
{
    schedule->duration_s = c->duration_s;
    schedule->cell_ues = in_all;
    return chain_schedule_parse_periods(schedule, ues->period, e);
}

chain_on_failure cell_on_failure(const cell *c)
{
    if (strcmp(c->on_failure, "zero") == 0)
        return CHAIN_ZERO;
    return strcmp(c->on_failure, "use") == 0 ? CHAIN_USE : CHAIN_HOLD;
}

int cell_predict(const cell *c, chain_predict *how, err *e)
{
    *how = strcmp(c->predict, "net") == 0      ? CHAIN_PREDICT_NET
           : strcmp(c->predict, "ar") == 0     ? CHAIN_PREDICT_AR
           : strcmp(c->predict, "linear") == 0 ? CHAIN_PREDICT_LINEAR
                                               : CHAIN_PREDICT_HOLD;
    if (*how != CHAIN_PREDICT_HOLD && isnan(c->use_after_s))
        return err_set(e, ERR_INVALID,
                       "predict %s needs the time of use: set use-after to a time such as 5ms",
                       c->predict);
    return ERR_NONE;
}

int cell_load_predict_net(const cell *c, chain_predict_net **net, err *e)
{
    *net = NULL;
    if (strcmp(c->predict, "net") != 0)
        return ERR_NONE;
    err local = {0};
    *net = chain_predict_net_load(c->predict_net, &local);
    return *net ? ERR_NONE : err_set(e, local.code, "predict-net: %s", local.text);
}

double cell_warm_up_s(const cell *c)
{
    return isnan(c->warm_up_s) ? chain_schedule_warm_up(c->duration_s) : c->warm_up_s;
}

int cell_open_channels(const cell *c, const csi_dims *dims, chain_cell *channels, err *e)
{
    /* Groups count from this cell's first UE, which may be any UE of the whole cell. */
    *channels = (chain_cell){0};
    for (size_t i = 0; i < c->groups; i++) {
        const cell_group *g = &c->group[i];
        fading_config config = cell_fading(c, &g->has, dims);
        int status = chain_cell_add(channels, g->ues, g->has.channel, &config, e);
        if (status != ERR_NONE) {
            chain_cell_close(channels);
            return status;
        }
    }
    return ERR_NONE;
}

void cell_notice_scales(const cell *c, const chain_cell *channels)
{
    static const float full =
        0.99f; /* allows for rounding of samples that were scaled individually */
    for (size_t i = 0; !keeps_file_scale(c) && i < channels->groups; i++) {
        const fading *f = channels->group[i].open;
        bool logged = false;
        for (size_t k = 0; k < i; k++)
            logged |= channels->group[k].open == f;
        if (logged || fading_image_fill(f) >= full)
            continue;
        log_warning(
            "%s: one sample fills only %.3g %% of [0,1]; an image codec stretches each sample to "
            "the full range; --image-scale file keeps the file's scale",
            fading_describe(f), 100 * (double)fading_image_fill(f));
    }
}
