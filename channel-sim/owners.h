/* owners.h: which peer each UE number belongs to.
 *
 * A UE belongs to the peer that reported for it first, and to no other while that peer is there:
 * two agents with the same UE would bend each other's SNR estimate and answer each other's reports.
 * It is free again as soon as the owner's connection has ended, so that an agent that was killed
 * and started anew carries on at once, and where the owner has not reported for it for
 * OWNER_SILENT_S while another does. (TCP keepalive ends the connection of a machine that went
 * without a word within some seconds.) */
#ifndef CHANNEL_SIM_OWNERS_H
#define CHANNEL_SIM_OWNERS_H

#include <stdint.h>

#include "base/error.h"
#include "link/peers.h"

enum { OWNER_SILENT_S = 60 };

typedef struct owners owners;

/* `ues`: numbers below it are there, at most WIRE_UE_MAX; 0: all that may be. NULL when memory ran
 * out. The peers must outlive the owners. */
owners *owners_create(const link_peers *peers, uint32_t ues);
void owners_free(owners *o); /* NULL allowed */

/* The peer reports for a UE at now_ns: the UE is its own from now on. ERR_INVALID where the cell
 * has no such UE, ERR_STATE where it belongs to another (the text names UE and both peers),
 * ERR_NOMEM. A first report of a UE costs a page of 16 KiB at most, all numbers 16 MB. */
int owners_claim(owners *o, uint32_t ue, const link_peer *peer, uint64_t now_ns, err *e);

#endif
