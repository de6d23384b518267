#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bench.h"
#include "chain/ue.h"
#include "cli/ui/defaults.h"
#include "codec/models.h"
#include "codec/onnx/pair.h"
#include "csi/denoise.h"
#include "csi/grid.h"
#include "csi/image.h"
#include "csi/metrics.h"
#include "csi/pilots.h"
#include "csi/precoding.h"
#include "csi/transform.h"
#include "csi/view.h"
#include "fading/fading.h"
#include "payload/payload.h"
#include "uplink/air.h"
#include "uplink/snr.h"
#include "uplink/uplink.h"

enum {
    CODEWORD = 256, /* N_s at CR 8 */
    SIDE_BITS = 12, /* an image's scale */
    NEW_UES = 20,   /* made at a time */
};

typedef struct workspace {
    csi_dims dims;
    csi_transform *transform;
    csi_pilots *pilots;
    csi_view *view;
    csi_denoiser *mmse, *soft;
    fading *channel;
    fading_ue *ue;
    csi_grid on; /* of dims */
    float complex *h, *y, *hhat, *ad, *grid;
    float *image;
    uplink *uplink; /* float32 */
    payload sent, received;
    uplink_burst burst;
    uint32_t seq;
} workspace;

static void close_channel(workspace *w)
{
    fading_ue_free(w->ue);
    fading_close(w->channel);
    w->ue = NULL;
    w->channel = NULL;
}

static int open_channel(workspace *w, const char *name, err *e)
{
    fading_config config = FADING_CONFIG_DEFAULT;
    config.speed_kmh = 3;
    w->channel = fading_open(name, &config, e);
    w->ue = w->channel ? fading_ue_create(w->channel, 0, e) : NULL;
    return w->ue ? 0 : e->code;
}

/* A payload of CR 8 as csilink-net sends it: values of any kind, and an image's scale. */
static int open_uplink(workspace *w, err *e)
{
    const payload_shape shape = {.side_bits_max = SIDE_BITS, .values_max = CODEWORD};
    rng r = rng_at(1, RNG_TEST, 0, 0);
    if (!(w->uplink = uplink_open("analog", &shape, e)) ||
        payload_init(&w->sent, &shape, e) != ERR_NONE ||
        payload_init(&w->received, &shape, e) != ERR_NONE ||
        uplink_burst_init(&w->burst, w->uplink, e) != ERR_NONE)
        return e->code;
    w->sent.side_bits = SIDE_BITS;
    w->sent.values = CODEWORD;
    rng_normal_fill(&r, w->sent.value, CODEWORD, 1);
    return ERR_NONE;
}

static int open_workspace(workspace *w, err *e)
{
    w->dims = CSI_DIMS_DEFAULT;
    w->on = csi_grid_of(&w->dims);
    size_t nt = w->dims.nt, nc = w->dims.nc, tp = w->dims.tp, ni = w->dims.ni;
    w->transform = csi_transform_create(&w->dims, e);
    w->pilots = w->transform ? csi_pilots_create(&w->dims, CSI_PILOTS_DFT, e) : NULL;
    w->view = w->pilots ? csi_view_create(w->transform, e) : NULL;
    w->mmse = w->view ? csi_denoiser_create(&w->dims, CSI_DENOISE_MMSE, e) : NULL;
    w->soft = w->mmse ? csi_denoiser_create(&w->dims, CSI_DENOISE_SOFT, e) : NULL;
    if (!w->soft)
        return e->code;
    w->h = calloc(nc * nt, sizeof *w->h);
    w->y = calloc(nc * tp, sizeof *w->y);
    w->hhat = calloc(nc * nt, sizeof *w->hhat);
    w->ad = calloc(nt * ni, sizeof *w->ad);
    w->grid = calloc(CSI_GRID_AIM * nt, sizeof *w->grid);
    w->image = calloc(2 * nt * ni, sizeof *w->image);
    if (!w->h || !w->y || !w->hhat || !w->ad || !w->grid || !w->image)
        return err_set(e, ERR_NOMEM, "out of memory for the workspace");
    if (open_uplink(w, e) != ERR_NONE)
        return e->code;
    return open_channel(w, "rayleigh:eva", e);
}

