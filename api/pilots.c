/* Pilots and their LS estimate. */
#include "csi/pilots.h"

#include <stdlib.h>

#include "api/internal.h"
#include "base/rng.h"
#include "csi/metrics.h"

struct csl_pilots {
    csi_dims dims;
    csi_pilots *pilots;
    float complex *rows;     /* [nc][nt] */
    float complex *received; /* [nc][tp] */
};

static int open_pilots(const csl_dims *dims, uint32_t tp, int family, csl_pilots **out, err *e)
{
    if (api_need(out, "out", e))
        return ERR_INVALID;
    *out = NULL;
    if (family != CSL_PILOTS_DFT && family != CSL_PILOTS_HADAMARD)
        return err_set(e, ERR_INVALID,
                       "the pilots' family %d; CSL_PILOTS_DFT or CSL_PILOTS_HADAMARD is allowed",
                       family);
    csl_pilots *p = calloc(1, sizeof *p);
    if (!p)
        return err_set(e, ERR_NOMEM, "out of memory for pilots");
    csi_pilot_family of = family == CSL_PILOTS_DFT ? CSI_PILOTS_DFT : CSI_PILOTS_HADAMARD;
    int rc = api_dims(dims, tp, &p->dims, e);
    if (rc == ERR_NONE && !(p->pilots = csi_pilots_create(&p->dims, of, e)))
        rc = e->code;
    if (rc == ERR_NONE) {
        p->rows = malloc((size_t)p->dims.nt * p->dims.nc * sizeof *p->rows);
        p->received = malloc((size_t)p->dims.tp * p->dims.nc * sizeof *p->received);
        if (!p->rows || !p->received)
            rc = err_set(e, ERR_NOMEM, "out of memory for pilots");
    }
    if (rc == ERR_NONE)
        *out = p;
    else
        csl_pilots_close(p);
    return rc;
}

int csl_pilots_open(const csl_dims *dims, uint32_t tp, int family, csl_pilots **out)
{
    err e = {0};
    open_pilots(dims, tp, family, out, &e);
    return api_return(&e);
}

void csl_pilots_close(csl_pilots *p)
{
    if (!p)
        return;
    csi_pilots_free(p->pilots);
    free(p->rows);
    free(p->received);
    free(p);
}

int csl_pilots_estimate(csl_pilots *p, uint64_t seed, uint32_t first_ue, uint32_t seq,
                        double snr_db, uint32_t n, const csl_complex *h, csl_complex *hhat)
{
    err e = {0};
    if (api_need(p, "the pilots", &e) ||
        (n && (api_need(h, "h", &e) || api_need(hhat, "hhat", &e))))
        return api_return(&e);
    if (!(snr_db >= -200)) {
        err_set(&e, ERR_INVALID, "the pilots' SNR must be -200 dB to +infinity, not %g", snr_db);
        return api_return(&e);
    }
    size_t nt = p->dims.nt, nc = p->dims.nc, entries = nt * nc;
    if (api_need_finite(h, n, entries, "h", &e))
        return api_return(&e);
    for (uint32_t i = 0; i < n; i++) {
        /* The stream of a UE's report in the running link: chain/ue.c. */
        rng noise = rng_at(seed, RNG_PILOT_NOISE, first_ue + i, seq);
        api_transpose(h + i * entries, nt, nc, p->rows);
        float sigma = csi_pilots_sigma(csi_energy(p->rows, entries) / (double)entries, snr_db);
        csi_pilots_receive(p->pilots, p->rows, sigma, &noise, p->received);
        csi_pilots_estimate(p->pilots, p->received, p->rows);
        api_transpose(p->rows, nc, nt, hhat + i * entries);
    }
    api_need_finite(hhat, n, entries, "the estimate", &e);
    return api_return(&e);
}
