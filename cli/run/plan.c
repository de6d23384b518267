/* What a run will be: a scenario, the options laid over it, and whether all of it can be. */
#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cell/choice.h"
#include "chain/ue.h"
#include "cli/ui/defaults.h"
#include "codec/onnx/pair.h"
#include "fading/fading.h"
#include "measure/age.h"
#include "run.h"
#include "ui/option.h"

enum {
    AGENT_UES_MAX = 10000,
    COUNT_TEXT = 12 /* of "10000@" and a comma, at most */,
    NUMBER_TEXT = 13
};

static void lay_real(double *value, double given)
{
    if (!isnan(given))
        *value = given;
}

static void lay_text(char *value, size_t size, const char *given)
{
    if (given)
        snprintf(value, size, "%s", given);
}

static void lay_uplink(scenario *s, setting_name name, double given)
{
    if (isnan(given))
        return;
    s->all.uplink.value[name] = given;
    for (size_t i = 0; i < s->groups; i++) {
        s->group[i].has.uplink.value[name] = given;
        s->group[i].own[name] = false;
    }
}

static void lay_ues(scenario_ues *u, const run_config *given)
{
    lay_text(u->channel, sizeof u->channel, given->channel);
    lay_text(u->model, sizeof u->model, given->model);
    lay_text(u->period, sizeof u->period, given->period);
    lay_text(u->precision, sizeof u->precision, given->precision);
    lay_text(u->codeword, sizeof u->codeword, given->codeword);
    lay_real(&u->speed_kmh, given->speed_kmh);
}

/* Options hold for every group. */
static void lay_options(scenario *s, const run_config *given)
{
    lay_real(&s->duration_s, given->schedule.duration_s);
    lay_real(&s->timeout_s, given->timeout_s);
    lay_real(&s->dl_snr_db, given->dl_snr_db);
    lay_real(&s->carrier_hz, given->carrier_hz);
    lay_real(&s->bandwidth_hz, given->bandwidth_hz);
    lay_text(s->estimation, sizeof s->estimation, given->estimation);
    lay_text(s->pilots, sizeof s->pilots, given->pilots);
    s->seed = given->seed == UINT64_MAX ? s->seed : given->seed;
    s->nc = given->nc == UINT64_MAX ? s->nc : given->nc;
    s->references = given->references == UINT64_MAX ? s->references : given->references;
    s->genie = s->genie && !given->no_genie;
    lay_uplink(s, SETTING_SNR, given->snr_db);
    lay_uplink(s, SETTING_LOSS, given->loss);
    lay_uplink(s, SETTING_DELAY, given->delay_s);
    lay_uplink(s, SETTING_JITTER, given->jitter_s);
    lay_ues(&s->all, given);
    for (size_t i = 0; i < s->groups; i++)
        lay_ues(&s->group[i].has, given);
}

static int lay_measuring(const option_command *command, scenario *s, const run_config *given)
{
    err e = {0};
    lay_real(&s->warm_up_s, given->warm_up_s);
    if (isnan(s->warm_up_s))
        s->warm_up_s = chain_schedule_warm_up(s->duration_s);
    s->age_every = given->age_every == UINT64_MAX ? s->age_every : given->age_every;
    if (given->use_after && chain_age_parse_use(given->use_after, &s->use_after_s, &e) != ERR_NONE)
        return option_complain(command, "--use-after: %s", e.text);
    return -1;
}

/* A group is called after its channel, as far as that makes a name. */
static void name_group(const scenario *s, const char *channel, char name[SCENARIO_NAME_MAX])
{
    size_t n = 0;
    if (fading_is_file(channel))
        channel = "replay";
    for (; channel[n] && n < SCENARIO_NAME_MAX - NUMBER_TEXT; n++)
        name[n] = isalnum((unsigned char)channel[n]) ? channel[n] : '-';
    name[n] = '\0';
    if (!isalpha((unsigned char)*name) || strcmp(name, "all") == 0)
        n = (size_t)snprintf(name, SCENARIO_NAME_MAX, "group");
    for (int again = 2; scenario_group_named(s, name) != NO_GROUP; again++)
        snprintf(name + n, NUMBER_TEXT, "-%d", again);
}

