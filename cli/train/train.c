/* csilink train: a recipe, overridden by options, becomes a run. */
#include "train.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/ui/command.h"
#include "ui/option.h"

typedef struct train_options {
    const char *out, *channel, *set;
    double carrier_hz;
    bool resume, restart;
} train_options;

/* An option that sets a key of the recipe, under the key's name or another. */
typedef struct override {
    const char *option, *key, *text;
} override;

static int set_pairs(const option_command *command, train_recipe *r, const char *list)
{
    err e = {0};
    for (const char *at = list; *at;) {
        char pair[256], *value;
        size_t length = strcspn(at, ";");
        snprintf(pair, sizeof pair, "%.*s", (int)length, at);
        value = strchr(pair, '=');
        if (length >= sizeof pair || !value)
            return option_complain(command, "--set takes KEY=VALUE;..., not '%s'", list);
        *value++ = '\0';
        if (train_recipe_set(r, pair, value, &e) != ERR_NONE)
            return option_complain(command, "--set %s", e.text);
        at += length + (at[length] == ';');
    }
    return -1;
}

static int override_recipe(const option_command *command, const train_options *o,
                           const override *overrides, size_t count, train_recipe *r)
{
    err e = {0};
    int status = o->set ? set_pairs(command, r, o->set) : -1;
    for (size_t i = 0; status < 0 && i < count; i++)
        if (overrides[i].text &&
            train_recipe_set(r, overrides[i].key, overrides[i].text, &e) != ERR_NONE)
            status = option_complain(command, "--%s: %s", overrides[i].option,
                                     e.text + strlen(overrides[i].key) + strlen(": "));
    if (status < 0 && o->channel &&
        train_recipe_set_channel(r, o->channel, o->carrier_hz, &e) != ERR_NONE)
        status = option_complain(command, "--channel: %s", e.text);
    return status;
}

static int set_folder(train_run *run, const char *out, err *e)
{
    int n = out ? snprintf(run->folder, sizeof run->folder, "%s", out)
                : snprintf(run->folder, sizeof run->folder, "runs/train-%s", run->recipe.name);
    if (n < 0 || (size_t)n >= sizeof run->folder)
        return err_set(e, ERR_INVALID, "--out: the path is too long");
    return ERR_NONE;
}

/* Does everything after the options are parsed. Returns the exit status. */
static int train(train_run *run, const train_options *o, err *e)
{
    train_again again = o->restart ? TRAIN_RESTART : o->resume ? TRAIN_RESUME : TRAIN_IF_SAME;
    int status = train_open_start(run, e);
    if (status == ERR_NONE)
        status = train_recipe_complete(&run->recipe, e);
    if (status == ERR_NONE)
        status = set_folder(run, o->out, e);
    if (status == ERR_NONE)
        status = train_open(run, again, e);
    if (status == ERR_NONE)
        status = train_loop(run, e);
    train_close(run);
    return status;
}

static int run_recipe(const option_command *command, const train_options *o, const char *path,
                      const override *overrides, size_t count, const char *typed)
{
    static train_run run;
    err e = {0};
    run = (train_run){.command = typed};
    train_recipe_init(&run.recipe);
    int status = path ? train_recipe_read(&run.recipe, path, &e) : ERR_NONE;
    if (status == ERR_NONE) {
        status = override_recipe(command, o, overrides, count, &run.recipe);
        if (status < 0)
            status = train(&run, o, &e);
    }
    train_recipe_free(&run.recipe);
    if (status >= 0)
        return status;
    if (status == ERR_INVALID && !path)
        return option_complain(command, "%s", e.text);
    if (status == ERR_INVALID)
        err_prefix(&e, "%s", path);
    log_error("%s", e.text);
    return 1;
}

/* The command line, for the model's card. */
static char *join(int argc, char **argv)
{
    size_t size = sizeof "csilink";
    for (int i = 0; i < argc; i++)
        size += strlen(argv[i]) + 1;
    char *text = malloc(size);
    size_t used = text ? (size_t)snprintf(text, size, "csilink") : 0;
    for (int i = 0; text && i < argc; i++)
        used += (size_t)snprintf(text + used, size - used, " %s", argv[i]);
    return text;
}

