#include "fading/tr38901/rays.h"

#include <math.h>

void tr38901_gains(const tr38901_drop *d, double time_s, double across, float complex *gain)
{
    for (int l = 0; l < d->tap_count; l++) {
        const tr38901_tap *tap = &d->tap[l];
        float amplitude = (float)tap->amplitude;
        for (int i = tap->first; i < tap->first + tap->count; i++) {
            const tr38901_ray *ray = &d->ray[i];
            double cycles = ray->phase + ray->shift_hz * time_s + across * ray->sine;
            float angle = (float)(2 * M_PI * (cycles - floor(cycles + 0.5)));
            gain[i] = amplitude * cosf(angle) + amplitude * sinf(angle) * I;
        }
    }
}

size_t tr38901_list(const tr38901_ue *u, double time_s, fading_path *paths)
{
    const tr38901_drop *d = &u->drop;
    float complex gain[TR38901_MAX_RAYS];
    tr38901_gains(d, time_s, (u->model->dims.nt - 1) / 4.0, gain);
    for (int l = 0; l < d->tap_count; l++)
        for (int i = d->tap[l].first; i < d->tap[l].first + d->tap[l].count; i++)
            paths[i] = (fading_path){
                .delay_s = d->tap[l].delay_s, .sine = d->ray[i].sine, .gain = gain[i]};
    return (size_t)d->ray_count;
}

/* sin(pi x) = -(-1)^r sin(pi tau) for x = r - tau, and the phase absorbs the (-1)^r: the kernel of
 * paths.h is (sin(pi tau) exp(-j pi tau) / sqrt(Nc)) (j - cot(pi x / Nc)). */
void tr38901_response(double tau, const csi_dims *dims, float complex *response, size_t stride)
{
    double nc = dims->nc, scale = sqrt(nc), step_c = cos(M_PI / nc), step_s = sin(M_PI / nc);
    double c = cos(M_PI * tau / nc), s = -sin(M_PI * tau / nc);
    double c_tau = cos(M_PI * tau), s_tau = sin(M_PI * tau);
    double re = s_tau * c_tau / scale, im = -s_tau * s_tau / scale;
    for (size_t r = 0; r < dims->ni; r++, response += stride) {
        double cot = c / s;
        *response =
            fabs(s) < 1e-12 ? (float)scale : (float)(-im - re * cot) + (float)(re - im * cot) * I;
        double next = c * step_c - s * step_s;
        s = s * step_c + c * step_s;
        c = next;
    }
}
