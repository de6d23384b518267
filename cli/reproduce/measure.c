/* Counts and NMSE of the rows. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/eval/run.h"
#include "cli/eval/set.h"
#include "cli/league/score.h"
#include "nn/grad.h"
#include "nn/nn.h"
#include "reproduce.h"
#include "train/architecture/architecture.h"

void reproduce_find(const reproduce *r, const reproduce_row *row, reproduce_result *result)
{
    const char *precision = row->precision ? row->precision : "float";
    const char *const places[] = {"", r->options->zoo, "/runs/"};
    result->codec[0] = '\0';
    for (int i = 0; row->model && i < 3; i++) {
        char spec[2 * CODEC_SPEC_MAX];
        int n = snprintf(spec, sizeof spec, "onnx:%s%s%s%s%s%s,precision=%s",
                         i > 0 ? places[1] : "", i == 1 ? "/" : "", i == 2 ? places[2] : "",
                         i == 2 ? row->model : "", i == 2 ? "/" : "", row->model, precision);
        if (n > 0 && n < CODEC_SPEC_MAX && codec_exists(CODEC_ENCODER, spec) &&
            codec_exists(CODEC_DECODER, spec)) {
            memcpy(result->codec, spec, (size_t)n + 1);
            return;
        }
    }
}

/* Trainable parameters and multiply-accumulates of one sample. */
static int count_model(const nn_model *model, double *parameters, double *macs, err *e)
{
    grad_weights *weights = grad_weights_open(model, e);
    nn_session *s = weights ? nn_session_open(model, 1, e) : NULL;
    int rc = s ? ERR_NONE : e->code;
    if (s)
        *parameters += (double)weights->parameters;
    for (int i = 0; s && i < nn_session_steps(s); i++) {
        nn_step_info step;
        if (nn_session_step(s, i, &step) == 0)
            *macs += (double)step.macs;
    }
    nn_session_free(s);
    grad_weights_free(weights);
    return rc;
}

static int count_architecture(const reproduce_table *t, const reproduce_row *row,
                              reproduce_result *result, err *e)
{
    const train_architecture_config config = {
        .name = row->architecture,
        .cr = row->cr,
        .dims = CSI_DIMS_DEFAULT,
        .layout = row->layout && row->layout[0] == 'd' ? ONNX_DELAY_ANGLE : ONNX_ANGLE_DELAY,
        .seed = 1,
    };
    train_pair pair;
    int rc = train_architecture_build(&config, &pair, e);
    if (rc != ERR_NONE)
        return rc;
    result->parameters = result->macs = 0;
    rc = count_model(pair.encoder, &result->parameters, &result->macs, e);
    if (rc == ERR_NONE && !t->ue_alone)
        rc = count_model(pair.decoder, &result->parameters, &result->macs, e);
    train_pair_free(&pair);
    return rc;
}

static int count_pair(const reproduce_table *t, reproduce_result *result, err *e)
{
    result->parameters = result->macs = 0;
    for (int side = 0; side < (t->ue_alone ? 1 : 2); side++) {
        codec *c = codec_load(side == 0 ? CODEC_ENCODER : CODEC_DECODER, result->codec, e);
        if (!c)
            return e->code;
        result->parameters += (double)codec_info_of(c)->parameters;
        result->macs += (double)codec_info_of(c)->macs;
        codec_unload(c);
    }
    return ERR_NONE;
}

int reproduce_count(reproduce *r, err *e)
{
    for (unsigned t = 0; t < r->list->tables_count; t++)
        for (unsigned i = 0; i < r->list->tables[t].rows_count; i++) {
            const reproduce_table *table = &r->list->tables[t];
            const reproduce_row *row = &table->rows[i];
            reproduce_result *result = &r->result[t][i];
            if (!result->wanted || (isnan(row->parameters) && isnan(row->macs)))
                continue;
            int rc = row->architecture ? count_architecture(table, row, result, e)
                     : *result->codec  ? count_pair(table, result, e)
                                       : ERR_NONE;
            if (rc != ERR_NONE)
                return err_prefix(e, "%s, %s", table->name, row->net);
        }
    return ERR_NONE;
}

/* --- NMSE ------------------------------------------------------------------------------------- */

/* One row that is being evaluated: its set has one case. */
typedef struct evaluation {
    eval_options options;
    eval_set set;
    chain_eval_config snrs;
    char codec[CODEC_SPEC_MAX + 1];
    char identity[CODEC_PRECISION_MAX + 64];
    const reproduce_table *table;
    const reproduce_row *row;
    reproduce_result *result;
} evaluation;

static uint64_t samples_of(const reproduce *r)
{
    return r->options->samples ? r->options->samples : r->list->samples;
}

