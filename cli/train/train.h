/* train.h: the parts of `csilink train`: one run, from its recipe to the files in its folder.
 *
 *     recipe.yaml              every key, defaults included; a resumed run must match it
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
    const char *command;           /* as typed */
    char folder[TRAIN_FOLDER_MAX]; /* of the run's files */
    train_pair pair;
    trainer *trainer;
    train_history history;
    FILE *log;
    bool terminal, restarted;
    bool no_plots; /* gnuplot is missing, and a warning was logged */
    uint64_t drawn_ns, saved_ns, plotted_ns;
} train_run;

/* --- files.c ---------------------------------------------------------------------------------- */

typedef enum train_again { TRAIN_IF_SAME, TRAIN_RESUME, TRAIN_RESTART } train_again;

/* "folder/file" of the run. */
const char *train_path(const train_run *run, const char *file, char path[PATH_MAX]);

/* The file of one side of a pair: PREFIX of PREFIX.encoder.onnx, or a model's name. ERR_IO. */
int train_find_pair(const char *start, codec_side side, char path[PATH_MAX], err *e);

/* The recipe as in recipe.yaml, and its size in bytes; the caller frees it. NULL when memory runs
 * out. */
char *train_recipe_text(const train_recipe *r, size_t *size, err *e);

/* Creates the run's folder, and decides whether the run continues from the checkpoint there. ERR_IO
 * if the folder cannot be created, or if TRAIN_RESUME finds no checkpoint. ERR_MISMATCH if
 * TRAIN_IF_SAME finds a run of another recipe; the message shows the first lines that differ. */
int train_folder_prepare(const train_run *run, train_again again, const char *recipe, bool *resumed,
                         err *e);

/* --- open.c: from the recipe to a trainer ----------------------------------------------------- */

/* Loads the pair to start from, if the recipe has one, and takes from it what the recipe leaves
 * open: family, CR, layout, alignment, sizes. Call it before train_recipe_complete. */
int train_open_start(train_run *run, err *e);

/* Creates networks, folder and trainer. Prints what is trained, and whether it continues from a
 * checkpoint. */
int train_open(train_run *run, train_again again, err *e);
void train_close(train_run *run);

/* --- weights.c -------------------------------------------------------------------------------- */

/* The build configuration of a completed recipe's architecture. */
train_architecture_config train_architecture_of(const train_recipe *r);

/* Copies the weights of recipe.weights into the pair. */
int train_take_weights(train_run *run, err *e);

/* --- loop.c ----------------------------------------------------------------------------------- */

enum { TRAIN_EXIT_TIME = 3 };

/* Trains to the end, to a signal or to the time limit. The exit status: 0, 128 + signal or
 * TRAIN_EXIT_TIME; negative: an error. */
int train_loop(train_run *run, err *e);

/* --- log.c ------------------------------------------------------------------------------------ */

/* Reads log.csv of a resumed run and drops the rows after `samples`. */
int train_log_open(train_run *run, uint64_t samples, err *e);

/* Logs one call of trainer_advance; adds a row when one is due. */
int train_log_take(train_run *run, err *e);

/* --- export.c --------------------------------------------------------------------------------- */

/* Writes the pair with the best weights, and the card. */
int train_export(train_run *run, err *e);

/* --- plot.c ----------------------------------------------------------------------------------- */

/* Draws loss.svg and loss.png; logs a missing gnuplot once. */
void train_plot(train_run *run);

/* --- view.c ----------------------------------------------------------------------------------- */

/* The progress line: redrawn on a terminal, otherwise printed at each validation. */
void train_view(train_run *run);
void train_view_end(const train_run *run);

/* "1,234,567", in static storage that the fourth call after it reuses. */
const char *train_thousands(uint64_t n);

/* "inf -20.11, 20 -18.90, 0 -7.02 dB" */
const char *train_nmse_text(const train_config *c, const double *nmse_db, char *text, size_t size);

#endif
