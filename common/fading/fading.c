#include "fading/fading.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "csi/raw/spec.h"
#include "fading/model.h"

struct fading {
    fading_config config;
    const fading_model_ops *ops;
    void *model;
    char description[FADING_DESCRIPTION_MAX];
};

struct fading_ue {
    const fading *f;
    void *state;
};

static int check_quantity(const char *what, double value, double low, double high, const char *unit,
                          err *e)
{
    if (value >= low && value <= high)
        return ERR_NONE;
    return err_set(e, ERR_INVALID, "%s must be %g to %g %s, not %g", what, low, high, unit, value);
}

static int check_config(const fading_config *c, err *e)
{
    int code = csi_dims_check(&c->dims, e);
    if (!code)
        code = check_quantity("the bandwidth", c->bandwidth_hz, FADING_BANDWIDTH_MIN_HZ,
                              FADING_BANDWIDTH_MAX_HZ, "Hz", e);
    if (!code && c->carrier_hz != 0)
        code = check_quantity("the carrier frequency", c->carrier_hz, FADING_CARRIER_MIN_HZ,
                              FADING_CARRIER_MAX_HZ, "Hz", e);
    if (!code)
        code = check_quantity("the UE speed", c->speed_kmh, 0, FADING_SPEED_MAX_KMH, "km/h", e);
    return code;
}

static const struct {
    const char *name, *usage;
    const fading_model_ops *ops;
    const char *scenario;
} models[] = {
    {"rayleigh", "rayleigh[:PROFILE]", &fading_rayleigh, NULL},
    {"cost2100-indoor", "cost2100-indoor[:KEY=V...]", &fading_cost2100_indoor, "indoor"},
    {"cost2100-outdoor", "cost2100-outdoor[:nlos][:KEY=V...]", &fading_cost2100_outdoor, "outdoor"},
    {"uma-nlos", "uma-nlos", &fading_uma_nlos, "uma-nlos"},
    {"uma-los", "uma-los", &fading_uma_los, "uma-nlos"},
    {"umi-nlos", "umi-nlos", &fading_umi_nlos, "uma-nlos"},
    {"umi-los", "umi-los", &fading_umi_los, "uma-nlos"},
    {"cdl-a", "cdl-a", &fading_cdl_a, NULL},
    {"cdl-b", "cdl-b", &fading_cdl_b, NULL},
    {"cdl-c", "cdl-c", &fading_cdl_c, NULL},
    {"cdl-d", "cdl-d", &fading_cdl_d, NULL},
    {"cdl-e", "cdl-e[:KEY=V...]", &fading_cdl_e, NULL},
    {"tdl-a", "tdl-a", &fading_tdl_a, NULL},
    {"tdl-b", "tdl-b", &fading_tdl_b, NULL},
    {"tdl-c", "tdl-c", &fading_tdl_c, NULL},
    {"tdl-d", "tdl-d", &fading_tdl_d, NULL},
    {"tdl-e", "tdl-e[:KEY=V...]", &fading_tdl_e, NULL},
};
enum { MODELS = sizeof models / sizeof models[0] };

const char *fading_names(char text[FADING_NAMES_MAX])
{
    size_t used = 0;
    for (size_t i = 0; i < MODELS && used < FADING_NAMES_MAX; i++)
        used += (size_t)snprintf(text + used, FADING_NAMES_MAX - used, "%s, ", models[i].usage);
    if (used < FADING_NAMES_MAX)
        snprintf(text + used, FADING_NAMES_MAX - used, "FILE.mat, FILE.npy, FILE[:KEY=V...]");
    return text;
}

static bool ends_with(const char *text, const char *end)
{
    size_t length = strlen(text), n = strlen(end);
    return length > n && strcmp(text + length - n, end) == 0;
}

/* The index of the model that a channel's text names; MODELS for none. */
static size_t model_index(const char *channel)
{
    for (size_t i = 0; i < MODELS; i++) {
        size_t n = strlen(models[i].name);
        if (strncmp(channel, models[i].name, n) == 0 && (!channel[n] || channel[n] == ':'))
            return i;
    }
    return MODELS;
}

/* The model that a channel's text names, and the start of its arguments; NULL for none. */
static const fading_model_ops *find_model(const char *channel, const char **arguments)
{
    if (fading_is_file(channel)) {
        *arguments = channel;
        return csi_raw_is_raw(channel) ? &fading_raw : &fading_dataset;
    }
    size_t i = model_index(channel);
    if (i == MODELS)
        return NULL;
    size_t n = strlen(models[i].name);
    *arguments = channel + n + (channel[n] == ':');
    return models[i].ops;
}

/* The model that an unknown name probably means; NULL if none is close. Public scripts call the
 * environments of COST 2100 by their second word. */
static const char *nearest_model(const char *channel)
{
    const char *names[MODELS];
    char name[64];
    snprintf(name, sizeof name, "%.*s", (int)strcspn(channel, ":"), channel);
    for (size_t i = 0; i < MODELS; i++) {
        const char *word = strchr(models[i].name, '-');
        if (word && strcasecmp(word + 1, name) == 0)
            return models[i].name;
        names[i] = models[i].name;
    }
    return text_nearest(name, names, MODELS);
}

bool fading_is_file(const char *channel)
{
    return csi_raw_file_length(channel) > 0;
}

static const char *scenario_of_file(const char *path)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    bool field = strncmp(name, "DATA_H", 6) == 0;
    if (strstr(name, "indoor") || (field && ends_with(name, "in.mat")))
        return "indoor";
    return strstr(name, "outdoor") || (field && ends_with(name, "out.mat")) ? "outdoor" : NULL;
}

