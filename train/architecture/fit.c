#include "train/architecture/fit.h"

#include <cblas.h>
#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "base/rng.h"
#include "codec/onnx/pair.h"
#include "nn/grad.h"
#include "nn/nn.h"

/* LAPACK: solves a positive definite system. The last argument is the length of the string, as
 * Fortran passes it. */
void dposv_(const char *uplo, const int *n, const int *nrhs, double *a, const int *lda, double *b,
            const int *ldb, int *info, size_t uplo_length);

enum { AT_ONCE = 50, FEATURES_MAX = 4096 };
static const double ridge = 1e-6;

/* The convolution, and the sums over the images. */
typedef struct fit {
    nn_layer layer;         /* in the decoder */
    int64_t dims[4];        /* of its weight */
    int64_t rows, columns;  /* of its output */
    size_t n, positions;    /* features, the 1 included; rows * columns */
    double *moment, *cross; /* [n][n], [out][n] */
    double *features, *x;   /* [positions][n], [out][positions], of one image */
} fit;

static int find_layer(const nn_model *decoder, const char *weight, fit *f, err *e)
{
    bool found = nn_model_find_layer(decoder, weight, &f->layer) && f->layer.bias >= 0;
    const nn_tensor *t = found ? nn_model_constant(decoder, f->layer.weights) : NULL;
    if (!t || t->rank != 4 || t->dtype != NN_FLOAT)
        return err_set(e, ERR_MISMATCH, "no convolution with a bias reads '%s'", weight);
    memcpy(f->dims, t->dims, sizeof f->dims);
    f->n = (size_t)(t->dims[1] * t->dims[2] * t->dims[3]) + 1;
    if (f->n > FEATURES_MAX)
        return err_set(e, ERR_UNSUPPORTED, "'%s' has %zu inputs under its kernel, above %d", weight,
                       f->n, FEATURES_MAX);
    return 0;
}

static int lay_out(const nn_session *s, fit *f, size_t size, err *e)
{
    const nn_tensor *out = nn_session_value(s, f->layer.output),
                    *in = nn_session_value(s, f->layer.input);
    if (in->rank != 4 || out->rank != 4 || in->dims[1] != f->dims[1] ||
        in->dims[2] != out->dims[2] || in->dims[3] != out->dims[3] ||
        (size_t)(out->dims[1] * out->dims[2] * out->dims[3]) != size)
        return err_set(e, ERR_MISMATCH, "init fit is for a layer that gives an image");
    f->rows = out->dims[2];
    f->columns = out->dims[3];
    f->positions = (size_t)(f->rows * f->columns);
    f->moment = calloc(f->n * f->n, sizeof *f->moment);
    f->cross = calloc((size_t)f->dims[0] * f->n, sizeof *f->cross);
    f->features = malloc(f->positions * f->n * sizeof *f->features);
    f->x = malloc(size * sizeof *f->x);
    if (!f->moment || !f->cross || !f->features || !f->x)
        return err_set(e, ERR_NOMEM, "no memory to fit %zu weights", f->n);
    return 0;
}

static void free_fit(fit *f)
{
    free(f->moment);
    free(f->cross);
    free(f->features);
    free(f->x);
}

/* The features at one position: the values under the kernel, zero outside the image, and a 1 for
 * the bias. */
static void take_features(const fit *f, const float *in, int64_t row, int64_t column, double *to)
{
    for (int64_t c = 0; c < f->dims[1]; c++, in += f->positions)
        for (int64_t i = 0; i < f->dims[2]; i++)
            for (int64_t j = 0; j < f->dims[3]; j++) {
                int64_t r = row + i - f->dims[2] / 2, k = column + j - f->dims[3] / 2;
                bool inside = r >= 0 && r < f->rows && k >= 0 && k < f->columns;
                *to++ = inside ? (double)in[r * f->columns + k] : 0;
            }
    *to = 1;
}

static void add_image(fit *f, const float *in, const float *image)
{
    int n = (int)f->n, positions = (int)f->positions, out = (int)f->dims[0];
    for (size_t p = 0; p < f->positions; p++)
        take_features(f, in, (int64_t)p / f->columns, (int64_t)p % f->columns,
                      f->features + p * f->n);
    for (size_t i = 0; i < f->positions * (size_t)out; i++)
        f->x[i] = (double)image[i];
    cblas_dsyrk(CblasRowMajor, CblasUpper, CblasTrans, n, positions, 1, f->features, n, 1,
                f->moment, n);
    cblas_dgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, out, n, positions, 1, f->x, positions,
                f->features, n, 1, f->cross, n);
}

/* One in four codewords arrives without noise, the others at SNRs of 0 to 30 dB, so that the
 * estimate holds with noise, too. */
