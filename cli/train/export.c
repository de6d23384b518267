#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "io/file.h"
#include "train.h"
#include "train/density_table.h"

static const char *const layouts[] = {"angle-delay", "delay-angle"};
static const char *const sides[] = {"encoder", "decoder"};
static const char *const schemes[] = {"float", "int8-dynamic", "int8-static", "int8-binary"};

/* The origin of the weights in one line, without machine or time, so that files repeat. */
static void summarise(const train_run *run, uint64_t samples, char *text, size_t size)
{
    const train_recipe *r = &run->recipe;
    const train_config *c = &r->config;
    size_t used = (size_t)snprintf(text, size, "%s on ", r->start ? r->start : r->architecture);
    for (int i = 0; i < c->feed.n_sources && used < size; i++) {
        const train_source *s = &c->feed.sources[i];
        used += (size_t)snprintf(text + used, size - used, "%s%s", i ? " + " : "", s->channel);
        if (s->carrier_hz > 0 && used < size)
            used += (size_t)snprintf(text + used, size - used, " at %g GHz", s->carrier_hz * 1e-9);
    }
    if (c->quantize.scheme != GRAD_UNQUANTIZED && used < size)
        used += (size_t)snprintf(text + used, size - used, "; %s as %s",
                                 c->quantize.decoder ? "both networks" : "encoder",
                                 schemes[c->quantize.scheme]);
    char coded[64] = "";
    if (c->objective.lambda > 0)
        snprintf(coded, sizeof coded, "; rounded, lambda %g, no link", c->objective.lambda);
    if (used < size)
        snprintf(
            text + used, size - used,
            "%s; SNR %g to %g dB, %g %% without noise; loss %s, balance %g; batch %zu, rate %g; "
            "seed %" PRIu64 "; %" PRIu64 " of %" PRIu64 " samples",
            coded, c->objective.snr_min_db, c->objective.snr_max_db, 100 * c->objective.clean,
            c->objective.loss == TRAIN_MSE ? "mse" : "nmse", c->objective.balance, c->batch,
            c->learning_rate, c->seed, samples, c->samples);
}

static int set_metadata(const train_run *run, nn_model *model, err *e)
{
    const train_recipe *r = &run->recipe;
    const train_history *h = &run->history;
    char summary[1024];
    summarise(run, h->has_best ? h->rows[h->best].samples : 0, summary, sizeof summary);
    const char *entries[][2] = {
        {"csilink.layout", layouts[r->config.feed.layout]},
        {"csilink.align", csi_align_name(r->config.feed.align)},
        {"csilink.trained", summary},
    };
    int status = ERR_NONE;
    for (size_t i = 0; status == ERR_NONE && i < sizeof entries / sizeof entries[0]; i++)
        status = nn_model_set_metadata(model, entries[i][0], entries[i][1], e);
    return status;
}

/* Saves the model with binary matrices packed into bits. The model itself stays as it trains. */
static int save_packed(const nn_model *model, const char *path, err *e)
{
    nn_model *packed;
    int status = nn_pack_signs(model, &packed, e);
    if (status == ERR_NONE)
        status = nn_model_save(packed ? packed : model, path, e);
    nn_model_free(packed);
    return status;
}

/* Writes the two networks to files, from which onnx_make_pair makes the named pair, with its
 * checks. */
static int write_pair(train_run *run, err *e)
{
    char part[2][PATH_MAX];
    train_pair plain = {0};
    bool coded = run->recipe.config.objective.lambda > 0;
    train_architecture_config config = train_architecture_of(&run->recipe);
    int status = coded ? train_density_strip(&config, &run->pair, &plain, e) : ERR_NONE;
    const train_pair *pair = coded ? &plain : &run->pair;
    nn_model *models[] = {pair->encoder, pair->decoder};
    for (int i = 0; i < 2; i++) {
        char file[32];
        snprintf(file, sizeof file, "part.%s.onnx", sides[i]);
        train_path(run, file, part[i]);
        if (status == ERR_NONE)
            status = set_metadata(run, models[i], e);
        if (status == ERR_NONE)
            status = save_packed(models[i], part[i], e);
    }
    if (status == ERR_NONE)
        status =
            onnx_make_pair(part[0], part[1], run->recipe.name, NULL, NULL, false, run->folder, e);
    unlink(part[0]);
    unlink(part[1]);
    train_pair_free(&plain);
    return status;
}

