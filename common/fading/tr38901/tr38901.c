/* 3GPP TR 38.901 v16.1, clause 7.5: fast fading of UMa and UMi, for a single-polarised ULA and an
 * omnidirectional UE antenna. A UE's drop (drop.h) is drawn once; over time its rays rotate with
 * their Doppler shifts,
 *
 *     h_n[k](t) = sqrt(P_n / M) sum_m exp(j Phi_nm) exp(-j pi (k - (Nt-1)/2) u_nm)
 *                 exp(j 2 pi nu_nm t),   u = sin(ZOD) sin(AOD),
 *
 * while delays, angles and powers stay, as in the TR without spatial consistency. The powers sum to
 * 1: E |H|^2 = 1 for every subcarrier and antenna. Path loss and shadowing are left out. */
#include <math.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "fading/tr38901/ue.h"

static const double LOWEST_GHZ = 0.1, HIGHEST_GHZ = 100, VALID_FROM_GHZ = 0.5;
static const double FARTHEST_M = 5000; /* Table 7.4.1-1's range */

typedef struct outdoor_model {
    tr38901_model shared; /* first: a UE points to it */
    tr38901_setting setting;
    bool spherical; /* else plane waves, narrowband over the array */
} outdoor_model;

/* --- the model ---------------------------------------------------------------------------------
 */

static int read_distances(tr38901_setting *s, const char *text, err *e)
{
    double near = 0, far = 0;
    const char *at = strncmp(text, "d=", 2) == 0 ? text_number_at(text + 2, &near) : NULL;
    at = at && *at == '-' ? text_number_at(at + 1, &far) : NULL;
    if (at && !*at && near >= s->scenario->min_distance_m && far >= near && far <= FARTHEST_M) {
        s->near_m = near;
        s->far_m = far;
        return ERR_NONE;
    }
    return err_set(e, ERR_INVALID, "%s: distances are d=MIN-MAX within %g to %g m, not '%.32s'",
                   s->scenario->name, s->scenario->min_distance_m, FARTHEST_M, text);
}

/* "floor:spherical:d=35-500", in any order. */
static int read_options(outdoor_model *m, const char *text, bool *floored, err *e)
{
    while (*text) {
        char option[40];
        size_t n = strcspn(text, ":");
        snprintf(option, sizeof option, "%.*s", (int)(n < sizeof option ? n : sizeof option), text);
        if (strcmp(option, "floor") == 0)
            *floored = true;
        else if (strcmp(option, "spherical") == 0)
            m->spherical = true;
        else if (strncmp(option, "d=", 2) != 0)
            return err_set(e, ERR_INVALID,
                           "unknown option '%.32s' of %s; the options are floor, spherical and "
                           "d=MIN-MAX",
                           option, m->setting.scenario->name);
        else if (read_distances(&m->setting, option, e))
            return e ? e->code : ERR_INVALID;
        text += n + (text[n] == ':');
    }
    return ERR_NONE;
}

static int set_carrier(tr38901_setting *s, double carrier_hz, bool floored, err *e)
{
    static atomic_flag warned = ATOMIC_FLAG_INIT;
    s->carrier_ghz = carrier_hz / 1e9;
    s->lsp_carrier_ghz = floored ? fmax(s->carrier_ghz, s->scenario->floor_ghz) : s->carrier_ghz;
    if (!(s->carrier_ghz >= LOWEST_GHZ && s->carrier_ghz <= HIGHEST_GHZ))
        return err_set(e, ERR_INVALID,
                       "%s: the carrier must be %g to %g GHz (the model is specified for %g to "
                       "%g), not %g GHz",
                       s->scenario->name, LOWEST_GHZ, HIGHEST_GHZ, VALID_FROM_GHZ, HIGHEST_GHZ,
                       s->carrier_ghz);
    if (s->carrier_ghz < VALID_FROM_GHZ && !atomic_flag_test_and_set(&warned))
        log_warning("%s at %g GHz: TR 38.901 is specified for %g to %g GHz; its formulas are "
                    "extrapolated",
                    s->scenario->name, s->carrier_ghz, VALID_FROM_GHZ, HIGHEST_GHZ);
    return ERR_NONE;
}

