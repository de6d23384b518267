/* context.h: the ZeroMQ context of a process. */
#ifndef LINK_CONTEXT_H
#define LINK_CONTEXT_H

/* The I/O threads, as bits of ZMQ_AFFINITY. To connect to a host's name, libzmq asks the resolver
 * in an I/O thread, which then serves nobody until an answer comes: that thread is one of its own.
 */
enum { LINK_IO_THREADS = 2, LINK_IO_ALL = 1, LINK_IO_NAMES = 2 };

/* Seeds rand() first, from the kernel. A ROUTER numbers the peers that name no identity from a
 * number that libzmq draws with rand() and never seeds: of 4.3.4, and of those that followed, a
 * peer that claims the next number makes the process abort when an honest peer connects
 * (github.com/zeromq/libzmq/issues/4633). Drawn from a seed of the kernel's, it cannot be guessed.
 * NULL on failure. The caller ends it with zmq_ctx_term. */
void *link_context_create(void);

#endif
