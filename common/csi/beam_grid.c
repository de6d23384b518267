#include "csi/beam_grid.h"

#include <math.h>
#include <stdlib.h>

#include "csi/plan.h"

struct csi_beam_grid {
    uint32_t n1, beams, count;
    float complex *padded; /* [count][beams], zero from n1 on */
    float complex *part;   /* [count][beams] */
    fftwf_plan plan;       /* padded -> part */
};

csi_beam_grid *csi_beam_grid_create(uint32_t n1, uint32_t oversampling, uint32_t count, err *e)
{
    csi_beam_grid *g = calloc(1, sizeof *g);
    if (g) {
        g->n1 = n1;
        g->beams = n1 * oversampling;
        g->count = count;
        g->padded = calloc((size_t)count * g->beams, sizeof *g->padded);
        g->part = calloc((size_t)count * g->beams, sizeof *g->part);
        int beams = (int)g->beams;
        if (g->padded && g->part)
            g->plan = csi_plan_create((csi_plan_loop){.n = beams, .is = 1, .os = 1}, 1,
                                      &(csi_plan_loop){.n = (int)count, .is = beams, .os = beams},
                                      g->padded, g->part, FFTW_FORWARD);
    }
    if (!g || !g->plan) {
        err_set(e, ERR_NOMEM, "out of memory for %u beams", n1 * oversampling);
        csi_beam_grid_free(g);
        return NULL;
    }
    return g;
}

void csi_beam_grid_free(csi_beam_grid *g)
{
    if (!g)
        return;
    csi_plan_free(g->plan);
    free(g->padded);
    free(g->part);
    free(g);
}

const float complex *csi_beam_grid_project(csi_beam_grid *g, const float complex *x)
{
    float scale = 1 / sqrtf((float)g->n1);
    for (size_t i = 0; i < g->count; i++)
        for (size_t k = 0; k < g->n1; k++)
            g->padded[i * g->beams + k] = x[i * g->n1 + k] * scale;
    /* Out of place in one dimension FFTW keeps its input, so the padding stays zero. */
    fftwf_execute(g->plan);
    return g->part;
}

int64_t csi_beam_grid_macs(uint32_t n1, uint32_t oversampling, uint32_t count)
{
    return count * csi_plan_macs(n1 * oversampling);
}

void csi_beam_grid_table(uint32_t n1, uint32_t oversampling, float complex *table)
{
    uint32_t beams = n1 * oversampling;
    for (uint32_t i = 0; i < beams; i++)
        table[i] = (float complex)(cexp(I * 2 * M_PI * i / beams) / sqrt(n1));
}