static void name_point(const reproduce *r, const evaluation *v, double snr_db,
                       char key[LEAGUE_KEY_MAX])
{
    snprintf(key, LEAGUE_KEY_MAX,
             "%s (%s) at %.9g dB; %.512s at %.9g Hz, seed %" PRIu64 ", %" PRIu64 " samples",
             v->codec, v->identity, snr_db, reproduce_channel(v->table, v->row),
             reproduce_carrier_hz(v->table, v->row), r->list->seed, samples_of(r));
}

/* Takes the known figures and notes the missing SNRs. An unfair row needs only infinity. */
static bool look_up(const reproduce *r, evaluation *v)
{
    char key[LEAGUE_KEY_MAX];
    v->snrs.snrs = 0;
    for (size_t k = 0; k < v->table->snrs.snrs; k++) {
        double snr_db = v->row->unfair ? INFINITY : v->table->snrs.snr_db[k];
        name_point(r, v, snr_db, key);
        const league_figures *known = league_store_find(&r->store, key);
        v->result->nmse_db[k] = known ? known->nmse_db : (double)NAN;
        v->result->error_db[k] = known ? known->nmse_error_db : (double)NAN;
        bool asked = v->row->unfair && v->snrs.snrs > 0;
        if (!known && !asked)
            v->snrs.snr_db[v->snrs.snrs++] = snr_db;
    }
    return v->snrs.snrs > 0;
}

/* A retrained pair has another identity, so it is measured again. */
static int identify(evaluation *v, err *e)
{
    codec *c = codec_load(CODEC_ENCODER, v->codec, e);
    if (!c)
        return e->code;
    const codec_info *info = codec_info_of(c);
    snprintf(v->identity, sizeof v->identity, "%s, %016" PRIx64, info->precision, info->identity);
    codec_unload(c);
    return ERR_NONE;
}

static int prepare(const reproduce *r, evaluation *v, err *e)
{
    v->options = (eval_options){.samples = samples_of(r), .estimation_given = true};
    v->options.cell = r->cell;
    v->options.cell.seed = r->list->seed;
    if (reproduce_carrier_hz(v->table, v->row) > 0)
        v->options.cell.carrier_hz = reproduce_carrier_hz(v->table, v->row);
    v->options.codecs = v->codec;
    v->options.uplinks = "analog";
    v->options.channel = reproduce_channel(v->table, v->row);
    return eval_set_make(&v->set, &v->options, &v->snrs, e);
}

typedef struct work {
    reproduce *r;
    size_t count;
    evaluation *all;
} work;

static int keep_case(void *user, eval_case *c, err *e)
{
    const work *w = user;
    for (size_t i = 0; i < w->count; i++) {
        evaluation *v = &w->all[i];
        if (v->set.cases != c)
            continue;
        for (size_t k = 0; k < v->snrs.snrs; k++) {
            league_figures f = league_figures_of(&c->result.row[k], c->config.samples);
            char key[LEAGUE_KEY_MAX];
            name_point(w->r, v, v->snrs.snr_db[k], key);
            int rc = league_store_keep(&w->r->store, key, &f, e);
            if (rc != ERR_NONE)
                return rc;
        }
    }
    return ERR_NONE;
}

/* Measures the rows of a table that have a pair and figures to compare, in parallel. */
static int measure_table(reproduce *r, unsigned table, err *e)
{
    const reproduce_table *t = &r->list->tables[table];
    work w = {.r = r, .all = calloc(t->rows_count, sizeof *w.all)};
    eval_case **order = calloc(t->rows_count, sizeof(eval_case *));
    int rc = w.all && order ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for %s", t->name);
    for (unsigned i = 0; rc == ERR_NONE && i < t->rows_count; i++) {
        evaluation *v = &w.all[w.count];
        *v = (evaluation){.table = t, .row = &t->rows[i], .result = &r->result[table][i]};
        if (!v->result->wanted || !t->rows[i].nmse_text || !*v->result->codec)
            continue;
        memcpy(v->codec, v->result->codec, sizeof v->result->codec);
        rc = identify(v, e);
        if (rc != ERR_NONE || !look_up(r, v))
            continue;
        rc = prepare(r, v, e);
        order[w.count++] = v->set.cases;
        if (rc != ERR_NONE)
            err_prefix(e, "%s, %s", t->name, v->row->net);
    }
    if (rc == ERR_NONE && w.count > 0)
        rc = eval_run_cases(order, w.count, 0, keep_case, &w, e);
    for (size_t i = 0; i < w.count; i++) {
        if (rc == ERR_NONE)
            look_up(r, &w.all[i]);
        eval_set_free(&w.all[i].set);
    }
    free(w.all);
    free(order);
    return rc;
}

int reproduce_measure(reproduce *r, err *e)
{
    int rc = ERR_NONE;
    for (unsigned t = 0; rc == ERR_NONE && t < r->list->tables_count; t++)
        rc = measure_table(r, t, e);
    return rc;
}
