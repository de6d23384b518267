/* The points of a sweep, and a check that their models and channels exist. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "best.h"
#include "cell/chain.h"
#include "cell/choice.h"
#include "cli/eval/known.h"
#include "cli/eval/set.h"
#include "plan.h"

enum { MODELS_TEXT = LIST_MAX * (CODEC_NAME_MAX + 1) };

/* A name with a CR, family-crN-scenario, is a model; others are families. */
static bool names_one_model(const char *name)
{
    const char *at = strstr(name, "-cr");
    return strchr(name, '/') || (at && isdigit((unsigned char)at[3]));
}

typedef struct names {
    char text[MODELS_TEXT]; /* with commas between */
    size_t used;
    char missing[ERR_TEXT_MAX / 2];
    size_t missing_used;
} names;

static void append(char *text, size_t size, size_t *used, const char *between, const char *name)
{
    if (*used < size)
        *used += (size_t)snprintf(text + *used, size - *used, "%s%s", *used ? between : "", name);
}

/* The models of a family for one channel. No model can replace another, since the curve would be
 * wrong. */
static int add_family(names *n, const char *family, const char *channel, const unsigned *crs,
                      size_t count, err *e)
{
    for (size_t i = 0; i < count; i++) {
        char name[CODEC_NAME_MAX];
        chain_choice choice;
        err ignored = {0};
        int length = snprintf(name, sizeof name, "%s-cr%u%s", family, crs[i], CHAIN_MODEL_AUTO);
        if (length < 0 || (size_t)length >= sizeof name)
            return err_set(e, ERR_INVALID, "--model: '%.64s...' is too long for a name", family);
        int status = chain_choose_model(name, CODEC_ENCODER, &channel, 1, &choice, &ignored);
        if (status == ERR_INVALID)
            return err_set(e, status, "--model: %s", ignored.text);
        bool itself = status == ERR_NONE && strcmp(choice.name, choice.wanted) == 0;
        if (itself)
            append(n->text, sizeof n->text, &n->used, ",", choice.name);
        else
            append(n->missing, sizeof n->missing, &n->missing_used, ", ", choice.wanted);
    }
    return ERR_NONE;
}

static int name_models(names *n, const list *models, const char *channel, const unsigned *crs,
                       size_t count, err *e)
{
    n->used = 0;
    for (size_t i = 0; i < models->count; i++) {
        int status = ERR_NONE;
        if (names_one_model(models->item[i]))
            append(n->text, sizeof n->text, &n->used, ",", models->item[i]);
        else
            status = add_family(n, models->item[i], channel, crs, count, e);
        if (status != ERR_NONE)
            return status;
    }
    return n->used < sizeof n->text ? ERR_NONE
                                    : err_set(e, ERR_INVALID, "--model: the names are too long");
}

static int refuse_missing(const names *n, err *e)
{
    return err_set(
        e, ERR_IO,
        "missing models: %s%s; name others by --model, or train them with `csilink train`",
        n->missing, n->missing_used < sizeof n->missing ? "" : "...");
}

/* One channel's cases at one loss. The period is that of `rate`: the link's own schedule, which a
 * moving channel and its samples offline follow as well. */
static int plan_channel(sweep *s, const char *channel, double loss, const char *models, err *e)
{
    eval_options *o = malloc(sizeof *o);
    eval_set *set = calloc(1, sizeof *set);
    if (!set || !o) {
        free(o);
        free(set);
        return err_set(e, ERR_NOMEM, "no memory for a sweep");
    }
    *o = s->options->eval;
    o->channel = channel;
    o->model = models;
    o->cell.all.uplink.value[SETTING_LOSS] = loss;
    s->set[s->channels++] = set;
    int status = eval_set_make(set, o, &s->snrs, e);
    free(o);
    for (size_t i = 0; status == ERR_NONE && i < set->count; i++) {
        chain_eval_config *c = &set->cases[i].config;
        size_t each = (c->samples + c->ues - 1) / c->ues;
        c->samples = each * c->ues;
        c->period_s = c->ues / s->options->rate;
        if (c->period_s < CHAIN_PERIOD_MIN_S || c->period_s > CHAIN_PERIOD_MAX_S)
            status = err_set(e, ERR_INVALID,
                             "--rate %g: each of %u UEs would report every %g s; a period is from "
                             "%g s to %g s",
                             s->options->rate, c->ues, c->period_s, CHAIN_PERIOD_MIN_S,
                             CHAIN_PERIOD_MAX_S);
    }
    return status;
}

