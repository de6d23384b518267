#include "critic.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "nn/nn.h"

enum { BATCH = 50 };

static const char encoder_ending[] = ".encoder.onnx", decoder_ending[] = ".decoder.onnx";

/* --- the folder ------------------------------------------------------------------------------- */

static int by_name(const void *a, const void *b)
{
    return strcmp(a, b);
}

static int add_name(targets *t, const char *file, err *e)
{
    size_t length = strlen(file), ending = sizeof encoder_ending - 1;
    if (length <= ending || strcmp(file + length - ending, encoder_ending) != 0)
        return ERR_NONE;
    if (length - ending >= TARGET_NAME_MAX)
        return err_set(e, ERR_INVALID, "the name of %s is longer than %d characters", file,
                       TARGET_NAME_MAX - 1);
    if (t->critics == TARGET_CRITICS_MAX)
        return err_set(e, ERR_INVALID, "there are more than %d critics", TARGET_CRITICS_MAX);
    memcpy(t->critic[t->critics].name, file, length - ending);
    t->critic[t->critics].name[length - ending] = '\0';
    t->critic[t->critics++].nmse_db = NAN;
    return ERR_NONE;
}

int critic_list(const char *folder, targets *t, err *e)
{
    DIR *d = opendir(folder);
    if (!d)
        return err_set(e, ERR_IO, "%s: %s", folder, strerror(errno));
    int rc = ERR_NONE;
    t->critics = 0;
    for (struct dirent *entry; rc == ERR_NONE && (entry = readdir(d)) != NULL;)
        rc = add_name(t, entry->d_name, e);
    closedir(d);
    if (rc == ERR_NONE && t->critics == 0)
        rc = err_set(e, ERR_INVALID, "there is no NAME%s", encoder_ending);
    qsort(t->critic, t->critics, sizeof t->critic[0], by_name);
    return rc == ERR_NONE ? ERR_NONE : err_prefix(e, "%s", folder);
}

/* --- one critic ------------------------------------------------------------------------------- */

typedef struct critic {
    nn_model *model[2]; /* encoder, decoder */
    nn_session *session[2];
    nn_tensor *x, *s;
    const nn_tensor *code, *y;
    size_t rows, width; /* samples of a pass, reals of a sample */
} critic;

static int load(critic *c, int side, const char *folder, const char *name, err *e)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s%s", folder, name,
                     side ? decoder_ending : encoder_ending);
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(e, ERR_INVALID, "the path '%.64s...' is too long", folder);
    c->model[side] = nn_model_load(path, e);
    if (!c->model[side])
        return e->code;
    if (nn_model_inputs(c->model[side]) != 1 || nn_model_outputs(c->model[side]) != 1)
        return err_set(e, ERR_MISMATCH, "%s has %d inputs and %d outputs; a critic has one of each",
                       path, nn_model_inputs(c->model[side]), nn_model_outputs(c->model[side]));
    c->session[side] = nn_session_open(c->model[side], BATCH, e);
    return c->session[side] ? ERR_NONE : err_prefix(e, "%s", path);
}

static int check(critic *c, const csi_dataset *set, err *e)
{
    c->x = nn_session_input(c->session[0], 0);
    c->s = nn_session_input(c->session[1], 0);
    c->code = nn_session_output(c->session[0], 0);
    c->y = nn_session_output(c->session[1], 0);
    c->width = (size_t)2 * set->nt * set->ni;
    c->rows = c->x->count / c->width;
    if (c->x->dtype != NN_FLOAT || c->x->count % c->width != 0 || c->rows < 1)
        return err_set(e, ERR_MISMATCH, "its encoder does not take images of 2 x %u x %u", set->nt,
                       set->ni);
    if (c->code->dtype != NN_FLOAT || c->s->dtype != NN_FLOAT || c->code->count != c->s->count)
        return err_set(e, ERR_MISMATCH, "its decoder does not take its encoder's output");
    if (c->y->dtype != NN_FLOAT || c->y->count != c->x->count)
        return err_set(e, ERR_MISMATCH, "its decoder does not give images of 2 x %u x %u", set->nt,
                       set->ni);
    return ERR_NONE;
}

static void unload(critic *c)
{
    for (int side = 0; side < 2; side++) {
        nn_session_free(c->session[side]);
        nn_model_free(c->model[side]);
    }
}

/* NMSE of a sample; NaN for one without energy. */
static double nmse_of(const float *x, const float *y, size_t width)
{
    double lost = 0, energy = 0;
    for (size_t i = 0; i < width; i++) {
        double a = (double)x[i] - 0.5, b = (double)x[i] - (double)y[i];
        energy += a * a;
        lost += b * b;
    }
    return energy > 0 ? lost / energy : NAN;
}

/* The last pass is padded with empty images, whose results are ignored. */
static int pass(critic *c, const csi_dataset *set, size_t first, size_t rows, err *e)
{
    float *x = c->x->data;
    memcpy(x, set->x + first * c->width, rows * c->width * sizeof *x);
    for (size_t i = rows * c->width; i < c->x->count; i++)
        x[i] = 0.5f;
    if (nn_session_run(c->session[0], e) != ERR_NONE)
        return e->code;
    memcpy(c->s->data, c->code->data, c->code->bytes);
    return nn_session_run(c->session[1], e);
}

static int judge(critic *c, const csi_dataset *set, portrait_mean *nmse, err *e)
{
    double sum = 0, squares = 0;
    size_t count = 0;
    for (size_t first = 0; first < set->samples; first += c->rows) {
        size_t rows = set->samples - first < c->rows ? set->samples - first : c->rows;
        if (pass(c, set, first, rows, e) != ERR_NONE)
            return e->code;
        for (size_t i = 0; i < rows; i++) {
            double one = nmse_of(set->x + (first + i) * c->width,
                                 (const float *)c->y->data + i * c->width, c->width);
            if (isnan(one))
                continue;
            count++;
            sum += one;
            squares += one * one;
        }
    }
    *nmse = portrait_mean_of(sum, squares, count);
    return ERR_NONE;
}

int critic_nmse(const char *folder, const char *name, const csi_dataset *set, portrait_mean *nmse,
                err *e)
{
    critic c = {0};
    int rc = load(&c, 0, folder, name, e);
    if (rc == ERR_NONE)
        rc = load(&c, 1, folder, name, e);
    if (rc == ERR_NONE)
        rc = check(&c, set, e);
    if (rc == ERR_NONE)
        rc = judge(&c, set, nmse, e);
    unload(&c);
    return rc == ERR_NONE ? ERR_NONE : err_prefix(e, "critic %s", name);
}
