/* keys.h: the table of all keys of a recipe. It gives the YAML schema, the conversion of each value
 * with its range, the overrides of the command line and the printed recipe. */
#ifndef TRAIN_RECIPE_KEYS_H
#define TRAIN_RECIPE_KEYS_H

#include "train/recipe/fields.h"

typedef enum recipe_kind {
    RECIPE_TEXT,     /* char *, owned */
    RECIPE_WORD,     /* char[TRAIN_WORD_MAX] */
    RECIPE_COUNT,    /* unsigned whole number of 4 or 8 bytes, with the suffixes k and M */
    RECIPE_REAL,     /* double */
    RECIPE_DURATION, /* double, seconds */
    RECIPE_BOOL,
    RECIPE_CHOICE, /* an enum: the index of the choice */
    RECIPE_CHECKS, /* config.check_snr_db */
} recipe_kind;

/* X(id, section, key, kind, member of train_recipe, min, max, choices) */
#define RECIPE_TOP(X)                                                                              \
    X(ARCHITECTURE, "", "architecture", TEXT, architecture, 0, 0, 0)                               \
    X(START, "", "start", TEXT, start, 0, 0, 0)                                                    \
    X(WEIGHTS, "", "weights", TEXT, weights, 0, 0, 0)                                              \
    X(FAMILY, "", "family", WORD, family, 0, 0, 0)                                                 \
    X(SCENARIO, "", "scenario", WORD, scenario, 0, 0, 0)                                           \
    X(CR, "", "cr", COUNT, cr, 1, 1024, 0)                                                         \
    X(LAYOUT, "", "layout", CHOICE, config.feed.layout, 0, 0, "angle-delay|delay-angle")           \
    X(ALIGN, "", "align", CHOICE, config.feed.align, 0, 0, CSI_ALIGN_NAMES)                        \
    X(POOL, "", "pool", COUNT, config.feed.pool, 16, 1e7, 0)                                       \
    X(REUSE, "", "reuse", COUNT, config.feed.reuse, 1, 1e6, 0)                                     \
    X(TURN, "", "turn", BOOL, config.feed.rotate, 0, 0, 0)                                         \
    X(REFERENCES, "", "references", COUNT, config.objective.references, CSI_REFERENCES_MIN,        \
      CSI_REFERENCES_MAX, 0)                                                                       \
    X(LOSS, "", "loss", CHOICE, config.objective.loss, 0, 0, "nmse|mse")                           \
    X(BALANCE, "", "balance", REAL, config.objective.balance, 0, 1, 0)                             \
    X(LAMBDA, "", "lambda", REAL, config.objective.lambda, 0, 1e12, 0)                             \
    X(BATCH, "", "batch", COUNT, config.batch, 1, 65536, 0)                                        \
    X(CHUNK, "", "chunk", COUNT, config.chunk, 0, 65536, 0)                                        \
    X(THREADS, "", "threads", COUNT, config.threads, 0, TRAIN_THREADS_MAX, 0)                      \
    X(SAMPLES, "", "samples", COUNT, config.samples, 1, 1e12, 0)                                   \
    X(EPOCHS, "", "epochs", COUNT, epochs, 1, 1e6, 0)                                              \
    X(EPOCH, "", "epoch", COUNT, epoch, 1, 1e9, 0)                                                 \
    X(STATISTICS, "", "statistics", COUNT, config.statistics, 1, 1e5, 0)                           \
    X(SEED, "", "seed", COUNT, config.seed, 0, 9e15, 0)                                            \
    X(TIME, "", "time", DURATION, time_s, 0, 3e7, 0)

#define RECIPE_SNR(X)                                                                              \
    X(SNR_MIN, "snr.", "min", REAL, config.objective.snr_min_db, -30, 100, 0)                      \
    X(SNR_MAX, "snr.", "max", REAL, config.objective.snr_max_db, -30, 100, 0)                      \
    X(SNR_CLEAN, "snr.", "clean", REAL, config.objective.clean, 0, 1, 0)

