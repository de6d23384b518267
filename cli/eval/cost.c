/* What an encoder costs the UE. */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/rng.h"
#include "cost.h"

enum { ROUNDS = 20 };
static const double round_s = 2e-3; /* long against the clock, short against a time slice */

/* What is encoded, over and over. */
typedef struct trial {
    csi_transform *transform;
    csi_view *view;
    float complex *h; /* [nt][ni] */
    payload out;
    void *after;
    codec_work *work;
} trial;

/* Numbers like those of a channel, so that no path is all zeros. */
static void fill_channel(float complex *h, size_t n)
{
    rng r = rng_at(1, RNG_TEST, 0, 0);
    for (size_t i = 0; i < 2 * n; i++)
        ((float *)h)[i] = (float)rng_normal(&r);
}

static void close_trial(trial *t)
{
    codec_close(t->work);
    csi_view_free(t->view);
    csi_transform_free(t->transform);
    payload_free(&t->out);
    free(t->h);
    free(t->after);
}

static int open_trial(trial *t, const codec *encoder, err *e)
{
    const codec_info *info = codec_info_of(encoder);
    csi_dims dims = CSI_DIMS_DEFAULT;
    size_t memory = codec_memory_bytes(encoder);
    int rc = chain_dims_of_codec(&dims, info, 0, e);
    if (rc != ERR_NONE)
        return rc;
    size_t entries = (size_t)dims.nt * dims.ni;
    if (!(t->work = codec_open(encoder, e)) || !(t->transform = csi_transform_create(&dims, e)) ||
        !(t->view = csi_view_create(t->transform, e)))
        return e->code;
    t->h = calloc(entries, sizeof *t->h);
    t->after = memory > 0 ? malloc(memory) : NULL;
    if (!t->h || (memory > 0 && !t->after))
        return err_set(e, ERR_NOMEM, "out of memory to time an encoder");
    fill_channel(t->h, entries);
    return payload_init(&t->out, &info->shape, e);
}

/* The least mean of several rounds: what else the machine does only adds. */
static int time_encoder(trial *t, double *us, err *e)
{
    size_t runs = 1;
    *us = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = clock_ns();
        int rc = ERR_NONE;
        for (size_t i = 0; rc == ERR_NONE && i < runs; i++) {
            csi_view_from_angle_delay(t->view, t->h);
            rc = codec_encode(t->work, NULL, t->view, &t->out, t->after, e);
        }
        if (rc != ERR_NONE)
            return rc;
        double mean_s = (double)(clock_ns() - start) / 1e9 / (double)runs;
        *us = fmin(*us, mean_s * 1e6);
        runs = (size_t)fmax(1, round_s / fmax(mean_s, 1e-9));
    }
    return ERR_NONE;
}

static int time_model(eval_model *m, err *e)
{
    trial t = {0};
    int rc = open_trial(&t, m->encoder, e);
    if (rc == ERR_NONE)
        rc = time_encoder(&t, &m->encode_us, e);
    close_trial(&t);
    return rc;
}

int eval_time_encoders(eval_set *set, err *e)
{
    for (size_t i = 0; i < set->models; i++) {
        int status = time_model(&set->model[i], e);
        if (status != ERR_NONE)
            return status;
    }
    return ERR_NONE;
}
