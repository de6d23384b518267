/* csilink data compare: compares sets of channels with another set, or with published figures. */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "codec/models.h"
#include "compare.h"
#include "critic.h"
#include "data.h"
#include "fading/fading.h"
#include "ui/option.h"

enum { SUBJECTS_MAX = 16, SAMPLES_OF_CHANNEL = 2000 };

typedef struct compare_options {
    const char *to, *critics;
    uint64_t samples, seed; /* samples 0: all of a file, SAMPLES_OF_CHANNEL of a channel */
    bool axes, json;
} compare_options;

static const option_command command = {
    .name = "csilink data compare",
    .summary = "how far channels are from another set: networks that were trained on it, sparsity, "
               "power by delay and angle",
    .operands = "CHANNEL|FILE.mat|FILE.npy...",
    .example = "  csilink data compare --to DATA_Htestout.mat cost2100-outdoor\n"
               "  csilink data compare --to cost2100-public-outdoor.json --critics networks/ "
               "cost2100-outdoor cost2100-outdoor:nlos",
    .operands_min = 1,
    .operands_max = SUBJECTS_MAX,
};

/* --- a set ------------------------------------------------------------------------------------ */

static int draw(const compare_options *o, const char *name, csi_dataset *set, err *e)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    fading_config config = FADING_CONFIG_DEFAULT;
    config.seed = o->seed;
    uint32_t samples = o->samples ? (uint32_t)o->samples : SAMPLES_OF_CHANNEL;
    size_t width = (size_t)2 * config.dims.nt * config.dims.ni;
    fading *channel = fading_open(name, &config, e);
    if (!channel)
        return e->code;
    fading_generation g = {.channel = channel,
                           .dims = config.dims,
                           .threads = cores > 0 && cores < FADING_THREADS_MAX ? (unsigned)cores : 1,
                           .steps = 1};
    *set = (csi_dataset){samples, config.dims.nt, config.dims.ni, malloc(samples * width * 4)};
    int rc = set->x ? fading_generate(&g, 0, samples, set->x, e)
                    : err_set(e, ERR_NOMEM, "out of memory for %u samples", samples);
    fading_close(channel);
    return rc;
}

static int get_set(const compare_options *o, const char *name, csi_dataset *set, err *e)
{
    *set = (csi_dataset){0};
    if (!fading_is_file(name))
        return draw(o, name, set, e);
    int rc = csi_dataset_read(name, NULL, set, e);
    if (rc == ERR_NONE && o->samples && o->samples < set->samples)
        set->samples = o->samples;
    return rc;
}

/* --- comparing -------------------------------------------------------------------------------- */

static int compare_set(const compare_options *o, const targets *t, const csi_dataset *set,
                       comparison *c, err *e)
{
    if (portrait_of(set, t, &c->portrait, e) != ERR_NONE)
        return e->code;
    for (size_t i = 0; o->critics && i < t->critics; i++)
        if (critic_nmse(o->critics, t->critic[i].name, set, &c->nmse[i], e) != ERR_NONE)
            return e->code;
    return ERR_NONE;
}

static int compare_one(const compare_options *o, const targets *t, const char *name, comparison *c,
                       err *e)
{
    csi_dataset set;
    *c = (comparison){.name = name};
    int rc = get_set(o, name, &set, e);
    if (rc == ERR_NONE)
        rc = compare_set(o, t, &set, c, e);
    csi_dataset_free(&set);
    return rc;
}

/* The figures of another set, as targets. */
static void take_targets(targets *t, const comparison *c)
{
    for (size_t i = 0; i < t->critics; i++)
        t->critic[i].nmse_db = db_of_mean(c->nmse[i]);
    for (size_t i = 0; i < t->kept; i++)
        t->keep[i].nmse_db = db_of_mean(c->portrait.lost[i]);
    t->tap = c->portrait.tap;
    t->angle = c->portrait.angle;
}

static bool is_json(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && strcmp(name + length - 5, ".json") == 0;
}

/* A file by its path, or one of csilink's own by its name. */
static int read_targets(targets *t, const char *name, err *e)
{
    char path[PATH_MAX];
    bool is_path = strchr(name, '/') || access(name, F_OK) == 0;
    if (!is_path && models_find_in("targets", name, path, sizeof path, e) != ERR_NONE)
        return e->code;
    int rc = targets_read(t, is_path ? name : path, e);
    if (rc == ERR_NONE && !t->title[0])
        snprintf(t->title, sizeof t->title, "%s", name);
    return rc;
}

static int make_targets(const compare_options *o, targets *t, err *e)
{
    static comparison c;
    targets_init(t);
    if (o->to && is_json(o->to))
        return read_targets(t, o->to, e);
    if (o->critics && critic_list(o->critics, t, e) != ERR_NONE)
        return err_prefix(e, "--critics");
    if (!o->to)
        return ERR_NONE;
    snprintf(t->title, sizeof t->title, "%s", o->to);
    if (compare_one(o, t, o->to, &c, e) != ERR_NONE)
        return err_prefix(e, "--to");
    take_targets(t, &c);
    return ERR_NONE;
}

static int run(const compare_options *o, char **names, int count)
{
    static targets t;
    static comparison all[SUBJECTS_MAX];
    err e = {0};
    int rc = make_targets(o, &t, &e);
    if (rc == ERR_NONE && !o->json)
        compare_print_head(&t, o->critics != NULL);
    for (int i = 0; rc == ERR_NONE && i < count; i++) {
        rc = compare_one(o, &t, names[i], &all[i], &e);
        if (rc == ERR_NONE && !o->json)
            compare_print(&t, &all[i], o->critics != NULL, o->axes);
        else if (rc != ERR_NONE)
            err_prefix(&e, "'%s'", names[i]);
    }
    if (rc == ERR_NONE && o->json)
        compare_print_json(&t, all, (size_t)count, o->critics != NULL);
    if (rc == ERR_NONE)
        return 0;
    log_error("%s", e.text);
    return rc == ERR_INVALID ? OPTION_EXIT_USAGE : 1;
}

int data_compare(int argc, char **argv)
{
    compare_options o = {.seed = 1};
    const option_spec specs[] = {
        OPTION_STRING("to", &o.to, "CHANNEL|FILE",
                      "another set, or a .json file with known figures of one (docs/import.md)"),
        OPTION_STRING("critics", &o.critics, "FOLDER",
                      "networks NAME.encoder.onnx, NAME.decoder.onnx; with a .json file, those "
                      "that it names"),
        OPTION_UINT("samples", &o.samples, 0, 10000000, "N",
                    "at most; 0: 2000 of a channel, all of a file"),
        OPTION_UINT("seed", &o.seed, 0, 1ull << 53, "N", "of the channels"),
        OPTION_FLAG("axes", &o.axes, "also print the power of each delay tap and angle"),
        OPTION_FLAG("json", &o.json, "print JSON"),
    };
    option_command whole = command;
    int operands;
    whole.specs = specs;
    whole.count = sizeof specs / sizeof specs[0];
    int status = option_parse(&whole, argc, argv, &operands);
    return status >= 0 ? status : run(&o, argv + 1, operands);
}
