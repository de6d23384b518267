/* channel-sim: the simulated uplink, between UE agents and the base station. */
#include <string.h>

#include "base/log.h"
#include "cell/options.h"
#include "link/peers.h"
#include "service/health.h"
#include "sim.h"
#include "ui/program.h"

static void on_stop(void *user, bool now)
{
    (void)now; /* waiting reports are forwarded at once anyway */
    sim **s = user;
    if (*s)
        sim_stop(*s);
}

static void fill(link_service *service, void *user)
{
    sim **s = user;
    if (*s)
        sim_telemetry(*s, service);
}

static const cell_tweak tweaks[] = {{.key = "snr", .initial = "inf"}};

static cell_options keys = {
    .program = CELL_IN_AIR, .tweaks = tweaks, .tweak_count = sizeof tweaks / sizeof tweaks[0]};

static const option_command command = {
    .name = "channel-sim",
    .summary = "degrades the uplink between UE agents and the base station",
    .example = "  channel-sim --listen tcp://*:5601 --connect tcp://bs:5602 --snr 10\n"
               "  channel-sim --scenario cell.yaml",
};

typedef struct options {
    sim_config config;
    const char *telemetry, *scenario, *when_full;
    uint64_t cell_ues, memory_mib, report_max, peers;
    bool until_eof, health;
    access_options access;
} options;

enum { ROLES = 1u << LINK_STATION };

static int parse(options *o, int argc, char **argv)
{
    const option_spec own[] = {
        OPTION_STRING("scenario", &o->scenario, "FILE.yaml",
                      "groups of UEs, what their uplink does, and a timeline; options lie over it"),
        OPTION_LISTEN("listen", &o->config.listen, "where UE agents connect"),
        OPTION_CONNECT("connect", &o->config.connect, "where the base station listens"),
        OPTION_LISTEN("control", &o->config.control, "where `csilink ctl` connects"),
        OPTION_LISTEN("telemetry", &o->telemetry, "where telemetry is published"),
        ACCESS_OPTIONS(&o->access),
        ACCESS_OPTION_INSECURE(&o->access),
        OPTION_STRING("events", &o->config.events, "FILE",
                      "append what controllers change there, a line of JSON each"),
        OPTION_UINT("cell-ues", &o->cell_ues, 0, WIRE_UE_MAX, "N",
                    "UEs of the whole cell: reports of others are refused; 0: as the scenario has, "
                    "or any"),
        OPTION_UINT("memory-budget", &o->memory_mib, 4, 1 << 20, "MIB",
                    "for reports and answers that wait; a peer may hold as much as is free"),
        OPTION_CHOICE("when-full", &o->when_full, "newest|oldest",
                      "which report is refused where a peer's share of the memory is full"),
        OPTION_UINT("report-max", &o->report_max, 1024, LINK_FRAME_BYTES_MAX - 4096, "BYTES",
                    "the largest report; a connection that brings a larger one is ended"),
        OPTION_UINT("peers", &o->peers, 1, LINK_PEERS_MAX, "N",
                    "connections of agents; further ones are ended"),
        OPTION_FLAG("until-eof", &o->until_eof,
                    "stop when standard input ends; leave SIGINT alone"),
        OPTION_FLAG("health", &o->health,
                    "ask the channel-sim at --telemetry and --control whether it serves"),
    };
    option_spec specs[CELL_KEYS_MAX + sizeof own / sizeof own[0]];
    option_command whole = command;
    whole.count =
        cell_options_add(specs, cell_options_specs(&keys, specs), own, sizeof own / sizeof own[0]);
    whole.specs = specs;
    int status = option_parse(&whole, argc, argv, NULL);
    if (status >= 0 || o->health)
        return status;
    const access_address bound[] = {{"listen", o->config.listen, "report as any UE"},
                                    {"control", o->config.control, "change the link"},
                                    {"telemetry", o->telemetry, "watch it"}};
    return access_check(&command, &o->access, bound, sizeof bound / sizeof bound[0]);
}

/* Reads the scenario, if any, and the options, which override it. Without a scenario the air is
 * clean. */
static int plan(options *o, scenario *s)
{
    err e = {0};
    scenario_init(s);
    if (!o->scenario)
        cell_options_defaults(&keys, &s->cell);
    else if (scenario_read(s, o->scenario, &e) != ERR_NONE)
        return option_complain(&command, "--scenario: %s", e.text);
    if (cell_options_apply(&keys, &s->cell, &e) != ERR_NONE)
        return option_complain(&command, "%s", e.text);
    o->config.seed = s->cell.seed;
    o->config.initial = s->cell.all.uplink;
    o->config.scenario = o->scenario ? s : NULL;
    o->config.ues = o->cell_ues || !o->scenario ? (uint32_t)o->cell_ues : s->cell.ues;
    o->config.memory_max = (size_t)o->memory_mib << 20;
    o->config.report_max = o->report_max;
    o->config.peers_max = o->peers;
    o->config.oldest_goes = strcmp(o->when_full, "oldest") == 0;
    return -1;
}

/* Logs the memory that it can take besides its own 10 MiB or so, for operators who set a limit. */
static void log_budget(const options *o)
{
    uint64_t reports = o->peers * (SIM_RECEIVE_QUEUE + 1) * o->report_max;
    log_info("memory: up to %llu MiB for reports and answers that wait, and %llu MiB for unread "
             "reports of up to %llu bytes from %llu peers",
             (unsigned long long)o->memory_mib, (unsigned long long)(reports >> 20),
             (unsigned long long)o->report_max, (unsigned long long)o->peers);
}

static int serve(const options *o)
{
    err e = {0};
    sim *s = NULL;
    link_service *service = link_service_open(&(link_service_options){.role = "channel-sim",
                                                                      .telemetry = o->telemetry,
                                                                      .until_eof = o->until_eof,
                                                                      .on_stop = on_stop,
                                                                      .fill = fill,
                                                                      .user = &s,
                                                                      .access = &o->access,
                                                                      .roles = ROLES},
                                              &e);
    if (service && (s = sim_open(service, &o->config, &e))) {
        log_budget(o);
        link_service_run(service);
        sim_print(s);
    } else if (service) {
        link_service_stop(service);
        link_service_run(service);
    }
    if (!s)
        log_error("%s", e.text);
    int status = s ? 0 : 1;
    link_service_free(service);
    sim_free(s);
    return status;
}

static int body(int argc, char **argv)
{
    static scenario planned; /* too large for a stack */
    options o = {.config = {.listen = "tcp://127.0.0.1:5601",
                            .connect = "tcp://127.0.0.1:5602",
                            .control = "tcp://127.0.0.1:5603"},
                 .telemetry = "tcp://127.0.0.1:5613",
                 .when_full = "newest",
                 .memory_mib = 64,
                 .report_max = 16384,
                 .peers = 64};
    int status = parse(&o, argc, argv);
    if (status >= 0)
        return status;
    if (o.health)
        return link_health_main("channel-sim", o.telemetry, o.config.control, &o.access, ROLES);
    status = plan(&o, &planned);
    return status >= 0 ? status : serve(&o);
}

int main(int argc, char **argv)
{
    return program_run("channel-sim", body, argc, argv);
}
