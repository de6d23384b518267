/* csilink ctl: look at and change a running simulation. */
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zmq.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/option.h"
#include "command.h"
#include "endpoints.h"
#include "link/message.h"
#include "view.h"

enum { REPLY_TIMEOUT_MS = 2000 };

static const char *const setting_names[] = {"snr", "loss", "delay", "jitter"};
enum { SETTING_NAMES = sizeof setting_names / sizeof setting_names[0] };

/* One request, one reply. */
static link_control_reply *ask(void *context, const char *endpoint,
                               const link_control_request *request, err *e)
{
    void *socket = zmq_socket(context, ZMQ_REQ);
    int timeout = REPLY_TIMEOUT_MS, linger = 0;
    link_control_reply *reply = NULL;
    zmq_msg_t frame, answer;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(socket, ZMQ_LINGER, &linger, sizeof linger);
    zmq_msg_init(&answer);
    if (zmq_connect(socket, endpoint) != 0) {
        err_set(e, ERR_IO, "cannot connect to %s: %s", endpoint, zmq_strerror(errno));
    } else if (link_pack(&request->base, &frame) != ERR_NONE ||
               zmq_msg_send(&frame, socket, 0) < 0 || zmq_msg_recv(&answer, socket, 0) < 0) {
        err_set(e, ERR_TIMEOUT, "no answer from %s in %d s: is the simulation still running?",
                endpoint, REPLY_TIMEOUT_MS / 1000);
    } else {
        reply = link_control_reply_unpack(&answer, e);
    }
    zmq_msg_close(&answer);
    zmq_close(socket);
    return reply;
}

static void print_setting(const Csilink__ControlReply__Setting *s)
{
    char who[32] = "all UEs";
    if (s->for_one_ue)
        snprintf(who, sizeof who, "UE %u", s->ue);
    printf("%-8s %-8s %10g %-9s (%g to %g%s)\n", s->name, who, s->value, s->unit, s->min, s->max,
           strcmp(s->name, "snr") == 0 ? ", or inf" : "");
}

/* Sends the request and prints what is in force, all of it or only `name`. */
static int exchange(const char *endpoint, const link_control_request *request, const char *name,
                    err *e)
{
    void *context = zmq_ctx_new();
    link_control_reply *reply = ask(context, endpoint, request, e);
    int status = reply ? ERR_NONE : ERR_IO;
    if (reply && reply->error && reply->error[0])
        status = err_set(e, ERR_INVALID, "%.400s", reply->error);
    for (size_t i = 0; status == ERR_NONE && i < reply->n_settings; i++)
        if (!name || strcmp(name, reply->settings[i]->name) == 0)
            print_setting(reply->settings[i]);
    link_control_reply_free(reply);
    zmq_ctx_term(context);
    return status;
}

/* The next telemetry message into the view; false when none came in time. */
static bool watch_one(void *socket, view *v)
{
    zmq_msg_t frame;
    zmq_msg_init(&frame);
    bool received = zmq_msg_recv(&frame, socket, 0) >= 0;
    link_telemetry *t = received ? link_telemetry_unpack(&frame, NULL) : NULL;
    if (t)
        view_take(v, t);
    link_telemetry_free(t);
    zmq_msg_close(&frame);
    return received;
}

/* Shows telemetry as it comes, for `seconds` (0: until the processes have gone). */
static int watch(const endpoints *where, const char *title, double seconds, err *e)
{
    void *context = zmq_ctx_new(), *socket = zmq_socket(context, ZMQ_SUB);
    view *v = view_create(&(view_options){stdout, title, 0, false});
    int timeout = REPLY_TIMEOUT_MS;
    bool any = false;
    zmq_setsockopt(socket, ZMQ_RCVTIMEO, &timeout, sizeof timeout);
    zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0);
    for (size_t i = 0; i < where->telemetry_count; i++)
        zmq_connect(socket, where->telemetry[i]);
    uint64_t start = clock_ns();
    while (v && watch_one(socket, v)) {
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
    return any ? ERR_NONE
               : err_set(e, ERR_TIMEOUT, "no telemetry: is the simulation still running?");
}

