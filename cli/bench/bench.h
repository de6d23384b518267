/* bench.h: the groups of measurements of `csilink bench`. */
#ifndef CLI_BENCH_BENCH_H
#define CLI_BENCH_BENCH_H

#include "cli/bench/measure.h"

/* Each takes its times and adds a row for each to b. */
void bench_networks(bench *b);
void bench_csi(bench *b);
void bench_channels(bench *b);
void bench_uci(bench *b);

/* The echo processes of the ZeroMQ round trip are forked before anything else happens in this
 * process, since neither ZeroMQ contexts nor OpenBLAS's threads survive a fork. */
typedef struct bench_zmq bench_zmq;
bench_zmq *bench_zmq_start(err *e);
void bench_zmq_run(bench *b, bench_zmq *z);
void bench_zmq_stop(bench_zmq *z); /* NULL allowed */

/* The whole link, as `csilink run` measures it. */
void bench_link(bench *b);

/* `csilink bench train`, a command of its own: training takes seconds to measure, and memory. */
int bench_train(int argc, char **argv);

#endif
