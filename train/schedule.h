/* schedule.h: the learning rate over a run, as a function of the samples seen. */
#ifndef TRAIN_SCHEDULE_H
#define TRAIN_SCHEDULE_H

#include <stdint.h>

typedef struct train_schedule {
    double rate, final_rate; /* at the end of the warm-up, and at the end of the run */
    uint64_t warmup, samples;
} train_schedule;

/* With n samples of N seen and a warm-up over W of them:
 *
 *     n < W:  rate n / W
 *     else:   final + (rate - final) (1 + cos(pi (n - W) / (N - W))) / 2
 *
 * (Loshchilov and Hutter, "SGDR", ICLR 2017, without restarts). Exactly 0 at 0 where there is a
 * warm-up, `rate` at W, `final_rate` from N on. */
double train_schedule_rate(const train_schedule *schedule, double samples);

#endif
