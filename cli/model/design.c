#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cli/model/training.h"
#include "cli/ui/defaults.h"
#include "codec/kind.h"
#include "fading/generate.h"
#include "io/file.h"
#include "model.h"
#include "ui/option.h"

static const uint64_t not_given = UINT64_MAX; /* beyond every range */

typedef struct design_options {
    const char *data, *channel, *out;
    uint64_t cr, samples, seed, threads, nt, nc;
} design_options;

const codec_kind *model_design_kind(const char *spec)
{
    size_t length = strcspn(spec, ":");
    for (const codec_kind *const *k = codec_kinds; *k; k++)
        if ((*k)->design && strlen((*k)->name) == length && strncmp((*k)->name, spec, length) == 0)
            return *k;
    return NULL;
}

/* --cr is an option because every kind of code has a CR. Arguments that only one kind has follow
 * its colon, so the command does not change with the kinds. The kind gets the arguments after the
 * colon, then those from options. */
static int join_arguments(const char *spec, const design_options *o, char *text, err *e)
{
    const char *colon = strchr(spec, ':');
    const char *given = colon ? colon + 1 : "";
    char cr[32] = "";
    if (o->cr != not_given)
        snprintf(cr, sizeof cr, "%scr=%llu", *given ? "," : "", (unsigned long long)o->cr);
    if ((size_t)snprintf(text, CODEC_SPEC_MAX, "%s%s", given, cr) < CODEC_SPEC_MAX)
        return ERR_NONE;
    return err_set(e, ERR_INVALID, "'%.64s...' has more than %d characters", spec,
                   CODEC_SPEC_MAX - 1);
}

static int design(const codec_kind *kind, const char *spec, const design_options *o, err *e)
{
    char arguments[CODEC_SPEC_MAX], note[CODEC_NOTE_MAX] = "";
    model_training_config config = {.data = o->data,
                                    .channel = o->channel,
                                    .samples = o->samples,
                                    .seed = o->seed,
                                    .threads = (unsigned)o->threads,
                                    .dims = CSI_DIMS_DEFAULT};
    config.dims.nt = config.dims.tp = (uint32_t)o->nt;
    config.dims.nc = (uint32_t)o->nc;
    int rc = join_arguments(spec, o, arguments, e);
    if (rc != ERR_NONE)
        return rc;
    model_training *training = model_training_open(&config, e);
    if (!training)
        return e->code;
    void *file = NULL;
    size_t size = 0;
    rc = kind->design(arguments, model_training_samples(training), &file, &size, note, e);
    model_training_close(training);
    /* Written last and atomically, so that a design that fails leaves the old file. */
    if (rc == ERR_NONE)
        rc = file_replace(o->out, file, size, e);
    if (rc == ERR_NONE)
        printf("%s: %zu bytes\n%s\n", o->out, size, note);
    free(file);
    return rc;
}

int model_design(int argc, char **argv)
{
    const codec_kind *kind = model_design_kind(argv[0]);
    char name[64], summary[512], example[256];
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    design_options o = {.cr = not_given,
                        .samples = 100000,
                        .seed = DEFAULT_SEED,
                        .threads = cores > 0 ? (uint64_t)cores : 1,
                        .nt = CSI_DIMS_DEFAULT.nt,
                        .nc = CSI_DIMS_DEFAULT.nc};
    const option_spec specs[] = {
        OPTION_STRING("data", &o.data, "FILE", "training samples, .mat or .npy"),
        OPTION_STRING("channel", &o.channel, "NAMES",
                      "channels to draw samples from, separated by blanks: NAME[@CARRIER]"),
        OPTION_UINT("cr", &o.cr, 1, 1024, "N",
                    "compression ratio: values of a sample over values sent"),
        OPTION_STRING("out", &o.out, "FILE", "where to"),
        OPTION_UINT("samples", &o.samples, 1, UINT32_MAX, "N",
                    "number of samples from all "
                    "channels"),
        OPTION_UINT("seed", &o.seed, 0, 9e15, "N", "seed; the same seed gives the same file"),
        OPTION_UINT("threads", &o.threads, 1, FADING_THREADS_MAX, "N",
                    "threads that draw samples; the result does not depend on it"),
        OPTION_UINT("nt", &o.nt, 1, 256, "N", "antennas of the base station"),
        OPTION_UINT("nc", &o.nc, 32, 8192, "N", "subcarriers"),
    };
    snprintf(name, sizeof name, "csilink model %s", kind->name);
    snprintf(summary, sizeof summary, "design a codec from training samples: %s",
             kind->design_usage);
    snprintf(example, sizeof example,
             "  csilink model %s --channel cost2100-indoor --cr 4 --out models/%s-indoor.%s",
             kind->name, kind->name, kind->name);
    const option_command command = {
        .name = name,
        .summary = summary,
        .example = example,
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    if (!o.out || (o.data != NULL) == (o.channel != NULL))
        return option_complain(&command, "it needs --out and either --data or --channel");
    err e = {0};
    if (design(kind, argv[0], &o, &e) == ERR_NONE)
        return 0;
    /* ERR_INVALID is a usage error here, too: the kind or a channel refused an argument of the
     * command line. */
    log_error("%s", e.text);
    return e.code == ERR_INVALID ? OPTION_EXIT_USAGE : 1;
}
