#include "paths.h"

#include <arpa/inet.h>
#include <cjson/cJSON.h>
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "io/json.h"
#include "link/keys.h"

enum { FOLDERS_OPEN = 8 };

static int make_folder(run_paths *p, const run_config *c, err *e)
{
    char stamp[32];
    time_t now = time(NULL);
    struct tm t;
    gmtime_r(&now, &t);
    strftime(stamp, sizeof stamp, "%Y%m%dT%H%M%SZ", &t);
    p->own_runs = mkdir(c->options.runs, 0777) == 0;
    if (!p->own_runs && errno != EEXIST)
        return err_set(e, ERR_IO, "cannot make the folder %s: %s", c->options.runs,
                       strerror(errno));
    for (int again = 0; again < 100; again++) { /* several runs can start in one second */
        char suffix[16] = "";
        if (again)
            snprintf(suffix, sizeof suffix, "-%d", again + 1);
        snprintf(p->folder, sizeof p->folder, "%.400s/%s%s", c->options.runs, stamp, suffix);
        if (mkdir(p->folder, 0777) == 0)
            return ERR_NONE;
        if (errno != EEXIST)
            break;
    }
    return err_set(e, ERR_IO, "cannot make the folder %s: %s", p->folder, strerror(errno));
}

/* Reserves a port of 127.0.0.1 for a process of the run. The socket stays bound until the run ends
 * and never listens. The system then gives the port to no other socket, neither for a bind nor as
 * the source port of a connection. Only the run's process can bind to it, because libzmq sets
 * SO_REUSEADDR, as this function does. A port that was tried and released could become the source
 * port of a connection before the process binds to it. */
static int keep_port(run_paths *p)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int yes = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes) != 0 ||
        bind(fd, (struct sockaddr *)&address, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0) {
        close(fd);
        return -1;
    }
    p->port[p->ports++] = fd;
    return ntohs(address.sin_port);
}

static int choose_endpoint(run_paths *p, const char *name, char *out, err *e)
{
    if (p->sockets[0]) {
        snprintf(out, RUN_PATH_MAX, "ipc://%.400s/%s", p->sockets, name);
        return ERR_NONE;
    }
    int port = keep_port(p);
    if (port < 0)
        return err_set(e, ERR_IO, "cannot get a TCP port of 127.0.0.1: %s", strerror(errno));
    snprintf(out, RUN_PATH_MAX, "tcp://127.0.0.1:%d", port);
    return ERR_NONE;
}

static int choose_endpoints(run_paths *p, const run_config *c, err *e)
{
    if (choose_endpoint(p, "agents", p->agents, e) ||
        choose_endpoint(p, "bs", p->base_station, e) ||
        choose_endpoint(p, "control", p->control, e))
        return e->code;
    for (size_t i = 0; i < c->agents + 2; i++) {
        char name[32];
        snprintf(name, sizeof name, "telemetry-%zu", i);
        if (choose_endpoint(p, name, p->telemetry[i], e) != ERR_NONE)
            return e->code;
    }
    return ERR_NONE;
}

/* --- keys ------------------------------------------------------------------------------------- */

/* Processes of a run: the base station and channel-sim, then the agents. */
enum { FIRST_AGENT = 2 };

void run_agent_certificate(size_t agent, char name[ENDPOINT_NAME_MAX])
{
    snprintf(name, ENDPOINT_NAME_MAX, "agent-%zu", agent);
}

void run_telemetry_address(const run_paths *p, size_t process, char address[RUN_ADDRESS_MAX])
{
    char name[ENDPOINT_NAME_MAX] = "";
    if (p->own_keys && process >= FIRST_AGENT)
        run_agent_certificate(process - FIRST_AGENT, name);
    else if (p->keys[0] && process >= FIRST_AGENT)
        strcpy(name, p->agents_name);
    snprintf(address, RUN_ADDRESS_MAX, "%s%s%s", name, name[0] ? "@" : "", p->telemetry[process]);
}

