/* The part of a run's configuration in its summary: one object, made before the first report, so
 * that the summary of a killed run can be made later from its record (finish.c).
 *
 *     config          every key of the cell, and the values that its groups have
 *     format, level   of the record
 *     every           N: reports.csv has every Nth report of each UE; 0: none
 *     planned         number of reports that the run should send
 *     agents, ues, estimates    what the figures need
 *     sockets         the folder of the ipc sockets; "" for tcp
 *     groups          name, codec, ... and UEs of each; cr and bits of a report that has none */
#include <cjson/cJSON.h>
#include <math.h>
#include <string.h>

#include "cell/codec.h"
#include "cell/keys.h"
#include "figures.h"
#include "io/json.h"
#include "record/record.h"
#include "summary.h"

/* Settings of all groups; if they differ, the first group's. For these keys the summary also has
 * the values of all groups, and the full form of an abbreviated value. */
static bool add_own_form(cJSON *o, const run_config *c, const cell_key *k)
{
    const struct {
        const char *key, *text;
    } forms[] = {
        {"channel", c->channels},         {"model", c->models}, {"precision", c->encoder_precision},
        {"codeword", c->codeword_format}, {"codec", c->codecs}, {"uplink", c->uplinks}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++)
        if (strcmp(k->name, forms[i].key) == 0) {
            cJSON_AddStringToObject(o, k->json, forms[i].text);
            return true;
        }
    if (strcmp(k->name, "period") == 0) {
        const chain_schedule *s = &c->group[0].schedule;
        cJSON *periods = cJSON_AddArrayToObject(o, k->json);
        for (size_t i = 0; i < s->periods; i++)
            cJSON_AddItemToArray(periods, cJSON_CreateNumber(s->period_s[i] * 1e3));
    } else {
        return false;
    }
    return true;
}

static void add_key(cJSON *o, const cell_key *k, const void *value)
{
    double scale = k->json_scale == 0 ? 1 : k->json_scale;
    switch (k->kind) {
    case CELL_FLAG:
        cJSON_AddBoolToObject(o, k->json, *(const bool *)value);
        break;
    case CELL_COUNT:
        json_add_number(o, k->json, (double)*(const uint64_t *)value * scale);
        break;
    case CELL_REAL:
    case CELL_TIME:
        if (k->words && isnan(*(const double *)value))
            cJSON_AddStringToObject(o, k->json, k->words);
        else
            json_add_number(o, k->json, *(const double *)value * scale);
        break;
    case CELL_CHOICE:
    case CELL_TEXT:
        cJSON_AddStringToObject(o, k->json, value);
        break;
    }
}

/* The uplink settings are those for all UEs at the start of the run. */
static void add_config(cJSON *root, const run_config *c)
{
    cJSON *o = cJSON_AddObjectToObject(root, "config");
    cJSON_AddNumberToObject(o, "ues", c->cell->ues);
    cJSON_AddNumberToObject(o, "agents", (double)c->agents);
    cJSON_AddStringToObject(o, "transport", c->options.transport);
    for (size_t i = 0; i < cell_key_count; i++) {
        const cell_key *k = &cell_keys[i];
        bool of_group = (k->flags & CELL_BY_GROUP) && !(k->flags & CELL_ON_AIR);
        if (k->json && !add_own_form(o, c, k))
            add_key(o, k,
                    of_group ? cell_key_group_value(k, &c->cell->group[0].has)
                             : cell_key_value(k, c->cell));
    }
}

static void add_groups(cJSON *root, const run_config *c)
{
    cJSON *array = cJSON_AddArrayToObject(root, "groups");
    for (size_t i = 0; i < c->cell->groups; i++) {
        const cell_group *g = &c->cell->group[i];
        cJSON *o = cJSON_CreateObject();
        cJSON_AddStringToObject(o, "name", g->name);
        cJSON_AddStringToObject(o, "channel", g->has.channel);
        cJSON_AddStringToObject(o, "model",
                                cell_names_codec(&g->has) ? g->has.codec : g->has.model);
        cJSON_AddStringToObject(o, "precision", g->has.precision);
        cJSON_AddStringToObject(o, "codec", c->group[i].codec);
        cJSON_AddStringToObject(o, "uplink", c->group[i].uplink);
        if (c->group[i].words > 0)
            cJSON_AddNumberToObject(o, "uci_words", c->group[i].words);
        if (c->group[i].unfair)
            cJSON_AddStringToObject(o, "unfair", c->group[i].unfair);
        json_add_number(o, "speed_kmh", g->has.speed_kmh);
        cJSON_AddNumberToObject(o, "first_ue", g->first);
        cJSON_AddNumberToObject(o, "ues", g->ues);
        cJSON_AddNumberToObject(o, "cr", c->group[i].cr);
        cJSON_AddNumberToObject(o, "bits", c->group[i].bits);
        cJSON_AddItemToArray(array, o);
    }
}

cJSON *run_summary_head(const run_config *c, const run_paths *paths, uint64_t every)
{
    cJSON *root = cJSON_CreateObject();
    add_config(root, c);
    cJSON_AddNumberToObject(root, "format", RECORD_FORMAT);
    cJSON_AddStringToObject(root, "level", c->options.record);
    json_add_number(root, "every", (double)every);
    json_add_number(root, "planned", run_reports(c));
    cJSON_AddNumberToObject(root, "agents", (double)c->agents);
    cJSON_AddNumberToObject(root, "ues", c->cell->ues);
    cJSON_AddBoolToObject(root, "estimates", run_estimates(c->cell));
    cJSON_AddStringToObject(root, "sockets", paths->sockets);
    add_groups(root, c);
    return root;
}