static void receive(const nn_tensor *sent, size_t first, nn_tensor *codewords)
{
    size_t each = sent->count / AT_ONCE;
    for (size_t i = 0; i < AT_ONCE; i++) {
        const float *s = (const float *)sent->data + i * each;
        float *to = (float *)codewords->data + i * each;
        rng r = rng_at(0, RNG_TRAIN_WEIGHTS, CODEC_DECODER, (uint32_t)(first + i));
        double power = 0, snr_db = 30 * rng_uniform(&r);
        for (size_t k = 0; k < each; k++)
            power += (double)s[k] * (double)s[k] / (double)each;
        double sigma = (first + i) % 4 ? sqrt(power * power_of_db(-snr_db)) : 0;
        rng_normal_fill(&r, to, each, (float)sigma);
        for (size_t k = 0; k < each; k++)
            to[k] += s[k];
    }
}

static int add_images(fit *f, nn_session *encoder, nn_session *decoder, const float *images,
                      size_t count, size_t size, err *e)
{
    nn_tensor *codewords = nn_session_input(decoder, 0);
    const nn_tensor *in = nn_session_value(decoder, f->layer.input);
    size_t each = in->count / AT_ONCE;
    for (size_t first = 0; first < count; first += AT_ONCE) {
        size_t n = count - first < AT_ONCE ? count - first : AT_ONCE;
        memcpy(nn_session_input(encoder, 0)->data, images + first * size, n * size * sizeof(float));
        int rc = nn_session_run(encoder, e);
        if (rc)
            return rc;
        receive(nn_session_output(encoder, 0), first, codewords);
        rc = nn_session_run(decoder, e);
        for (size_t i = 0; i < n && !rc; i++)
            add_image(f, (const float *)in->data + i * each, images + (first + i) * size);
        if (rc)
            return rc;
    }
    return 0;
}

/* Turns `cross` into the weights, [out][n]: its rows are dposv's columns. */
static int solve(fit *f, err *e)
{
    int n = (int)f->n, out = (int)f->dims[0], info = 0;
    double trace = 0;
    for (size_t i = 0; i < f->n; i++)
        trace += f->moment[i * f->n + i];
    for (size_t i = 0; i < f->n; i++)
        f->moment[i * f->n + i] += ridge * trace / (double)f->n;
    dposv_("L", &n, &out, f->moment, &n, f->cross, &n, &info, 1);
    return info ? err_set(e, ERR_FORMAT, "no linear estimate of these images; are they finite?")
                : 0;
}

static int store(const fit *f, nn_model *decoder, err *e)
{
    size_t out = (size_t)f->dims[0];
    float *weights = malloc(out * f->n * sizeof *weights), *bias = malloc(out * sizeof *bias);
    int rc = weights && bias ? 0 : err_set(e, ERR_NOMEM, "no memory for %zu weights", out * f->n);
    for (size_t o = 0; o < out && !rc; o++) {
        for (size_t i = 0; i + 1 < f->n; i++)
            weights[o * (f->n - 1) + i] = (float)f->cross[o * f->n + i];
        bias[o] = (float)f->cross[o * f->n + f->n - 1];
    }
    if (!rc)
        rc = nn_model_set_constant(decoder, f->layer.weights, weights, e);
    if (!rc)
        rc = nn_model_set_constant(decoder, f->layer.bias, bias, e);
    if (!rc)
        rc = nn_model_set_metadata(decoder, "csilink.fit", NULL, e);
    free(weights);
    free(bias);
    return rc ? rc : nn_model_rehash(decoder, e);
}

/* A decoder with an SNR input gets an SNR at which noise is negligible. */
static void set_snr_inputs(nn_session *decoder)
{
    nn_tensor *t;
    for (int i = 1; (t = nn_session_input(decoder, i)) != NULL; i++)
        for (size_t k = 0; k < t->count; k++)
            ((float *)t->data)[k] = 40;
}

int arch_fit(train_pair *pair, const float *images, size_t count, size_t size, err *e)
{
    const char *weight = nn_model_metadata(pair->decoder, "csilink.fit");
    fit f = {0};
    if (!weight)
        return 0;
    int rc = find_layer(pair->decoder, weight, &f, e);
    if (rc)
        return rc;
    nn_session *encoder = nn_session_open(pair->encoder, AT_ONCE, e),
               *decoder = nn_session_open_with(
                   pair->decoder, &(nn_session_options){.batch = AT_ONCE, .keep = true}, e);
    rc = encoder && decoder ? lay_out(decoder, &f, size, e) : ERR_NOMEM;
    openblas_set_num_threads(1);
    if (!rc) {
        set_snr_inputs(decoder);
        rc = add_images(&f, encoder, decoder, images, count, size, e);
    }
    nn_session_free(encoder);
    nn_session_free(decoder);
    if (!rc)
        rc = solve(&f, e);
    if (!rc)
        rc = store(&f, pair->decoder, e);
    free_fit(&f);
    return rc;
}