static int add_groups(const option_command *command, scenario *s, const char *ues,
                      const char *channel)
{
    static chain_cell cell;
    err e = {0};
    char name[SCENARIO_NAME_MAX];
    if (chain_cell_parse(&cell, ues, channel, s->all.channel, SCENARIO_UES_MAX, &e) != ERR_NONE)
        return option_complain(command, "--ues: %s", e.text);
    for (size_t i = 0; i < cell.groups; i++) {
        name_group(s, cell.group[i].channel, name);
        scenario_group *g = scenario_add_group(s, name, cell.group[i].ues, &e);
        if (!g)
            return option_complain(command, "--ues: %s", e.text);
        memcpy(g->has.channel, cell.group[i].channel, sizeof g->has.channel);
    }
    return -1;
}

/* --ues over a scenario changes how many UEs its one group has. */
static int change_count(const option_command *command, scenario *s, const char *ues)
{
    char *end;
    unsigned long count = strtoul(ues, &end, 10);
    if (s->groups > 1)
        return option_complain(command, "--ues: the scenario has %zu groups; change it there",
                               s->groups);
    if (!isdigit((unsigned char)*ues) || *end || count == 0 || count > SCENARIO_UES_MAX)
        return option_complain(command, "--ues takes a number from 1 to %d over a scenario, not %s",
                               SCENARIO_UES_MAX, ues);
    for (size_t i = 0; i < s->timeline.count; i++)
        if (s->timeline.change[i].who.kind == TARGET_UE && s->timeline.change[i].who.index >= count)
            return option_complain(command, "--ues: the scenario's timeline names UE %u",
                                   s->timeline.change[i].who.index);
    s->group[0].ues = s->ues = (uint32_t)count;
    return -1;
}

/* The groups of a command line share a model, as those of `csilink eval` do; each of a file has the
 * one for its own channel. */
static int settle_models(const option_command *command, scenario *s, bool file)
{
    const char *channels[CHAIN_GROUPS_MAX], *settled = NULL;
    char chosen[CODEC_NAME_MAX];
    err e = {0};
    for (size_t i = 0; i < s->groups; i++)
        channels[i] = s->group[i].has.channel;
    for (size_t i = 0; i < s->groups; i++) {
        char *model = s->group[i].has.model;
        if (file)
            settled = chain_settle_model(model, &channels[i], 1, chosen, &e);
        else if (i == 0)
            settled = chain_settle_model(model, channels, s->groups, chosen, &e);
        if (!settled)
            return option_complain(command, "--model: %s", e.text);
        if (settled != model)
            snprintf(model, SCENARIO_WORD_MAX, "%s", settled);
    }
    return -1;
}

static bool same_agent(const scenario_ues *a, const scenario_ues *b)
{
    return strcmp(a->model, b->model) == 0 && strcmp(a->period, b->period) == 0 &&
           strcmp(a->precision, b->precision) == 0 && strcmp(a->codeword, b->codeword) == 0 &&
           a->speed_kmh == b->speed_kmh;
}

/* `count` agents, each with an even share of these UEs, in order. */
static int share_out(const option_command *command, run_config *c, const scenario_group *first,
                     uint32_t ues, uint64_t count, size_t *agents)
{
    if (count > ues)
        return option_complain(command, "--agents %llu is more than --ues %u",
                               (unsigned long long)count, ues);
    if (*agents + count > RUN_AGENTS_MAX)
        return option_complain(command, "more than %d agents: each group of UEs has its own",
                               RUN_AGENTS_MAX);
    if ((ues + count - 1) / count > AGENT_UES_MAX)
        return option_complain(command, "an agent hosts up to %d UEs: give more --agents",
                               AGENT_UES_MAX);
    for (uint64_t i = 0; i < count; i++) {
        uint32_t begin = (uint32_t)(ues * i / count), end = (uint32_t)(ues * (i + 1) / count);
        c->agent[*agents] = (run_agent){first->first + begin, end - begin, first};
        ++*agents;
    }
    return -1;
}

/* Groups that only their channels distinguish share agents; --agents counts for each of the rest.
 */
