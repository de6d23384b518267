/* csilink ctl: shows and changes a running simulation. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/log.h"
#include "cell/impairments.h"
#include "cli/ui/command.h"
#include "cli/ui/endpoints.h"
#include "cli/ui/view.h"
#include "link.h"
#include "link/context.h"
#include "link/socket.h"
#include "service/access.h"
#include "ui/option.h"
#include "ui/program.h"
#include "wire/telemetry.h"

#define WHAT_IT_TAKES "get [NAME], set NAME VALUE, ramp NAME [FROM] TO --over S, show, or watch"

static void print_setting(const wire_setting *s)
{
    char who[64] = "all UEs", ramp[48] = "";
    if (s->for_one_ue)
        snprintf(who, sizeof who, "UE %u", s->ue);
    else if (s->group[0])
        snprintf(who, sizeof who, "group %.50s", s->group);
    if (s->ramp_left_s > 0)
        snprintf(ramp, sizeof ramp, " -> %g in %.3g s", s->ramp_to, s->ramp_left_s);
    printf("%-8s %-16s %8.5g %-9s (%g to %g%s)%s\n", s->name, who, s->value, s->unit, s->min,
           s->max, strcmp(s->name, "snr") == 0 ? ", or inf" : "", ramp);
}

/* Prints the settings in force: all, or only `name`. */
static void print_settings(const wire_control_reply *reply, const char *name)
{
    for (size_t i = 0; i < reply->settings; i++)
        if (!name || strcmp(name, reply->setting[i].name) == 0)
            print_setting(&reply->setting[i]);
}

static int get(const ctl_address *to, const char *name, err *e)
{
    const wire_control_request request = {0};
    wire_control_reply reply;
    if (ctl_ask(to, &request, 1, NULL, &reply, e) != ERR_NONE)
        return 1;
    print_settings(&reply, name);
    wire_control_reply_clear(&reply);
    return 0;
}

/* Shows the settings, with their ranges and scopes. */
static int show(const ctl_address *to, err *e)
{
    const wire_control_request request = {0};
    wire_control_reply reply;
    if (ctl_ask(to, &request, 1, NULL, &reply, e) != ERR_NONE)
        return 1;
    for (int i = 0; i < SETTINGS; i++) {
        const setting_kind *k = &setting_kinds[i];
        printf("%-8s %g to %g %s%s: %s\n", k->name, k->min, k->max, k->unit,
               i == SETTING_SNR ? ", or inf" : "", k->about);
    }
    for (size_t i = 0; i < reply.groups; i++)
        printf("group    %s: UEs %u to %u\n", reply.group[i].name, reply.group[i].first_ue,
               reply.group[i].first_ue + reply.group[i].ues - 1);
    wire_control_reply_clear(&reply);
    return 0;
}

/* Takes the next telemetry message into the view; false if none comes in time. */
static bool watch_one(void *socket, view *v)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    bool received = zmq_msg_recv(&frame, socket, 0) >= 0;
    wire_telemetry t;
    if (received && wire_telemetry_unpack(&frame, &t, NULL) == ERR_NONE) {
        view_take(v, &t);
        wire_telemetry_clear(&t);
    }
    zmq_msg_close(&frame);
    return received;
}

/* Shows telemetry as it comes, for `seconds` (0: until the processes have ended). */
static int watch(const endpoints *where, const link_keys *keys, const char *title, double seconds,
                 err *e)
{
    void *context = link_context_create(), *socket = zmq_socket(context, ZMQ_SUB);
    view *v = view_create(&(view_options){stdout, title, 0, false});
    int timeout = CTL_TIMEOUT_MS;
    bool any = false;
    int rc = ERR_NONE;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    for (size_t i = 0; rc == ERR_NONE && i < where->telemetry_count; i++)
        rc = link_connect(socket, where->telemetry[i], keys, e);
    uint64_t start = clock_ns();
    while (rc == ERR_NONE && v && program_output() && watch_one(socket, v)) {
        any = true;
        view_draw(v);
        if (seconds > 0 && (double)(clock_ns() - start) * 1e-9 > seconds)
            break;
    }
    if (v)
        view_end(v, true);
    view_free(v);
    zmq_close(socket);
    zmq_ctx_term(context);
    if (rc != ERR_NONE)
        return rc;
    return any ? ERR_NONE
               : err_set(e, ERR_TIMEOUT, "no telemetry: is the simulation still running?");
}

