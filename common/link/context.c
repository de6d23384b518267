#include "link/context.h"

#include <stdlib.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>
#include <zmq.h>

void *link_context_create(void)
{
    unsigned seed;
    if (getrandom(&seed, sizeof seed, 0) != (ssize_t)sizeof seed)
        seed = (unsigned)time(NULL) ^ (unsigned)getpid() << 16;
    srand(seed);
    void *context = zmq_ctx_new();
    if (context)
        zmq_ctx_set(context, ZMQ_IO_THREADS, LINK_IO_THREADS);
    return context;
}
