/* Checks of arguments, and transposition between the layouts of this interface and common/. */
#include <math.h>
#include <string.h>

#include "api/internal.h"

/* A block of 16 x 16 entries, 2 KB each way, stays in the L1 cache during the transposition. */
enum { BLOCK = 16 };

int api_need(const void *pointer, const char *name, err *e)
{
    return pointer ? ERR_NONE : err_set(e, ERR_INVALID, "%s is NULL", name);
}

/* The exponent bits show it, and a loop over them vectorises. Only where an entry is not finite
 * does the caller search for its index. */
static bool is_finite(const float *x, size_t n)
{
    uint32_t bad = 0;
    for (size_t i = 0; i < n; i++) {
        uint32_t bits;
        memcpy(&bits, x + i, sizeof bits);
        bad |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return bad == 0;
}

int api_need_finite(const float complex *h, uint32_t n, size_t entries, const char *name, err *e)
{
    for (uint32_t i = 0; i < n; i++) {
        const float *x = (const float *)(h + i * entries);
        if (is_finite(x, 2 * entries))
            continue;
        size_t k = 0;
        while (isfinite(x[k]))
            k++;
        return err_set(e, ERR_INVALID, "entry %zu of sample %u of %s is not finite", k / 2, i,
                       name);
    }
    return ERR_NONE;
}

int api_dims(const csl_dims *from, uint32_t tp, csi_dims *to, err *e)
{
    if (api_need(from, "dims", e))
        return ERR_INVALID;
    csi_dims usual = CSI_DIMS_DEFAULT;
    uint32_t own = from->nt > usual.tp && from->nt <= CSI_NT_MAX ? from->nt : usual.tp;
    *to = (csi_dims){.nt = from->nt, .nc = from->nc, .ni = from->ni, .tp = tp ? tp : own};
    return csi_dims_check(to, e);
}

void api_transpose(const float complex *in, size_t rows, size_t columns, float complex *out)
{
    for (size_t r = 0; r < rows; r += BLOCK)
        for (size_t c = 0; c < columns; c += BLOCK)
            for (size_t i = r; i < rows && i < r + BLOCK; i++)
                for (size_t k = c; k < columns && k < c + BLOCK; k++)
                    out[k * rows + i] = in[i * columns + k];
}
