#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/file.h"
#include "nn/grad.h"
#include "nn/nn.h"
#include "nn/quant.h"
#include "train.h"
#include "train/architecture/architecture.h"
#include "train/samples/feed.h"
#include "ui/program.h"

/* Sets 0, 1 and 3 are the trainer's own: for validation, statistics and calibration. */
enum { START_SET = 2, START_IMAGES = 4000, START_POOL = 1024 };

/* --- a pair to start from --------------------------------------------------------------------- */

static int adopt(train_recipe *r, const onnx_info *info, const nn_model *model, err *e)
{
    uint32_t cr = 2 * info->nt * info->ni / info->codeword;
    const char *family = nn_model_metadata(model, "csilink.family");
    if (r->cr && r->cr != cr)
        return err_set(e, ERR_INVALID, "cr is %u, but the pair to start from has CR %u", r->cr, cr);
    r->cr = cr;
    r->config.feed.layout = info->layout;
    if (!train_recipe_says(r, "align"))
        r->config.feed.align = info->align;
    r->config.feed.dims.nt = r->config.feed.dims.tp = info->nt;
    r->config.feed.dims.ni = info->ni;
    if (!train_recipe_says(r, "family") && family)
        return train_recipe_set(r, "family", family, e);
    return ERR_NONE;
}

/* Folds batch norms into convolutions, as inference does before it quantizes them. */
static int fold(nn_model **model, err *e)
{
    if (!nn_model_has_op(*model, "BatchNormalization"))
        return ERR_NONE;
    nn_model *folded = quant_fold(*model, e);
    if (!folded)
        return ERR_NOMEM; /* e has the message */
    nn_model_free(*model);
    *model = folded;
    return ERR_NONE;
}

static int load_side(train_run *run, codec_side side, onnx_part **part, err *e)
{
    char path[PATH_MAX];
    train_recipe *r = &run->recipe;
    const char *layout = !train_recipe_says(r, "layout")             ? NULL
                         : r->config.feed.layout == ONNX_ANGLE_DELAY ? "angle-delay"
                                                                     : "delay-angle";
    int status = train_find_pair(r->start, side, path, e);
    if (status != ERR_NONE)
        return err_prefix(e, "start");
    *part = onnx_load(side, path, layout, e);
    if (!*part)
        return ERR_FORMAT; /* e has the message */
    nn_model **model = side == CODEC_ENCODER ? &run->pair.encoder : &run->pair.decoder;
    *model = nn_model_widen(onnx_part_network(*part), e); /* to be trained */
    if (!*model)
        return ERR_FORMAT;
    const train_quantize *q = &r->config.quantize;
    bool quantized = q->scheme != GRAD_UNQUANTIZED && (side == CODEC_ENCODER || q->decoder);
    return quantized ? fold(model, e) : ERR_NONE;
}

int train_open_start(train_run *run, err *e)
{
    onnx_part *encoder = NULL, *decoder = NULL;
    if (!run->recipe.start || run->recipe.architecture)
        return ERR_NONE;
    int status = load_side(run, CODEC_ENCODER, &encoder, e);
    if (status == ERR_NONE)
        status = load_side(run, CODEC_DECODER, &decoder, e);
    if (status == ERR_NONE)
        status = onnx_check_pair(onnx_part_info(encoder), onnx_part_info(decoder), e);
    if (status == ERR_NONE)
        status = adopt(&run->recipe, onnx_part_info(encoder), run->pair.encoder, e);
    onnx_part_free(encoder);
    onnx_part_free(decoder);
    return status;
}

/* --- networks of an architecture -------------------------------------------------------------- */

/* Initialises the first layers from samples used neither for training nor for validation. */
static int start_from_samples(train_run *run, err *e)
{
    train_feed_config config = run->recipe.config.feed;
    size_t each = (size_t)2 * config.dims.nt * config.dims.ni;
    config.reports = 1;
    config.pool = config.pool < START_POOL ? config.pool : START_POOL;
    float *images = malloc(START_IMAGES * each * sizeof *images);
    if (!images)
        return err_set(e, ERR_NOMEM, "no memory for %d samples to start from", START_IMAGES);
    train_feed *feed = train_feed_open(&config, 0, e);
    int status = feed ? train_feed_holdout(feed, -1, START_SET, START_IMAGES, images, e) : ERR_IO;
    if (status == ERR_NONE)
        status = train_architecture_start(&run->pair, &config.dims, images, START_IMAGES, e);
    train_feed_close(feed);
    free(images);
    return status;
}

