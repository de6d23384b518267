#include "plan.h"

#include <ctype.h>
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cell/chain.h"
#include "cell/choice.h"
#include "cell/codec.h"
#include "cell/fit.h"
#include "chain/cost.h"
#include "cli/ui/defaults.h"
#include "csi/raw/spec.h"
#include "options.h"

enum { AGENT_UES_MAX = 10000 };

static int add_groups(cell *c, const char *ues, bool channel_given)
{
    err e = {0};
    if (cell_add_groups(c, ues, channel_given, CELL_UES_MAX, &e) != ERR_NONE)
        return option_complain(&run_command, "--ues: %s", e.text);
    return -1;
}

/* Applies --ues to a scenario: changes the number of UEs of its only group. */
static int change_count(scenario *s, const char *ues)
{
    uint64_t count;
    if (s->cell.groups > 1)
        return option_complain(&run_command, "--ues: the scenario has %zu groups; change it there",
                               s->cell.groups);
    if (!text_whole(ues, 1, CELL_UES_MAX, &count))
        return option_complain(&run_command,
                               "--ues takes a number from 1 to %d with a scenario, not %s",
                               CELL_UES_MAX, ues);
    for (size_t i = 0; i < s->timeline.count; i++)
        if (s->timeline.change[i].who.kind == TARGET_UE && s->timeline.change[i].who.index >= count)
            return option_complain(&run_command, "--ues: the scenario's timeline names UE %u",
                                   s->timeline.change[i].who.index);
    s->cell.group[0].ues = s->cell.ues = (uint32_t)count;
    return -1;
}

/* Replaces auto names of models. Groups from the command line share one model, as in `csilink
 * eval`; each group of a file gets the model for its own channel. */
static int resolve_models(cell *c, bool file)
{
    const char *model = NULL;
    char chosen[CODEC_NAME_MAX];
    err e = {0};
    for (size_t i = 0; i < c->groups; i++) {
        cell_ues *has = &c->group[i].has;
        const char *channel = has->channel;
        if (cell_names_codec(has))
            continue;
        if (file)
            model = chain_resolve_model(has->model, &channel, 1, chosen, &e);
        else if (!model)
            model = chain_resolve_cell_model(has->model, c, chosen, &e);
        if (!model)
            return option_complain(&run_command, "--model: %s", e.text);
        if (model != has->model)
            snprintf(has->model, sizeof has->model, "%s", model);
    }
    return -1;
}

/* Adds `count` agents, each with an even share of these UEs, in order. */
static int share_out(run_config *c, uint32_t first, uint32_t ues, uint64_t count)
{
    if (count > ues)
        return option_complain(&run_command, "--agents %llu is more than --ues %u",
                               (unsigned long long)count, ues);
    if (c->agents + count > RUN_AGENTS_MAX)
        return option_complain(&run_command, "more than %d agents; each group of UEs needs its own",
                               RUN_AGENTS_MAX);
    if ((ues + count - 1) / count > AGENT_UES_MAX)
        return option_complain(&run_command, "an agent hosts up to %d UEs: give more --agents",
                               AGENT_UES_MAX);
    for (uint64_t i = 0; i < count; i++) {
        uint32_t begin = (uint32_t)(ues * i / count), end = (uint32_t)(ues * (i + 1) / count);
        c->agent[c->agents++] = (run_agent){first + begin, end - begin};
    }
    return -1;
}

/* Neighbouring groups with the same model, precision, codeword and period share agents; --agents is
 * the number for each such set. */
static int plan_agents(run_config *c)
{
    int status = -1;
    for (size_t i = 0, end; status < 0 && i < c->cell->groups; i = end) {
        const cell_group *first = &c->cell->group[i];
        uint32_t ues = first->ues;
        for (end = i + 1; end < c->cell->groups; end++) {
            if (!cell_share_agent(&first->has, &c->cell->group[end].has))
                break;
            ues += c->cell->group[end].ues;
        }
        status = share_out(c, first->first, ues, c->options.agents);
    }
    return status;
}

static void name_channels(run_config *c)
{
    if (c->cell->groups > 1)
        cell_text(c->cell, c->channels);
    else
        snprintf(c->channels, sizeof c->channels, "%s", c->cell->group[0].has.channel);
}

static const char *model_of_group(const run_config *c, size_t group)
{
    const cell_ues *has = &c->cell->group[group].has;
    return cell_names_codec(has) ? has->codec : has->model;
}

static const char *codec_of_group(const run_config *c, size_t group)
{
    return c->group[group].codec;
}