static int make_key(const run_paths *p, const char *name, link_role role, const run_agent *ues,
                    err *e)
{
    link_certificate c = {.role = role};
    snprintf(c.name, sizeof c.name, "%s", name);
    if (ues) {
        c.range[0] = (link_ue_range){ues->first, ues->first + ues->ues - 1};
        c.ranges = 1;
    }
    int rc = link_keys_make(p->keys, &c, e);
    explicit_bzero(&c, sizeof c);
    return rc;
}

/* Each agent's certificate names its UEs and no others. */
static int make_own_keys(run_paths *p, const run_config *c, err *e)
{
    char name[ENDPOINT_NAME_MAX];
    snprintf(p->keys, sizeof p->keys, "/tmp/csilink-XXXXXX");
    if (!mkdtemp(p->keys)) {
        p->keys[0] = '\0';
        return err_set(e, ERR_IO, "cannot make a folder for keys in /tmp: %s", strerror(errno));
    }
    p->own_keys = true;
    int rc = make_key(p, "station", LINK_STATION, NULL, e);
    if (rc == ERR_NONE)
        rc = make_key(p, "controller", LINK_CONTROLLER, NULL, e);
    for (size_t i = 0; rc == ERR_NONE && i < c->agents; i++) {
        run_agent_certificate(i, name);
        rc = make_key(p, name, LINK_AGENT, &c->agent[i], e);
    }
    return rc;
}

/* Checks that the folder has the certificates that the processes need, and notes the name of the
 * agents' certificate. */
static int find_keys(run_paths *p, const run_config *c, err *e)
{
    char *folder = realpath(c->options.access.keys, NULL);
    if (!folder)
        return err_set(e, ERR_IO, "--keys %s: %s", c->options.access.keys, strerror(errno));
    snprintf(p->keys, sizeof p->keys, "%s", folder);
    free(folder);
    link_keys *station = link_keys_open(p->keys, NULL, 1u << LINK_STATION, e);
    link_keys *agent = station ? link_keys_open(p->keys, NULL, 1u << LINK_AGENT, e) : NULL;
    if (agent)
        strcpy(p->agents_name, link_keys_own(agent)->name);
    link_keys_free(station);
    link_keys_free(agent);
    return agent ? ERR_NONE : err_prefix(e, "--keys");
}

static int choose_keys(run_paths *p, const run_config *c, err *e)
{
    if (strcmp(c->options.transport, "tcp") != 0 || c->options.access.insecure)
        return ERR_NONE;
    return c->options.access.keys ? find_keys(p, c, e) : make_own_keys(p, c, e);
}

static int remove_entry(const char *path, const struct stat *info, int type, struct FTW *at)
{
    (void)info, (void)type, (void)at;
    remove(path);
    return 0;
}

/* Writes link.json, in which `csilink ctl` finds the addresses of this run. */
static int write_link(const run_paths *p, const run_config *c, err *e)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "control", p->control);
    if (p->keys[0])
        cJSON_AddStringToObject(root, "keys", p->keys);
    cJSON *telemetry = cJSON_AddArrayToObject(root, "telemetry");
    for (size_t i = 0; i < c->agents + FIRST_AGENT; i++) {
        char address[RUN_ADDRESS_MAX];
        run_telemetry_address(p, i, address);
        cJSON_AddItemToArray(telemetry, cJSON_CreateString(address));
    }
    char path[RUN_PATH_MAX + 32];
    snprintf(path, sizeof path, "%s/link.json", p->folder);
    int status = json_replace(path, root, e);
    cJSON_Delete(root);
    return status;
}

static void read_latest(const run_config *c, char to[NAME_MAX + 1])
{
    char link[RUN_PATH_MAX];
    snprintf(link, sizeof link, "%.400s/latest", c->options.runs);
    ssize_t n = readlink(link, to, NAME_MAX);
    to[n > 0 ? n : 0] = '\0';
}

