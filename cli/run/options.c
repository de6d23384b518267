#include "options.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/ui/defaults.h"
#include "cli/ui/plot_options.h"
#include "codec/models.h"

const option_command run_command = {
    .name = "csilink run",
    .summary = "simulates a cell as real processes, shows progress, prints a summary",
    .operands = "[SCENARIO.yaml]",
    .example = "  csilink run --ues 8 --duration 10 --snr 10\n"
               "  csilink run --ues 20 --channel rayleigh:eva --speed 30 --snr 5\n"
               "  csilink run --ues 4@rayleigh:eva,4@uma-nlos\n"
               "  csilink run scenarios/first-look.yaml --duration 5",
    .operands_max = 1,
};

static const cell_tweak tweaks[] = {
    {.key = "channel", .shown = DEFAULT_CHANNEL_FILE},
};

static run_options default_options(void)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    return (run_options){.agents = 1,
                         .workers = cores > 0 ? (uint64_t)cores : 1,
                         .record_rows = DEFAULT_RECORD_ROWS,
                         .transport = "ipc",
                         .runs = "runs",
                         .record = "full"};
}

static int parse(run_options *o, cell_options *keys, int argc, char **argv, int *operands)
{
    const option_spec own[] = {
        OPTION_STRING("ues", &o->ues, "N|N@CHANNEL,...",
                      "virtual UEs, or groups of them: 4@cost2100-outdoor,4@uma-nlos "
                      "[" DEFAULT_UES_TEXT "]"),
        OPTION_UINT("agents", &o->agents, 1, RUN_AGENTS_MAX, "N", "ue-agent processes"),
        OPTION_UINT("workers", &o->workers, 1, 256, "N", "threads of each agent and of the BS"),
        OPTION_CHOICE("transport", &o->transport, "ipc|tcp",
                      "transport between the processes; over tcp, run makes keys"),
        OPTION_STRING("runs", &o->runs, "FOLDER", "folder for records"),
        OPTION_CHOICE("record", &o->record, "none|summary|full",
                      "how much of the run to record; full: each report, events, plots"),
        OPTION_UINT("record-rows", &o->record_rows, 0, 1e9, "N",
                    "maximum number of reports in reports.csv; if there are more, each UE's every "
                    "k-th; 0: all"),
        OPTION_UINT("monitor", &o->monitor_port, 0, 65535, "PORT",
                    "serve the run's page on this port of 127.0.0.1; 0: serve none"),
        PLOT_OPTIONS(o->plot_title, o->plot.width_mm, o->plot.font_pt),
        ACCESS_OPTIONS(&o->access),
        OPTION_FLAG("insecure", &o->access.insecure,
                    "over tcp: no keys, so that other users of this machine can connect"),
        OPTION_FLAG("json", &o->json, "print the summary as JSON"),
    };
    option_spec specs[CELL_KEYS_MAX + sizeof own / sizeof own[0]];
    option_command whole = run_command;
    whole.count =
        cell_options_add(specs, cell_options_specs(keys, specs), own, sizeof own / sizeof own[0]);
    whole.specs = specs;
    int status = option_parse(&whole, argc, argv, operands);
    if (status >= 0)
        return status;
    if ((o->access.keys || o->access.insecure) && strcmp(o->transport, "tcp") != 0)
        return option_complain(&run_command,
                               "--%s goes with --transport tcp; ipc sockets are in a folder that "
                               "only this user can enter",
                               o->access.keys ? "keys" : "insecure");
    o->plot.untitled = plot_options_untitled(o->plot_title);
    status = plot_options_check(o->plot.width_mm, o->plot.font_pt, &run_command);
    return status >= 0 ? status : access_check(&run_command, &o->access, NULL, 0);
}

/* The default channel replays a file that is installed with the models; without that file it is a
 * channel model. */
static void set_default_channel(cell *c)
{
    char path[RUN_PATH_MAX];
    if (models_find(DEFAULT_CHANNEL_FILE, path, sizeof path, NULL) == ERR_NONE)
        snprintf(c->all.channel, sizeof c->all.channel, "%s", path);
}

int run_options_parse(run_config *c, scenario *plan, cell_options *given, int argc, char **argv)
{
    int operands = 0;
    err e = {0};
    *given = (cell_options){
        .program = CELL_IN_RUN, .tweaks = tweaks, .tweak_count = sizeof tweaks / sizeof tweaks[0]};
    *c = (run_config){.options = default_options(), .plan = plan, .cell = &plan->cell};
    int status = parse(&c->options, given, argc, argv, &operands);
    if (status >= 0)
        return status;
    c->title = operands ? argv[1] : NULL;
    scenario_init(plan);
    set_default_channel(&plan->cell);
    if (c->title && scenario_read(plan, c->title, &e) != ERR_NONE)
        return option_complain(&run_command, "%s", e.text);
    if (cell_options_apply(given, &plan->cell, &e) != ERR_NONE)
        return option_complain(&run_command, "%s", e.text);
    return -1;
}
