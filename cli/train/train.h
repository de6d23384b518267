/* train.h: the parts of `csilink train`: one run, from its recipe to the files in its folder.
 *
 *     recipe.yaml              every key as it was settled: what a resumed run is held to
 *     checkpoint               everything that an exact continuation needs
 *     log.csv                  one row every few steps and at each validation
 *     loss.svg, loss.png       the same as curves
 *     NAME.encoder.onnx, NAME.decoder.onnx, NAME.md    the best validated weights, and their card
 */
#ifndef CLI_TRAIN_TRAIN_H
#define CLI_TRAIN_TRAIN_H

#include <limits.h>
#include <stdio.h>

#include "train/architecture/architecture.h"
#include "train/recipe/recipe.h"
#include "train/trainer.h"

enum { TRAIN_FOLDER_MAX = 1024 };

/* One row of the log. */
typedef struct train_row {
    uint64_t samples;
    double seconds, rate, loss, gradient_norm, samples_per_s;
    bool validated;
    double nmse_db[TRAIN_CHECKS_MAX];
} train_row;

typedef struct train_history {
    train_row *rows;
    size_t count, room;
    double loss_sum; /* since the last row */
    uint64_t losses;
    bool has_best;
    size_t best; /* the row of the best validation */
} train_history;

typedef struct train_run {
    train_recipe recipe;
    const char *command;           /* as it was typed */
    char folder[TRAIN_FOLDER_MAX]; /* what the run writes */
    train_pair pair;
    trainer *trainer;
    train_history history;
    FILE *log;
    bool terminal, restarted;
    bool no_plots; /* gnuplot is missing; the warning is out */
    uint64_t drawn_ns, saved_ns, plotted_ns;
} train_run;

/* --- files.c -----------------------------------------------------------------------------------
 */

typedef enum train_again { TRAIN_IF_SAME, TRAIN_RESUME, TRAIN_RESTART } train_again;

/* "folder/file" of the run. */
const char *train_path(const train_run *run, const char *file, char path[PATH_MAX]);

/* The file of one side of a pair: PREFIX of PREFIX.encoder.onnx, or a model's name. ERR_IO. */
int train_find_pair(const char *start, codec_side side, char path[PATH_MAX], err *e);

/* The recipe as recipe.yaml holds it, to be freed, and its bytes; NULL where memory ran out. */
char *train_recipe_text(const train_recipe *r, size_t *size, err *e);

/* Makes the run's folder and decides whether the run goes on from the checkpoint there. ERR_IO: the
 * folder cannot be made, or TRAIN_RESUME found no checkpoint; ERR_MISMATCH: TRAIN_IF_SAME found a
 * run of another recipe, and the message shows the first lines that differ. */
int train_folder_settle(const train_run *run, train_again again, const char *recipe, bool *resumed,
                        err *e);

/* --- open.c: from the recipe to a trainer ------------------------------------------------------
 */

/* Loads the pair to start from, where the recipe has one, and takes from it what the recipe leaves
 * open: family, CR, layout, alignment, sizes. Before the recipe is settled. */
int train_open_start(train_run *run, err *e);

/* Makes networks, folder and trainer; says on standard output what is trained, and whether it goes
 * on from a checkpoint. */
int train_open(train_run *run, train_again again, err *e);
void train_close(train_run *run);

/* --- weights.c ---------------------------------------------------------------------------------
 */

/* How a settled recipe's architecture is built. */
train_architecture_config train_architecture_of(const train_recipe *r);

/* Puts the weights that recipe.weights lends into the pair. */
int train_take_weights(train_run *run, err *e);

/* --- loop.c ------------------------------------------------------------------------------------
 */

enum { TRAIN_EXIT_TIME = 3 };

/* Trains to the end, to a signal or to the time limit. The exit status: 0, 128 + signal or
 * TRAIN_EXIT_TIME; negative: an error. */
int train_loop(train_run *run, err *e);

/* --- log.c -------------------------------------------------------------------------------------
 */

/* Takes up log.csv of a run that goes on: rows after `samples` are dropped. */
int train_log_open(train_run *run, uint64_t samples, err *e);

/* Takes one call of trainer_advance; adds a row when one is due. */
int train_log_take(train_run *run, err *e);

/* --- export.c ----------------------------------------------------------------------------------
 */

/* The pair with the best weights, and the card. */
int train_export(train_run *run, err *e);

/* --- plot.c ------------------------------------------------------------------------------------
 */

/* loss.svg and loss.png; a missing gnuplot is logged once. */
void train_plot(train_run *run);

/* --- view.c ------------------------------------------------------------------------------------
 */

/* The progress line: redrawn on a terminal, else written at each validation. */
void train_view(train_run *run);
void train_view_end(const train_run *run);

/* "1,234,567"; static storage, four calls deep. */
const char *train_thousands(uint64_t n);

/* "inf -20.11, 20 -18.90, 0 -7.02 dB" */
const char *train_nmse_text(const train_config *c, const double *nmse_db, char *text, size_t size);

#endif