/* Points runs/latest to a folder. Replaces the link atomically, so that readers always find one. */
static void point_latest(const run_config *c, const char *name)
{
    char link[RUN_PATH_MAX], fresh[RUN_PATH_MAX + 32];
    snprintf(link, sizeof link, "%.400s/latest", c->options.runs);
    snprintf(fresh, sizeof fresh, "%s.%ld", link, (long)getpid());
    if (symlink(name, fresh) != 0 || rename(fresh, link) != 0)
        unlink(fresh);
}

/* The name of the run's folder without its path. */
static const char *name_of(const run_paths *p)
{
    return strrchr(p->folder, '/') + 1;
}

int run_paths_create(run_paths *p, const run_config *c, err *e)
{
    memset(p, 0, sizeof *p);
    if (make_folder(p, c, e) != ERR_NONE)
        return e->code;
    if (strcmp(c->options.transport, "ipc") == 0) {
        snprintf(p->sockets, sizeof p->sockets, RUN_SOCKETS_PREFIX "XXXXXX");
        if (!mkdtemp(p->sockets))
            return err_set(e, ERR_IO, "cannot make a folder for sockets in /tmp: %s",
                           strerror(errno));
    }
    if (choose_keys(p, c, e) != ERR_NONE || choose_endpoints(p, c, e) != ERR_NONE ||
        write_link(p, c, e) != ERR_NONE) {
        run_paths_release(p);
        return e->code;
    }
    read_latest(c, p->before);
    point_latest(c, name_of(p));
    return ERR_NONE;
}

void run_paths_release(run_paths *p)
{
    while (p->ports > 0)
        close(p->port[--p->ports]);
    if (p->own_keys)
        nftw(p->keys, remove_entry, FOLDERS_OPEN, FTW_DEPTH | FTW_PHYS);
    if (!p->sockets[0])
        return;
    const char *endpoints[RUN_ENDPOINTS_MAX] = {p->agents, p->base_station, p->control};
    for (size_t i = 0; i < RUN_PROCESSES_MAX; i++)
        endpoints[i + 3] = p->telemetry[i];
    for (size_t i = 0; i < RUN_ENDPOINTS_MAX; i++)
        if (strncmp(endpoints[i], "ipc://", 6) == 0)
            unlink(endpoints[i] + 6);
    rmdir(p->sockets);
}

void run_paths_discard(const run_paths *p, const run_config *c)
{
    char path[RUN_PATH_MAX + NAME_MAX + 2], latest[NAME_MAX + 1];
    DIR *folder = opendir(p->folder);
    for (struct dirent *d; folder && (d = readdir(folder)) != NULL;) {
        snprintf(path, sizeof path, "%s/%s", p->folder, d->d_name);
        if (d->d_name[0] != '.')
            unlink(path);
    }
    if (folder)
        closedir(folder);
    rmdir(p->folder);
    read_latest(c, latest);
    if (strcmp(latest, name_of(p)) != 0)
        return; /* another run has begun since */
    snprintf(path, sizeof path, "%.400s/%s", c->options.runs, p->before);
    if (*p->before && access(path, F_OK) == 0) {
        point_latest(c, p->before);
    } else {
        snprintf(path, sizeof path, "%.400s/latest", c->options.runs);
        unlink(path);
        if (p->own_runs)
            rmdir(c->options.runs); /* fails, as it should, if another run has a folder there */
    }
}

void run_last_log_line(const run_paths *p, const char *program, char *line, size_t size)
{
    char path[RUN_PATH_MAX + 64], text[512];
    line[0] = '\0';
    snprintf(path, sizeof path, "%s/%s.log", p->folder, program);
    FILE *f = fopen(path, "r");
    if (!f)
        return;
    while (fgets(text, sizeof text, f)) {
        text[strcspn(text, "\n")] = '\0';
        snprintf(line, size, "%s", text);
    }
    fclose(f);
}