train_architecture_config train_architecture_of(const train_recipe *r)
{
    return (train_architecture_config){.name = r->architecture,
                                       .cr = r->cr,
                                       .dims = r->config.feed.dims,
                                       .layout = r->config.feed.layout,
                                       .seed = r->config.seed,
                                       .density = r->config.objective.lambda > 0};
}

static int build(train_run *run, err *e)
{
    const train_recipe *r = &run->recipe;
    train_architecture_config config = train_architecture_of(r);
    int status = train_architecture_build(&config, &run->pair, e);
    if (status == ERR_NONE)
        status = start_from_samples(run, e);
    return status == ERR_NONE && r->weights ? train_take_weights(run, e) : status;
}

/* --- opening ---------------------------------------------------------------------------------- */

static size_t parameters(const nn_model *model)
{
    grad_weights *w = grad_weights_open(model, NULL);
    size_t n = w ? w->parameters : 0;
    grad_weights_free(w);
    return n;
}

static void say(const train_run *run, bool resumed)
{
    const train_recipe *r = &run->recipe;
    const train_status *s = trainer_status(run->trainer);
    printf("%s: %s + %s parameters, %s\n", r->name, train_thousands(parameters(run->pair.encoder)),
           train_thousands(parameters(run->pair.decoder)), r->start ? r->start : r->architecture);
    printf("%s samples of ", train_thousands(r->config.samples));
    for (int i = 0; i < r->config.feed.n_sources; i++)
        printf("%s%s", i ? ", " : "", r->config.feed.sources[i].channel);
    printf("; batch %zu on %u thread%s; into %s\n", r->config.batch, r->config.threads,
           r->config.threads == 1 ? "" : "s", run->folder);
    if (r->config.quantize.scheme != GRAD_UNQUANTIZED)
        printf("%s trained and validated with the arithmetic of 8-bit inference\n",
               r->config.quantize.decoder ? "both networks are" : "the encoder is");
    if (resumed)
        printf("resuming from the checkpoint at %s samples\n", train_thousands(s->samples));
    program_output();
}

/* Leaves the folder's old files until the trainer is open. */
static int open_in_folder(train_run *run, train_again again, const char *recipe, size_t size,
                          err *e)
{
    char checkpoint[PATH_MAX], record[PATH_MAX];
    bool resumed;
    int status = train_folder_prepare(run, again, recipe, &resumed, e);
    if (status == ERR_NONE && !run->recipe.start)
        status = build(run, e);
    if (status != ERR_NONE)
        return status;
    train_path(run, "checkpoint", checkpoint);
    run->trainer = trainer_open(&run->recipe.config, &run->pair, resumed ? checkpoint : NULL, e);
    if (!run->trainer)
        return e->code;
    if (!resumed)
        unlink(checkpoint);
    status = file_replace(train_path(run, "recipe.yaml", record), recipe, size, e);
    if (status == ERR_NONE)
        status = train_log_open(run, trainer_status(run->trainer)->samples, e);
    if (status == ERR_NONE)
        say(run, resumed);
    return status;
}

int train_open(train_run *run, train_again again, err *e)
{
    size_t size;
    char *recipe = train_recipe_text(&run->recipe, &size, e);
    if (!recipe)
        return ERR_NOMEM;
    run->restarted = again == TRAIN_RESTART;
    int status = open_in_folder(run, again, recipe, size, e);
    if (status != ERR_NONE)
        rmdir(run->folder); /* only if it is empty: a refused recipe leaves no folder */
    free(recipe);
    return status;
}

void train_close(train_run *run)
{
    trainer_free(run->trainer);
    train_pair_free(&run->pair);
    if (run->log)
        fclose(run->log);
    free(run->history.rows);
    run->trainer = NULL;
    run->log = NULL;
    run->history = (train_history){0};
}
