/* Trains missing pairs with `csilink train`, one after the other, and converts encoders to int8
 * with `csilink quantize`. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/share.h"
#include "cli/sweep/signals.h"
#include "cli/ui/child.h"
#include "codec/models.h"
#include "reproduce.h"

enum { WORDS_MAX = 48, WORD_MAX = 1024 };

typedef struct arguments {
    size_t count;
    char *list[WORDS_MAX + 1];
    char text[WORDS_MAX][WORD_MAX];
    bool too_long;
} arguments;

static void add(arguments *a, const char *word, size_t length)
{
    if (a->count == WORDS_MAX || length >= WORD_MAX) {
        a->too_long = true;
        return;
    }
    snprintf(a->text[a->count], WORD_MAX, "%.*s", (int)length, word);
    a->list[a->count] = a->text[a->count];
    a->count++;
}

static void add_option(arguments *a, const char *name, const char *value)
{
    add(a, name, strlen(name));
    add(a, value, strlen(value));
}

/* "family-crN-scenario": the scenario of the training. */
static const char *scenario_of(const char *model)
{
    const char *at = strstr(model, "-cr");
    const char *dash = at ? strchr(at + 3, '-') : NULL;
    return dash ? dash + 1 : "";
}

/* Adds the words of the row's own options, which blanks separate. */
static void add_words(arguments *a, const char *text)
{
    while (text && *text) {
        size_t n = strcspn(text, " ");
        if (n > 0)
            add(a, text, n);
        text += n + (text[n] == ' ');
    }
}

static int describe(const reproduce *r, const reproduce_table *t, const reproduce_row *row,
                    arguments *a, err *e)
{
    char recipe[PATH_MAX], file[256], cr[16], out[PATH_MAX];
    snprintf(file, sizeof file, "models/recipes/%.200s.yaml", row->recipe);
    if (!share_find(file, recipe, sizeof recipe))
        return err_set(e, ERR_IO, "%s, %s: no recipe %s", t->name, row->net, file);
    snprintf(cr, sizeof cr, "%u", row->cr);
    snprintf(out, sizeof out, "%.900s/runs/%s", r->options->zoo, row->model);
    add(a, "csilink", 7);
    add(a, "train", 5);
    add(a, recipe, strlen(recipe));
    if (row->architecture)
        add_option(a, "--architecture", row->architecture);
    add_option(a, "--cr", cr);
    add_option(a, "--scenario", scenario_of(row->model));
    add_option(a, "--out", out);
    add_words(a, row->options);
    return a->too_long ? err_set(e, ERR_INVALID, "%s, %s: its training takes too many words",
                                 t->name, row->net)
                       : ERR_NONE;
}

static int run_child(const reproduce *r, arguments *a, const char *model, const char *what, err *e)
{
    pid_t child = child_start(a->list, STDOUT_FILENO, STDERR_FILENO, e);
    int rc = child < 0 ? e->code : child_wait(child, sweep_stopped, e);
    if (sweep_stopped())
        return err_set(e, ERR_STATE, "stopped; finished training is kept in %s", r->options->zoo);
    return rc == ERR_NONE ? rc : err_prefix(e, "%s %s", what, model);
}

static int train_row(const reproduce *r, const reproduce_table *t, const reproduce_row *row, err *e)
{
    static arguments a; /* some 50 KiB */
    a = (arguments){.count = 0};
    int rc = describe(r, t, row, &a, e);
    if (rc != ERR_NONE)
        return rc;
    log_info("%s, %s: training %s", t->name, row->net, row->model);
    return run_child(r, &a, row->model, "training of", e);
}

/* Finds the row's float pair, as a path in front of ".encoder.onnx". False if it does not exist. */
static bool find_float(const reproduce *r, const reproduce_row *row, char prefix[PATH_MAX])
{
    reproduce_row plain = *row;
    reproduce_result at = {.codec = ""};
    char file[CODEC_SPEC_MAX + 32];
    plain.precision = NULL;
    reproduce_find(r, &plain, &at);
    if (!*at.codec)
        return false;
    const char *name = at.codec + strlen("onnx:");
    int length = (int)strcspn(name, ",");
    if (memchr(name, '/', (size_t)length)) {
        snprintf(prefix, PATH_MAX, "%.*s", length, name);
        return true;
    }
    snprintf(file, sizeof file, "%.*s.encoder.onnx", length, name);
    if (models_find(file, prefix, PATH_MAX, NULL) != ERR_NONE)
        return false;
    prefix[strlen(prefix) - strlen(".encoder.onnx")] = '\0';
    return true;
}

/* Converts the float encoder for a row in int8, into the same folder. The decoder is the same for
 * all precisions. Does nothing if the float pair is missing. */
static int quantize_row(const reproduce *r, const reproduce_table *t, const reproduce_row *row,
                        err *e)
{
    static arguments a;
    char prefix[PATH_MAX], encoder[WORD_MAX], decoder[WORD_MAX], out[WORD_MAX];
    a = (arguments){.count = 0};
    if (!find_float(r, row, prefix))
        return ERR_NONE;
    log_info("%s, %s: %s in int8", t->name, row->net, row->model);
    snprintf(encoder, sizeof encoder, "%.900s.encoder.onnx", prefix);
    snprintf(decoder, sizeof decoder, "%.900s.decoder.onnx", prefix);
    snprintf(out, sizeof out, "%.900s.encoder.int8.onnx", prefix);
    add(&a, "csilink", 7);
    add(&a, "quantize", 8);
    add_option(&a, "--encoder", encoder);
    add_option(&a, "--decoder", decoder);
    add_option(&a, "--calibrate", reproduce_channel(t, row));
    add_option(&a, "--out", out);
    return a.too_long ? err_set(e, ERR_INVALID, "%s, %s: the path of its pair is too long", t->name,
                                row->net)
                      : run_child(r, &a, row->model, "quantization of", e);
}

static int make_row(const reproduce *r, const reproduce_table *t, const reproduce_row *row, err *e)
{
    char prefix[PATH_MAX];
    bool there = find_float(r, row, prefix);
    int rc = there || !row->recipe ? ERR_NONE : train_row(r, t, row, e);
    bool integers = row->precision && strcmp(row->precision, "int8") == 0;
    return rc == ERR_NONE && integers ? quantize_row(r, t, row, e) : rc;
}

int reproduce_train(const reproduce *r, err *e)
{
    for (unsigned t = 0; t < r->list->tables_count; t++)
        for (unsigned i = 0; i < r->list->tables[t].rows_count; i++) {
            const reproduce_row *row = &r->list->tables[t].rows[i];
            reproduce_result *result = &r->result[t][i];
            if (!result->wanted || !row->model)
                continue;
            reproduce_find(r, row, result);
            if (*result->codec)
                continue;
            int rc = make_row(r, &r->list->tables[t], row, e);
            if (rc != ERR_NONE)
                return rc;
            reproduce_find(r, row, result);
        }
    return ERR_NONE;
}
