/* link.h: requests to the channel-sim of a running simulation. */
#ifndef CLI_CTL_LINK_H
#define CLI_CTL_LINK_H

#include <stddef.h>

#include "base/error.h"
#include "base/hist.h"
#include "link/keys.h"
#include "wire/control.h"

enum { CTL_TIMEOUT_MS = 2000 };

/* Where a channel-sim listens, and the keys that it asks for; NULL: none. */
typedef struct ctl_address {
    const char *endpoint;
    const link_keys *keys;
} ctl_address;

/* Sends the request `times` times, one after the other, and fills *reply with the last reply, which
 * the caller clears; the settings of single UEs that come in further replies are asked for and
 * stand in it, too. ERR_INVALID for a reply that says what was wrong with the request, ERR_TIMEOUT
 * for none; then *reply is empty. Each round trip, in ns, goes to *round_trips (NULL allowed): when
 * it ends, the change is in force. */
int ctl_ask(const ctl_address *to, const wire_control_request *request, size_t times,
            hist *round_trips, wire_control_reply *reply, err *e);

#endif
