/* peak.h: what the core could do at most, to set beside what a kernel reaches. */
#ifndef NN_KERNELS_PEAK_H
#define NN_KERNELS_PEAK_H

/* The calling thread's core's peak rate of single precision multiply-adds, in 1e9 floating point
 * operations per second (a multiply-add is two), at the level of cpu_level(): the best of several
 * runs of independent multiply-adds in registers. Takes about 50 ms; the result moves with the
 * core's clock and with what else runs on it. */
double nn_peak_gflops(void);

#endif
