#include "options.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent_number.h"
#include "base/log.h"
#include "base/text.h"
#include "cell/options.h"
#include "wire/limits.h"

static const cell_tweak tweaks[] = {
    {.key = "duration",
     .initial = "0s",
     .or_zero = true,
     .help = "length of the schedule; 0: until stopped"},
};

static cell_options keys = {
    .program = CELL_IN_AGENT, .tweaks = tweaks, .tweak_count = sizeof tweaks / sizeof tweaks[0]};

/* The options that choose UEs, as text. */
typedef struct ue_options {
    const char *scenario, *ues, *places;
    uint64_t first_ue, number, in_all;
} ue_options;

static const option_command command = {
    .name = "ue-agent",
    .summary = "hosts virtual UEs that estimate, encode and report their channels",
    .example = "  ue-agent --connect tcp://channel-sim:5601 --ues 100 --channel rayleigh:eva "
               "--speed 3\n"
               "  ue-agent --scenario cell.yaml --first-ue 4 --ues 4",
};

static int parse(agent_options *o, ue_options *p, int argc, char **argv)
{
    const option_spec own[] = {
        OPTION_STRING("scenario", &p->scenario, "FILE.yaml",
                      "the whole cell, as `csilink run` writes it; options override it"),
        OPTION_STRING("ues", &p->ues, "N|N@CHANNEL,...",
                      "virtual UEs in this process, or groups: 4@cost2100-outdoor,4@uma-nlos [8; "
                      "with --scenario, all from the first on]"),
        OPTION_UINT("first-ue", &p->first_ue, 0, WIRE_UE_MAX - AGENT_UES_MAX, "K",
                    "number of the first UE"),
        OPTION_UINT("agent", &p->number, 0, AGENT_NUMBERS_MAX - 1, "N",
                    "index among agents with as many UEs: the first UE is K + N x UEs"),
        OPTION_STRING("places", &p->places, "FOLDER",
                      "take the lowest index that no other agent holds in this folder"),
        OPTION_UINT("cell-ues", &p->in_all, 0, WIRE_UE_MAX, "N",
                    "UEs of the whole cell, which spread evenly over each period; 0: as --ues, or "
                    "as in the scenario"),
        OPTION_CONNECT("connect", &o->connect, "address of channel-sim"),
        OPTION_LISTEN("telemetry", &o->telemetry, "address to publish telemetry at"),
        ACCESS_OPTIONS(&o->access),
        ACCESS_OPTION_INSECURE(&o->access),
        OPTION_UINT("workers", &o->workers, 1, 256, "N", "threads that make reports"),
        OPTION_STRING("record", &o->record, "FILE",
                      "write the counts to this file, as JSON: once a second and at the end"),
        OPTION_FLAG("print-record", &o->print_record, "also print the counts at the end"),
        OPTION_STRING("reports", &o->reports, "FILE",
                      "write each report to this file, in binary, for `csilink run` to read"),
        OPTION_UINT("reports-every", &o->reports_every, 1, UINT32_MAX, "N",
                    "record only reports whose number is a multiple of N"),
        OPTION_FLAG("until-eof", &o->until_eof,
                    "stop when standard input ends; leave SIGINT alone"),
        OPTION_FLAG("health", &o->health, "check whether the ue-agent at --telemetry is serving"),
    };
    option_spec specs[CELL_KEYS_MAX + sizeof own / sizeof own[0]];
    option_command whole = command;
    whole.count =
        cell_options_add(specs, cell_options_specs(&keys, specs), own, sizeof own / sizeof own[0]);
    whole.specs = specs;
    int status = option_parse(&whole, argc, argv, NULL);
    if (status >= 0 || o->health)
        return status;
    const access_address bound[] = {{"telemetry", o->telemetry, "watch it"}};
    return access_check(&command, &o->access, bound, 1);
}

/* The groups of --ues, which this agent hosts all. */
static int take_groups(const ue_options *p, cell *c)
{
    err e = {0};
    const char *text = p->ues ? p->ues : "8";
    if (cell_options_apply(&keys, c, &e) != ERR_NONE)
        return option_complain(&command, "%s", e.text);
    if (cell_add_groups(c, text, cell_options_given(&keys, "channel"), AGENT_UES_MAX, &e) !=
        ERR_NONE)
        return option_complain(&command, "--ues: %s", e.text);
    return -1;
}

