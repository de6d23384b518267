/* Weights of another pair for the layers of an architecture. */
#include <stdlib.h>
#include <string.h>

#include "nn/nn.h"
#include "train.h"

/* NAME with the CR in place of {cr}. */
static int fill_in(const train_recipe *r, char *name, size_t size, err *e)
{
    const char *hole = strstr(r->weights, "{cr}");
    int n = hole ? snprintf(name, size, "%.*s%u%s", (int)(hole - r->weights), r->weights, r->cr,
                            hole + strlen("{cr}"))
                 : snprintf(name, size, "%s", r->weights);
    return n >= 0 && (size_t)n < size ? ERR_NONE : err_set(e, ERR_INVALID, "the name is too long");
}

/* Checks that the other pair takes the same images and sends as many values: otherwise its weights
 * mean nothing here. */
static int check(const train_run *run, codec_side side, const char *path, err *e)
{
    const train_feed_config *feed = &run->recipe.config.feed;
    onnx_part *part = onnx_load(side, path, NULL, e);
    if (!part)
        return ERR_FORMAT;
    const onnx_info *info = onnx_part_info(part);
    int status = ERR_NONE;
    if (info->nt != feed->dims.nt || info->ni != feed->dims.ni || info->layout != feed->layout ||
        info->codeword != 2 * info->nt * info->ni / run->recipe.cr)
        status = err_set(e, ERR_MISMATCH, "%s has another image size or CR", path);
    else if (info->align != feed->align)
        status = err_set(e, ERR_MISMATCH, "%s has align %s, not %s", path,
                         csi_align_name(info->align), csi_align_name(feed->align));
    onnx_part_free(part);
    return status;
}

/* The constant of that name, where its type and shape are those of `like`. */
static const nn_tensor *find_same(const nn_model *model, const char *name, const nn_tensor *like)
{
    const nn_tensor *t = nn_model_constant(model, nn_model_find_constant(model, name));
    bool same = t && t->dtype == like->dtype && t->rank == like->rank &&
                memcmp(t->dims, like->dims, (size_t)t->rank * sizeof *t->dims) == 0;
    return same ? t : NULL;
}

/* Also copies lists: if the pair has chosen positions (select), its weights depend on them. */
static int copy(const nn_model *from, nn_model *to, size_t *taken, err *e)
{
    int status = ERR_NONE;
    for (int v = 0; v < nn_model_values(to) && status == ERR_NONE; v++) {
        const nn_tensor *own = nn_model_constant(to, v),
                        *other = own ? find_same(from, nn_model_value_name(to, v), own) : NULL;
        if (!other || (own->dtype != NN_FLOAT && own->dtype != NN_INT64))
            continue;
        status = own->dtype == NN_FLOAT ? nn_model_set_constant(to, v, other->data, e)
                                        : nn_model_set_list(to, v, other->data, e);
        *taken += own->dtype == NN_FLOAT ? other->count : 0;
    }
    return status == ERR_NONE ? nn_model_rehash(to, e) : status;
}

static int take_side(train_run *run, const char *name, codec_side side, size_t *taken, err *e)
{
    char path[PATH_MAX];
    int status = train_find_pair(name, side, path, e);
    if (status == ERR_NONE)
        status = check(run, side, path, e);
    nn_model *from = status == ERR_NONE ? nn_model_load(path, e) : NULL;
    if (!from)
        return status == ERR_NONE ? ERR_FORMAT : status;
    status = copy(from, side == CODEC_ENCODER ? run->pair.encoder : run->pair.decoder, taken, e);
    nn_model_free(from);
    return status;
}

int train_take_weights(train_run *run, err *e)
{
    char name[PATH_MAX];
    size_t taken = 0;
    int status = fill_in(&run->recipe, name, sizeof name, e);
    for (int side = 0; side < 2 && status == ERR_NONE; side++)
        status = take_side(run, name, (codec_side)side, &taken, e);
    if (status == ERR_NONE && taken == 0)
        status = err_set(e, ERR_MISMATCH,
                         "'%s' has no weight of a name and shape that this "
                         "network has",
                         name);
    if (status != ERR_NONE)
        return err_prefix(e, "weights");
    printf("%s weights are taken from %s\n", train_thousands(taken), name);
    return ERR_NONE;
}
