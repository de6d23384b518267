#include "csi/image.h"

#include <math.h>
#include <stddef.h>

/* The largest |x[i]|, with several running maxima so that the loop vectorises. */
static float largest_magnitude(const float *x, size_t n)
{
    enum { LANES = 16 };
    float best[LANES] = {0}, most = 0;
    size_t whole = n - n % LANES;
    for (size_t i = 0; i < whole; i += LANES)
        for (size_t j = 0; j < LANES; j++)
            best[j] = fabsf(x[i + j]) > best[j] ? fabsf(x[i + j]) : best[j];
    for (size_t j = 0; j < LANES; j++)
        most = fmaxf(most, best[j]);
    for (size_t i = whole; i < n; i++)
        most = fmaxf(most, fabsf(x[i]));
    return most;
}

float csi_image_scale(const csi_dims *dims, const float complex *h_ad)
{
    return largest_magnitude((const float *)h_ad, 2 * (size_t)dims->nt * dims->ni);
}

void csi_image_scaled(const csi_dims *dims, const float complex *h_ad, float scale, float *image)
{
    size_t n = (size_t)dims->nt * dims->ni;
    const float *parts = (const float *)h_ad;
    float span = scale > 0 ? 2 * scale : 1;
    for (size_t i = 0; i < n; i++) {
        image[i] = parts[2 * i] / span + 0.5f;
        image[n + i] = parts[2 * i + 1] / span + 0.5f;
    }
}

float csi_image_from_ad(const csi_dims *dims, const float complex *h_ad, float *image)
{
    float scale = csi_image_scale(dims, h_ad);
    csi_image_scaled(dims, h_ad, scale, image);
    return scale;
}

void csi_image_to_ad(const csi_dims *dims, const float *image, float scale, float complex *h_ad)
{
    size_t n = (size_t)dims->nt * dims->ni;
    float *parts = (float *)h_ad;
    for (size_t i = 0; i < n; i++) {
        parts[2 * i] = 2 * scale * (image[i] - 0.5f);
        parts[2 * i + 1] = 2 * scale * (image[n + i] - 0.5f);
    }
}

void csi_image_transpose(const csi_dims *dims, const float *in, float *out)
{
    size_t nt = dims->nt, ni = dims->ni;
    for (size_t plane = 0; plane < 2; plane++, in += nt * ni, out += nt * ni)
        for (size_t d = 0; d < ni; d++)
            for (size_t a = 0; a < nt; a++)
                out[d * nt + a] = in[a * ni + d];
}