static void close_workspace(workspace *w)
{
    close_channel(w);
    csi_view_free(w->view);
    csi_denoiser_free(w->mmse);
    csi_denoiser_free(w->soft);
    csi_transform_free(w->transform);
    csi_pilots_free(w->pilots);
    free(w->h);
    free(w->y);
    free(w->hhat);
    free(w->ad);
    free(w->grid);
    free(w->image);
    uplink_close(w->uplink);
    payload_free(&w->sent);
    payload_free(&w->received);
    uplink_burst_free(&w->burst);
}

static void run_receive(void *context)
{
    workspace *w = context;
    rng noise = rng_at(1, RNG_PILOT_NOISE, 0, w->seq++);
    csi_pilots_receive(w->pilots, w->h, 0.1f, &noise, w->y);
}

static void run_receive_error(void *context)
{
    workspace *w = context;
    rng noise = rng_at(1, RNG_PILOT_NOISE, 0, w->seq++);
    (void)csi_pilots_receive_error(w->pilots, w->h, 0.1f, &noise, w->y);
}

static void view_denoised(workspace *w, csi_denoiser *denoiser)
{
    csi_view_set_denoiser(w->view, denoiser);
    csi_view_from_pilots(w->view, w->pilots, w->y);
    (void)csi_view_angle_delay(w->view);
}

static void run_view(void *context)
{
    workspace *w = context;
    view_denoised(w, NULL);
}

static void run_view_mmse(void *context)
{
    workspace *w = context;
    view_denoised(w, w->mmse);
}

static void run_view_soft(void *context)
{
    workspace *w = context;
    view_denoised(w, w->soft);
}

static void run_estimate(void *context)
{
    workspace *w = context;
    csi_pilots_estimate(w->pilots, w->y, w->hhat);
}

static void run_estimate_grid(void *context)
{
    workspace *w = context;
    csi_grid grid = csi_grid_of(&w->dims);
    csi_pilots_estimate_on_grid(w->pilots, w->y, &grid, w->grid);
}

static void run_forward(void *context)
{
    workspace *w = context;
    csi_transform_forward(w->transform, w->hhat, w->ad);
}

static void run_inverse(void *context)
{
    workspace *w = context;
    csi_transform_inverse(w->transform, w->ad, w->hhat);
}

static void run_inverse_grid(void *context)
{
    workspace *w = context;
    csi_transform_inverse_on_grid(w->transform, w->ad, &w->on, w->grid);
}

static void run_image(void *context)
{
    workspace *w = context;
    (void)csi_image_from_ad(&w->dims, w->ad, w->image);
}

/* Writes the payload into a new burst each time, so that the noise does not add up. */
static void run_uplink(void *context)
{
    workspace *w = context;
    uplink_context at = {.snr_db = 10};
    snr_tracker tracker = {0};
    bool intact;
    (void)uplink_send(w->uplink, &at, &w->sent, &w->burst, NULL);
    (void)air_add_noise(1, 0, w->seq++, 10, w->burst.symbol, w->burst.symbols);
    at.snr_db = snr_track(&tracker, w->burst.symbol, w->burst.references);
    (void)uplink_receive(w->uplink, &at, &w->burst, &w->received, &intact, NULL);
}

static void run_measures(void *context)
{
    workspace *w = context;
    size_t nt = w->dims.nt;
    csi_transform_inverse_on_grid(w->transform, w->ad, &w->on, w->grid);
    (void)csi_nmse(w->ad, w->ad, nt * w->dims.ni);
    (void)csi_quality_of(w->grid, w->grid, CSI_GRID_AIM, nt, 10);
}

