/* ue-agent: up to 10,000 virtual UEs in one process. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "account.h"
#include "agent.h"
#include "base/log.h"
#include "cell/chain.h"
#include "cell/choice.h"
#include "cell/codec.h"
#include "io/file.h"
#include "options.h"
#include "service/health.h"
#include "ui/program.h"

enum { ROLES = 1u << LINK_AGENT };

static void on_stop(void *user, bool now)
{
    agent **a = user;
    if (*a)
        agent_stop(*a, now);
}

static void fill(link_service *service, void *user)
{
    agent **a = user;
    if (*a)
        agent_telemetry(*a, service);
}

/* Writes the tally for `csilink run`, which adds up several agents: to a file and, on request, to
 * standard output, a pipe that works even with a full disk. */
static int write_tally(const agent_options *o, const chain_tally *tally, err *e)
{
    char *text = account_text(tally, true);
    int status = text ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for the counts");
    if (text && o->print_record)
        puts(text);
    if (text && o->record)
        status = file_replace(o->record, text, strlen(text), e);
    free(text);
    return status;
}

/* Runs the agent to its end, when its tally is complete. */
static int run_agent(const agent_options *o, const agent_config *config, link_service *service,
                     agent **a, err *e)
{
    *a = agent_open(service, config, e);
    if (!*a)
        link_service_stop(service);
    link_service_run(service);
    if (!*a)
        return ERR_STATE;
    agent_end_reports(*a);
    agent_print(*a);
    if ((o->record || o->print_record) && write_tally(o, agent_tally(*a), e) != ERR_NONE)
        return e->code;
    if (!chain_counts_close(&agent_tally(*a)->counts))
        return err_set(e, ERR_STATE, "the accounting does not close");
    return ERR_NONE;
}

static void log_encoder(const agent_options *o, const codec_info *info)
{
    bool asked = o->plan.cell.group[0].has.precision[0] || strcmp(info->precision, "float") != 0;
    bool network = strcmp(info->kind, "onnx") == 0;
    log_info("encoder %s in %s%s", info->name, info->precision,
             asked || !network ? "" : ": the model has no int8 encoder");
}

/* Fills the agent's configuration from the cell. All groups share an encoder and a schedule. */
static int configure(const agent_options *o, agent_config *config, err *e)
{
    const cell *c = &o->plan.cell;
    const cell_ues *has = &c->group[0].has;
    const codec_info *info = codec_info_of(config->encoder);
    csi_dims dims = cell_dims(c);
    config->connect = o->connect;
    config->first_ue = o->first_ue;
    config->timeout_s = c->timeout_s;
    config->warm_up_s = cell_warm_up_s(c);
    config->use_after_s = c->use_after_s;
    config->age_every = c->age_every;
    config->ack_delay = (uint32_t)c->ack_delay;
    config->key_age = (uint32_t)c->key_age;
    config->workers = o->workers;
    config->record = o->record;
    config->reports = o->reports;
    config->reports_every = (uint32_t)o->reports_every;
    if (info->identity == 0)
        return err_set(e, ERR_MISMATCH,
                       "model %s does not name its pair; make it one with `csilink model pair`",
                       info->name);
    if (chain_dims_of_codec(&dims, info, c->nt, e) != ERR_NONE ||
        cell_chain(c, has, &dims, &config->chain, e) != ERR_NONE ||
        cell_schedule(c, has, o->in_all, &config->schedule, e) != ERR_NONE)
        return e->code;
    if (cell_open_channels(c, &dims, &config->cell, e) != ERR_NONE)
        return e->code;
    cell_notice_scales(c, &config->cell);
    return ERR_NONE;
}

/* The part of main with an open encoder. */
static int open_channels_and_run(const agent_options *o, agent_config *config, err *e)
{
    link_service *service = NULL;
    agent *a = NULL;
    int status = configure(o, config, e);
    if (status == ERR_NONE) {
        service = link_service_open(&(link_service_options){.role = "ue-agent",
                                                            .telemetry = o->telemetry,
                                                            .until_eof = o->until_eof,
                                                            .on_stop = on_stop,
                                                            .fill = fill,
                                                            .user = &a,
                                                            .access = &o->access,
                                                            .roles = ROLES},
                                    e);
        status = ERR_IO;
    }
    if (service) {
        log_encoder(o, codec_info_of(config->encoder));
        status = run_agent(o, config, service, &a, e);
    }
    link_service_free(service);
    agent_free(a);
    chain_cell_close(&config->cell);
    return status;
}

/* Opens the cell's codec: that of the key codec, or the model for its channels. */
static codec *load_encoder(const agent_options *o, err *e)
{
    char spec[CODEC_SPEC_MAX], chosen[CODEC_NAME_MAX];
    cell_ues has = o->plan.cell.group[0].has;
    if (!cell_names_codec(&has)) {
        const char *model = chain_resolve_cell_model(has.model, &o->plan.cell, chosen, e);
        if (!model)
            return NULL;
        if (model != has.model)
            snprintf(has.model, sizeof has.model, "%s", model);
    }
    return cell_codec(&has, spec, e) == ERR_NONE ? codec_load(CODEC_ENCODER, spec, e) : NULL;
}

static int open_and_run(const agent_options *o, err *e)
{
    static agent_config config; /* too large for a stack: it has the names of a cell's channels */
    codec *encoder = load_encoder(o, e);
    if (!encoder)
        return ERR_IO;
    config.encoder = encoder;
    int status = open_channels_and_run(o, &config, e);
    codec_unload(encoder);
    return status;
}

static int body(int argc, char **argv)
{
    static agent_options o;
    err e = {0};
    int status = agent_options_parse(&o, argc, argv);
    if (status >= 0)
        return status;
    if (o.health)
        return link_health_main("ue-agent", o.telemetry, NULL, &o.access, ROLES);
    if (open_and_run(&o, &e) == ERR_NONE)
        return 0;
    log_error("%s", e.text);
    return 1;
}

int main(int argc, char **argv)
{
    return program_run("ue-agent", body, argc, argv);
}