#define RECIPE_OPTIMIZER(X)                                                                        \
    X(RATE, "optimizer.", "rate", REAL, config.learning_rate, 1e-9, 10, 0)                         \
    X(FINAL, "optimizer.", "final", REAL, config.final_rate, 0, 10, 0)                             \
    X(WARMUP, "optimizer.", "warmup", COUNT, config.warmup, 0, 1e12, 0)                            \
    X(BETA1, "optimizer.", "beta1", REAL, config.beta1, 0, 0.9999, 0)                              \
    X(BETA2, "optimizer.", "beta2", REAL, config.beta2, 0, 0.999999, 0)                            \
    X(EPSILON, "optimizer.", "epsilon", REAL, config.epsilon, 1e-16, 1, 0)                         \
    X(DECAY, "optimizer.", "decay", REAL, config.weight_decay, 0, 1, 0)                            \
    X(CLIP, "optimizer.", "clip", REAL, config.clip, 0, 1e9, 0)                                    \
    X(EMA, "optimizer.", "ema", REAL, config.ema, 0, 0.999999, 0)

#define RECIPE_VALIDATE(X)                                                                         \
    X(VALIDATE_EVERY, "validate.", "every", COUNT, config.validate_every, 0, 1e12, 0)              \
    X(VALIDATE_SAMPLES, "validate.", "samples", COUNT, config.validation, 1, 1e5, 0)               \
    X(VALIDATE_SNR, "validate.", "snr", CHECKS, config.check_snr_db, 0, 0, 0)

#define RECIPE_QUANTIZE(X)                                                                         \
    X(QUANTIZE_SCHEME, "quantize.", "scheme", CHOICE, config.quantize.scheme, 0, 0,                \
      "none|dynamic|static|binary")                                                                \
    X(QUANTIZE_DECODER, "quantize.", "decoder", BOOL, config.quantize.decoder, 0, 0, 0)            \
    X(QUANTIZE_SKIP, "quantize.", "skip", TEXT, skip, 0, 0, 0)                                     \
    X(QUANTIZE_WIDE, "quantize.", "wide", TEXT, wide, 0, 0, 0)                                     \
    X(QUANTIZE_CALIBRATION, "quantize.", "calibration", COUNT, config.quantize.calibration, 1,     \
      1e5, 0)

#define RECIPE_SEQUENCE(X)                                                                         \
    X(SEQUENCE_LENGTH, "sequence.", "length", COUNT, config.feed.reports, 1, TRAIN_REPORTS_MAX, 0) \
    X(SEQUENCE_PERIOD, "sequence.", "period", DURATION, config.feed.period_s, 1e-6, 1e3, 0)        \
    X(SEQUENCE_LOSS, "sequence.", "loss", REAL, config.sequence.loss, 0, 0.9, 0)                   \
    X(SEQUENCE_BURST, "sequence.", "burst", REAL, config.sequence.burst, 0, 1000, 0)               \
    X(SEQUENCE_KEY, "sequence.", "key", REAL, config.sequence.key, 0, 1, 0)                        \
    X(SEQUENCE_DELAY, "sequence.", "delay", COUNT, config.sequence.delay, 1, TRAIN_DELAY_MAX, 0)

#define RECIPE_ALL(X)                                                                              \
    RECIPE_TOP(X)                                                                                  \
    RECIPE_SNR(X) RECIPE_OPTIMIZER(X) RECIPE_VALIDATE(X) RECIPE_QUANTIZE(X) RECIPE_SEQUENCE(X)

enum {
#define RECIPE_ID(id, section, key, kind, member, min, max, choices) RECIPE_##id,
    RECIPE_ALL(RECIPE_ID)
#undef RECIPE_ID
        RECIPE_KEYS
};

typedef struct recipe_key {
    const char *path; /* "snr.min" */
    recipe_kind kind;
    size_t offset, size; /* of the member of train_recipe */
    double min, max;
    const char *choices; /* "nmse|mse" */
} recipe_key;

extern const recipe_key recipe_keys[RECIPE_KEYS];

/* Until train_recipe_complete: the value follows from other keys. No file can give so large a
 * number. */
#define RECIPE_UNSET UINT64_MAX

/* Converts one value into the recipe. The message begins with the fault of the value; the caller
 * adds file, line and key. */
int recipe_take(train_recipe *r, const recipe_key *key, const char *text, err *e);

/* ERR_INVALID for an empty text, or one that does not fit on one line of a file. */
int recipe_check_text(const char *text, err *e);

/* Converts a number of a source, such as its carrier or weight. */
int recipe_take_real(const char *text, double min, double max, double *value, err *e);

/* Adds a source; copies the channel's name. */
int recipe_add_source(train_recipe *r, const train_source *source, err *e);
void recipe_clear_sources(train_recipe *r);

#endif