static int plan_agents(const option_command *command, run_config *c)
{
    const scenario *s = c->scenario;
    size_t agents = 0;
    int status = -1;
    c->agents_asked = c->agents;
    for (size_t i = 0, end; status < 0 && i < s->groups; i = end) {
        uint32_t ues = s->group[i].ues;
        size_t text = strlen(s->group[i].has.channel) + COUNT_TEXT;
        for (end = i + 1; end < s->groups && same_agent(&s->group[i].has, &s->group[end].has);
             end++) {
            text += strlen(s->group[end].has.channel) + COUNT_TEXT;
            if (text >= CHAIN_CELL_TEXT_MAX) /* of the agent's --ues */
                break;
            ues += s->group[end].ues;
        }
        status = share_out(command, c, &s->group[i], ues, c->agents, &agents);
    }
    c->agents = agents;
    return status;
}

static void add_model(run_config *c, const char *model, size_t *used)
{
    if (*used < sizeof c->models)
        *used += (size_t)snprintf(c->models + *used, sizeof c->models - *used, "%s%s",
                                  *used ? "," : "", model);
}

static int plan_cell(const option_command *command, run_config *c)
{
    const scenario *s = c->scenario;
    size_t used = 0;
    c->cell = (chain_cell){.ues = s->ues, .groups = s->groups};
    for (size_t i = 0; i < s->groups; i++) {
        const scenario_group *g = &s->group[i];
        chain_group *to = &c->cell.group[i];
        to->first = g->first;
        to->ues = g->ues;
        memcpy(to->channel, g->has.channel, sizeof to->channel);
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || strcmp(s->group[k].has.model, g->has.model) == 0;
        if (!again)
            add_model(c, g->has.model, &used);
    }
    if (c->cell.groups > 1)
        chain_cell_text(&c->cell, c->channels);
    else
        snprintf(c->channels, sizeof c->channels, "%s", c->cell.group[0].channel);
    return used < sizeof c->models ? -1
                                   : option_complain(command, "the models' names are too long");
}

static int plan_schedules(const option_command *command, run_config *c)
{
    const scenario *s = c->scenario;
    err e = {0};
    for (size_t i = 0; i < s->groups; i++) {
        chain_schedule *to = &c->schedules[i];
        if (chain_schedule_parse_periods(to, s->group[i].has.period, &e) != ERR_NONE)
            return option_complain(command, "--period: %s", e.text);
        to->duration_s = s->duration_s;
        to->cell_ues = s->ues;
    }
    c->schedule = c->schedules[0];
    return -1;
}

/* The scenario's values where the rest of the command looks for them. */
static void take_values(run_config *c)
{
    const scenario *s = c->scenario;
    const double *uplink = s->all.uplink.value;
    c->seed = s->seed;
    c->references = s->references;
    c->nc = s->nc;
    c->snr_db = uplink[SETTING_SNR];
    c->loss = uplink[SETTING_LOSS];
    c->delay_s = uplink[SETTING_DELAY];
    c->jitter_s = uplink[SETTING_JITTER];
    c->dl_snr_db = s->dl_snr_db;
    c->timeout_s = s->timeout_s;
    c->carrier_hz = s->carrier_hz;
    c->bandwidth_hz = s->bandwidth_hz;
    c->speed_kmh = s->group[0].has.speed_kmh;
    c->estimation = s->estimation;
    c->pilots = s->pilots;
    c->model = c->models;
    c->no_genie = !s->genie;
    c->warm_up_s = s->warm_up_s;
    c->use_after_s = s->use_after_s;
    c->age_every = s->age_every;
}

static int check_channel(const char *channel, const fading_config *settings, err *e)
{
    if (fading_is_file(channel))
        return access(channel, R_OK) == 0 ? ERR_NONE
                                          : err_set(e, ERR_IO, "there is no file %.200s", channel);
    fading *f = fading_open(channel, settings, e);
    fading_close(f);
    return f ? ERR_NONE : ERR_INVALID;
}

/* What was loaded is written down, where "int8 where the model has it" was asked for. */
static void tell_precision(run_config *c, scenario_ues *u, const char *precision, bool first)
{
    if (first)
        snprintf(c->encoder_precision, sizeof c->encoder_precision, "%s", precision);
    else if (strcmp(c->encoder_precision, precision) != 0)
        snprintf(c->encoder_precision, sizeof c->encoder_precision, "mixed");
    snprintf(u->precision, sizeof u->precision, "%s",
             strcmp(precision, "float") == 0 ? "float" : "int8");
}

