/* health.h: `--health` of the programs: is there one at work?
 *
 * A program is at work when its telemetry comes: it is sent by the loop that also serves reports,
 * so that a process that hangs falls silent. A channel-sim is asked for its settings besides, as a
 * controller would. Which peers it has found is not asked: the order of
 * starting is free, and nothing is gained by restarting a program that waits for another. */
#ifndef SERVICE_HEALTH_H
#define SERVICE_HEALTH_H

#include <stddef.h>

#include "base/error.h"
#include "service/access.h"

enum { LINK_HEALTH_MS = 2000, LINK_ENDPOINT_MAX = 400 };

/* How to reach, from the same host, what listens at `bound`: every address ("tcp://" and *,
 * 0.0.0.0 or [::]) becomes the loopback address, all else stays. ERR_INVALID: longer than size. */
int link_health_reach(const char *bound, char *out, size_t size, err *e);

/* Waits up to LINK_HEALTH_MS for telemetry of `role` from the endpoint that such a process has
 * bound, with its own keys or without (NULL). ERR_TIMEOUT: none came; ERR_MISMATCH: another
 * program's came. */
int link_health_ask(const char *role, const char *telemetry, const link_keys *keys, err *e);

/* Asks a channel-sim at the control endpoint that it has bound what is in force, for up to
 * LINK_HEALTH_MS. ERR_TIMEOUT: no answer came; ERR_FORMAT: what came was none. */
int link_health_ask_control(const char *control, const link_keys *keys, err *e);

/* Both as a command (`control` NULL: the program has none), with the keys that the program of these
 * roles (link/keys.h) was started with: prints one line, returns the exit status (0 or 1). */
int link_health_main(const char *role, const char *telemetry, const char *control,
                     const access_options *access, unsigned roles);

#endif