/* Reads the scenario's cell, and the number of UEs to take of it: 0 for all from the first on. */
static int take_scenario(const ue_options *p, scenario *plan, uint64_t *ues)
{
    err e = {0};
    if (scenario_read(plan, p->scenario, &e) != ERR_NONE)
        return option_complain(&command, "--scenario: %s", e.text);
    if (cell_options_apply(&keys, &plan->cell, &e) != ERR_NONE)
        return option_complain(&command, "%s", e.text);
    *ues = 0;
    if (p->ues && !text_whole(p->ues, 1, AGENT_UES_MAX, ues))
        return option_complain(&command,
                               "--ues takes a number from 1 to %d with a scenario, which has the "
                               "groups, not '%s'",
                               AGENT_UES_MAX, p->ues);
    return -1;
}

/* The range of UEs of agent number N, among agents of equal size. */
static int number_ues(const ue_options *p, uint64_t ues, agent_options *o, err *e)
{
    uint64_t number = p->number;
    if (p->places && agent_number_take(p->places, &number, e) != ERR_NONE)
        return e->code;
    uint64_t first = p->first_ue + number * ues;
    if (first + ues > WIRE_UE_MAX)
        return err_set(e, ERR_INVALID, "agent %llu of %llu UEs: UE numbers end at %d",
                       (unsigned long long)number, (unsigned long long)ues, WIRE_UE_MAX - 1);
    o->first_ue = (uint32_t)first;
    return ERR_NONE;
}

/* Reduces a scenario's UEs to this agent's. */
static int keep_own(const ue_options *p, uint64_t ues, agent_options *o, err *e)
{
    cell *c = &o->plan.cell;
    uint32_t all = c->ues;
    if (ues == 0)
        ues = p->first_ue < all ? all - p->first_ue : 1;
    if (number_ues(p, ues, o, e) != ERR_NONE)
        return e->code;
    if (ues > AGENT_UES_MAX)
        return err_set(e, ERR_INVALID, "an agent hosts up to %d UEs: give --ues", AGENT_UES_MAX);
    if (cell_keep(c, o->first_ue, (uint32_t)ues, e) != ERR_NONE)
        return err_prefix(e, "%s", p->scenario);
    for (size_t i = 1; i < c->groups; i++)
        if (!cell_share_agent(&c->group[0].has, &c->group[i].has))
            return err_set(e, ERR_INVALID,
                           "the groups %s and %s differ in model, precision, codeword or period: "
                           "start an agent for each",
                           c->group[0].name, c->group[i].name);
    o->in_all = p->in_all ? (uint32_t)p->in_all : all;
    return ERR_NONE;
}

int agent_options_parse(agent_options *o, int argc, char **argv)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    ue_options p = {0};
    uint64_t ues = 0;
    err e = {0};
    *o = (agent_options){.connect = "tcp://127.0.0.1:5601",
                         .telemetry = "tcp://127.0.0.1:5611",
                         .workers = cores > 0 ? (uint64_t)cores : 1,
                         .reports_every = 1};
    scenario_init(&o->plan);
    int status = parse(o, &p, argc, argv);
    if (status >= 0 || o->health)
        return status;
    /* An agent without a scenario runs until it is stopped; with one, for the scenario's duration.
     */
    if (!p.scenario)
        cell_options_defaults(&keys, &o->plan.cell);
    status = p.scenario ? take_scenario(&p, &o->plan, &ues) : take_groups(&p, &o->plan.cell);
    if (status >= 0)
        return status;
    /* From here on an error is one of the deployment (a full folder of agent numbers, a number that
     * is too high), not of the command line: log it, with status 1. */
    log_init("ue-agent", LOG_INFO);
    if (p.scenario) {
        status = keep_own(&p, ues, o, &e);
    } else {
        status = number_ues(&p, o->plan.cell.ues, o, &e);
        o->in_all = p.in_all ? (uint32_t)p.in_all : o->plan.cell.ues;
    }
    if (status == ERR_NONE)
        return -1;
    log_error("%s", e.text);
    return 1;
}