const char *fading_scenario(const char *channel)
{
    if (fading_is_file(channel))
        return scenario_of_file(channel);
    size_t i = model_index(channel);
    return i < MODELS ? models[i].scenario : NULL;
}

static double carrier_of(const fading_model_ops *ops)
{
    return ops->carrier_hz > 0 ? ops->carrier_hz : 5.3e9;
}

double fading_carrier(const char *channel)
{
    size_t i = fading_is_file(channel) ? MODELS : model_index(channel);
    return i < MODELS ? carrier_of(models[i].ops) : 0;
}

fading *fading_open(const char *channel, const fading_config *config, err *e)
{
    if (check_config(config, e))
        return NULL;
    const char *arguments = NULL;
    const fading_model_ops *ops = find_model(channel, &arguments);
    if (!ops) {
        char names[FADING_NAMES_MAX];
        const char *nearest = nearest_model(channel);
        err_set(e, ERR_INVALID, "unknown channel '%.64s'; %s%s%sthe channels are %s", channel,
                nearest ? "did you mean " : "", nearest ? nearest : "", nearest ? "? " : "",
                fading_names(names));
        return NULL;
    }
    fading *f = calloc(1, sizeof *f);
    if (!f) {
        err_set(e, ERR_NOMEM, "out of memory for a channel");
        return NULL;
    }
    f->config = *config;
    if (f->config.carrier_hz == 0)
        f->config.carrier_hz = carrier_of(ops);
    f->ops = ops;
    f->model = ops->open(arguments, &f->config, f->description, e);
    if (!f->model) {
        free(f);
        return NULL;
    }
    return f;
}

void fading_close(fading *f)
{
    if (!f)
        return;
    f->ops->close(f->model);
    free(f);
}

uint64_t fading_samples(const fading *f)
{
    return f->ops->samples ? f->ops->samples(f->model) : 0;
}

float fading_image_fill(const fading *f)
{
    return f->ops->image_fill ? f->ops->image_fill(f->model) : 1;
}

float fading_ue_image_scale(const fading_ue *u, uint32_t seq)
{
    return u->f->ops->image_scale ? u->f->ops->image_scale(u->state, seq) : 0;
}

uint32_t fading_environment_ues(const fading *f)
{
    return f->ops->environment_ues ? f->ops->environment_ues(f->model) : 1;
}

const char *fading_describe(const fading *f)
{
    return f->description;
}

fading_ue *fading_ue_create(const fading *f, uint32_t ue, err *e)
{
    fading_ue *u = calloc(1, sizeof *u);
    if (!u) {
        err_set(e, ERR_NOMEM, "out of memory for the channel of UE %u", ue);
        return NULL;
    }
    u->f = f;
    u->state = f->ops->ue_create(f->model, ue, e);
    if (!u->state) {
        free(u);
        return NULL;
    }
    return u;
}

void fading_ue_free(fading_ue *u)
{
    if (!u)
        return;
    u->f->ops->ue_free(u->state);
    free(u);
}

static int check_call(const fading_ue *u, const csi_transform *t, double time_s, err *e)
{
    const csi_dims *want = &u->f->config.dims, *got = csi_transform_dims(t);
    if (got->nt != want->nt || got->nc != want->nc || got->ni != want->ni)
        return err_set(e, ERR_MISMATCH,
                       "a transform of %u antennas, %u subcarriers, %u taps for a channel of "
                       "%u, %u, %u",
                       got->nt, got->nc, got->ni, want->nt, want->nc, want->ni);
    if (!isfinite(time_s))
        return err_set(e, ERR_INVALID, "the time of a channel must be finite");
    return ERR_NONE;
}

int fading_ue_frequency(fading_ue *u, csi_transform *t, uint32_t seq, double time_s,
                        float complex *h_freq, err *e)
{
    int code = check_call(u, t, time_s, e);
    return code ? code : u->f->ops->frequency(u->state, t, seq, time_s, h_freq, e);
}

int fading_ue_angle_delay(fading_ue *u, csi_transform *t, uint32_t seq, double time_s,
                          float complex *h_ad, err *e)
{
    int code = check_call(u, t, time_s, e);
    return code ? code : u->f->ops->angle_delay(u->state, t, seq, time_s, h_ad, e);
}

int fading_ue_grid(fading_ue *u, csi_transform *t, uint32_t seq, double time_s,
                   uint32_t subcarriers, float complex *h_grid, err *e)
{
    uint32_t nc = u->f->config.dims.nc;
    int code = check_call(u, t, time_s, e);
    if (code)
        return code;
    if (subcarriers < 1 || subcarriers > nc)
        return err_set(e, ERR_INVALID, "a grid of subcarriers must have 1 to %u of them, not %u",
                       nc, subcarriers);
    csi_grid grid = {.nc = nc, .count = subcarriers, .even = nc % subcarriers == 0};
    return u->f->ops->grid(u->state, t, seq, time_s, &grid, h_grid, e);
}

size_t fading_paths_max(const fading *f)
{
    return f->ops->paths_max ? f->ops->paths_max(f->model) : 0;
}

int fading_ue_paths(fading_ue *u, uint32_t seq, double time_s, fading_path *paths, size_t *count,
                    err *e)
{
    if (!u->f->ops->paths)
        return err_set(e, ERR_UNSUPPORTED, "%s: not a channel of paths", u->f->description);
    return u->f->ops->paths(u->state, seq, time_s, paths, count, e);
}
