/* The processes of a run. The base station starts first and the agents last, so that the first
 * report gets through. They stop in the opposite order, so that every report is answered before the
 * process that answers it ends. */
#include "processes.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "cli/ui/arguments.h"
#include "panel.h"
#include "parts.h"
#include "service/service.h"
#include "summary.h"

enum {
    POLL_MS = 20,
    START_TIMEOUT_MS = 10000,
    STOP_TIMEOUT_MS = 5000,
    DRAIN_SPARE_MS = 2000, /* in addition to the UEs' time-out */
    ACCOUNT_BYTES_MAX = 64 << 20,
};

typedef enum child_role {
    ROLE_BASE_STATION,
    ROLE_CHANNEL_SIM,
    ROLE_MONITOR,
    ROLE_AGENT
} child_role;

typedef struct child {
    struct runner *runner;
    uv_process_t process;
    uv_pipe_t input;  /* closing it asks the child to stop */
    uv_pipe_t output; /* of an agent: its account */
    child_role role;
    size_t agent;
    char program[16], log[32];
    bool started, ended, asked_to_stop;
    bool killed;  /* by the scenario: another replaces it */
    bool listens; /* to the output */
    char *text;   /* the output so far */
    size_t size, room;
    int status;
} child;

enum { CHILDREN_MAX = RUN_PROCESSES_MAX + RESTARTS_MAX + 1 };

typedef enum phase {
    PHASE_LINK,
    PHASE_REPORTS,
    PHASE_DRAIN, /* something failed: agents wait for their last answers */
    PHASE_STOP,
    PHASE_END
} phase;

typedef struct runner {
    const run_config *config;
    const run_paths *paths;
    run_record *record;
    run_outcome *outcome;
    int lock;
    link_service *service;
    run_panel *panel;
    link_socket *telemetry[RUN_PROCESSES_MAX];
    child children[CHILDREN_MAX];
    size_t count;
    size_t restarts;        /* those of the scenario that are done */
    uint64_t restart_ns[2]; /* when a killed process starts again; 0: it is running */
    phase phase;
    bool hurried;
    uint64_t phase_start_ns;
    uv_timer_t timer;
    err failure;
    arguments arguments; /* of the child that is being started */
} runner;

static void on_child_exit(uv_process_t *process, int64_t status, int signal_number)
{
    child *c = process->data;
    c->ended = true;
    c->status = signal_number ? 128 + signal_number : (int)status;
    run_record_process(c->runner->record, "ended", c->log, process->pid, c->status);
    uv_close((uv_handle_t *)process, NULL);
}

static void on_output_room(uv_handle_t *handle, size_t size, uv_buf_t *buffer)
{
    child *c = handle->data;
    if (c->room - c->size <= size) {
        size_t room = 2 * c->room + size + 1;
        char *more = room <= ACCOUNT_BYTES_MAX ? realloc(c->text, room) : NULL;
        if (!more) {
            *buffer = uv_buf_init(NULL, 0);
            return;
        }
        c->text = more;
        c->room = room;
    }
    *buffer = uv_buf_init(c->text + c->size, (unsigned)size);
}

/* Drops the output if memory runs out: the agent's file has the same account. */
static void on_output(uv_stream_t *stream, ssize_t size, const uv_buf_t *buffer)
{
    (void)buffer;
    child *c = stream->data;
    if (size >= 0) {
        c->size += (size_t)size;
        return;
    }
    c->listens = false;
    uv_close((uv_handle_t *)stream, NULL);
    if (size == UV_EOF && c->size > 0) {
        c->text[c->size] = '\0';
        c->runner->outcome->account[c->agent] = c->text;
    } else {
        free(c->text);
    }
    c->text = NULL;
}

static void listen_to(child *c)
{
    c->output.data = c;
    c->listens = uv_read_start((uv_stream_t *)&c->output, on_output_room, on_output) == 0;
    if (!c->listens)
        uv_close((uv_handle_t *)&c->output, NULL);
}