static const char *uplink_of_group(const run_config *c, size_t group)
{
    return c->group[group].uplink;
}

/* The distinct values of the groups, as many as fit, for display and for the summary. */
static void list_each(const run_config *c, const char *(*of_group)(const run_config *, size_t),
                      const char *between, char text[CELL_TEXT_MAX])
{
    size_t used = 0;
    for (size_t i = 0; i < c->cell->groups && used < CELL_TEXT_MAX; i++) {
        const char *word = of_group(c, i);
        bool again = false;
        for (size_t k = 0; k < i; k++)
            again = again || strcmp(of_group(c, k), word) == 0;
        if (!again)
            used += (size_t)snprintf(text + used, CELL_TEXT_MAX - used, "%s%s", used ? between : "",
                                     word);
    }
}

/* --- what a group asks for, and whether it is valid------------------------------------------- */

/* Reports an invalid value, with its option or with its line in the scenario's file. */
static int complain_of(const run_config *c, const cell_options *given, size_t group,
                       const char *key, const err *why)
{
    char key_path[64];
    err e = *why;
    const cell_key *k = cell_key_named(key);
    const char *of_group = cell_key_group_value(k, &c->cell->group[group].has);
    const char *of_all = cell_key_value(k, c->cell);
    if (cell_options_given(given, key) || !c->title)
        return option_complain(&run_command, "--%s: %s", key, e.text);
    if (strcmp(of_group, of_all) == 0)
        snprintf(key_path, sizeof key_path, "%s", key);
    else
        snprintf(key_path, sizeof key_path, "groups/%zu/%s", group, key);
    scenario_locate(c->title, key_path, &e);
    return option_complain(&run_command, "%s", e.text);
}

static int check_channel(const char *channel, const fading_config *settings, err *e)
{
    size_t length = csi_raw_file_length(channel);
    if (length > 0) { /* only checks that it exists: reading takes time, and the agents do it */
        char path[PATH_MAX];
        snprintf(path, sizeof path, "%.*s", (int)length, channel);
        return access(path, R_OK) == 0 ? ERR_NONE
                                       : err_set(e, ERR_IO, "no such file: %.200s", path);
    }
    fading *f = fading_open(channel, settings, e);
    fading_close(f);
    return f ? ERR_NONE : ERR_INVALID;
}

static void note(char *shared, size_t size, const char *word, bool first)
{
    if (first)
        snprintf(shared, size, "%s", word);
    else if (strcmp(shared, word) != 0)
        snprintf(shared, size, "mixed");
}

/* Records the precision that was loaded, if the setting was "int8 where the model has it". */
static void note_precision(run_config *c, size_t group, const char *precision)
{
    cell_ues *has = &c->plan->cell.group[group].has;
    note(c->encoder_precision, sizeof c->encoder_precision, precision, group == 0);
    if (!cell_names_codec(has))
        snprintf(has->precision, sizeof has->precision, "%s",
                 strcmp(precision, "float") == 0 ? "float" : "int8");
}

/* Writes the codeword format by its standard name; a named uplink replaces the format. */
static void note_codeword(run_config *c, size_t group)
{
    cell_ues *has = &c->plan->cell.group[group].has;
    csi_codeword_format format;
    if (csi_codeword_parse(has->codeword, &format, NULL) == ERR_NONE)
        csi_codeword_name(format, has->codeword);
    note(c->codeword_format, sizeof c->codeword_format, has->uplink_kind[0] ? "" : has->codeword,
         group == 0);
}

/* Sets the largest report only if it exceeds the default of channel-sim and the base station, which
 * is enough for all shipped codecs. */
static void note_report_bytes(run_config *c, const chain_cost *cost)
{
    enum { TAKEN = 16384, BESIDE = 512 };
    size_t bytes = cost->symbols * sizeof(float complex) + cost->side_bits / 8 + BESIDE;
    if (bytes > TAKEN && bytes > c->report_bytes)
        c->report_bytes = bytes;
}

