/* What an encoder costs the UE. */
#include <math.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/rng.h"
#include "cost.h"

enum { ROUNDS = 20 };
static const double round_s = 2e-3; /* long against the clock, short against a time slice */

/* Numbers like those of an image: around 0.5, so that no path is all zeros. */
static void fill_image(float *image, size_t n)
{
    rng r = rng_at(1, RNG_TEST, 0, 0);
    for (size_t i = 0; i < n; i++)
        image[i] = 0.5f + 0.1f * (float)rng_normal(&r);
}

/* The least mean of several rounds: what else the machine does only adds. */
static int time_encoder(onnx_encoder *encoder, const float *image, float *codeword, double *us,
                        err *e)
{
    size_t runs = 1;
    *us = INFINITY;
    for (int round = 0; round < ROUNDS; round++) {
        uint64_t start = clock_ns();
        int status = ERR_NONE;
        for (size_t i = 0; status == ERR_NONE && i < runs; i++)
            status = onnx_encode(encoder, image, codeword, NULL, e);
        if (status != ERR_NONE)
            return status;
        double mean_s = (double)(clock_ns() - start) / 1e9 / (double)runs;
        *us = fmin(*us, mean_s * 1e6);
        runs = (size_t)fmax(1, round_s / fmax(mean_s, 1e-9));
    }
    return ERR_NONE;
}

static int time_model(eval_model *m, err *e)
{
    const onnx_info *info = onnx_part_info(m->encoder);
    size_t pixels = (size_t)2 * info->nt * info->ni;
    float *image = calloc(pixels, sizeof *image);
    float *codeword = calloc(info->codeword, sizeof *codeword);
    onnx_encoder *encoder = onnx_encoder_open(m->encoder, e);
    int status = encoder ? ERR_NONE : e->code;
    if (encoder && (!image || !codeword))
        status = err_set(e, ERR_NOMEM, "no memory to time an encoder");
    if (status == ERR_NONE) {
        fill_image(image, pixels);
        status = time_encoder(encoder, image, codeword, &m->encode_us, e);
    }
    onnx_encoder_free(encoder);
    free(image);
    free(codeword);
    return status;
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
