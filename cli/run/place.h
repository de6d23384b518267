/* place.h: where the processes of a run meet, and where its records go. */
#ifndef CLI_RUN_PLACE_H
#define CLI_RUN_PLACE_H

#include <limits.h>

#include "base/error.h"
#include "config.h"

/* What the name of a folder of ipc sockets begins with; ipc paths are short. The service of a
 * process that belongs to a run knows it, too (service/service.c). */
#define RUN_SOCKETS_PREFIX "/tmp/csilink-"

/* Agents', base station's, control and each process's telemetry. */
enum { RUN_ENDPOINTS_MAX = RUN_PROCESSES_MAX + 3 };

typedef struct run_place {
    char folder[RUN_PATH_MAX];           /* runs/<UTC time> */
    bool own_runs;                       /* this run made the folder of runs */
    char before[NAME_MAX + 1];           /* what runs/latest pointed to; "" for nothing */
    char sockets[RUN_PATH_MAX];          /* folder of the ipc sockets; empty for tcp */
    char keys[RUN_PATH_MAX];             /* folder of the keys; empty without */
    bool own_keys;                       /* they were made for this run, and go with it */
    char agents_name[ENDPOINT_NAME_MAX]; /* the agents' certificate; "": each has one of its own */
    char agents[RUN_PATH_MAX], base_station[RUN_PATH_MAX], control[RUN_PATH_MAX]; /* endpoints */
    char telemetry[RUN_PROCESSES_MAX][RUN_PATH_MAX]; /* base station, channel-sim, agents */
    int port[RUN_ENDPOINTS_MAX];                     /* sockets that keep the endpoints' ports */
    size_t ports;
} run_place;

/* Makes the folders, chooses endpoints, writes link.json for `csilink ctl` and points runs/latest
 * here. */
int run_place_make(run_place *place, const run_config *config, err *e);

/* Removes what the run's folder holds, and the folder: nothing is to be kept. runs/latest points
 * again to what it did before. */
void run_place_forget(const run_place *place, const run_config *config);

/* The telemetry of a process as others connect to it: with the certificate that it has to prove. */
enum { RUN_WATCH_MAX = RUN_PATH_MAX + ENDPOINT_NAME_MAX };
void run_place_watch(const run_place *place, size_t process, char address[RUN_WATCH_MAX]);

/* The name of an agent's certificate, of the run's own keys. */
void run_place_agent_name(size_t agent, char name[ENDPOINT_NAME_MAX]);

/* Removes the sockets and the run's own keys, and gives its ports back; the records stay. */
void run_place_clear(run_place *place);

/* The last line of a program's log in the run's folder, for error messages; "" without one. */
void run_last_log_line(const run_place *place, const char *program, char *line, size_t size);

#endif
