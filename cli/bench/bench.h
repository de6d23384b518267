/* bench.h: the groups of measurements of `csilink bench`. */
#ifndef CLI_BENCH_BENCH_H
#define CLI_BENCH_BENCH_H

#include "cli/bench/measure.h"

/* Each measures its group and adds a row for each measurement to b. */
void bench_networks(bench *b);
void bench_csi(bench *b);
void bench_channels(bench *b);
void bench_uci(bench *b);

/* The ZeroMQ round trip. Call bench_zmq_start before anything else in the process: it forks the
 * echo processes, and neither ZeroMQ contexts nor OpenBLAS's threads survive a fork. */
typedef struct bench_zmq bench_zmq;
bench_zmq *bench_zmq_start(err *e);
void bench_zmq_run(bench *b, bench_zmq *z);
void bench_zmq_stop(bench_zmq *z); /* NULL allowed */

/* The whole link, as `csilink run` measures it. */
void bench_link(bench *b);

/* `csilink bench train`: a separate command, because it takes longer and needs more memory. */
int bench_train(int argc, char **argv);

#endif
