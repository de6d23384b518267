/* paths.h: the folders, keys and addresses of a run, created before its processes start and
 * released after they have ended. */
#ifndef CLI_RUN_PATHS_H
#define CLI_RUN_PATHS_H

#include <limits.h>

#include "base/error.h"
#include "config.h"

/* Prefix of a folder of ipc sockets. It is short because the path of an ipc socket has at most
 * ENDPOINT_IPC_MAX bytes (link/endpoint.h). service/service.c has the same prefix, to remove the
 * folder. */
#define RUN_SOCKETS_PREFIX "/tmp/csilink-"

/* Endpoints of the agents, the base station, control, and the telemetry of each process. */
enum { RUN_ENDPOINTS_MAX = RUN_PROCESSES_MAX + 3 };

typedef struct run_paths {
    char folder[RUN_PATH_MAX];           /* runs/<UTC time> */
    bool own_runs;                       /* this run created the folder of runs */
    char before[NAME_MAX + 1];           /* what runs/latest pointed to; "" for nothing */
    char sockets[RUN_PATH_MAX];          /* folder of the ipc sockets; empty for tcp */
    char keys[RUN_PATH_MAX];             /* folder of the keys; empty without */
    bool own_keys;                       /* created for this run, and removed with it */
    char agents_name[ENDPOINT_NAME_MAX]; /* the certificate that all agents share; "": each has its
                                            own */
    char agents[RUN_PATH_MAX], base_station[RUN_PATH_MAX], control[RUN_PATH_MAX]; /* endpoints */
    char telemetry[RUN_PROCESSES_MAX][RUN_PATH_MAX]; /* base station, channel-sim, agents */
    int port[RUN_ENDPOINTS_MAX];                     /* sockets that reserve the endpoints' ports */
    size_t ports;
} run_paths;

/* Creates the folders, finds or makes keys, chooses endpoints, writes link.json for `csilink ctl`
 * and points runs/latest to the new folder. ERR_IO, ERR_NOMEM. */
int run_paths_create(run_paths *paths, const run_config *config, err *e);

/* Removes the run's folder with its files, for a run that keeps no record, and points runs/latest
 * back to the earlier run. */
void run_paths_discard(const run_paths *paths, const run_config *config);

/* The address for subscribing to a process's telemetry, with the name of the certificate that the
 * process must prove: "NAME@ENDPOINT". */
enum { RUN_ADDRESS_MAX = RUN_PATH_MAX + ENDPOINT_NAME_MAX };
void run_telemetry_address(const run_paths *paths, size_t process, char address[RUN_ADDRESS_MAX]);

/* The name of an agent's certificate, of the run's own keys. */
void run_agent_certificate(size_t agent, char name[ENDPOINT_NAME_MAX]);

/* Removes the sockets and the run's own keys, and releases its ports; keeps the records. */
void run_paths_release(run_paths *paths);

/* The last line of a program's log in the run's folder, for error messages; "" if there is none. */
void run_last_log_line(const run_paths *paths, const char *program, char *line, size_t size);

#endif
