#include "panel.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/ui/view.h"
#include "overload.h"

static const uint64_t ask_interval_ns = 200000000u;

struct run_panel {
    const run_config *config;
    view *view;
    link_socket *control;
    uint64_t asked_ns;
    overload overload;
    overload_cell asked; /* the load that the cell puts on this machine */
    bool warned;
    char title[RUN_PATH_MAX], note[160];
};

/* A REP socket expects an envelope: an empty frame before the request. */
static void ask(run_panel *p, const wire_control_request *request)
{
    zmq_msg_t frames[2];
    zmq_msg_init(&frames[0]);
    if (wire_control_request_pack(request, &frames[1]) != ERR_NONE)
        return;
    if (link_socket_send(p->control, frames, 2) != ERR_NONE) {
        zmq_msg_close(&frames[0]);
        zmq_msg_close(&frames[1]);
    }
}

static void on_reply(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    (void)socket;
    run_panel *p = user;
    wire_control_reply reply;
    if (wire_control_reply_unpack(&frames[count - 1], &reply, NULL) == ERR_NONE)
        view_settings(p->view, &reply);
}

static overload_cell run_asks(const run_config *c)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t most = cores > 0 ? (size_t)cores : 1;
    overload_cell asks = {.ues = c->cell->ues,
                          .agents = c->agents,
                          .agents_max = most < RUN_AGENTS_MAX ? most : RUN_AGENTS_MAX,
                          .period_s = INFINITY};
    for (size_t i = 0; i < c->cell->groups; i++) {
        const cell_group *g = &c->cell->group[i];
        for (uint32_t ue = g->first; ue - g->first < g->ues; ue++) {
            double period_s = chain_schedule_period(&c->group[i].schedule, ue);
            asks.offered += 1 / period_s;
            asks.period_s = fmin(asks.period_s, period_s);
        }
    }
    return asks;
}

run_panel *run_panel_open(link_service *service, const run_config *config, const run_paths *paths,
                          err *e)
{
    run_panel *p = calloc(1, sizeof *p);
    if (!p) {
        err_set(e, ERR_NOMEM, "out of memory");
        return NULL;
    }
    p->config = config;
    p->asked = run_asks(config);
    if (config->title)
        snprintf(p->title, sizeof p->title, "%.200s: %u UEs in %zu group%s", config->title,
                 config->cell->ues, config->cell->groups, config->cell->groups == 1 ? "" : "s");
    else
        snprintf(p->title, sizeof p->title, "%u UEs, %.200s, %.200s", config->cell->ues,
                 config->models, config->channels);
    FILE *out = config->options.json ? stderr : stdout;
    p->view = view_create(&(view_options){out, p->title, run_reports(config), true});
    link_socket_options control = {
        .type = ZMQ_DEALER, .endpoint = paths->control, .received = on_reply, .user = p};
    if (!p->view)
        err_set(e, ERR_NOMEM, "out of memory");
    else if ((p->control = link_service_socket(service, control, e)))
        return p;
    run_panel_free(p);
    return NULL;
}

void run_panel_take(run_panel *p, const wire_telemetry *telemetry)
{
    view_take(p->view, telemetry);
}

double run_panel_metric(const run_panel *p, const char *role, const char *metric)
{
    return view_metric(p->view, role, metric);
}

static void who_text(const scenario *s, target who, char text[CELL_NAME_MAX + 8])
{
    if (who.kind == TARGET_GROUP)
        snprintf(text, CELL_NAME_MAX + 8, "%s: ", s->cell.group[who.index].name);
    else if (who.kind == TARGET_UE)
        snprintf(text, CELL_NAME_MAX + 8, "UE %u: ", who.index);
    else
        text[0] = '\0';
}

static void change_text(const scenario *s, const timeline_change *c, char *text, size_t size)
{
    char who[CELL_NAME_MAX + 8];
    const setting_kind *k = &setting_kinds[c->name];
    who_text(s, c->who, who);
    if (c->course.over_s > 0)
        snprintf(text, size, "%s%s from %g to %g %s over %g s", who, k->name, c->course.from,
                 c->course.to, k->unit, c->course.over_s);
    else
        snprintf(text, size, "%s%s to %g %s", who, k->name, c->course.to, k->unit);
}

/* "next      in 3 s: far: snr from -5 to 40 dB over 30 s" */
static void show_next(run_panel *p, double elapsed_s)
{
    const scenario *s = p->config->plan;
    char text[112] = "";
    double at_s = s->cell.duration_s;
    for (size_t i = s->timeline.count; i-- > 0;) {
        const timeline_change *c = &s->timeline.change[i];
        if (c->course.start_s <= elapsed_s || c->course.start_s >= at_s)
            continue;
        at_s = c->course.start_s;
        change_text(s, c, text, sizeof text);
    }
    for (size_t i = s->restarts; i-- > 0;) {
        if (s->restart[i].at_s <= elapsed_s || s->restart[i].at_s >= at_s)
            continue;
        at_s = s->restart[i].at_s;
        snprintf(text, sizeof text, "%s is killed and restarted",
                 restart_process_names[s->restart[i].process]);
    }
    snprintf(p->note, sizeof p->note, "next      in %.0f s: %s", ceil(at_s - elapsed_s), text);
    view_note(p->view, text[0] ? p->note : NULL);
}

/* Warns of a cell that this machine cannot keep up with: its lateness grows without end. */
static void show_overload(run_panel *p, uint64_t now)
{
    const view *v = p->view;
    const char *ue = "ue-agent", *full = "reports_refused_full_total";
    overload_figures f = {.answered = view_metric(v, ue, "reports_acked_total") +
                                      view_metric(v, ue, "reports_lost_channel_total") +
                                      view_metric(v, ue, "reports_not_decoded_total"),
                          .late_s = view_metric_largest(v, ue, "schedule_late_s"),
                          .waiting = view_metric(v, "channel-sim", "reports_waiting"),
                          .full = view_metric(v, "channel-sim", full) +
                                  view_metric(v, "bs-server", full)};
    const char *text = overload_look(&p->overload, &p->asked, &f, now);
    if (text && !p->warned)
        log_warning("%s", text);
    p->warned = text != NULL;
    view_warning(p->view, text);
}

bool run_panel_tick(run_panel *p, double elapsed_s)
{
    wire_control_request request = {.by = "keys"};
    uint64_t now = clock_ns();
    view_action action = view_key(p->view, &request.change);
    request.changes = action == VIEW_SET;
    if (request.changes || now - p->asked_ns >= ask_interval_ns)
        ask(p, &request); /* the reply has the settings in force */
    else
        now = p->asked_ns;
    p->asked_ns = now;
    view_time(p->view, elapsed_s, p->config->cell->duration_s);
    show_next(p, elapsed_s);
    show_overload(p, clock_ns());
    view_draw(p->view);
    return action == VIEW_QUIT;
}

void run_panel_end(run_panel *p)
{
    link_socket_close(p->control, 0);
    p->control = NULL;
    view_end(p->view, false);
}

void run_panel_free(run_panel *p)
{
    if (!p)
        return;
    view_free(p->view);
    free(p);
}
