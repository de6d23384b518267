/* bs-server: the base station's end of the feedback link. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "cell/chain.h"
#include "cell/options.h"
#include "cell/scenario.h"
#include "link/peers.h"
#include "links.h"
#include "server.h"
#include "service/health.h"
#include "ues.h"
#include "ui/program.h"

static void on_stop(void *user, bool now)
{
    (void)now; /* the rest is decoded within milliseconds anyway */
    server **s = user;
    if (*s)
        server_stop(*s);
}

static void fill(link_service *service, void *user)
{
    server **s = user;
    if (*s)
        server_telemetry(*s, service);
}

static const cell_tweak tweaks[] = {
    {.key = "model",
     .initial = "",
     .help = "decoders to serve [those of the scenario, or those that agents choose by default]"},
    {.key = "codec", .help = "codecs to serve, KIND:...[;KIND:...]"},
};

static cell_options keys = {
    .program = CELL_IN_BS, .tweaks = tweaks, .tweak_count = sizeof tweaks / sizeof tweaks[0]};

static const option_command command = {
    .name = "bs-server",
    .summary = "reconstructs the CSI of the reports that it receives, and answers each",
    .example = "  bs-server --listen tcp://*:5602 --model csilink-net-cr8-indoor --workers 4\n"
               "  bs-server --scenario cell.yaml",
};

typedef struct options {
    const char *listen, *telemetry, *scenario, *when_full;
    uint64_t workers, memory_mib, ue_memory_mib, report_max, peers;
    bool until_eof, health;
    access_options access;
} options;

enum { ROLES = 1u << LINK_STATION };

static int parse(options *o, int argc, char **argv)
{
    const option_spec own[] = {
        OPTION_STRING("scenario", &o->scenario, "FILE.yaml",
                      "the whole cell: its groups' decoders are served; options lie over it"),
        OPTION_LISTEN("listen", &o->listen, "where channel-sim connects"),
        OPTION_LISTEN("telemetry", &o->telemetry, "where telemetry is published"),
        ACCESS_OPTIONS(&o->access),
        ACCESS_OPTION_INSECURE(&o->access),
        OPTION_UINT("workers", &o->workers, 1, 256, "N", "decoding threads"),
        OPTION_UINT("memory-budget", &o->memory_mib, 4, 1 << 20, "MIB",
                    "for reports that wait or are decoded; a peer may hold as much as is free"),
        OPTION_UINT("ue-memory", &o->ue_memory_mib, 1, 1 << 20, "MIB",
                    "for what is kept of UEs: memory of codecs, last CSI; those silent longest are "
                    "forgotten"),
        OPTION_CHOICE("when-full", &o->when_full, "newest|oldest",
                      "which report is refused where a peer's share of the memory is full"),
        OPTION_UINT("report-max", &o->report_max, 1024, LINK_FRAME_BYTES_MAX - 4096, "BYTES",
                    "the largest report, at least channel-sim's; a connection that brings a larger "
                    "one is ended"),
        OPTION_UINT("peers", &o->peers, 1, LINK_PEERS_MAX, "N",
                    "connections of channel-sims; further ones are ended"),
        OPTION_FLAG("until-eof", &o->until_eof,
                    "stop when standard input ends; leave SIGINT alone"),
        OPTION_FLAG("health", &o->health, "ask the bs-server at --telemetry whether it serves"),
    };
    option_spec specs[CELL_KEYS_MAX + sizeof own / sizeof own[0]];
    option_command whole = command;
    whole.count =
        cell_options_add(specs, cell_options_specs(&keys, specs), own, sizeof own / sizeof own[0]);
    whole.specs = specs;
    int status = option_parse(&whole, argc, argv, NULL);
    if (status >= 0 || o->health)
        return status;
    const access_address bound[] = {{"listen", o->listen, "report as any UE"},
                                    {"telemetry", o->telemetry, "watch it"}};
    return access_check(&command, &o->access, bound, sizeof bound / sizeof bound[0]);
}