/* Starts the program with r->arguments. */
static int spawn(runner *r, child_role role, const char *program, const char *log)
{
    const arguments *a = &r->arguments;
    child *c = &r->children[r->count];
    uv_loop_t *loop = link_service_loop(r->service);
    char path[RUN_PATH_MAX + 64];
    snprintf(c->program, sizeof c->program, "%s", program);
    snprintf(c->log, sizeof c->log, "%s", log);
    snprintf(path, sizeof path, "%s/%s.log", r->paths->folder, log);
    int log_fd = open(path, O_CREAT | O_WRONLY | O_APPEND | O_CLOEXEC, 0666);
    uv_pipe_init(loop, &c->input, 0);
    uv_stdio_container_t stdio[4] = {
        {.flags = UV_CREATE_PIPE | UV_READABLE_PIPE, .data.stream = (uv_stream_t *)&c->input},
        {.flags = UV_INHERIT_FD, .data.fd = log_fd >= 0 ? log_fd : STDERR_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = log_fd >= 0 ? log_fd : STDERR_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = r->lock},
    };
    if (role == ROLE_AGENT) {
        uv_pipe_init(loop, &c->output, 0);
        stdio[1] = (uv_stdio_container_t){.flags = UV_CREATE_PIPE | UV_WRITABLE_PIPE,
                                          .data.stream = (uv_stream_t *)&c->output};
    }
    uv_process_options_t options = {.file = a->list[0],
                                    .args = (char **)a->list,
                                    .exit_cb = on_child_exit,
                                    .stdio = stdio,
                                    .stdio_count = r->lock >= 0 ? 4 : 3};
    c->runner = r;
    c->role = role;
    c->process.data = c;
    int status = uv_spawn(loop, &c->process, &options);
    if (log_fd >= 0)
        close(log_fd);
    c->started = true; /* its handles are to be closed in either case */
    r->count++;
    if (status == 0) {
        run_record_process(r->record, "started", c->log, c->process.pid, 0);
        if (role == ROLE_AGENT)
            listen_to(c);
        return ERR_NONE;
    }
    c->ended = true;
    if (role == ROLE_AGENT)
        uv_close((uv_handle_t *)&c->output, NULL);
    uv_close((uv_handle_t *)&c->process, NULL);
    return err_set(&r->failure, ERR_IO, "cannot start %s: %s", a->list[0], uv_strerror(status));
}

/* The arguments that every program of the link takes. The scenario's file has all simulated
 * settings, also for a process that is restarted during the run. */
static void begin(arguments *a, const runner *r, const char *program)
{
    a->count = 0;
    arguments_add_program(a, program);
    arguments_add(a, "--until-eof");
    arguments_add(a, "--scenario=%s/scenario.yaml", r->paths->folder);
    if (r->paths->keys[0])
        arguments_add(a, "--keys=%s", r->paths->keys);
}

static int spawn_base_station(runner *r)
{
    arguments *a = &r->arguments;
    begin(a, r, "bs-server");
    arguments_add(a, "--listen=%s", r->paths->base_station);
    arguments_add(a, "--telemetry=%s", r->paths->telemetry[0]);
    arguments_add(a, "--workers=%llu", (unsigned long long)r->config->options.workers);
    if (r->config->report_bytes > 0)
        arguments_add(a, "--report-max=%zu", r->config->report_bytes);
    return spawn(r, ROLE_BASE_STATION, "bs-server", "bs-server");
}

static int spawn_channel_sim(runner *r)
{
    arguments *a = &r->arguments;
    begin(a, r, "channel-sim");
    arguments_add(a, "--listen=%s", r->paths->agents);
    arguments_add(a, "--connect=%s", r->paths->base_station);
    arguments_add(a, "--control=%s", r->paths->control);
    arguments_add(a, "--telemetry=%s", r->paths->telemetry[1]);
    /* Twice the number of agents, since channel-sim may notice the end of a connection late. */
    arguments_add(a, "--peers=%zu", 2 * r->config->agents + 8);
    if (r->config->report_bytes > 0)
        arguments_add(a, "--report-max=%zu", r->config->report_bytes);
    if (run_record_events(r->record))
        arguments_add(a, "--events=%s", run_record_events(r->record));
    return spawn(r, ROLE_CHANNEL_SIM, "channel-sim", "channel-sim");
}

