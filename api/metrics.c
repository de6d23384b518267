/* Metrics of many samples, in the public layout. */
#include "csi/metrics.h"

#include <math.h>
#include <stdlib.h>

#include "api/internal.h"
#include "csi/precoding.h"
#include "csi/subbands.h"

int csl_nmse(uint32_t n, size_t entries, const csl_complex *truth, const csl_complex *estimate,
             double *nmse)
{
    err e = {0};
    if (n && (api_need(truth, "truth", &e) || api_need(estimate, "estimate", &e) ||
              api_need(nmse, "nmse", &e)))
        return api_return(&e);
    if (n && (entries < 1 || entries > (size_t)CSI_NT_MAX * CSI_NC_MAX)) {
        err_set(&e, ERR_INVALID, "samples of %zu entries; 1 to %zu are allowed", entries,
                (size_t)CSI_NT_MAX * CSI_NC_MAX);
        return api_return(&e);
    }
    if (api_need_finite(truth, n, entries, "truth", &e) ||
        api_need_finite(estimate, n, entries, "estimate", &e))
        return api_return(&e);
    for (size_t i = 0; i < n; i++) {
        nmse[i] = csi_nmse(truth + i * entries, estimate + i * entries, entries);
        if (!isfinite(nmse[i])) {
            err_set(&e, ERR_INVALID, "sample %zu of truth is all zero: it has no NMSE", i);
            return api_return(&e);
        }
    }
    return CSL_OK;
}

/* SGCS and rate read columns of the public layout, so both matrices are transposed first. */
static int measure(uint32_t nt, uint32_t nc, uint32_t n, const csl_complex *h,
                   const csl_complex *known, double snr_db, double *sgcs, double *rate, err *e)
{
    const csl_dims public = {.nt = nt, .nc = nc, .ni = 1};
    csi_dims d;
    double *figure = sgcs ? sgcs : rate;
    if (api_dims(&public, 0, &d, e) || (n && (api_need(h, "h", e) || api_need(known, "known", e) ||
                                              api_need(figure, "the figures' buffer", e))))
        return ERR_INVALID;
    size_t entries = (size_t)nt * nc;
    if (api_need_finite(h, n, entries, "h", e) || api_need_finite(known, n, entries, "known", e))
        return ERR_INVALID;
    float complex *rows = malloc(2 * entries * sizeof *rows);
    if (!rows)
        return err_set(e, ERR_NOMEM, "out of memory to measure with");
    for (size_t i = 0; i < n; i++) {
        api_transpose(h + i * entries, nt, nc, rows);
        api_transpose(known + i * entries, nt, nc, rows + entries);
        csi_quality q = csi_quality_of(rows, rows + entries, nc, nt, snr_db);
        figure[i] = sgcs ? q.sgcs : q.se;
        if (!isfinite(figure[i])) {
            err_set(e, ERR_INVALID, "sample %zu is too large or too small to measure", i);
            break;
        }
    }
    free(rows);
    return e->code;
}

int csl_sgcs(uint32_t nt, uint32_t nc, uint32_t n, const csl_complex *h, const csl_complex *known,
             double *sgcs)
{
    err e = {0};
    if (n == 0 || api_need(sgcs, "sgcs", &e) == ERR_NONE)
        measure(nt, nc, n, h, known, 0, sgcs, NULL, &e);
    return api_return(&e);
}

int csl_rate(uint32_t nt, uint32_t nc, uint32_t n, const csl_complex *h, const csl_complex *known,
             double snr_db, double *rate)
{
    err e = {0};
    if (!(fabs(snr_db) <= 200))
        err_set(&e, ERR_INVALID, "the SNR of a rate must be -200 to 200 dB, not %g", snr_db);
    else
        measure(nt, nc, n, h, known, snr_db, NULL, rate, &e);
    return api_return(&e);
}

int csl_directions_expand(uint32_t nt, uint32_t nc, uint32_t subbands, uint32_t n,
                          const csl_complex *w, csl_complex *h)
{
    const csl_dims public = {.nt = nt, .nc = nc, .ni = 1};
    csi_dims d;
    err e = {0};
    if (api_dims(&public, 0, &d, &e) || (n && (api_need(w, "w", &e) || api_need(h, "h", &e))))
        return api_return(&e);
    if (subbands < 1 || subbands > nc) {
        err_set(&e, ERR_INVALID, "%u subbands of %u subcarriers; 1 to %u are allowed", subbands, nc,
                nc);
        return api_return(&e);
    }
    if (api_need_finite(w, n, (size_t)subbands * nt, "w", &e))
        return api_return(&e);
    for (size_t i = 0; i < n; i++) {
        const csl_complex *from = w + i * subbands * nt;
        csl_complex *to = h + i * (size_t)nt * nc;
        for (uint32_t s = 0; s < subbands; s++)
            for (uint32_t c = csi_subband_first(nc, subbands, s);
                 c < csi_subband_first(nc, subbands, s + 1); c++)
                for (size_t k = 0; k < nt; k++)
                    to[k * nc + c] = conjf(from[(size_t)s * nt + k]);
    }
    return CSL_OK;
}
