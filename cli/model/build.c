#include <limits.h>
#include <stdio.h>

#include "base/log.h"
#include "model.h"
#include "nn/grad.h"
#include "train/architecture/architecture.h"
#include "ui/option.h"

typedef struct build_options {
    const char *out, *layout;
    uint64_t cr, seed;
} build_options;

static int write_side(const nn_model *model, const char *prefix, const char *side, err *e)
{
    char path[PATH_MAX];
    if ((size_t)snprintf(path, sizeof path, "%s.%s.onnx", prefix, side) >= sizeof path)
        return err_set(e, ERR_INVALID, "the path '%.64s...' is too long", prefix);
    grad_weights *weights = grad_weights_open(model, e);
    if (!weights)
        return ERR_NOMEM;
    int rc = nn_model_save(model, path, e);
    if (!rc)
        printf("%s  %zu parameters to train\n", path, weights->parameters);
    grad_weights_free(weights);
    return rc;
}

static int build(const char *name, const build_options *o, err *e)
{
    train_pair pair;
    char prefix[PATH_MAX];
    const train_architecture_config config = {
        .name = name,
        .cr = (uint32_t)o->cr,
        .dims = CSI_DIMS_DEFAULT,
        .layout = o->layout[0] == 'a' ? ONNX_ANGLE_DELAY : ONNX_DELAY_ANGLE,
        .seed = o->seed,
    };
    int rc = train_architecture_build(&config, &pair, e);
    if (rc)
        return rc;
    if (o->out)
        snprintf(prefix, sizeof prefix, "%s", o->out);
    else
        snprintf(prefix, sizeof prefix, "%s-cr%u",
                 nn_model_metadata(pair.encoder, "csilink.family"), config.cr);
    rc = write_side(pair.encoder, prefix, "encoder", e);
    if (!rc)
        rc = write_side(pair.decoder, prefix, "decoder", e);
    train_pair_free(&pair);
    return rc;
}

int model_build(int argc, char **argv)
{
    build_options o = {.layout = "delay-angle", .cr = 8, .seed = 1};
    const option_spec specs[] = {
        OPTION_UINT("cr", &o.cr, 4, 64, "N", "compression ratio: 4, 8, 16, 32 or 64"),
        OPTION_CHOICE("layout", &o.layout, "angle-delay|delay-angle", "rows of the image"),
        OPTION_UINT("seed", &o.seed, 0, 9e15, "N", "seed of the initial weights"),
        OPTION_STRING("out", &o.out, "PREFIX",
                      "writes PREFIX.encoder.onnx and PREFIX.decoder.onnx; NAME-crN by default"),
    };
    const option_command command = {
        .name = "csilink model build",
        .summary = "write an untrained pair of an architecture (a name of models/architectures, or "
                   "a YAML file)",
        .operands = "NAME",
        .example = "  csilink model build csilink-net --cr 8 --out /tmp/net",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
        .operands_min = 1,
        .operands_max = 1,
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    err e = {0};
    if (build(argv[1], &o, &e) != 0) {
        log_error("%s", e.text);
        return 1;
    }
    return 0;
}