void bench_csi(bench *b)
{
    static const struct {
        const char *name;
        void (*run)(void *context);
    } stages[] = {
        {"pilots over the channel, with noise", run_receive},
        {"the same, and the LS error that it causes", run_receive_error},
        {"LS estimate and transform, kept taps only", run_view},
        {"the same, denoised by MMSE", run_view_mmse},
        {"the same, denoised by soft thresholding", run_view_soft},
        {"LS estimate, 1024 subcarriers", run_estimate},
        {"LS estimate, 64 subcarriers", run_estimate_grid},
        {"angle-delay transform, truncated", run_forward},
        {"inverse transform, 1024 subcarriers", run_inverse},
        {"inverse transform, 64 subcarriers", run_inverse_grid},
        {"image from the angle-delay matrix", run_image},
        {"uplink: burst, noise, SNR estimate, N_s = 256", run_uplink},
        {"NMSE, rho, SGCS and SE of a report", run_measures},
    };
    workspace w = {0};
    err e = {0};
    int status = open_workspace(&w, &e);
    if (status == 0)
        status = fading_ue_frequency(w.ue, w.transform, 0, 0, w.h, &e);
    if (status != 0)
        bench_fail(b, "csi", &e);
    for (size_t i = 0; status == 0 && i < sizeof stages / sizeof stages[0]; i++)
        bench_measure(b, "csi", stages[i].name, stages[i].run, &w, 1, 0);
    close_workspace(&w);
}

static void run_frequency(void *context)
{
    workspace *w = context;
    w->seq++;
    (void)fading_ue_frequency(w->ue, w->transform, w->seq, w->seq * DEFAULT_PERIOD_S, w->h, NULL);
}

static void run_grid(void *context)
{
    workspace *w = context;
    w->seq++;
    (void)fading_ue_grid(w->ue, w->transform, w->seq, w->seq * DEFAULT_PERIOD_S, CSI_GRID_AIM,
                         w->grid, NULL);
}

static void run_angle_delay(void *context)
{
    workspace *w = context;
    w->seq++;
    (void)fading_ue_angle_delay(w->ue, w->transform, w->seq, w->seq * DEFAULT_PERIOD_S, w->ad,
                                NULL);
}

/* Samples of a data set: as many new UEs as share an environment, so that the time includes the
 * creation of the environment. */
static void run_new_ues(void *context)
{
    workspace *w = context;
    for (int i = 0; i < NEW_UES; i++) {
        fading_ue *ue = fading_ue_create(w->channel, w->seq++, NULL);
        if (ue)
            (void)fading_ue_angle_delay(ue, w->transform, 0, 0, w->ad, NULL);
        fading_ue_free(ue);
    }
}

static void time_channel(bench *b, workspace *w, const char *label, const char *name)
{
    err e = {0};
    char title[BENCH_NAME_MAX];
    close_channel(w);
    if (open_channel(w, name, &e) != 0) {
        bench_fail(b, label, &e);
        return;
    }
    snprintf(title, sizeof title, "%s, all subcarriers", label);
    bench_measure(b, "channel", title, run_frequency, w, 1, 0);
    snprintf(title, sizeof title, "%s, 64 subcarriers", label);
    bench_measure(b, "channel", title, run_grid, w, 1, 0);
    snprintf(title, sizeof title, "%s, angle-delay only", label);
    bench_measure(b, "channel", title, run_angle_delay, w, 1, 0);
    if (fading_samples(w->channel) > 0)
        return;
    w->seq = 0; /* where an environment begins */
    snprintf(title, sizeof title, "%s, angle-delay of new UEs", label);
    bench_measure(b, "channel", title, run_new_ues, w, NEW_UES, 0);
}

void bench_channels(bench *b)
{
    static const char *const models[] = {"rayleigh:eva", "cost2100-indoor", "cost2100-outdoor",
                                         "uma-nlos"};
    workspace w = {0};
    err e = {0};
    char replay[PATH_MAX];
    if (open_workspace(&w, &e) != 0) {
        bench_fail(b, "channel", &e);
    } else {
        for (size_t i = 0; i < sizeof models / sizeof models[0]; i++)
            time_channel(b, &w, models[i], models[i]);
        if (models_find(DEFAULT_CHANNEL_FILE, replay, sizeof replay, &e) == 0)
            time_channel(b, &w, "replay", replay);
        else
            bench_fail(b, "replay", &e);
    }
    close_workspace(&w);
}
