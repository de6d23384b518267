/* The pictures: published figures dashed, with open marks; ours with filled ones. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "cli/plot/figure.h"
#include "reproduce.h"

enum { HERE, PUBLISHED };

static int add_over_snr(figure *f, const reproduce_table *t, const reproduce_row *row,
                        const reproduce_result *result, size_t kind, int group)
{
    figure_curve *c = NULL;
    for (size_t k = 0; k < t->snrs.snrs; k++) {
        double y = group == HERE ? result->nmse_db[k] : row->nmse_db[k];
        if (isnan(y))
            continue;
        if (!c && !(c = figure_add(f, t->snrs.snrs)))
            return ERR_NOMEM;
        figure_put(c, t->snrs.snr_db[k], y);
    }
    if (c) {
        snprintf(c->label, sizeof c->label, "%s, %s", row->net,
                 group == PUBLISHED ? "published"
                 : row->unfair      ? "here, unfair"
                                    : "here");
        c->kind = kind;
        c->group = (size_t)group;
    }
    return ERR_NONE;
}

typedef struct point {
    double x, y;
} point;

static int compare_points(const void *a, const void *b)
{
    const point *p = a, *q = b;
    return (p->x > q->x) - (p->x < q->x);
}

/* Where a net's name ends, before ", CR 4": its rows at all ratios are one curve. */
static size_t name_length(const char *net)
{
    const char *at = strstr(net, ", CR ");
    return at ? (size_t)(at - net) : strlen(net);
}

/* Adds a curve of all rows of the net of row `first`, against their counts. */
static int add_over_counts(figure *f, const reproduce *r, size_t table, unsigned first,
                           reproduce_picture picture, size_t kind, int group)
{
    const reproduce_table *t = &r->list->tables[table];
    const char *net = t->rows[first].net;
    size_t length = name_length(net), count = 0;
    point at[REPRODUCE_ROWS_MAX];
    for (unsigned i = first; i < t->rows_count; i++) {
        bool same =
            name_length(t->rows[i].net) == length && strncmp(t->rows[i].net, net, length) == 0;
        double x = reproduce_count_of(r, table, i, picture, group == PUBLISHED);
        double y = group == PUBLISHED ? t->rows[i].nmse_db[0] : r->result[table][i].nmse_db[0];
        if (same && t->rows[i].nmse_text && x > 0 && !isnan(y))
            at[count++] = (point){x, y};
    }
    if (count == 0)
        return ERR_NONE;
    qsort(at, count, sizeof at[0], compare_points);
    figure_curve *c = figure_add(f, count);
    if (!c)
        return ERR_NOMEM;
    for (size_t i = 0; i < count; i++)
        figure_put(c, at[i].x, at[i].y);
    snprintf(c->label, sizeof c->label, "%.*s, %s", (int)length, net,
             group == PUBLISHED ? "published" : "here");
    c->kind = kind;
    c->group = (size_t)group;
    return ERR_NONE;
}

static bool is_first_of_its_net(const reproduce_table *t, unsigned row)
{
    size_t length = name_length(t->rows[row].net);
    for (unsigned i = 0; i < row; i++)
        if (name_length(t->rows[i].net) == length &&
            strncmp(t->rows[i].net, t->rows[row].net, length) == 0)
            return false;
    return true;
}

static int add_curves(figure *f, const reproduce *r, size_t table, reproduce_picture picture)
{
    const reproduce_table *t = &r->list->tables[table];
    size_t kind = 0;
    int rc = ERR_NONE;
    for (unsigned i = 0; rc == ERR_NONE && i < t->rows_count; i++) {
        if (!t->rows[i].nmse_text || (picture != REPRODUCE_OVER_SNR && !is_first_of_its_net(t, i)))
            continue;
        for (int group = HERE; rc == ERR_NONE && group <= PUBLISHED; group++)
            rc = picture == REPRODUCE_OVER_SNR
                     ? add_over_snr(f, t, &t->rows[i], &r->result[table][i], kind, group)
                     : add_over_counts(f, r, table, i, picture, kind, group);
        kind++;
    }
    return rc;
}

/* Without gnuplot it writes the page and no pictures. */
static int draw(const figure *f, const char *name, err *e)
{
    static const char *const endings[] = {".svg", ".pdf"};
    int rc = ERR_NONE;
    for (size_t i = 0; rc == ERR_NONE && f->count > 0 && i < 2; i++) {
        char path[PATH_MAX + 8];
        snprintf(path, sizeof path, "%s%s", name, endings[i]);
        rc = figure_draw(f, path, e);
        if (rc == ERR_UNSUPPORTED) {
            log_warning("no %s: %s", path, e->text);
            *e = (err){0};
            rc = ERR_NONE;
        }
    }
    return rc;
}

int reproduce_write_plots(const reproduce *r, err *e)
{
    static const char *const x_labels[] = {"feedback SNR, dB", "parameters",
                                           "multiply-accumulates"};
    int rc = ERR_NONE;
    for (unsigned t = 0; t < r->list->tables_count; t++)
        for (int p = 0; p < REPRODUCE_PICTURES && rc == ERR_NONE; p++) {
            char name[PATH_MAX];
            if (!reproduce_wants(r->options, r->list->tables[t].name) ||
                !reproduce_has_picture(r, t, (reproduce_picture)p))
                continue;
            reproduce_picture_name(r, t, (reproduce_picture)p, name);
            figure f = {.title = r->list->tables[t].title,
                        .x_label = x_labels[p],
                        .y_label = "NMSE, dB",
                        .beyond = "no noise",
                        .log_base = p == REPRODUCE_OVER_SNR ? 0 : 10};
            rc = add_curves(&f, r, t, (reproduce_picture)p);
            rc = rc == ERR_NONE ? draw(&f, name, e) : err_set(e, rc, "out of memory for a plot");
            figure_free(&f);
        }
    return rc;
}