/* --- changes ---------------------------------------------------------------------------------- */

/* The request of the command line. */
typedef struct change {
    char **values; /* NAME VALUE, NAME TO, or NAME FROM TO */
    size_t count;
    const char *group; /* or NULL */
    bool for_one_ue;
    uint32_t ue;
    double over_s;  /* 0: at once */
    uint64_t times; /* 0: once, not measured */
} change;

static void print_round_trips(const hist *h)
{
    printf("in force after %.3f ms (median of %llu), %.3f ms (p99), %.3f ms (worst)\n",
           (double)hist_percentile(h, 0.5) * 1e-6, (unsigned long long)h->count,
           (double)hist_percentile(h, 0.99) * 1e-6, (double)h->max * 1e-6);
}

static int send_change(const option_command *command, const ctl_address *to, const change *c,
                       const wire_control_request *request, err *e)
{
    static hist round_trips; /* too large for a stack */
    wire_control_reply reply;
    size_t times = c->times ? (size_t)c->times : 1;
    int rc = ctl_ask(to, request, times, &round_trips, &reply, e);
    if (rc != ERR_NONE)
        return rc == ERR_INVALID ? option_complain(command, "%s", e->text) : 1;
    print_settings(&reply, request->change.name);
    if (c->times)
        print_round_trips(&round_trips);
    wire_control_reply_clear(&reply);
    return 0;
}

static int make_change(const option_command *command, const ctl_address *to, const change *c,
                       err *e)
{
    wire_control_request request = {.changes = true, .by = "ctl"};
    wire_change *w = &request.change;
    setting_name name = SETTING_SNR;
    w->from_given = c->count == 3;
    if (setting_find(c->values[0], &name, e) != ERR_NONE ||
        setting_parse(name, c->values[c->count - 1], &w->value, e) != ERR_NONE ||
        (w->from_given && setting_parse(name, c->values[1], &w->from, e) != ERR_NONE))
        return option_complain(command, "%s", e->text);
    snprintf(w->name, sizeof w->name, "%s", setting_kinds[name].name);
    w->for_one_ue = c->for_one_ue;
    w->ue = c->ue;
    if (c->group && strlen(c->group) >= sizeof w->group)
        return option_complain(command, "--group: a name has at most %zu bytes",
                               sizeof w->group - 1);
    if (c->group)
        strcpy(w->group, c->group);
    w->ramped = c->over_s > 0;
    w->over_s = c->over_s;
    return send_change(command, to, c, &request, e);
}

/* --- the command ------------------------------------------------------------------------------ */

typedef struct options {
    const char *run, *endpoint, *group;
    uint64_t ue, times;
    double seconds, over_s;
    access_options access;
} options;

/* Checks that verb and options go together. Returns -1, or the exit status after an error. */
static int check(const option_command *command, const options *o, char **argv, int count)
{
    const char *verb = argv[1];
    bool set = strcmp(verb, "set") == 0, ramp = strcmp(verb, "ramp") == 0, changes = set || ramp;
    bool get_some = strcmp(verb, "get") == 0 && count <= 2;
    bool alone = count == 1 && (strcmp(verb, "watch") == 0 || strcmp(verb, "show") == 0);
    err e = {0};
    setting_name name;
    if (!(set && count == 3) && !(ramp && (count == 3 || count == 4)) && !get_some && !alone)
        return option_complain(command, "it takes " WHAT_IT_TAKES);
    if (count >= 2 && setting_find(argv[2], &name, &e) != ERR_NONE)
        return option_complain(command, "%s", e.text);
    if (o->ue != WIRE_UE_MAX && (!changes || o->group))
        return option_complain(command, "--ue goes with set and ramp, and not with --group");
    if (o->group && !changes)
        return option_complain(command, "--group goes with set and ramp");
    if ((o->over_s > 0) != ramp)
        return option_complain(command, ramp ? "a ramp needs --over, such as --over 30s"
                                             : "--over goes with ramp");
    if (o->times && !set)
        return option_complain(command, "--measure goes with set");
    return -1;
}

