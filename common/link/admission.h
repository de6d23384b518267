/* admission.h: who sent a message, and the owner of each connection to a listening socket.
 *
 * ZeroMQ gives each message of a CURVE connection the peer's User-Id, which the ZAP handler
 * (link/zap.h) sets to the public key in Z85, and the descriptor of its connection. To cut off a
 * peer that is no longer admitted, this shuts down that connection: ZeroMQ itself cannot end a
 * single connection of a listening socket. */
#ifndef LINK_ADMISSION_H
#define LINK_ADMISSION_H

#include <zmq.h>

#include "link/keys.h"

typedef struct link_admission link_admission;

/* For a socket that admits `domain`. NULL when memory ran out. */
link_admission *link_admission_create(const link_keys *keys, link_domain domain);
void link_admission_free(link_admission *admission); /* NULL allowed */

/* Whether the sender of this frame, as received, may use the socket; if not, shuts down its
 * connection. */
bool link_admission_admit(link_admission *admission, zmq_msg_t *frame);

/* After a change of the keys: shuts down every connection with an owner that is no longer admitted.
 * Returns how many. */
unsigned link_admission_cut(link_admission *admission);

/* The certificate of a report's sender; NULL: the sender is not admitted. */
const link_certificate *link_sender(const link_keys *keys, link_domain domain, zmq_msg_t *frame);

/* Whether the sender of this frame may report for the UE: its certificate lists it. Without keys
 * (NULL) every sender may. ERR_MISMATCH names the certificate. */
int link_sender_has_ue(const link_keys *keys, zmq_msg_t *frame, uint32_t ue, err *e);

#endif
