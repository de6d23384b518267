/* The time of a codec at both ends. */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/rng.h"
#include "cost.h"

enum { ROUNDS = 20 };
/* Much longer than a tick of the clock, shorter than a time slice. */
static const double round_s = 2e-3;

/* The data that is encoded and decoded repeatedly. */
typedef struct trial {
    csi_transform *transform;
    csi_view *view;
    const float complex *h; /* [count][nt][ni] */
    size_t entries, count;
    codec_work *encode, *decode; /* `decode` only where decoding is timed */
    payload *out;                /* [count] */
    void *after;
    float complex *decoded;
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
    codec_close(t->encode);
    codec_close(t->decode);
    csi_view_free(t->view);
    csi_transform_free(t->transform);
    for (size_t i = 0; t->out && i < t->count; i++)
        payload_free(&t->out[i]);
    free(t->out);
    free(t->after);
    free(t->decoded);
}

static int open_trial(trial *t, const codec *encoder, err *e)
{
    const codec_info *info = codec_info_of(encoder);
    csi_dims dims = CSI_DIMS_DEFAULT;
    size_t memory = codec_memory_bytes(encoder);
    int rc = chain_dims_of_codec(&dims, info, 0, e);
    if (rc != ERR_NONE)
        return rc;
    t->entries = (size_t)dims.nt * dims.ni; /* from the link, since a codec can leave ni open */
    if (!(t->encode = codec_open(encoder, e)) || !(t->transform = csi_transform_create(&dims, e)) ||
        !(t->view = csi_view_create(t->transform, e)))
        return e->code;
    t->out = calloc(t->count, sizeof *t->out);
    t->after = memory > 0 ? malloc(memory) : NULL;
    if (!t->out || (memory > 0 && !t->after))
        return err_set(e, ERR_NOMEM, "out of memory to time a codec");
    for (size_t i = 0; rc == ERR_NONE && i < t->count; i++)
        rc = payload_init(&t->out[i], &info->shape, e);
    return rc;
}

static int encode_sample(trial *t, size_t i, err *e)
{
    csi_view_from_angle_delay(t->view, t->h + i * t->entries);
    return codec_encode(t->encode, NULL, t->view, &t->out[i], t->after, e);
}

static int decode_sample(trial *t, size_t i, err *e)
{
    const codec_hint hint = {.snr_db = 20};
    return codec_decode(t->decode, NULL, &t->out[i], &hint, t->decoded, t->after, e);
}

/* Takes the least mean of several rounds, each over every sample, since other work on the machine
 * can only add time. */
static int time_samples(trial *t, int (*step)(trial *t, size_t i, err *e), double *us, err *e)
{
    size_t runs = t->count;
    *us = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = clock_ns();
        int rc = ERR_NONE;
        for (size_t i = 0; rc == ERR_NONE && i < runs; i++)
            /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): count > 0 */
            rc = step(t, i % t->count, e);
        if (rc != ERR_NONE)
            return rc;
        double mean_s = (double)(clock_ns() - start) / 1e9 / (double)runs;
        *us = fmin(*us, mean_s * 1e6);
        runs = t->count * (size_t)fmax(1, round_s / fmax(mean_s, 1e-9) / (double)t->count);
    }
    return ERR_NONE;
}

static int time_model(eval_model *m, err *e)
{
    trial t = {.count = 1};
    float complex *h = NULL;
    int rc = open_trial(&t, m->encoder, e);
    if (rc == ERR_NONE && !(h = calloc(t.entries, sizeof *h)))
        rc = err_set(e, ERR_NOMEM, "out of memory to time an encoder");
    if (rc == ERR_NONE)
        fill_channel(h, t.entries);
    t.h = h;
    if (rc == ERR_NONE)
        rc = time_samples(&t, encode_sample, &m->encode_us, e);
    close_trial(&t);
    free(h);
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

int eval_time_codec(const codec *encoder, const codec *decoder, const float complex *h,
                    size_t count, double *encode_us, double *decode_us, err *e)
{
    trial t = {.h = h, .count = count};
    size_t memory = codec_memory_bytes(decoder);
    int rc = open_trial(&t, encoder, e);
    if (rc == ERR_NONE)
        rc = time_samples(&t, encode_sample, encode_us, e);
    free(t.after); /* the encoder's memory; the decoder's can have another size */
    t.after = memory > 0 ? malloc(memory) : NULL;
    t.decoded = calloc(codec_output_size(codec_info_of(decoder)), sizeof *t.decoded);
    if (rc == ERR_NONE && (!t.decoded || (memory > 0 && !t.after)))
        rc = err_set(e, ERR_NOMEM, "out of memory to time a decoder");
    if (rc == ERR_NONE && !(t.decode = codec_open(decoder, e)))
        rc = e->code;
    if (rc == ERR_NONE)
        rc = time_samples(&t, decode_sample, decode_us, e);
    close_trial(&t);
    return rc;
}
