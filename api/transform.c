/* Transforms between the domains, and images. */
#include <math.h>
#include <stdlib.h>

#include "api/internal.h"
#include "csi/image.h"
#include "csi/transform.h"

struct csl_transform {
    csi_dims dims;
    csi_transform *transform;
    float complex *rows; /* [nc][nt] */
};

static int open_transform(const csl_dims *dims, csl_transform **out, err *e)
{
    if (api_need(out, "out", e))
        return ERR_INVALID;
    *out = NULL;
    csl_transform *t = calloc(1, sizeof *t);
    if (!t)
        return err_set(e, ERR_NOMEM, "out of memory for a transform");
    int rc = api_dims(dims, 0, &t->dims, e);
    if (rc == ERR_NONE && !(t->transform = csi_transform_create(&t->dims, e)))
        rc = e->code;
    if (rc == ERR_NONE && !(t->rows = malloc((size_t)t->dims.nt * t->dims.nc * sizeof *t->rows)))
        rc = err_set(e, ERR_NOMEM, "out of memory for a transform");
    if (rc == ERR_NONE)
        *out = t;
    else
        csl_transform_close(t);
    return rc;
}

int csl_transform_open(const csl_dims *dims, csl_transform **out)
{
    err e = {0};
    open_transform(dims, out, &e);
    return api_return(&e);
}

void csl_transform_close(csl_transform *t)
{
    if (!t)
        return;
    csi_transform_free(t->transform);
    free(t->rows);
    free(t);
}

static int check_transform(const csl_transform *t, uint32_t n, const csl_complex *h,
                           const csl_complex *a, err *e)
{
    if (api_need(t, "the transform", e) || (n && (api_need(h, "h", e) || api_need(a, "a", e))))
        return ERR_INVALID;
    return ERR_NONE;
}

int csl_transform_angle_delay(csl_transform *t, uint32_t n, const csl_complex *h, csl_complex *a)
{
    err e = {0};
    if (check_transform(t, n, h, a, &e) != ERR_NONE)
        return api_return(&e);
    size_t nt = t->dims.nt, nc = t->dims.nc, ni = t->dims.ni;
    if (api_need_finite(h, n, nt * nc, "h", &e) != ERR_NONE)
        return api_return(&e);
    for (size_t i = 0; i < n; i++) {
        api_transpose(h + i * nt * nc, nt, nc, t->rows);
        csi_transform_forward(t->transform, t->rows, a + i * nt * ni);
    }
    return CSL_OK;
}

int csl_transform_frequency(csl_transform *t, uint32_t n, const csl_complex *a, csl_complex *h)
{
    err e = {0};
    if (check_transform(t, n, h, a, &e) != ERR_NONE)
        return api_return(&e);
    size_t nt = t->dims.nt, nc = t->dims.nc, ni = t->dims.ni;
    if (api_need_finite(a, n, nt * ni, "a", &e) != ERR_NONE)
        return api_return(&e);
    for (size_t i = 0; i < n; i++) {
        csi_transform_inverse(t->transform, a + i * nt * ni, t->rows);
        api_transpose(t->rows, nc, nt, h + i * nt * nc);
    }
    return CSL_OK;
}

/* nc and tp are not used: any values that pass the check. */
static int image_dims(const csl_dims *from, csi_dims *to, err *e)
{
    if (api_need(from, "dims", e))
        return ERR_INVALID;
    const csl_dims image = {.nt = from->nt, .nc = from->ni, .ni = from->ni};
    return api_dims(&image, 0, to, e);
}

int csl_image_from_angle_delay(const csl_dims *dims, uint32_t n, const csl_complex *a, float *image,
                               float *scale)
{
    err e = {0};
    csi_dims d;
    if (image_dims(dims, &d, &e) ||
        (n &&
         (api_need(a, "a", &e) || api_need(image, "image", &e) || api_need(scale, "scale", &e))) ||
        api_need_finite(a, n, (size_t)d.nt * d.ni, "a", &e))
        return api_return(&e);
    for (size_t i = 0, entries = (size_t)d.nt * d.ni; i < n; i++)
        scale[i] = csi_image_from_ad(&d, a + i * entries, image + 2 * i * entries);
    return CSL_OK;
}

int csl_image_to_angle_delay(const csl_dims *dims, uint32_t n, const float *image,
                             const float *scale, csl_complex *a)
{
    err e = {0};
    csi_dims d;
    if (image_dims(dims, &d, &e) || (n && (api_need(a, "a", &e) || api_need(image, "image", &e) ||
                                           api_need(scale, "scale", &e))))
        return api_return(&e);
    size_t entries = (size_t)d.nt * d.ni;
    for (size_t i = 0; i < n; i++) {
        if (!isfinite(scale[i]) || scale[i] < 0) {
            err_set(&e, ERR_INVALID, "scale %zu must be finite and at least 0, not %g", i,
                    (double)scale[i]);
            return api_return(&e);
        }
        csi_image_to_ad(&d, image + 2 * i * entries, scale[i], a + i * entries);
    }
    /* Catches both an image that is not finite and a scale that overflows a float. */
    api_need_finite(a, n, entries, "the result", &e);
    return api_return(&e);
}
