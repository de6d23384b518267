/* options.h: the command line of a ue-agent: the cell, from a scenario file or from options, which
 * of its UEs this agent hosts, and what is this process's own affair. */
#ifndef UE_AGENT_OPTIONS_H
#define UE_AGENT_OPTIONS_H

#include "agent.h"
#include "cell/scenario.h"
#include "service/access.h"

enum { AGENT_UES_MAX = 10000 };

typedef struct agent_options {
    const char *connect, *telemetry;
    const char *record;  /* file for the tally, or NULL */
    const char *reports; /* file for a line of each report, or NULL */
    uint64_t reports_every, workers;
    bool until_eof, health, print_record;
    access_options access;
    uint32_t first_ue, in_all; /* this agent's first UE, and the UEs of the whole cell */
    scenario plan;             /* its cell holds this agent's UEs alone */
} agent_options;

/* -1, or the exit status to leave with. Too large for a stack. */
int agent_options_parse(agent_options *o, int argc, char **argv);

#endif
