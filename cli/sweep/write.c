/* The figures of a sweep for other programs. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "best.h"
#include "cli/ui/quoted.h"
#include "io/file.h"
#include "io/json.h"
#include "json.h"
#include "write.h"

static void put_row(FILE *to, const sweep *s, const sweep_point *p)
{
    const eval_case *c = p->of;
    const codec_info *info = codec_info_of(c->model->encoder);
    put_quoted(to, c->model->name);
    fputc(',', to);
    put_quoted(to, c->channel->path);
    fprintf(to, ",%u,%s,%s", codec_ratio(info), info->precision, c->sending->codeword);
    const double values[] = {p->bits,
                             p->channel_uses,
                             sweep_point_snr(s, p),
                             p->snr_delivered_db,
                             p->reports,
                             p->measured,
                             p->nmse_db,
                             p->nmse_error_db,
                             p->rho,
                             p->sgcs};
    for (size_t i = 0; i < sizeof values / sizeof values[0]; i++)
        put_figure(to, values[i]);
    for (size_t i = 0; i < SWEEP_LATENCIES; i++)
        put_figure(to, p->latency_us[i]);
    fputc(',', to);
    put_quoted(to, c->config.ue.uplink);
    const double failures[] = {p->bler,           p->undetected,       p->nmse_all_db,
                               p->se_all,         sweep_point_loss(p), p->lost,
                               p->nmse_in_use_db, p->se_in_use};
    for (size_t i = 0; i < sizeof failures / sizeof failures[0]; i++)
        put_figure(to, failures[i]);
    put_figure(to, sweep_point_limit_db(s, p));
    fprintf(to, ",%s\n", c->cost.unfair ? c->cost.unfair : "");
}

static void put_csv(FILE *to, const sweep *s)
{
    fputs("model,channel,cr,precision,codeword,bits_per_report,channel_uses,snr_db,snr_delivered_"
          "db,reports,"
          "measured,nmse_db,nmse_db_standard_error,rho,sgcs",
          to);
    for (size_t i = 0; i < SWEEP_LATENCIES; i++)
        fprintf(to, ",latency_%s_us", sweep_latency_names[i]);
    fputs(",uplink,bler,undetected,nmse_all_db,se_all,loss,lost,nmse_in_use_db,se_in_use,"
          "limit_nmse_db,unfair\n",
          to);
    for (size_t i = 0; i < s->count; i++)
        put_row(to, s, &s->point[i]);
}

static cJSON *row_json(const sweep *s, const sweep_point *p)
{
    const eval_case *c = p->of;
    const codec_info *info = codec_info_of(c->model->encoder);
    cJSON *measured = sweep_point_json(p), *row = cJSON_CreateObject();
    cJSON_AddStringToObject(row, "model", c->model->name);
    cJSON_AddStringToObject(row, "channel", c->channel->path);
    json_add_number(row, "cr", codec_ratio(info));
    cJSON_AddStringToObject(row, "precision", info->precision);
    cJSON_AddStringToObject(row, "codeword", c->sending->codeword);
    cJSON_AddStringToObject(row, "uplink", c->config.ue.uplink);
    json_add_number(row, "snr_db", sweep_point_snr(s, p));
    json_add_number(row, "loss", sweep_point_loss(p));
    while (measured && measured->child) {
        cJSON *item = cJSON_DetachItemViaPointer(measured, measured->child);
        cJSON_AddItemToObject(row, item->string, item);
    }
    cJSON_Delete(measured);
    json_add_number(row, "limit_nmse_db", sweep_point_limit_db(s, p));
    cJSON_AddItemToObject(row, "unfair",
                          c->cost.unfair ? cJSON_CreateString(c->cost.unfair) : cJSON_CreateNull());
    return row;
}

static void put_json(FILE *to, const sweep *s)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddItemToObject(root, "asked", sweep_asked(s));
    cJSON *points = cJSON_AddArrayToObject(root, "points");
    for (size_t i = 0; i < s->count; i++)
        cJSON_AddItemToArray(points, row_json(s, &s->point[i]));
    if (s->options->uses) {
        cJSON_AddStringToObject(root, "uses", s->options->uses);
        cJSON_AddItemToObject(root, "best", sweep_best_json(s));
    }
    char *text = json_print(root);
    if (text)
        fprintf(to, "%s\n", text);
    free(text);
    cJSON_Delete(root);
}

static int write_file(const sweep *s, const char *name, void (*put)(FILE *to, const sweep *s),
                      err *e)
{
    char path[PATH_MAX], *text = NULL;
    size_t size = 0;
    snprintf(path, sizeof path, "%s/%s", s->options->out, name);
    FILE *to = open_memstream(&text, &size);
    if (to)
        put(to, s);
    bool good = to && !ferror(to);
    good = to && fclose(to) == 0 && good && size > 0;
    int status =
        good ? file_replace(path, text, size, e) : err_set(e, ERR_NOMEM, "no memory for %s", path);
    free(text);
    return status;
}

int sweep_write(const sweep *s, err *e)
{
    int status = write_file(s, "sweep.csv", put_csv, e);
    if (status == ERR_NONE)
        status = write_file(s, "sweep.json", put_json, e);
    return status == ERR_NONE && s->options->uses ? sweep_write_best(s, e) : status;
}