/* What is said under a key: by an option (NULL: not given), for a group, and for all groups. */
typedef struct said {
    const char *key, *option, *group, *all;
} said;

/* Of what cannot be, the option is told, or the line of the scenario's file. */
static int complain_of(const option_command *command, const run_config *c, size_t group,
                       const said *s, err *e)
{
    char place[64];
    if (s->option || !c->title)
        return option_complain(command, "--%s: %s", s->key, e->text);
    if (strcmp(s->group, s->all) == 0)
        snprintf(place, sizeof place, "%s", s->key);
    else
        snprintf(place, sizeof place, "groups/%zu/%s", group, s->key);
    scenario_place(c->title, place, e);
    return option_complain(command, "%s", e->text);
}

static int plan_codeword(run_config *c, scenario_ues *u, bool first, csi_codeword_format *format,
                         err *e)
{
    const char *asked = u->codeword[0] ? u->codeword : "float32";
    if (csi_codeword_parse(asked, format, e) != ERR_NONE)
        return ERR_INVALID;
    csi_codeword_name(*format, u->codeword);
    if (first)
        csi_codeword_name(*format, c->codeword_format);
    else if (strcmp(c->codeword_format, u->codeword) != 0)
        snprintf(c->codeword_format, sizeof c->codeword_format, "mixed");
    return ERR_NONE;
}

static int check_group(const option_command *command, run_config *c, const run_config *given,
                       size_t i)
{
    scenario_ues *u = &c->scenario->group[i].has, *all = &c->scenario->all;
    const said codeword = {"codeword", given->codeword, u->codeword, all->codeword},
               model = {"model", given->model, u->model, all->model},
               channel = {"channel", given->channel, u->channel, all->channel};
    err e = {0};
    const char *asked = u->precision[0] ? u->precision : NULL;
    csi_codeword_format format;
    if (plan_codeword(c, u, i == 0, &format, &e) != ERR_NONE)
        return complain_of(command, c, i, &codeword, &e);
    onnx_part *encoder = onnx_load_precise(CODEC_ENCODER, u->model, asked, &e);
    if (!encoder)
        return complain_of(command, c, i, &model, &e);
    fading_config settings = {.dims = CSI_DIMS_DEFAULT,
                              .bandwidth_hz = c->bandwidth_hz,
                              .carrier_hz = c->carrier_hz,
                              .speed_kmh = u->speed_kmh,
                              .seed = c->seed};
    settings.dims.nc = (uint32_t)c->nc;
    const onnx_info *info = onnx_part_info(encoder);
    bool fits = chain_dims_of_model(&settings.dims, info, c->nt, &e) == ERR_NONE &&
                chain_check_dims(&settings.dims, info, !c->no_genie, &e) == ERR_NONE;
    c->report_cr[i] = info->cr;
    c->report_bits[i] = onnx_report_bits(info, format);
    tell_precision(c, u, info->precision, i == 0);
    onnx_part_free(encoder);
    if (!fits)
        return option_complain(command, "%s", e.text);
    if (check_channel(u->channel, &settings, &e) != ERR_NONE)
        return complain_of(command, c, i, &channel, &e);
    return -1;
}

int run_plan(const option_command *command, run_config *c, const run_config *given, bool file)
{
    scenario *s = c->scenario;
    int status = -1;
    lay_options(s, given);
    status = lay_measuring(command, s, given);
    if (status >= 0)
        return status;
    if (!file)
        status = add_groups(command, s, given->ues ? given->ues : DEFAULT_UES_TEXT, given->channel);
    else if (given->ues)
        status = change_count(command, s, given->ues);
    if (status >= 0 || (status = settle_models(command, s, file)) >= 0 ||
        (status = plan_schedules(command, c)) >= 0 || (status = plan_cell(command, c)) >= 0)
        return status;
    take_values(c);
    status = plan_agents(command, c);
    for (size_t i = 0; status < 0 && i < s->groups; i++)
        status = check_group(command, c, given, i);
    return status;
}