/* Writes the 8-bit networks of quantization-aware training, besides the float pair. */
static int write_integers(const train_run *run, err *e)
{
    int status = ERR_NONE;
    for (int i = 0; status == ERR_NONE && i < 2; i++) {
        char file[CODEC_NAME_MAX + 32], from[PATH_MAX], to[PATH_MAX];
        snprintf(file, sizeof file, "%s.%s.onnx", run->recipe.name, sides[i]);
        train_path(run, file, from);
        snprintf(file, sizeof file, "%s.%s.int8.onnx", run->recipe.name, sides[i]);
        train_path(run, file, to);
        status = trainer_save_integers(run->trainer, (codec_side)i, from, to, e);
    }
    return status;
}

/* --- the card --------------------------------------------------------------------------------- */

static int card_networks(const train_run *run, FILE *to, err *e)
{
    fprintf(to, "| | parameters | MACs | output |\n|---|---|---|---|\n");
    for (int i = 0; i < 2; i++) {
        char file[CODEC_NAME_MAX + 32], path[PATH_MAX];
        snprintf(file, sizeof file, "%s.%s.onnx", run->recipe.name, sides[i]);
        onnx_part *part = onnx_load((codec_side)i, train_path(run, file, path), NULL, e);
        if (!part)
            return e->code;
        const onnx_info *info = onnx_part_info(part);
        fprintf(to, "| %s | %s | %s | ", sides[i], train_thousands((uint64_t)info->parameters),
                train_thousands((uint64_t)info->macs));
        if (i == CODEC_ENCODER)
            fprintf(to, "%u values |\n", info->codeword);
        else
            fprintf(to, "2 x %u x %u%s |\n", info->nt, info->ni,
                    info->takes_snr ? ", knows the SNR estimate" : "");
        onnx_part_free(part);
    }
    return ERR_NONE;
}

static void card_figures(const train_run *run, const train_row *best, FILE *to)
{
    const train_config *c = &run->recipe.config;
    fprintf(to,
            "\n## NMSE\n\nIn dB, over %zu samples of the same sources that training never sees, "
            "after %s of %s samples%s:\n\n| SNR in dB |",
            c->validation, train_thousands(best->samples), train_thousands(c->samples),
            c->quantize.scheme == GRAD_UNQUANTIZED ? ""
            : c->quantize.decoder                  ? ", with both networks in int8"
                                                   : ", with the encoder in int8");
    for (size_t i = 0; i < c->checks; i++)
        fprintf(to, " %g |", c->check_snr_db[i]);
    fprintf(to, "\n|---|");
    for (size_t i = 0; i < c->checks; i++)
        fprintf(to, "---|");
    fprintf(to, "\n| NMSE in dB |");
    for (size_t i = 0; i < c->checks; i++)
        fprintf(to, " %.2f |", best->nmse_db[i]);
    fputc('\n', to);
}

static int print_card(const train_run *run, FILE *to, err *e)
{
    char date[32], summary[1024];
    time_t now = time(NULL);
    struct tm utc;
    const train_row *best = &run->history.rows[run->history.best];
    strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&now, &utc));
    summarise(run, best->samples, summary, sizeof summary);
    fprintf(to, "# %s\n\nTrained by csilink on %s (UTC): %s.\n\n    %s\n\n", run->recipe.name, date,
            summary, run->command);
    int status = card_networks(run, to, e);
    card_figures(run, best, to);
    fprintf(to,
            "\n## Recipe\n\nWith the same seed and the same number of threads it gives the same "
            "weights.\n\n```yaml\n");
    train_recipe_print(&run->recipe, to);
    fprintf(to, "```\n");
    return status;
}

static int write_card(const train_run *run, err *e)
{
    char *text = NULL, file[CODEC_NAME_MAX + 8], path[PATH_MAX];
    size_t size = 0;
    FILE *to = open_memstream(&text, &size);
    if (!to)
        return err_set(e, ERR_NOMEM, "no memory for the model's card");
    int status = print_card(run, to, e);
    if (fclose(to) != 0 && status == ERR_NONE)
        status = err_set(e, ERR_NOMEM, "no memory for the model's card");
    snprintf(file, sizeof file, "%s.md", run->recipe.name);
    if (status == ERR_NONE)
        status = file_replace(train_path(run, file, path), text, size, e);
    free(text);
    return status;
}

int train_export(train_run *run, err *e)
{
    int status = trainer_store_best(run->trainer, e);
    if (status == ERR_NONE)
        status = write_pair(run, e);
    if (status == ERR_NONE)
        status = write_integers(run, e);
    if (status == ERR_NONE && run->history.has_best)
        status = write_card(run, e);
    return status;
}