static int spawn_agent(runner *r, size_t index)
{
    const run_agent *u = &r->config->agent[index];
    arguments *a = &r->arguments;
    char log[32];
    begin(a, r, "ue-agent");
    if (r->paths->own_keys) {
        char name[ENDPOINT_NAME_MAX];
        run_agent_certificate(index, name);
        arguments_add(a, "--certificate=%s", name);
    }
    arguments_add(a, "--first-ue=%u", u->first);
    arguments_add(a, "--ues=%u", u->ues);
    arguments_add(a, "--connect=%s", r->paths->agents);
    arguments_add(a, "--telemetry=%s", r->paths->telemetry[2 + index]);
    arguments_add(a, "--workers=%llu", (unsigned long long)r->config->options.workers);
    char path[RUN_PATH_MAX + 32];
    arguments_add(a, "--record=%s", run_account_path(r->paths->folder, index, path));
    arguments_add(a, "--print-record");
    if (run_record_reports(r->record)->wanted) {
        arguments_add(a, "--reports=%s", run_part_path(r->paths->folder, index, path));
        arguments_add(a, "--reports-every=%u", run_record_every(r->config));
    }
    snprintf(log, sizeof log, "ue-agent-%zu", index);
    r->children[r->count].agent = index;
    return spawn(r, ROLE_AGENT, "ue-agent", log);
}

/* Starts another `csilink` command, which finds the link by the run's folder. */
static int spawn_monitor(runner *r)
{
    unsigned long long port = r->config->options.monitor_port;
    arguments *a = &r->arguments;
    a->count = 0;
    arguments_add_program(a, "csilink");
    arguments_add(a, "monitor");
    arguments_add(a, "--until-eof");
    arguments_add(a, "--run=%s", r->paths->folder);
    arguments_add(a, "--port=%llu", port);
    log_info("see the run on http://127.0.0.1:%llu/", port);
    return spawn(r, ROLE_MONITOR, "csilink monitor", "monitor");
}

static void stop_child(child *c)
{
    if (!c->started || c->asked_to_stop)
        return;
    c->asked_to_stop = true;
    uv_close((uv_handle_t *)&c->input, NULL);
}

/* Stops the processes of the role `from` and of the roles after it in the enum. */
static void stop_children(runner *r, child_role from)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->children[i].role >= from)
            stop_child(&r->children[i]);
}

static bool all_ended(const runner *r, child_role from)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->children[i].role >= from && (!r->children[i].ended || r->children[i].listens))
            return false;
    return true;
}

static void enter(runner *r, phase next)
{
    r->phase = next;
    r->phase_start_ns = clock_ns();
}

static uint64_t ms_in_phase(const runner *r)
{
    return (clock_ns() - r->phase_start_ns) / 1000000u;
}

/* A child that failed ends the run, with the last line of its log as the reason; a child that was
 * killed has logged none. */
static void fail_by(runner *r, const child *c)
{
    char line[ERR_TEXT_MAX] = "", by[32] = "";
    const char *name = c->status > 128 ? sigabbrev_np(c->status - 128) : NULL;
    if (r->failure.code != ERR_NONE)
        return;
    if (name)
        snprintf(by, sizeof by, ", by SIG%s", name);
    if (c->status != 128 + SIGKILL && c->status != 128 + SIGTERM)
        run_last_log_line(r->paths, c->log, line, sizeof line);
    err_set(&r->failure, ERR_STATE, "%s ended with status %d%s%s%.400s", c->program, c->status, by,
            line[0] ? ": " : "", line);
}

/* If the monitor ends, the run continues: it only shows the run. */
static void warn_of_monitor(child *c)
{
    if (!c->ended || c->asked_to_stop)
        return;
    log_warning("%s ended with status %d: the run continues without its page", c->program,
                c->status);
    stop_child(c); /* its pipe is of no more use */
}

static void look_for_failures(runner *r)
{
    for (size_t i = 0; i < r->count; i++) {
        child *c = &r->children[i];
        if (c->role == ROLE_MONITOR)
            warn_of_monitor(c);
        if (c->killed || c->role == ROLE_MONITOR)
            continue;
        bool early = c->ended && !c->asked_to_stop && (c->role != ROLE_AGENT || c->status != 0);
        if (early || (c->ended && c->status != 0))
            fail_by(r, c);
    }
}

static void kill_child(runner *r, child_role role)
{
    for (size_t i = 0; i < r->count; i++) {
        child *c = &r->children[i];
        if (c->role != role || c->ended)
            continue;
        c->killed = true;
        run_record_process(r->record, "killed", c->log, c->process.pid, 0);
        uv_process_kill(&c->process, SIGKILL);
        stop_child(c); /* its pipe is of no more use */
    }
}

