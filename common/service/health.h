/* health.h: `--health` of the programs: whether one is at work.
 *
 * A program is at work when its telemetry arrives: the loop that serves reports sends it, so a
 * process that hangs falls silent. channel-sim must also answer a request for its settings, as from
 * a controller. Peers are not checked: programs may start in any order, and restarting one that
 * waits for another gains nothing. */
#ifndef SERVICE_HEALTH_H
#define SERVICE_HEALTH_H

#include <stddef.h>

#include "base/error.h"
#include "service/access.h"

enum { LINK_HEALTH_MS = 2000, LINK_ENDPOINT_MAX = 400 };

/* How to reach, from the same host, what listens at `bound`: every wildcard address ("tcp://" and
 * *, 0.0.0.0 or [::]) becomes the loopback address, others stay. ERR_INVALID: longer than size. */
int link_health_reach(const char *bound, char *out, size_t size, err *e);

/* Waits up to LINK_HEALTH_MS for telemetry of `role` from the endpoint that such a process has
 * bound, with its own keys or without (NULL). ERR_TIMEOUT: none arrived; ERR_MISMATCH: it came from
 * another program. */
int link_health_ask(const char *role, const char *telemetry, const link_keys *keys, err *e);

/* Asks a channel-sim, at the control endpoint that it has bound, for the settings in force, for up
 * to LINK_HEALTH_MS. ERR_TIMEOUT: no answer; ERR_FORMAT: an invalid one. */
int link_health_ask_control(const char *control, const link_keys *keys, err *e);

/* Both as a command (`control` NULL: the program has none), with the keys of the program with these
 * roles (link/keys.h): prints one line, returns the exit status (0 or 1). */
int link_health_main(const char *role, const char *telemetry, const char *control,
                     const access_options *access, unsigned roles);

#endif
