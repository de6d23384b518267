/* owners.h: the peer that owns each UE number.
 *
 * A UE belongs to the first peer that reports for it: two agents with the same UE would bias each
 * other's SNR estimate and receive each other's answers. It becomes free when the owner's
 * connection ends, so a restarted agent continues at once, or when another peer reports for it and
 * the owner has not done so for OWNER_SILENT_S. (TCP keepalive ends the connection of a machine
 * that vanished within some seconds.) */
#ifndef CHANNEL_SIM_OWNERS_H
#define CHANNEL_SIM_OWNERS_H

#include <stdint.h>

#include "base/error.h"
#include "link/peers.h"

enum { OWNER_SILENT_S = 60 };

typedef struct owners owners;

/* `ues`: the cell has the numbers below it, at most WIRE_UE_MAX; 0: all WIRE_UE_MAX. The peers must
 * outlive the owners. NULL when memory runs out. */
owners *owners_create(const link_peers *peers, uint32_t ues);
void owners_free(owners *o); /* NULL allowed */

/* A report of a UE from a peer at now_ns, which then owns the UE. ERR_INVALID if the cell has no
 * such UE; ERR_STATE if it belongs to another peer (the text names the UE and both peers);
 * ERR_NOMEM. The first report of a UE takes at most a page of 16 KiB; all numbers take 16 MB. */
int owners_claim(owners *o, uint32_t ue, const link_peer *peer, uint64_t now_ns, err *e);

#endif
