/* options.h: the command line of ue-agent: the cell (from a scenario file or options), the UEs that
 * this agent hosts, and the settings of the process. */
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
    scenario plan;             /* its cell has only this agent's UEs */
} agent_options;

/* -1, or the exit status. *o is too large for a stack. */
int agent_options_parse(agent_options *o, int argc, char **argv);

#endif
