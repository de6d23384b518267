#include "csi/view.h"

#include <stdbool.h>
#include <stdlib.h>

/* The source of the estimate. Each form is a pure function of the source and does not depend on
 * which form was asked for first, so a run repeats whatever codecs read the view. */
typedef enum view_source {
    FROM_NOTHING,
    FROM_PILOTS,
    FROM_FREQUENCY,
    FROM_ANGLE_DELAY
} view_source;

struct csi_view {
    csi_transform *transform;
    csi_denoiser *denoiser; /* of estimates from pilots; NULL: none */
    view_source source;
    csi_pilots *pilots;
    const float complex *y;           /* [nc][tp] */
    const float complex *frequency;   /* NULL until asked for; own_frequency or the source's */
    const float complex *angle_delay; /* likewise */
    float complex *own_frequency;     /* [nc][nt] */
    float complex *own_angle_delay;   /* [nt][ni] */
    float complex *taps;              /* [ni][tp] */
    float image_scale;                /* 0: none given */
};

csi_view *csi_view_create(csi_transform *transform, err *e)
{
    const csi_dims *d = csi_transform_dims(transform);
    size_t nt = d->nt, nc = d->nc, tp = d->tp, ni = d->ni;
    csi_view *v = calloc(1, sizeof *v);
    if (v) {
        v->transform = transform;
        v->own_frequency = calloc(nc * nt, sizeof *v->own_frequency);
        v->own_angle_delay = calloc(nt * ni, sizeof *v->own_angle_delay);
        v->taps = calloc(ni * tp, sizeof *v->taps);
    }
    if (!v || !v->own_frequency || !v->own_angle_delay || !v->taps) {
        err_set(e, ERR_NOMEM, "out of memory for a channel estimate");
        csi_view_free(v);
        return NULL;
    }
    return v;
}

void csi_view_free(csi_view *v)
{
    if (!v)
        return;
    free(v->own_frequency);
    free(v->own_angle_delay);
    free(v->taps);
    free(v);
}

void csi_view_set_denoiser(csi_view *v, csi_denoiser *denoiser)
{
    v->denoiser = denoiser;
}

static void forget(csi_view *v, view_source source)
{
    v->source = source;
    v->frequency = NULL;
    v->angle_delay = NULL;
    v->image_scale = 0;
}

void csi_view_set_image_scale(csi_view *v, float scale)
{
    v->image_scale = scale;
}

float csi_view_image_scale(const csi_view *v)
{
    return v->image_scale;
}

void csi_view_from_pilots(csi_view *v, csi_pilots *pilots, const float complex *y)
{
    forget(v, FROM_PILOTS);
    v->pilots = pilots;
    v->y = y;
}

void csi_view_from_frequency(csi_view *v, const float complex *h)
{
    forget(v, FROM_FREQUENCY);
    v->frequency = h;
}

void csi_view_from_angle_delay(csi_view *v, const float complex *h)
{
    forget(v, FROM_ANGLE_DELAY);
    v->angle_delay = h;
}

const csi_dims *csi_view_dims(const csi_view *v)
{
    return csi_transform_dims(v->transform);
}

const float complex *csi_view_frequency(csi_view *v)
{
    if (v->frequency)
        return v->frequency;
    bool denoised = v->source == FROM_PILOTS && v->denoiser;
    if (v->source == FROM_PILOTS && !denoised)
        csi_pilots_estimate(v->pilots, v->y, v->own_frequency);
    else if (denoised || v->source == FROM_ANGLE_DELAY)
        csi_transform_inverse(v->transform, csi_view_angle_delay(v), v->own_frequency);
    else
        return NULL;
    return v->frequency = v->own_frequency;
}

const float complex *csi_view_angle_delay(csi_view *v)
{
    if (v->angle_delay)
        return v->angle_delay;
    if (v->source == FROM_PILOTS) {
        /* LS works across rows and the delay transform down columns, so their order is free. With
         * the delay transform first, LS processes Ni rows instead of Nc. */
        csi_transform_pilots(v->transform, v->y, v->taps);
        csi_pilots_estimate_taps(v->pilots, v->taps, v->own_angle_delay);
        if (v->denoiser)
            csi_denoiser_apply(v->denoiser, csi_denoiser_noise(v->denoiser, v->y),
                               v->own_angle_delay);
    } else if (v->source == FROM_FREQUENCY) {
        csi_transform_forward(v->transform, v->frequency, v->own_angle_delay);
    } else {
        return NULL;
    }
    return v->angle_delay = v->own_angle_delay;
}