static int make_links(links *l, const options *o, const cell *c, err *e)
{
    const char *models = cell_options_text(&keys, "model");
    const char *codecs = cell_options_text(&keys, "codec");
    if (o->scenario && !models && !codecs)
        return links_of_cell(l, c, e);
    return links_of_lists(l, models, codecs, c, e);
}

/* Logs the memory that it can take besides its models, for operators who set a limit. */
static void log_budget(const options *o)
{
    uint64_t unread = o->peers * (SERVER_RECEIVE_QUEUE + 1) * o->report_max;
    log_info(
        "memory: up to %llu MiB for reports that wait or are being decoded, %llu MiB for unread "
        "reports of up to %llu bytes from %llu peers, and %llu MiB for the state of UEs",
        (unsigned long long)o->memory_mib, (unsigned long long)(unread >> 20),
        (unsigned long long)o->report_max, (unsigned long long)o->peers,
        (unsigned long long)o->ue_memory_mib);
}

/* The part of main after which resources are released. */
static int serve(const options *o, const cell *c, err *e)
{
    static links served; /* too large for a stack */
    server *s = NULL;
    link_service *service = NULL;
    chain_predict_net *net = NULL;
    if (make_links(&served, o, c, e) == ERR_NONE && cell_load_predict_net(c, &net, e) == ERR_NONE)
        service = link_service_open(&(link_service_options){.role = "bs-server",
                                                            .telemetry = o->telemetry,
                                                            .until_eof = o->until_eof,
                                                            .on_stop = on_stop,
                                                            .fill = fill,
                                                            .user = &s,
                                                            .access = &o->access,
                                                            .roles = ROLES},
                                    e);
    if (service) {
        server_config config = {
            .listen = o->listen,
            .links = served.link,
            .link_count = served.count,
            .workers = o->workers,
            .memory_max = (size_t)o->memory_mib << 20,
            .ue_memory_max = (size_t)o->ue_memory_mib << 20,
            .on_failure = cell_on_failure(c),
            .follow = {.net = net, .use_after_s = c->use_after_s, .key_drift_db = c->key_drift_db},
            .peers_max = o->peers,
            .report_max = o->report_max,
            .oldest_goes = strcmp(o->when_full, "oldest") == 0};
        if (cell_predict(c, &config.follow.predict, e) == ERR_NONE)
            s = server_open(service, &config, e);
        if (s)
            log_budget(o);
        else
            link_service_stop(service);
        link_service_run(service);
    }
    int status = s ? 0 : 1;
    if (s)
        server_print(s);
    link_service_free(service);
    server_free(s);
    links_free(&served);
    chain_predict_net_free(net);
    return status;
}

static int body(int argc, char **argv)
{
    static scenario plan; /* too large for a stack */
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    options o = {.listen = "tcp://127.0.0.1:5602",
                 .telemetry = "tcp://127.0.0.1:5612",
                 .when_full = "newest",
                 .workers = cores > 0 ? (uint64_t)cores : 1,
                 .memory_mib = 64,
                 .ue_memory_mib = UES_MEMORY_MIB,
                 .report_max = 65536,
                 .peers = 8};
    err e = {0};
    int status = parse(&o, argc, argv);
    if (status >= 0)
        return status;
    if (o.health)
        return link_health_main("bs-server", o.telemetry, NULL, &o.access, ROLES);
    scenario_init(&plan);
    if (o.scenario && scenario_read(&plan, o.scenario, &e) != ERR_NONE)
        return option_complain(&command, "--scenario: %s", e.text);
    if (cell_options_apply(&keys, &plan.cell, &e) != ERR_NONE)
        return option_complain(&command, "%s", e.text);
    log_init("bs-server", LOG_INFO);
    status = serve(&o, &plan.cell, &e);
    if (status != 0)
        log_error("%s", e.text);
    return status;
}

int main(int argc, char **argv)
{
    return program_run("bs-server", body, argc, argv);
}