/* Read before the models, since it determines which models are needed. */
static int check_channels(const list *channels, const sweep_options *o, err *e)
{
    const cell *c = &o->eval.cell;
    csi_dims dims = cell_dims(c);
    dims.tp = dims.tp > dims.nt ? dims.tp : dims.nt; /* as loading a model raises it */
    fading_config settings = cell_fading(c, &c->all, &dims);
    for (size_t i = 0; i < channels->count; i++) {
        fading *f = fading_open(channels->item[i], &settings, e);
        if (!f)
            return err_prefix(e, "--channel");
        fading_close(f);
    }
    return ERR_NONE;
}

static int make_points(sweep *s, err *e)
{
    for (size_t i = 0; i < s->channels; i++)
        s->curves += s->set[i]->count;
    s->count = s->curves * s->snrs.snrs;
    s->curve = calloc(s->curves, sizeof(eval_case *));
    s->point = calloc(s->count, sizeof *s->point);
    if (!s->curve || !s->point)
        return err_set(e, ERR_NOMEM, "no memory for %zu points", s->count);
    size_t k = 0;
    for (size_t i = 0; i < s->channels; i++)
        for (size_t c = 0; c < s->set[i]->count; c++)
            s->curve[k++] = &s->set[i]->cases[c];
    for (size_t p = 0; p < s->count; p++)
        s->point[p] = (sweep_point){.of = s->curve[p / s->snrs.snrs], .snr = p % s->snrs.snrs};
    return ERR_NONE;
}

static int plan_channels(sweep *s, const list *models, const unsigned *crs, size_t count, err *e)
{
    names *n = calloc(1, LIST_MAX * sizeof *n);
    int status = n ? ERR_NONE : err_set(e, ERR_NOMEM, "no memory for a sweep");
    bool missing = false;
    for (size_t i = 0; status == ERR_NONE && i < s->channel.count; i++) {
        if (i > 0) {
            memcpy(n[i].missing, n[i - 1].missing, sizeof n[i].missing);
            n[i].missing_used = n[i - 1].missing_used;
        }
        if (!s->options->eval.codecs) /* --codec replaces the models */
            status = name_models(&n[i], models, s->channel.item[i], crs, count, e);
        missing = n[i].missing_used > 0;
    }
    if (status == ERR_NONE && missing)
        status = refuse_missing(&n[s->channel.count - 1], e);
    for (size_t l = 0; l < s->losses; l++)
        for (size_t i = 0; status == ERR_NONE && i < s->channel.count; i++)
            status = plan_channel(s, s->channel.item[i], s->loss[l], n[i].text, e);
    free(n);
    return status;
}

int sweep_plan(sweep *s, const sweep_options *o, err *e)
{
    list models = {0};
    unsigned crs[LIST_MAX];
    size_t count;
    *s = (sweep){.options = o, .store = -1};
    int status = sweep_budget_read(o->uses, &s->budget, e);
    if (status == ERR_NONE)
        status = list_snrs(o->snr, &s->snrs, e);
    if (status == ERR_NONE)
        status = list_losses(o->loss, s->loss, &s->losses, e);
    if (status == ERR_NONE && s->losses > 1 && o->uses)
        status = err_set(e, ERR_INVALID, "--uses compares uplinks at one loss; --loss has %zu",
                         s->losses);
    if (status == ERR_NONE)
        status = list_crs(o->cr, crs, &count, e);
    if (status == ERR_NONE)
        status = list_split("model", o->model, &models, e);
    if (status == ERR_NONE)
        status = list_split("channel", o->channel, &s->channel, e);
    if (status == ERR_NONE)
        status = check_channels(&s->channel, o, e);
    if (status == ERR_NONE)
        status = plan_channels(s, &models, crs, count, e);
    free(models.text);
    if (status == ERR_NONE && o->eval.limit)
        status = eval_limit_from_file(&s->limit, &o->eval, e);
    return status == ERR_NONE ? make_points(s, e) : status;
}

void sweep_free(sweep *s)
{
    for (size_t i = 0; i < s->channels; i++) {
        eval_set_free(s->set[i]);
        free(s->set[i]);
    }
    for (size_t i = 0; s->point && i < s->count; i++)
        free(s->point[i].histogram);
    limit_free(&s->limit);
    free(s->channel.text);
    free(s->curve);
    free(s->point);
    if (s->store >= 0)
        close(s->store);
}