/* Carries out the scenario's restarts: kills a process, as a crash would, and starts it again after
 * the given time. */
static void on_restarts(runner *r)
{
    static int (*const spawn_role[2])(runner *) = {spawn_base_station, spawn_channel_sim};
    const scenario *s = r->config->plan;
    uint64_t now = clock_ns();
    double elapsed_s = (double)(now - r->phase_start_ns) * 1e-9;
    while (r->restarts < s->restarts && s->restart[r->restarts].at_s <= elapsed_s) {
        const restart *event = &s->restart[r->restarts++];
        child_role role =
            event->process == RESTART_BS_SERVER ? ROLE_BASE_STATION : ROLE_CHANNEL_SIM;
        kill_child(r, role);
        r->restart_ns[role] = now + (uint64_t)(event->down_s * 1e9) + 1;
    }
    for (child_role role = ROLE_BASE_STATION; role <= ROLE_CHANNEL_SIM; role++) {
        if (!r->restart_ns[role] || now < r->restart_ns[role])
            continue;
        bool gone = true;
        for (size_t i = 0; i < r->count; i++)
            gone = gone && (r->children[i].role != role || r->children[i].ended);
        if (gone && spawn_role[role](r) == ERR_NONE)
            r->restart_ns[role] = 0;
    }
}

/* UEs can report only when the base station answers and channel-sim has reached it. */
static void on_link_phase(runner *r)
{
    if (run_panel_metric(r->panel, "channel-sim", "base_station_connected") > 0) {
        enter(r, PHASE_REPORTS);
        r->outcome->under_way = true;
        for (size_t i = 0; i < r->config->agents; i++)
            if (spawn_agent(r, i) != ERR_NONE)
                break;
    } else if (ms_in_phase(r) > START_TIMEOUT_MS) {
        err_set(&r->failure, ERR_TIMEOUT, "channel-sim did not reach the base station in %d s",
                START_TIMEOUT_MS / 1000);
    }
}

static void signal_children(const runner *r, child_role from, int number)
{
    for (size_t i = 0; i < r->count; i++)
        if (r->children[i].role >= from && !r->children[i].ended)
            uv_process_kill((uv_process_t *)&r->children[i].process, number);
}

/* Agents should end by themselves, so that their accounts are complete. An agent that does not end
 * in time gets a signal to stop waiting, and is then killed. */
static void on_drain_phase(runner *r)
{
    uint64_t patience_ms = (uint64_t)(r->config->cell->timeout_s * 1e3) + DRAIN_SPARE_MS;
    uint64_t ms = ms_in_phase(r);
    if (all_ended(r, ROLE_AGENT)) {
        stop_children(r, ROLE_BASE_STATION);
        enter(r, PHASE_STOP);
    } else if (ms > patience_ms + STOP_TIMEOUT_MS) {
        signal_children(r, ROLE_AGENT, SIGKILL);
    } else if (ms > patience_ms && !r->hurried) {
        r->hurried = true;
        signal_children(r, ROLE_AGENT, SIGTERM);
    }
}

static void on_stop_phase(runner *r)
{
    if (all_ended(r, ROLE_BASE_STATION)) {
        enter(r, PHASE_END);
    } else if (ms_in_phase(r) > STOP_TIMEOUT_MS) {
        signal_children(r, ROLE_BASE_STATION, SIGKILL);
    }
}

static void finish(runner *r)
{
    uv_close((uv_handle_t *)&r->timer, NULL);
    for (size_t i = 0; i < RUN_PROCESSES_MAX; i++)
        link_socket_close(r->telemetry[i], 0);
    run_panel_end(r->panel);
    link_service_stop(r->service);
}