static void describe(const outdoor_model *m, const fading_config *c, bool floored, char *text)
{
    const tr38901_setting *s = &m->setting;
    double doppler_hz = s->speed_m_s * s->carrier_ghz * 1e9 / TR38901_LIGHT_M_PER_S;
    snprintf(text, FADING_DESCRIPTION_MAX,
             "%s: TR 38.901 at %g GHz%s, %g-%g m%s, %g km/h (%.3g Hz Doppler)", s->scenario->name,
             s->carrier_ghz, floored ? " (parameters floored)" : "", s->near_m, s->far_m,
             m->spherical ? ", spherical waves" : "", c->speed_kmh, doppler_hz);
}

static void *open_scenario(const tr38901_scenario *scenario, const char *arguments,
                           const fading_config *c, char *description, err *e)
{
    outdoor_model *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for a channel");
        return NULL;
    }
    bool floored = false;
    m->setting = (tr38901_setting){.scenario = scenario,
                                   .near_m = scenario->near_m,
                                   .far_m = scenario->far_m,
                                   .speed_m_s = c->speed_kmh / 3.6};
    if (read_options(m, arguments, &floored, e) ||
        set_carrier(&m->setting, c->carrier_hz, floored, e)) {
        free(m);
        return NULL;
    }
    m->shared = (tr38901_model){.dims = c->dims,
                                .bandwidth_hz = c->bandwidth_hz,
                                .carrier_hz = m->setting.carrier_ghz * 1e9,
                                .seed = c->seed,
                                .mix = csi_mix_choose()};
    tr38901_prepare(&m->setting);
    describe(m, c, floored, description);
    return m;
}

static void *ue_create(const void *model, uint32_t ue, err *e)
{
    const outdoor_model *m = model;
    tr38901_ue *u = calloc(1, sizeof *u);
    if (u) {
        u->model = &m->shared;
        tr38901_draw(&m->setting, m->shared.seed, ue, &u->drop);
    }
    return tr38901_ue_prepare(u, ue, m->spherical, e);
}

/* --- the four channels -------------------------------------------------------------------------
 */

static void *open_uma_nlos(const char *arguments, const fading_config *c,
                           char description[FADING_DESCRIPTION_MAX], err *e)
{
    return open_scenario(&tr38901_uma_nlos, arguments, c, description, e);
}

static void *open_uma_los(const char *arguments, const fading_config *c,
                          char description[FADING_DESCRIPTION_MAX], err *e)
{
    return open_scenario(&tr38901_uma_los, arguments, c, description, e);
}

static void *open_umi_nlos(const char *arguments, const fading_config *c,
                           char description[FADING_DESCRIPTION_MAX], err *e)
{
    return open_scenario(&tr38901_umi_nlos, arguments, c, description, e);
}

static void *open_umi_los(const char *arguments, const fading_config *c,
                          char description[FADING_DESCRIPTION_MAX], err *e)
{
    return open_scenario(&tr38901_umi_los, arguments, c, description, e);
}

#define OPS(scenario_open)                                                                         \
    {                                                                                              \
        .carrier_hz = 3.5e9, /* the mid-band of massive MIMO */                                    \
            .open = scenario_open, .close = tr38901_close, .ue_create = ue_create,                 \
        .ue_free = tr38901_ue_free, .frequency = tr38901_frequency, .grid = tr38901_grid,          \
        .angle_delay = tr38901_angle_delay, .paths = tr38901_paths, .paths_max = tr38901_paths_max \
    }

const fading_model_ops fading_uma_nlos = OPS(open_uma_nlos);
const fading_model_ops fading_uma_los = OPS(open_uma_los);
const fading_model_ops fading_umi_nlos = OPS(open_umi_nlos);
const fading_model_ops fading_umi_los = OPS(open_umi_los);