/* "5", "inf", "2ms", "0.01": a value in the setting's own unit; durations may have one. */
static bool parse_value(const char *name, const char *text, double *value)
{
    bool time = strcmp(name, "delay") == 0 || strcmp(name, "jitter") == 0;
    return time ? option_duration(text, 1, value) : option_number(text, value);
}

static bool is_setting(const char *name)
{
    for (size_t i = 0; i < SETTING_NAMES; i++)
        if (strcmp(name, setting_names[i]) == 0)
            return true;
    return false;
}

static int complain_setting(const option_command *command, const char *name)
{
    const char *nearest = option_nearest(name, setting_names, SETTING_NAMES);
    return option_complain(
        command, "there is no setting '%s'%s%s%s; there are snr, loss, delay, jitter", name,
        nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static int set(const option_command *command, const char *endpoint, char **operands, uint64_t ue,
               bool one_ue, err *e)
{
    const char *name = operands[0];
    if (!is_setting(name))
        return complain_setting(command, name);
    Csilink__ControlRequest__Set s = CSILINK__CONTROL_REQUEST__SET__INIT;
    link_control_request request = CSILINK__CONTROL_REQUEST__INIT;
    s.name = operands[0];
    s.for_one_ue = one_ue;
    s.ue = (uint32_t)ue;
    request.set = &s;
    if (!parse_value(name, operands[1], &s.value))
        return option_complain(command, "%s takes %s, not '%s'", name,
                               strcmp(name, "snr") == 0    ? "a number of dB, or inf"
                               : strcmp(name, "loss") == 0 ? "a fraction from 0 to 1"
                                                           : "a time like 2ms",
                               operands[1]);
    int status = exchange(endpoint, &request, name, e);
    if (status == ERR_INVALID)
        return option_complain(command, "%s", e->text);
    return status == ERR_NONE ? 0 : 1;
}

int command_ctl(int argc, char **argv)
{
    const char *run = "runs/latest", *endpoint = NULL;
    const uint64_t nobody = LINK_UE_MAX;
    uint64_t ue = nobody;
    double seconds = 0;
    const option_spec specs[] = {
        OPTION_STRING("run", &run, "FOLDER", "the run to talk to"),
        OPTION_STRING("endpoint", &endpoint, "ENDPOINT", "the control address of a channel-sim"),
        OPTION_UINT("ue", &ue, 0, LINK_UE_MAX - 1, "K", "set for this UE only"),
        OPTION_DURATION("for", &seconds, 0, 864000, "S", "how long to watch; 0: to the end"),
    };
    const option_command command = {
        .name = "csilink ctl",
        .summary = "looks at and changes a running simulation, from the next report on",
        .operands = "get [NAME] | set NAME VALUE | watch",
        .example =
            "  csilink ctl get\n  csilink ctl set snr 5 --ue 3\n  csilink ctl set loss 0.01\n"
            "  csilink ctl set delay 2ms\n  csilink ctl watch",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
        .operands_min = 1,
        .operands_max = 3,
    };
    int count, status = option_parse(&command, argc, argv, &count);
    if (status >= 0)
        return status;
    bool get = strcmp(argv[1], "get") == 0 && count <= 2;
    bool change = strcmp(argv[1], "set") == 0 && count == 3;
    bool look = strcmp(argv[1], "watch") == 0 && count == 1;
    if (!get && !change && !look)
        return option_complain(&command, "it takes get [NAME], set NAME VALUE, or watch");
    if (get && count == 2 && !is_setting(argv[2]))
        return complain_setting(&command, argv[2]);
    if (ue != nobody && !change)
        return option_complain(&command, "--ue goes with set");
    err e = {0};
    endpoints where = {0};
    if (!endpoint || look)
        status = endpoints_find(run, &where, &e);
    if (status > 0 || e.code != ERR_NONE) {
        log_error("%s", e.text);
        return 1;
    }
    const char *control = endpoint ? endpoint : where.control;
    link_control_request request = CSILINK__CONTROL_REQUEST__INIT;
    if (look)
        status = watch(&where, run, seconds, &e) == ERR_NONE ? 0 : 1;
    else if (change)
        status = set(&command, control, argv + 2, ue, ue != nobody, &e);
    else
        status = exchange(control, &request, count == 2 ? argv[2] : NULL, &e) == ERR_NONE ? 0 : 1;
    if (status == 1)
        log_error("%s", e.text);
    return status;
}
