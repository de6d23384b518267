#include "cli/model/training.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "csi/dataset.h"
#include "fading/generate.h"
#include "train/samples/permute.h"
#include "ui/progress.h"

enum { SOURCES_MAX = 16, BLOCK = 2000 };

struct model_training {
    codec_training samples;
    progress progress;
    size_t pixels; /* of a sample */
    uint64_t taken;

    csi_dataset set; /* the file, which is one block */

    fading *channel[SOURCES_MAX];
    uint32_t share[SOURCES_MAX]; /* samples of each */
    size_t sources, source;      /* how many, and the one that is being drawn */
    uint32_t next_ue;            /* of that one */
    fading_generation generation;
    float *drawn; /* [BLOCK or an environment][pixels] */

    const float *block; /* the unread samples: block[at .. end][pixels] */
    size_t at, end;
    uint64_t before; /* samples of earlier blocks, for progress */
};

static bool on_progress(void *user, size_t done)
{
    model_training *t = user;
    progress_update(&t->progress, (double)(t->before + done));
    return true;
}

/* The number of UEs in one call: whole environments, since each is costly to make. */
static uint32_t block_ues(const fading *channel)
{
    uint32_t shared = fading_environment_ues(channel);
    return shared < BLOCK ? BLOCK / shared * shared : shared;
}

/* Draws the next block of the channels; leaves it empty once all have given their share. */
static int draw_block(model_training *t, err *e)
{
    t->at = t->end = 0;
    while (t->source < t->sources && t->next_ue == t->share[t->source]) {
        t->source++;
        t->next_ue = 0;
    }
    if (t->source == t->sources)
        return ERR_NONE;
    uint32_t left = t->share[t->source] - t->next_ue, ues = block_ues(t->channel[t->source]);
    ues = ues < left ? ues : left;
    t->generation.channel = t->channel[t->source];
    t->before = t->taken;
    int rc = fading_generate(&t->generation, t->next_ue, ues, t->drawn, e);
    t->next_ue += ues;
    t->end = ues;
    return rc;
}

static int next_samples(void *user, float complex *h, size_t room, size_t *count, err *e)
{
    model_training *t = user;
    *count = 0;
    if (t->at == t->end && t->sources > 0) {
        int rc = draw_block(t, e);
        if (rc != ERR_NONE)
            return rc;
    }
    size_t entries = t->pixels / 2;
    /* An image is a scaled channel, as planes; a codec's samples are complex. */
    for (; *count < room && t->at < t->end; ++*count, t->at++) {
        const float *image = t->block + t->at * t->pixels;
        float *part = (float *)(h + *count * entries);
        for (size_t i = 0; i < entries; i++) {
            part[2 * i] = image[i] - 0.5f;
            part[2 * i + 1] = image[entries + i] - 0.5f;
        }
    }
    t->taken += *count;
    if (t->sources == 0)
        progress_update(&t->progress, (double)t->taken);
    if (*count == 0)
        progress_end(&t->progress);
    return ERR_NONE;
}

/* "uma-nlos@28e9": a channel at a carrier; without one, at its own. */
static int open_channel(model_training *t, const model_training_config *config, char *name, err *e)
{
    fading_config c = FADING_CONFIG_DEFAULT;
    /* No channel's name has an @. */
    char *at = strrchr(name, '@');
    c.dims = config->dims;
    c.seed = train_seed_derive(config->seed, TRAIN_SEED_CHANNEL, (int)t->sources, 0);
    if (at && (!text_number(at + 1, &c.carrier_hz) || !(c.carrier_hz > 0 && c.carrier_hz <= 1e12)))
        return err_set(e, ERR_INVALID, "the carrier of '%.64s' is not a frequency in Hz", name);
    if (at)
        *at = '\0';
    if (fading_is_file(name))
        return err_set(e, ERR_INVALID, "'%.128s' is a data set: give it as --data", name);
    if (t->sources == SOURCES_MAX)
        return err_set(e, ERR_INVALID, "more than %d channels", SOURCES_MAX);
    fading *f = fading_open(name, &c, e);
    if (!f)
        return e->code;
    t->channel[t->sources++] = f;
    /* The first of several channels names the scenario. */
    if (t->sources == 1 && fading_scenario(name))
        t->samples.scenario = fading_scenario(name);
    return ERR_NONE;
}

static int open_channels(model_training *t, const model_training_config *config, err *e)
{
    char *copy = strdup(config->channel), *rest = copy;
    int rc = copy ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for channels");
    for (char *name; rc == ERR_NONE && (name = strsep(&rest, " "));)
        if (*name)
            rc = open_channel(t, config, name, e);
    free(copy);
    if (rc != ERR_NONE)
        return rc;
    if (config->samples < t->sources || config->samples > UINT32_MAX || t->sources == 0)
        return err_set(e, ERR_INVALID, "%llu samples of %zu channels; each gives at least one",
                       (unsigned long long)config->samples, t->sources);
    uint32_t most = 0;
    /* Cuts by the running sum, so that the shares differ by at most one sample and none is lost. */
    for (size_t i = 0; i < t->sources; i++) {
        uint64_t behind = config->samples * i / t->sources;
        t->share[i] = (uint32_t)(config->samples * (i + 1) / t->sources - behind);
        most = most > block_ues(t->channel[i]) ? most : block_ues(t->channel[i]);
    }
    t->samples.samples = config->samples;
    t->samples.nt = config->dims.nt;
    t->samples.ni = config->dims.ni;
    t->generation = (fading_generation){.dims = config->dims,
                                        .threads = config->threads,
                                        .steps = 1,
                                        .on_progress = on_progress,
                                        .user = t};
    t->pixels = (size_t)2 * config->dims.nt * config->dims.ni;
    /* NOLINTNEXTLINE(clang-analyzer-optin.portability.UnixAPI): not 0 bytes */
    t->drawn = malloc(most * t->pixels * sizeof *t->drawn);
    t->block = t->drawn;
    return t->drawn ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for %u samples", most);
}

static int open_file(model_training *t, const model_training_config *config, err *e)
{
    int rc = csi_dataset_read(config->data, NULL, &t->set, e);
    if (rc != ERR_NONE)
        return rc;
    if (fading_scenario(config->data))
        t->samples.scenario = fading_scenario(config->data);
    t->samples.samples = t->set.samples;
    t->samples.nt = t->set.nt;
    t->samples.ni = t->set.ni;
    t->pixels = (size_t)2 * t->set.nt * t->set.ni;
    t->block = t->set.x;
    t->end = t->set.samples;
    return ERR_NONE;
}

model_training *model_training_open(const model_training_config *config, err *e)
{
    model_training *t = calloc(1, sizeof *t);
    if (!t) {
        err_set(e, ERR_NOMEM, "out of memory for training samples");
        return NULL;
    }
    t->samples = (codec_training){.nr = 1, .scenario = "", .user = t, .next = next_samples};
    int rc = config->data ? open_file(t, config, e) : open_channels(t, config, e);
    if (rc != ERR_NONE) {
        model_training_close(t);
        return NULL;
    }
    t->progress = progress_start(stderr, "samples", (double)t->samples.samples);
    return t;
}

void model_training_close(model_training *t)
{
    if (!t)
        return;
    for (size_t i = 0; i < t->sources; i++)
        fading_close(t->channel[i]);
    csi_dataset_free(&t->set);
    free(t->drawn);
    free(t);
}

const codec_training *model_training_samples(const model_training *t)
{
    return &t->samples;
}
