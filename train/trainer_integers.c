/* Writes the 8-bit network of a quantization-aware training run to a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/quant.h"
#include "train/trainer.h"
#include "train/trainer_internal.h"

enum { NAMES_MAX = 64 };

static const quant_scheme schemes[] = {
    [GRAD_DYNAMIC] = QUANT_DYNAMIC, [GRAD_STATIC] = QUANT_STATIC, [GRAD_BINARY] = QUANT_BINARY};

static bool has_layer(const nn_model *model, const char *name)
{
    return grad_names_check(name, (nn_model *const[]){(nn_model *)model}, 1, NULL) == 0;
}

/* The names in `text` that this model has; with a quantized decoder the text names layers of both.
 * Cuts up the text. */
static size_t split_names(char *text, const nn_model *model, const char *list[NAMES_MAX])
{
    size_t count = 0;
    char *rest = NULL;
    for (char *at = strtok_r(text, ",", &rest); at && count < NAMES_MAX;
         at = strtok_r(NULL, ",", &rest))
        if (has_layer(model, at))
            list[count++] = at;
    return count;
}

static int observe(trainer *t, quantizer *q, err *e)
{
    size_t count = t->config.quantize.calibration;
    float *images = trainer_calibration_images(t, e);
    int rc = images ? 0 : ERR_NOMEM;
    for (size_t i = 0; !rc && i < count; i++) {
        const float *image = images + i * t->pixels;
        rc = quant_observe(q, &image, e);
    }
    free(images);
    return rc;
}

static int convert(trainer *t, quantizer *q, const char *path, err *e)
{
    char precision[CODEC_PRECISION_MAX];
    bool fixed = t->config.quantize.scheme == GRAD_STATIC;
    int rc = fixed ? observe(t, q, e) : 0;
    nn_model *quantized = rc ? NULL : quant_convert(q, e);
    if (!quantized)
        return rc ? rc : ERR_UNSUPPORTED; /* the callee set the message */
    snprintf(precision, sizeof precision, "int8-%s",
             quant_scheme_name(schemes[t->config.quantize.scheme]));
    rc = onnx_mark_quantized(quantized, precision, e);
    return rc ? rc : nn_model_save(quantized, path, e);
}

static int quantize(trainer *t, const nn_model *model, quant_options *options, char *skip_text,
                    char *wide_text, const char *to, err *e)
{
    const char *skip[NAMES_MAX], *wide[NAMES_MAX];
    options->skips = split_names(skip_text, model, skip);
    options->skip = skip;
    options->wides = split_names(wide_text, model, wide);
    options->wide = wide;
    quantizer *q = quant_open(model, options, e);
    int rc = q ? convert(t, q, to, e) : ERR_UNSUPPORTED; /* quant_open set the message */
    quant_free(q);
    options->skip = options->wide = NULL; /* they point into this function's frame */
    return rc;
}

int trainer_save_integers(trainer *t, codec_side side, const char *from, const char *to, err *e)
{
    const grad_quantization *q = &t->quantization[side];
    if (q->scheme == GRAD_UNQUANTIZED)
        return 0;
    quant_options options = {.scheme = schemes[q->scheme], .rule = QUANT_MINMAX};
    char *skip = strdup(q->skip ? q->skip : ""), *wide = strdup(q->wide ? q->wide : "");
    nn_model *model = skip && wide ? nn_model_load(from, e) : NULL;
    int rc = model            ? quantize(t, model, &options, skip, wide, to, e)
             : !skip || !wide ? err_set(e, ERR_NOMEM, "no memory to quantize")
                              : ERR_FORMAT; /* the callee set the message */
    nn_model_free(model);
    free(skip);
    free(wide);
    return rc;
}
