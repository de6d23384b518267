/* link.h: requests to the channel-sim of a running simulation. */
#ifndef CLI_CTL_LINK_H
#define CLI_CTL_LINK_H

#include <stddef.h>

#include "base/error.h"
#include "base/hist.h"
#include "link/keys.h"
#include "wire/control.h"

enum { CTL_TIMEOUT_MS = 2000 };

/* The address of a channel-sim, and the keys that it requires; NULL: none. */
typedef struct ctl_address {
    const char *endpoint;
    const link_keys *keys;
} ctl_address;

/* Sends the request `times` times, one after the other, and fills *reply with the last reply, which
 * the caller clears. It also requests the settings of single UEs that are in further replies and
 * adds them. ERR_INVALID if the reply is an error, ERR_TIMEOUT without a reply; *reply is then
 * empty. Each round trip, in ns, goes to *round_trips (NULL allowed); the change is in force when
 * it ends. */
int ctl_ask(const ctl_address *to, const wire_control_request *request, size_t times,
            hist *round_trips, wire_control_reply *reply, err *e);

#endif
