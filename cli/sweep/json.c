#include "json.h"

#include <ctype.h>
#include <inttypes.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/hist.h"
#include "cli/eval/settings.h"
#include "io/json.h"

static void put_snrs(cJSON *o, const sweep *s)
{
    char text[32 * CHAIN_EVAL_SNRS_MAX] = "";
    size_t used = 0;
    for (size_t i = 0; i < s->snrs.snrs; i++)
        used += (size_t)snprintf(text + used, sizeof text - used, "%s%.9g", i ? "," : "",
                                 s->snrs.snr_db[i]);
    cJSON_AddStringToObject(o, "snr", text);
}

/* Omits the losses of a sweep without any. */
static void put_losses(cJSON *o, const sweep *s)
{
    char text[32 * LIST_MAX] = "";
    size_t used = 0;
    if (s->losses == 1 && s->loss[0] <= 0)
        return;
    for (size_t i = 0; i < s->losses; i++)
        used +=
            (size_t)snprintf(text + used, sizeof text - used, "%s%.9g", i ? "," : "", s->loss[i]);
    cJSON_AddStringToObject(o, "loss", text);
}

/* The curves: models with their precision, uplinks or formats, channels, losses. A pair that was
 * trained again counts as another model. */
static void put_curves(cJSON *o, const sweep *s)
{
    cJSON *curves = cJSON_AddArrayToObject(o, "curves");
    for (size_t i = 0; i < s->curves; i++) {
        const eval_case *c = s->curve[i];
        const codec_info *info = codec_info_of(c->model->encoder);
        char text[2 * EVAL_NAME_MAX], loss[40] = "";
        if (c->config.loss > 0)
            snprintf(loss, sizeof loss, " at loss %.9g", c->config.loss);
        snprintf(text, sizeof text, "%.200s %s %s over %.600s%s (%016" PRIx64 ")", c->model->name,
                 info->precision, eval_case_sending(c), c->channel->path, loss, info->identity);
        cJSON_AddItemToArray(curves, cJSON_CreateString(text));
    }
}

cJSON *sweep_asked(const sweep *s)
{
    const sweep_options *o = s->options;
    cJSON *json = cJSON_CreateObject();
    cJSON_AddStringToObject(json, "over", o->offline ? "no link (--offline)" : "the link");
    put_snrs(json, s);
    put_losses(json, s);
    put_curves(json, s);
    cJSON_AddStringToObject(json, "uplink", o->eval.uplinks ? o->eval.uplinks : "");
    json_add_number(json, "samples", (double)o->eval.samples);
    json_add_number(json, "ues", (double)o->eval.ues);
    json_add_number(json, "rate", o->rate);
    for (size_t i = 0; i < cell_key_count; i++)
        if (cell_keys[i].takers & CELL_IN_SWEEP)
            settings_put(json, &cell_keys[i], &o->eval.cell); /* a key with one value */
    return json;
}

/* The figures of a point in points.jsonl and sweep.json, except its latency, in this order. */
static const struct {
    const char *key;
    size_t at; /* of a double in sweep_point */
} figures[] = {
    {"snr_delivered_db", offsetof(sweep_point, snr_delivered_db)},
    {"reports", offsetof(sweep_point, reports)},
    {"measured", offsetof(sweep_point, measured)},
    {"nmse_db", offsetof(sweep_point, nmse_db)},
    {"nmse_db_standard_error", offsetof(sweep_point, nmse_error_db)},
    {"rho", offsetof(sweep_point, rho)},
    {"sgcs", offsetof(sweep_point, sgcs)},
    {"bits_per_report", offsetof(sweep_point, bits)},
    {"channel_uses", offsetof(sweep_point, channel_uses)},
    {"bler", offsetof(sweep_point, bler)},
    {"undetected", offsetof(sweep_point, undetected)},
    {"nmse_all_db", offsetof(sweep_point, nmse_all_db)},
    {"se_all", offsetof(sweep_point, se_all)},
    {"lost", offsetof(sweep_point, lost)},
    {"nmse_in_use_db", offsetof(sweep_point, nmse_in_use_db)},
    {"se_in_use", offsetof(sweep_point, se_in_use)},
};
enum { FIGURES = sizeof figures / sizeof figures[0] };

static const double *figure(const sweep_point *p, size_t i)
{
    return (const double *)((const char *)p + figures[i].at);
}

cJSON *sweep_point_json(const sweep_point *p)
{
    cJSON *o = cJSON_CreateObject();
    for (size_t i = 0; i < FIGURES; i++)
        json_add_number(o, figures[i].key, *figure(p, i));
    if (!p->histogram)
        return o;
    cJSON *latency = cJSON_AddObjectToObject(o, "latency_us");
    for (size_t i = 0; i < SWEEP_LATENCIES; i++)
        json_add_number(latency, sweep_latency_names[i], p->latency_us[i]);
    cJSON_AddStringToObject(o, "latency_histogram_ns", p->histogram);
    cJSON_AddStringToObject(o, "record", p->record);
    return o;
}

static bool fits_a_line(const char *text)
{
    for (; *text; text++)
        if (iscntrl((unsigned char)*text))
            return false;
    return true;
}

/* The name of a run's folder in FOLDER/runs. */
static bool is_record(const char *text)
{
    return strlen(text) < SWEEP_RECORD_MAX && !strchr(text, '/') && fits_a_line(text);
}

static int read_histogram(const char *text, sweep_point *p, err *e)
{
    hist *h = malloc(sizeof *h);
    int status = h ? hist_from_text(h, text, e) : ERR_NOMEM;
    free(h);
    if (status == ERR_NONE && !(p->histogram = strdup(text)))
        status = ERR_NOMEM;
    if (status == ERR_NOMEM)
        return err_set(e, ERR_NOMEM, "no memory for a sweep");
    return status == ERR_NONE ? status : err_prefix(e, "latency_histogram_ns");
}

static int read_latency(const cJSON *json, sweep_point *p, err *e)
{
    const cJSON *latency = cJSON_GetObjectItemCaseSensitive(json, "latency_us");
    const cJSON *text = cJSON_GetObjectItemCaseSensitive(json, "latency_histogram_ns");
    const cJSON *record = cJSON_GetObjectItemCaseSensitive(json, "record");
    for (size_t i = 0; i < SWEEP_LATENCIES; i++)
        p->latency_us[i] = json_get_number(latency, sweep_latency_names[i]);
    if (cJSON_IsString(record) && !is_record(record->valuestring))
        return err_set(e, ERR_FORMAT, "record '%.64s' is not the name of a run's folder",
                       record->valuestring);
    if (cJSON_IsString(record))
        strcpy(p->record, record->valuestring);
    return cJSON_IsString(text) ? read_histogram(text->valuestring, p, e) : ERR_NONE;
}

int sweep_point_read(const cJSON *json, sweep_point *p, err *e)
{
    for (size_t i = 0; i < FIGURES; i++)
        *(double *)((char *)p + figures[i].at) = json_get_number(json, figures[i].key);
    if (!(p->reports > 0) || !(p->measured >= 0) || !sweep_point_is_whole(p))
        return err_set(e, ERR_FORMAT, "not a measured point");
    return read_latency(json, p, e);
}
