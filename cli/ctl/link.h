/* ctl_link.h: requests to the channel-sim of a running simulation. */
#ifndef CLI_CTL_LINK_H
#define CLI_CTL_LINK_H

#include <stddef.h>

#include "base/error.h"
#include "base/hist.h"
#include "wire/message.h"

enum { CTL_TIMEOUT_MS = 2000 };

/* Sends the request `times` times, one after the other; the last answer, to be freed, or NULL (no
 * answer, or one that says what was wrong: ERR_INVALID then). Each round trip, in ns, goes to
 * *round_trips (NULL allowed): when it ends, the change is in force. */
link_control_reply *ctl_ask(const char *endpoint, const link_control_request *request, size_t times,
                            hist *round_trips, err *e);

#endif
