/* context.h: the ZeroMQ context of a process. */
#ifndef LINK_CONTEXT_H
#define LINK_CONTEXT_H

/* The I/O threads, as bits of ZMQ_AFFINITY. To connect to a host name, libzmq asks the resolver in
 * an I/O thread, which then serves nobody until an answer comes; so name look-ups have their own
 * thread. */
enum { LINK_IO_THREADS = 2, LINK_IO_ALL = 1, LINK_IO_NAMES = 2 };

/* Seeds rand() first, from the kernel. A ROUTER numbers peers without an identity from a number
 * that libzmq draws with rand() and never seeds. In 4.3.4 and the versions after it, a peer that
 * claims the next number makes the process abort when an honest peer connects
 * (github.com/zeromq/libzmq/issues/4633). With a seed from the kernel, that number cannot be
 * guessed. NULL on failure. The caller ends it with zmq_ctx_term. */
void *link_context_create(void);

#endif