int command_train(int argc, char **argv)
{
    char *typed = join(argc, argv); /* before operands are moved */
    train_options o = {0};
    override v[] = {{"architecture", "architecture", NULL},
                    {"start", "start", NULL},
                    {"family", "family", NULL},
                    {"scenario", "scenario", NULL},
                    {"cr", "cr", NULL},
                    {"align", "align", NULL},
                    {"samples", "samples", NULL},
                    {"batch", "batch", NULL},
                    {"rate", "optimizer.rate", NULL},
                    {"threads", "threads", NULL},
                    {"pool", "pool", NULL},
                    {"validate-every", "validate.every", NULL},
                    {"validation", "validate.samples", NULL},
                    {"seed", "seed", NULL},
                    {"time", "time", NULL},
                    {"quantize", "quantize.scheme", NULL}};
    const option_spec specs[] = {
        OPTION_STRING("architecture", &v[0].text, "NAME",
                      "architecture: a name of "
                      "models/architectures, or a file"),
        OPTION_STRING("start", &v[1].text, "MODEL",
                      "pair to continue from: its name, or PREFIX of PREFIX.encoder.onnx"),
        OPTION_STRING("family", &v[2].text, "NAME", "first part of the model's name"),
        OPTION_STRING("scenario", &v[3].text, "NAME", "last part of the model's name"),
        OPTION_STRING("cr", &v[4].text, "N", "compression ratio"),
        OPTION_STRING("align", &v[5].text, CSI_ALIGN_NAMES, "shift that travels as side bits"),
        OPTION_STRING("channel", &o.channel, "NAME", "the only source of samples"),
        OPTION_DOUBLE("carrier", &o.carrier_hz, 0, 1e12, "HZ",
                      "carrier of that channel; 0: its "
                      "own"),
        OPTION_STRING("samples", &v[6].text, "N", "length of the run: 250k, 4M"),
        OPTION_STRING("batch", &v[7].text, "N", "samples per step"),
        OPTION_STRING("rate", &v[8].text, "R", "learning rate after warm-up"),
        OPTION_STRING("threads", &v[9].text, "N", "0: one for each core"),
        OPTION_STRING("pool", &v[10].text, "N", "samples to draw at a time"),
        OPTION_STRING("validate-every", &v[11].text, "N", "samples"),
        OPTION_STRING("validation", &v[12].text, "N", "samples of the validation set"),
        OPTION_STRING("seed", &v[13].text, "N", "seed of weights, samples and noise"),
        OPTION_STRING("time", &v[14].text, "S",
                      "stop after this time; the run can resume: 90s, 2h"),
        OPTION_STRING("quantize", &v[15].text, "dynamic|static|binary",
                      "train with the arithmetic of 8-bit inference"),
        OPTION_STRING("set", &o.set, "KEY=VALUE;...", "any other keys: snr.min=0;optimizer.ema=0"),
        OPTION_STRING("out", &o.out, "FOLDER", "folder of the run [runs/train-NAME]"),
        OPTION_FLAG("resume", &o.resume, "resume from the folder's checkpoint, or fail"),
        OPTION_FLAG("restart", &o.restart, "start afresh, whatever the folder holds"),
    };
    const option_command command = {
        .name = "csilink train",
        .summary = "trains an encoder and a decoder over the noisy link (docs/training.md)",
        .operands = "[RECIPE.yaml]",
        .example = "  csilink train models/recipes/csilink-net-indoor.yaml --cr 8 --samples 1M\n"
                   "  csilink train --architecture csilink-net --cr 4 --scenario eva --channel "
                   "rayleigh:eva --samples 500k",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
        .operands_max = 1,
    };
    int operands = 0, status = option_parse(&command, argc, argv, &operands);
    if (status < 0 && o.resume && o.restart)
        status = option_complain(&command, "--resume and --restart exclude each other");
    if (status < 0)
        status = run_recipe(&command, &o, operands ? argv[1] : NULL, v, sizeof v / sizeof v[0],
                            typed ? typed : "csilink train");
    free(typed);
    return status;
}