/* Carries out the verb, with the address and keys of the link. */
static int talk(const option_command *command, const options *o, const endpoints *where,
                const ctl_address *to, char **argv, int count, err *e)
{
    const char *verb = argv[1];
    if (strcmp(verb, "watch") == 0)
        return watch(where, to->keys, o->run, o->seconds, e) == ERR_NONE ? 0 : 1;
    if (strcmp(verb, "show") == 0)
        return show(to, e);
    if (strcmp(verb, "get") == 0)
        return get(to, count == 2 ? argv[2] : NULL, e);
    change c = {.values = argv + 2,
                .count = (size_t)count - 1,
                .group = o->group,
                .for_one_ue = o->ue != WIRE_UE_MAX,
                .ue = o->ue != WIRE_UE_MAX ? (uint32_t)o->ue : 0,
                .over_s = o->over_s,
                .times = o->times};
    return make_change(command, to, &c, e);
}

static int carry_out(const option_command *command, const options *o, char **argv, int count,
                     err *e)
{
    static endpoints where; /* too large for a stack */
    link_keys *keys = NULL;
    access_options access = o->access;
    bool look = strcmp(argv[1], "watch") == 0;
    if ((!o->endpoint || look) && endpoints_find(o->run, &where, e) != ERR_NONE)
        return 1;
    if (!access.keys && where.keys[0])
        access.keys = where.keys;
    if (access_open_keys(&access, 1u << LINK_CONTROLLER | 1u << LINK_WATCHER, &keys, e) != ERR_NONE)
        return 1;
    const ctl_address to = {o->endpoint ? o->endpoint : where.control, keys};
    int status = talk(command, o, &where, &to, argv, count, e);
    link_keys_free(keys);
    return status;
}

int command_ctl(int argc, char **argv)
{
    options o = {.run = "runs/latest", .ue = WIRE_UE_MAX};
    const option_spec specs[] = {
        OPTION_STRING("run", &o.run, "FOLDER", "the run to control"),
        OPTION_CONNECT("endpoint", &o.endpoint, "the control address of a channel-sim"),
        ACCESS_OPTIONS(&o.access),
        OPTION_UINT("ue", &o.ue, 0, WIRE_UE_MAX - 1, "K", "for this UE only"),
        OPTION_STRING("group", &o.group, "NAME", "for this group of UEs only"),
        OPTION_DURATION("over", &o.over_s, 0, 864000, "S", "how long a ramp takes"),
        OPTION_UINT("measure", &o.times, 0, 1000000, "N",
                    "set N times, and print how long each took to take effect"),
        OPTION_DURATION("for", &o.seconds, 0, 864000, "S", "how long to watch; 0: to the end"),
    };
    const option_command command = {
        .name = "csilink ctl",
        .summary = "shows and changes the settings of a running simulation, from the next report "
                   "on",
        .operands = "get [NAME] | set NAME VALUE | ramp NAME [FROM] TO | show | watch",
        .example =
            "  csilink ctl show\n  csilink ctl set snr 5 --ue 3\n  csilink ctl set loss 0.01\n"
            "  csilink ctl set delay 2ms --group far\n  csilink ctl ramp snr -5 40 --over 30s\n"
            "  csilink ctl watch",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
        .operands_min = 1,
        .operands_max = 4,
    };
    int count, status = option_parse(&command, argc, argv, &count);
    if (status < 0)
        status = access_check(&command, &o.access, NULL, 0);
    if (status < 0)
        status = check(&command, &o, argv, count);
    if (status >= 0)
        return status;
    err e = {0};
    status = carry_out(&command, &o, argv, count, &e);
    if (status == 1)
        log_error("%s", e.text);
    return status;
}