static void on_timer(uv_timer_t *timer)
{
    runner *r = timer->data;
    look_for_failures(r);
    if (r->phase == PHASE_LINK && r->failure.code == ERR_NONE)
        on_link_phase(r);
    if (r->phase == PHASE_REPORTS && r->failure.code == ERR_NONE)
        on_restarts(r);
    double elapsed_s = r->phase == PHASE_REPORTS ? (double)ms_in_phase(r) * 1e-3 : -1;
    run_record_tick(r->record, elapsed_s);
    if (r->phase == PHASE_REPORTS && run_panel_tick(r->panel, elapsed_s)) {
        snprintf(r->outcome->stopped, sizeof r->outcome->stopped, "the key q");
        stop_children(r, ROLE_AGENT);
    }
    bool agents_done = r->phase == PHASE_REPORTS && all_ended(r, ROLE_AGENT);
    if (r->phase < PHASE_DRAIN && (agents_done || r->failure.code != ERR_NONE)) {
        stop_children(r, ROLE_AGENT);
        enter(r, PHASE_DRAIN);
    }
    if (r->phase == PHASE_DRAIN)
        on_drain_phase(r);
    if (r->phase == PHASE_STOP)
        on_stop_phase(r);
    if (r->phase == PHASE_END)
        finish(r);
}

/* The first Ctrl-C stops new reports; the second also stops the wait for answers. */
static void on_stop(void *user, bool now)
{
    runner *r = user;
    snprintf(r->outcome->stopped, sizeof r->outcome->stopped, "SIG%s",
             sigabbrev_np(link_service_signal(r->service)));
    if (r->phase == PHASE_LINK)
        err_set(&r->failure, ERR_STATE, "stopped before the first report");
    stop_children(r, ROLE_AGENT);
    for (size_t i = 0; now && i < r->count; i++)
        if (r->children[i].role == ROLE_AGENT && !r->children[i].ended)
            uv_process_kill(&r->children[i].process, SIGTERM);
}

static void on_telemetry(link_socket *socket, void *user, zmq_msg_t *frames, size_t count)
{
    (void)socket;
    runner *r = user;
    wire_telemetry t;
    if (wire_telemetry_unpack(&frames[count - 1], &t, NULL) != ERR_NONE)
        return;
    run_panel_take(r->panel, &t);
    wire_telemetry_clear(&t);
}

static int subscribe(runner *r, err *e)
{
    for (size_t i = 0; i < r->config->agents + 2; i++) {
        char address[RUN_ADDRESS_MAX];
        run_telemetry_address(r->paths, i, address);
        link_socket_options o = {
            .type = ZMQ_SUB, .endpoint = address, .received = on_telemetry, .user = r};
        r->telemetry[i] = link_service_socket(r->service, o, e);
        if (!r->telemetry[i])
            return e ? e->code : ERR_IO;
    }
    return ERR_NONE;
}

static void start(runner *r)
{
    uv_timer_init(link_service_loop(r->service), &r->timer);
    r->timer.data = r;
    enter(r, PHASE_LINK);
    if (subscribe(r, &r->failure) == ERR_NONE && spawn_base_station(r) == ERR_NONE &&
        spawn_channel_sim(r) == ERR_NONE && r->config->options.monitor_port)
        spawn_monitor(r);
    uv_timer_start(&r->timer, on_timer, POLL_MS, POLL_MS);
    link_service_run(r->service);
}

void run_outcome_clear(run_outcome *outcome)
{
    for (size_t i = 0; i < RUN_AGENTS_MAX; i++)
        free(outcome->account[i]);
    *outcome = (run_outcome){0};
}

int run_processes(const run_config *config, const run_paths *paths, run_record *record, int lock,
                  run_outcome *outcome, err *e)
{
    runner *r = calloc(1, sizeof *r);
    int status = ERR_NOMEM;
    *outcome = (run_outcome){0};
    if (!r)
        return err_set(e, ERR_NOMEM, "out of memory");
    r->config = config;
    r->paths = paths;
    r->record = record;
    r->outcome = outcome;
    r->lock = lock;
    const access_options access = {.keys = paths->keys[0] ? paths->keys : NULL};
    r->service = link_service_open(
        &(link_service_options){.role = "csilink",
                                .on_stop = on_stop,
                                .user = r,
                                .access = &access,
                                .roles = 1u << LINK_CONTROLLER | 1u << LINK_WATCHER},
        e);
    if (r->service)
        r->panel = run_panel_open(r->service, config, paths, e);
    if (r->panel) {
        start(r);
        status = r->failure.code;
        if (status != ERR_NONE && e)
            *e = r->failure;
    }
    link_service_free(r->service);
    run_panel_free(r->panel);
    free(r);
    return status;
}
