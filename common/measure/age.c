#include "measure/age.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "chain/ue.h"
#include "csi/metrics.h"
#include "csi/precoding.h"
#include "csi/transform.h"

struct chain_age {
    csi_dims dims;
    csi_transform *transform;
    float complex *truth;                   /* [nt][ni] at the time of use */
    float complex *truth_grid, *known_grid; /* [CHAIN_GRID][nt] */
};

chain_age *chain_age_create(const csi_dims *dims, err *e)
{
    chain_age *a = calloc(1, sizeof *a);
    if (!a) {
        err_set(e, ERR_NOMEM, "no memory to measure age with");
        return NULL;
    }
    a->dims = *dims;
    if (csi_transform_grid_check(dims, CHAIN_GRID, e) != 0 ||
        !(a->transform = csi_transform_create(dims, e))) {
        chain_age_free(a);
        return NULL;
    }
    a->truth = calloc((size_t)dims->nt * dims->ni, sizeof *a->truth);
    a->truth_grid = calloc((size_t)CHAIN_GRID * dims->nt, sizeof *a->truth_grid);
    a->known_grid = calloc((size_t)CHAIN_GRID * dims->nt, sizeof *a->known_grid);
    if (!a->truth || !a->truth_grid || !a->known_grid) {
        err_set(e, ERR_NOMEM, "no memory to measure age with");
        chain_age_free(a);
        return NULL;
    }
    /* The plan for this grid is made now, so that measuring allocates nothing. */
    csi_transform_inverse_grid(a->transform, a->truth, CHAIN_GRID, a->truth_grid);
    return a;
}

void chain_age_free(chain_age *a)
{
    if (!a)
        return;
    csi_transform_free(a->transform);
    free(a->truth);
    free(a->truth_grid);
    free(a->known_grid);
    free(a);
}

int chain_age_measure(chain_age *a, fading_ue *channel, uint32_t seq, double time_s, double age_s,
                      double dl_snr_db, const float complex *reconstruction, chain_aged *aged,
                      err *e)
{
    size_t nt = a->dims.nt;
    int status = fading_ue_angle_delay(channel, a->transform, seq, time_s + age_s, a->truth, e);
    if (status != 0)
        return status;
    csi_transform_inverse_grid(a->transform, a->truth, CHAIN_GRID, a->truth_grid);
    csi_transform_inverse_grid(a->transform, reconstruction, CHAIN_GRID, a->known_grid);
    *aged = (chain_aged){
        .age_s = age_s,
        .nmse = csi_nmse(a->truth, reconstruction, nt * a->dims.ni),
        .sgcs = csi_sgcs(a->truth_grid, a->known_grid, CHAIN_GRID, nt),
        .se = csi_spectral_efficiency(a->truth_grid, a->known_grid, CHAIN_GRID, nt,
                                      chain_se_snr_db(dl_snr_db)),
    };
    if (isfinite(aged->nmse) && isfinite(aged->sgcs) && isfinite(aged->se))
        return 0;
    return err_set(e, ERR_INVALID, "the channel at the time of use is all zero");
}

int chain_age_parse_use(const char *text, double *use_after_s, err *e)
{
    double v = NAN;
    bool good = strcmp(text, "measured") == 0 ||
                (text_duration(text, 1, &v) && v >= 0 && v <= CHAIN_USE_AFTER_MAX_S);
    if (!good)
        return err_set(e, ERR_INVALID,
                       "CSI is used after a time from 0 to %g s, such as 4ms, or 'measured', when "
                       "its answer is there; not '%.40s'",
                       CHAIN_USE_AFTER_MAX_S, text);
    *use_after_s = v;
    return 0;
}

bool chain_ages(const fading *channel)
{
    return fading_samples(channel) == 0;
}
