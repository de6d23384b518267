#include "print.h"

#include <inttypes.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/plot/figure.h"
#include "cli/ui/output.h"
#include "io/file.h"
#include "io/json.h"
#include "picture.h"

static double share(uint64_t hits, uint64_t blocks)
{
    return (double)hits / (double)blocks;
}

void print_text(const print_rows *rows)
{
    const trial_link *link = rows->link;
    printf("%u bits in %u coded bits, %s: %u symbols; list of %u, seed %" PRIu64 "\n"
           "intervals: 95 %% (Wilson)\n\n"
           "  Es/N0 dB      blocks   errors       BLER   from       to         undetected\n",
           link->bits, link->coded, modulation_name(link->modulation),
           link->coded / modulation_bits(link->modulation), link->list, link->seed);
    for (size_t i = 0; i < rows->count; i++) {
        const count_row *r = &rows->row[i];
        const count_interval w = count_wilson(r->errors, r->blocks);
        printf("  %8g  %10" PRIu64 "  %7" PRIu64 "  %9.3g   %-9.3g  %-9.3g  %10" PRIu64 "\n",
               r->snr_db, r->blocks, r->errors, share(r->errors, r->blocks), w.low, w.high,
               r->undetected);
    }
}

static cJSON *row_of(const count_row *r)
{
    const count_interval w = count_wilson(r->errors, r->blocks),
                         u = count_wilson(r->undetected, r->blocks);
    cJSON *o = cJSON_CreateObject();
    json_add_number(o, "snr_db", r->snr_db);
    json_add_number(o, "blocks", (double)r->blocks);
    json_add_number(o, "errors", (double)r->errors);
    json_add_number(o, "bler", share(r->errors, r->blocks));
    json_add_number(o, "bler_low", w.low);
    json_add_number(o, "bler_high", w.high);
    json_add_number(o, "undetected", (double)r->undetected);
    json_add_number(o, "undetected_rate", share(r->undetected, r->blocks));
    json_add_number(o, "undetected_low", u.low);
    json_add_number(o, "undetected_high", u.high);
    return o;
}

void print_json(const print_rows *rows)
{
    const trial_link *link = rows->link;
    cJSON *root = cJSON_CreateObject();
    json_add_number(root, "bits", link->bits);
    json_add_number(root, "coded", link->coded);
    cJSON_AddStringToObject(root, "modulation", modulation_name(link->modulation));
    json_add_number(root, "symbols", link->coded / modulation_bits(link->modulation));
    json_add_number(root, "list", link->list);
    json_add_number(root, "errors_wanted", (double)rows->limits->errors);
    json_add_number(root, "blocks_max", rows->limits->blocks);
    json_add_number(root, "seed", (double)link->seed);
    cJSON *array = cJSON_AddArrayToObject(root, "rows");
    for (size_t i = 0; i < rows->count; i++)
        cJSON_AddItemToArray(array, row_of(&rows->row[i]));
    output_json(root);
}

/* 17 digits identify every double exactly. */
static void put_csv(FILE *to, const print_rows *rows)
{
    const trial_link *link = rows->link;
    fputs("bits,coded,modulation,list,seed,snr_db,blocks,errors,bler,bler_low,bler_high,"
          "undetected,undetected_rate,undetected_low,undetected_high\n",
          to);
    for (size_t i = 0; i < rows->count; i++) {
        const count_row *r = &rows->row[i];
        const count_interval w = count_wilson(r->errors, r->blocks),
                             u = count_wilson(r->undetected, r->blocks);
        fprintf(to, "%u,%u,%s,%u,%" PRIu64 ",%g,%" PRIu64 ",%" PRIu64 ",%.17g,%.17g,%.17g",
                link->bits, link->coded, modulation_name(link->modulation), link->list, link->seed,
                r->snr_db, r->blocks, r->errors, share(r->errors, r->blocks), w.low, w.high);
        fprintf(to, ",%" PRIu64 ",%.17g,%.17g,%.17g\n", r->undetected,
                share(r->undetected, r->blocks), u.low, u.high);
    }
}

static int write_csv(const print_rows *rows, const char *path, err *e)
{
    file_writer *w = file_writer_open(path, e);
    if (!w)
        return ERR_IO;
    put_csv(file_writer_stream(w), rows);
    return file_writer_close(w, e);
}

static int compare_rows(const void *a, const void *b)
{
    const count_row *x = a, *y = b;
    return (x->snr_db > y->snr_db) - (x->snr_db < y->snr_db);
}

static uint64_t errors_of(const count_row *r)
{
    return r->errors;
}

static uint64_t undetected_of(const count_row *r)
{
    return r->undetected;
}

/* Leaves out points without hits, which a logarithmic axis cannot show. */
static int add_curve(figure *f, const count_row *row, size_t count, const char *label,
                     uint64_t (*hits_of)(const count_row *r), err *e)
{
    figure_curve *c = figure_add(f, count);
    if (!c)
        return err_set(e, ERR_NOMEM, "no memory for a plot");
    snprintf(c->label, sizeof c->label, "%s", label);
    c->kind = f->count - 1;
    for (size_t i = 0; i < count; i++) {
        const uint64_t hits = hits_of(&row[i]);
        const count_interval w = count_wilson(hits, row[i].blocks);
        figure_put_between(c, row[i].snr_db, hits ? share(hits, row[i].blocks) : NAN, w.low,
                           w.high);
    }
    return ERR_NONE;
}

static int draw_both(const print_rows *rows, count_row *sorted, const char *prefix, err *e)
{
    const trial_link *link = rows->link;
    char title[160];
    snprintf(title, sizeof title, "Block error rate of UCI: %u bits in %u coded bits, %s, list %u",
             link->bits, link->coded, modulation_name(link->modulation), link->list);
    figure f = {.title = title,
                .x_label = "Es/N0, dB",
                .y_label = "share of blocks, with 95 % intervals",
                .beyond = "no noise",
                .log_y = true};
    int status = add_curve(&f, sorted, rows->count, "block errors", errors_of, e);
    if (status == ERR_NONE)
        status = add_curve(&f, sorted, rows->count, "undetected", undetected_of, e);
    if (status == ERR_NONE)
        status = picture_draw(&f, prefix, e);
    figure_free(&f);
    return status;
}

int print_files(const print_rows *rows, const char *prefix, err *e)
{
    char path[PATH_MAX];
    int status = picture_path(prefix, ".csv", path, e);
    if (status == ERR_NONE)
        status = write_csv(rows, path, e);
    if (status != ERR_NONE)
        return status;
    count_row *sorted = malloc(rows->count * sizeof *sorted);
    if (!sorted)
        return err_set(e, ERR_NOMEM, "no memory for a plot");
    memcpy(sorted, rows->row, rows->count * sizeof *sorted);
    qsort(sorted, rows->count, sizeof *sorted, compare_rows);
    status = draw_both(rows, sorted, prefix, e);
    free(sorted);
    return status;
}
