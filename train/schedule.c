#include "train/schedule.h"

#include <math.h>

double train_schedule_rate(const train_schedule *schedule, double samples)
{
    double warmup = (double)schedule->warmup, total = (double)schedule->samples;
    if (samples < warmup)
        return schedule->rate * samples / warmup;
    if (samples >= total)
        return schedule->final_rate;
    double share = (1 + cos(M_PI * (samples - warmup) / (total - warmup))) / 2;
    return schedule->final_rate + (schedule->rate - schedule->final_rate) * share;
}
