/* `csilink model denoiser`: designs, from samples, the denoiser in front of a base station's
 * decoder. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/model/training.h"
#include "cli/ui/defaults.h"
#include "codec/denoiser/design.h"
#include "fading/generate.h"
#include "io/file.h"
#include "io/npy.h"
#include "model.h"
#include "ui/option.h"

typedef struct denoiser_options {
    const char *codec, *data, *channel, *out, *codewords;
    uint64_t samples, seed, threads, nc;
} denoiser_options;

/* Codewords to train a network on. The writer is opened at the first one, which gives the number of
 * values. */
typedef struct codeword_file {
    const char *path;
    npy_writer *writer;
    uint64_t samples; /* in the pass */
} codeword_file;

static int keep_codeword(void *user, const float *z, uint32_t values, err *e)
{
    codeword_file *f = user;
    if (!f->writer && !(f->writer = npy_writer_open(f->path, f->samples, values, e)))
        return e->code;
    return npy_writer_add(f->writer, z, 1, e);
}

static int design(const denoiser_options *o, const codec *encoder, err *e)
{
    char note[CODEC_NOTE_MAX] = "";
    const codec_info *info = codec_info_of(encoder);
    model_training_config config = {.data = o->data,
                                    .channel = o->channel,
                                    .samples = o->samples,
                                    .seed = o->seed,
                                    .threads = (unsigned)o->threads,
                                    .dims = CSI_DIMS_DEFAULT};
    config.dims.nt = config.dims.tp = info->nt;
    config.dims.ni = info->ni > 0 ? info->ni : config.dims.ni;
    config.dims.nc = (uint32_t)o->nc;
    model_training *training = model_training_open(&config, e);
    if (!training)
        return e->code;
    codeword_file codewords = {.path = o->codewords,
                               .samples = model_training_samples(training)->samples};
    void *file = NULL;
    size_t size = 0;
    int rc =
        denoiser_design(encoder, model_training_samples(training),
                        o->codewords ? keep_codeword : NULL, &codewords, &file, &size, note, e);
    model_training_close(training);
    if (rc == ERR_NONE && codewords.writer)
        rc = npy_writer_close(codewords.writer, e);
    else
        npy_writer_drop(codewords.writer);
    /* Written last and atomically, so that a design that fails leaves the old file. */
    if (rc == ERR_NONE)
        rc = file_replace(o->out, file, size, e);
    if (rc == ERR_NONE)
        printf("%s: %zu bytes\n%s\n", o->out, size, note);
    free(file);
    return rc;
}

int model_denoiser(int argc, char **argv)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    denoiser_options o = {.samples = 20000,
                          .seed = DEFAULT_SEED,
                          .threads = cores > 0 ? (uint64_t)cores : 1,
                          .nc = CSI_DIMS_DEFAULT.nc};
    const option_spec specs[] = {
        OPTION_STRING("data", &o.data, "FILE", "training samples, .mat or .npy"),
        OPTION_STRING("channel", &o.channel, "NAMES",
                      "channels to draw samples from, separated by blanks: NAME[@CARRIER]"),
        OPTION_STRING("out", &o.out, "FILE", "output file, for --denoise-payload"),
        OPTION_STRING("codewords", &o.codewords, "FILE.npy",
                      "also write the codewords, with mean power 1, to train a network on"),
        OPTION_UINT("samples", &o.samples, 1, UINT32_MAX, "N",
                    "number of samples from all channels; at least two for each value of a "
                    "codeword"),
        OPTION_UINT("seed", &o.seed, 0, 9e15, "N", "seed; the same seed gives the same file"),
        OPTION_UINT("threads", &o.threads, 1, FADING_THREADS_MAX, "N",
                    "threads that draw samples; the result does not depend on it"),
        OPTION_UINT("nc", &o.nc, 32, 8192, "N", "subcarriers"),
    };
    const option_command command = {
        .name = "csilink model denoiser",
        .summary = "design a denoiser of a codec's codewords, for the base station, from samples",
        .operands = "CODEC",
        .example = "  csilink model denoiser cllwcsinet-cr16-indoor --channel cost2100-indoor \\\n"
                   "      --out cllwcsinet-cr16-indoor.denoiser",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
        .operands_min = 1,
        .operands_max = 1,
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    o.codec = argv[1];
    if (!o.out || (o.data != NULL) == (o.channel != NULL))
        return option_complain(&command, "it needs --out and either --data or --channel");
    err e = {0};
    codec *encoder = codec_load(CODEC_ENCODER, o.codec, &e);
    int rc = encoder ? design(&o, encoder, &e) : e.code;
    codec_unload(encoder);
    if (rc == ERR_NONE)
        return 0;
    log_error("%s", e.text);
    return e.code == ERR_INVALID ? OPTION_EXIT_USAGE : 1;
}