/* Checks the group's settings with its encoder. Returns -1 to continue, or the exit status. */
static int fit_group(run_config *c, const cell_options *given, size_t i, const codec_info *info)
{
    const cell_ues *has = &c->cell->group[i].has;
    chain_ue_config config;
    chain_cost cost;
    csi_dims dims = cell_dims(c->cell);
    err e = {0};
    if (chain_dims_of_codec(&dims, info, c->cell->nt, &e) != ERR_NONE ||
        chain_check_dims(&dims, info, &e) != ERR_NONE)
        return option_complain(&run_command, "%s", e.text);
    if (cell_chain(c->cell, has, &dims, &config, &e) != ERR_NONE ||
        chain_cost_of(info, config.uplink, &cost, &e) != ERR_NONE)
        return complain_of(c, given, i, has->uplink_kind[0] ? "uplink" : "codeword", &e);
    if (chain_check_denoise(&config, &e) != ERR_NONE)
        return option_complain(&run_command, "%s", e.text);
    /* Only a check: the base station loads it for its decoder, which has the same identity and
     * sizes. */
    payload_denoiser *denoiser;
    if (cell_denoiser(has, info, &denoiser, &e) != ERR_NONE)
        return complain_of(c, given, i, "denoise-payload", &e);
    payload_denoiser_free(denoiser);
    if (cell_schedule(c->cell, has, c->cell->ues, &c->group[i].schedule, &e) != ERR_NONE)
        return complain_of(c, given, i, "period", &e);
    fading_config settings = cell_fading(c->cell, has, &dims);
    if (check_channel(has->channel, &settings, &e) != ERR_NONE)
        return complain_of(c, given, i, "channel", &e);
    cell_warn_misfit(info, has->channel, c->cell->carrier_hz);
    c->group[i].cr = codec_ratio(info);
    c->group[i].identity = info->identity;
    c->group[i].bits = cost.bits;
    c->group[i].unfair = cost.unfair;
    c->group[i].words = cost.words;
    note_report_bytes(c, &cost);
    note_precision(c, i, info->precision);
    note_codeword(c, i);
    if (cell_codec(has, c->group[i].codec, &e) != ERR_NONE ||
        cell_uplink(c->cell, has, c->group[i].uplink, &e) != ERR_NONE)
        return option_complain(&run_command, "%s", e.text);
    return -1;
}

static int plan_group(run_config *c, const cell_options *given, size_t i)
{
    const cell_ues *has = &c->cell->group[i].has;
    err e = {0};
    char spec[CODEC_SPEC_MAX];
    codec *encoder =
        cell_codec(has, spec, &e) == ERR_NONE ? codec_load(CODEC_ENCODER, spec, &e) : NULL;
    if (!encoder)
        return complain_of(c, given, i, cell_names_codec(has) ? "codec" : "model", &e);
    int status = fit_group(c, given, i, codec_info_of(encoder));
    codec_unload(encoder);
    return status;
}

/* A report carries its codec's identity and not its group, so groups that share a codec must share
 * its denoiser. */
static int check_denoisers(const run_config *c)
{
    const cell_group *g = c->cell->group;
    for (size_t i = 0; i < c->cell->groups; i++)
        for (size_t k = 0; k < i; k++)
            if (c->group[i].identity == c->group[k].identity &&
                strcmp(g[i].has.denoise_payload, g[k].has.denoise_payload) != 0)
                return option_complain(
                    &run_command,
                    "denoise-payload is %.100s in group %s and %.100s in group %s, which have the "
                    "same codec; the base station sees a report's codec, not its group",
                    g[k].has.denoise_payload, g[k].name, g[i].has.denoise_payload, g[i].name);
    return -1;
}

int run_plan(run_config *c, const cell_options *given)
{
    scenario *s = c->plan;
    const char *ues = c->options.ues;
    int status = -1;
    /* Resolved now, so that the agents and the summary, which read the plan, agree. */
    s->cell.warm_up_s = cell_warm_up_s(&s->cell);
    chain_predict how;
    chain_predict_net *net;
    err e = {0};
    if (cell_predict(&s->cell, &how, &e) != ERR_NONE ||
        cell_load_predict_net(&s->cell, &net, &e) != ERR_NONE)
        return option_complain(&run_command, "%s", e.text);
    chain_predict_net_free(net); /* the base station loads it; here a wrong name ends the command */
    if (!c->title)
        status = add_groups(&s->cell, ues ? ues : DEFAULT_UES_TEXT,
                            cell_options_given(given, "channel"));
    else if (ues)
        status = change_count(s, ues);
    if (status < 0)
        status = resolve_models(&s->cell, c->title != NULL);
    if (status < 0)
        status = plan_agents(c);
    for (size_t i = 0; status < 0 && i < s->cell.groups; i++)
        status = plan_group(c, given, i);
    if (status < 0)
        status = check_denoisers(c);
    if (status >= 0)
        return status;
    name_channels(c);
    list_each(c, model_of_group, ",", c->models);
    list_each(c, codec_of_group, ";", c->codecs);
    list_each(c, uplink_of_group, ";", c->uplinks);
    return -1;
}
