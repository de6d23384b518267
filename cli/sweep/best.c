#include "best.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/ui/quoted.h"
#include "io/file.h"
#include "io/json.h"

int sweep_budget_read(const char *text, sweep_budget *budget, err *e)
{
    *budget = (sweep_budget){0, INFINITY};
    if (!text)
        return ERR_NONE;
    const char *rest = text_number_at(text, &budget->high);
    bool good = rest != NULL;
    if (good && *rest == ':') {
        budget->low = budget->high;
        rest = text_number_at(rest + 1, &budget->high);
        good = rest && budget->low > 0;
    }
    if (good && *rest == '\0' && budget->high > 0 && budget->low <= budget->high)
        return ERR_NONE;
    return err_set(e, ERR_INVALID,
                   "--uses takes a maximum number of channel uses, above 0, or a range LOW:HIGH, "
                   "such as 200:264; not '%.64s'",
                   text);
}

bool sweep_is_within(const sweep *s, const sweep_point *p)
{
    if (isinf(s->budget.high))
        return true;
    return p->channel_uses >= s->budget.low && p->channel_uses <= s->budget.high;
}

const char *sweep_budget_text(const sweep_budget *b, char text[SWEEP_BUDGET_TEXT_MAX])
{
    if (b->low > 0)
        snprintf(text, SWEEP_BUDGET_TEXT_MAX, "%g-%g uses", b->low, b->high);
    else
        snprintf(text, SWEEP_BUDGET_TEXT_MAX, "at most %g uses", b->high);
    return text;
}

static void kind_of(const eval_case *c, char kind[UPLINK_KIND_MAX])
{
    const char *name = c->config.ue.uplink;
    snprintf(kind, UPLINK_KIND_MAX, "%.*s", (int)strcspn(name, ":"), name);
}

/* The kinds of a channel's uplinks, each once. */
static size_t find_kinds(const eval_set *set, char kind[EVAL_LIST_MAX][UPLINK_KIND_MAX])
{
    size_t count = 0;
    for (size_t i = 0; i < set->count; i++) {
        char own[UPLINK_KIND_MAX];
        size_t k = 0;
        kind_of(&set->cases[i], own);
        while (k < count && strcmp(kind[k], own) != 0)
            k++;
        if (k == count && count < EVAL_LIST_MAX)
            strcpy(kind[count++], own);
    }
    return count;
}

/* Chooses the best point. `first`: the index of the channel's first curve. */
static void choose(const sweep *s, size_t first, sweep_best *best)
{
    for (size_t i = first; i < first + s->set[best->channel]->count; i++) {
        const sweep_point *p = &s->point[i * s->snrs.snrs + best->snr];
        char kind[UPLINK_KIND_MAX];
        kind_of(p->of, kind);
        if (strcmp(kind, best->kind) != 0 || !sweep_is_within(s, p) ||
            isnan(sweep_point_compared_db(p)))
            continue;
        best->among++;
        if (!best->point || sweep_point_compared_db(p) < sweep_point_compared_db(best->point))
            best->point = p;
    }
}

int sweep_find_best(const sweep *s, sweep_best **best, size_t *count, err *e)
{
    char kind[EVAL_LIST_MAX][UPLINK_KIND_MAX];
    size_t rows = 0, first = 0;
    for (size_t i = 0; i < s->channels; i++)
        rows += find_kinds(s->set[i], kind) * s->snrs.snrs;
    *count = 0;
    *best = calloc(rows + 1, sizeof **best);
    if (!*best)
        return err_set(e, ERR_NOMEM, "no memory for %zu points", rows);
    for (size_t i = 0; i < s->channels; first += s->set[i++]->count) {
        size_t kinds = find_kinds(s->set[i], kind);
        for (size_t k = 0; k < kinds * s->snrs.snrs; k++) {
            sweep_best *b = &(*best)[(*count)++];
            *b = (sweep_best){.channel = i, .snr = k % s->snrs.snrs};
            strcpy(b->kind, kind[k / s->snrs.snrs]);
            choose(s, first, b);
        }
    }
    return ERR_NONE;
}

static void put_row(FILE *to, const sweep *s, const sweep_best *b)
{
    const sweep_point *p = b->point;
    put_quoted(to, s->channel.item[b->channel]);
    fprintf(to, ",%s", b->kind);
    put_figure(to, s->snrs.snr_db[b->snr]);
    fprintf(to, ",%zu", b->among);
    put_figure(to, p ? sweep_point_compared_db(p) : NAN);
    put_figure(to, p ? p->channel_uses : NAN);
    fputc(',', to);
    put_quoted(to, p ? p->of->model->name : "");
    fprintf(to, ",%s,", p ? codec_info_of(p->of->model->encoder)->precision : "");
    put_quoted(to, p ? p->of->config.ue.uplink : "");
    put_figure(to, p ? sweep_point_limit_db(s, p) : NAN);
    fputc('\n', to);
}

int sweep_write_best(const sweep *s, err *e)
{
    char path[PATH_MAX];
    sweep_best *best = NULL;
    size_t count;
    snprintf(path, sizeof path, "%s/best.csv", s->options->out);
    int rc = sweep_find_best(s, &best, &count, e);
    file_writer *w = rc == ERR_NONE ? file_writer_open(path, e) : NULL;
    if (w) {
        FILE *to = file_writer_stream(w);
        fputs("channel,best_of,snr_db,among,nmse_db,channel_uses,model,precision,uplink,"
              "limit_nmse_db\n",
              to);
        for (size_t i = 0; i < count; i++)
            put_row(to, s, &best[i]);
        rc = file_writer_close(w, e);
    } else if (rc == ERR_NONE) {
        rc = e->code;
    }
    free(best);
    return rc;
}

static cJSON *row_json(const sweep *s, const sweep_best *b)
{
    const sweep_point *p = b->point;
    cJSON *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "channel", s->channel.item[b->channel]);
    cJSON_AddStringToObject(row, "best_of", b->kind);
    json_add_number(row, "snr_db", s->snrs.snr_db[b->snr]);
    json_add_number(row, "among", (double)b->among);
    if (!p)
        return row;
    json_add_number(row, "nmse_db", sweep_point_compared_db(p));
    json_add_number(row, "channel_uses", p->channel_uses);
    cJSON_AddStringToObject(row, "model", p->of->model->name);
    cJSON_AddStringToObject(row, "precision", codec_info_of(p->of->model->encoder)->precision);
    cJSON_AddStringToObject(row, "uplink", p->of->config.ue.uplink);
    json_add_number(row, "limit_nmse_db", sweep_point_limit_db(s, p));
    return row;
}

cJSON *sweep_best_json(const sweep *s)
{
    sweep_best *best = NULL;
    size_t count = 0;
    cJSON *rows = cJSON_CreateArray();
    if (sweep_find_best(s, &best, &count, NULL) == ERR_NONE)
        for (size_t i = 0; i < count; i++)
            cJSON_AddItemToArray(rows, row_json(s, &best[i]));
    free(best);
    return rows;
}
