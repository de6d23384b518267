#include "csi/plan.h"

#include <math.h>
#include <pthread.h>

static pthread_mutex_t planner = PTHREAD_MUTEX_INITIALIZER;

fftwf_plan csi_plan_create(csi_plan_loop axis, int loop_count, const csi_plan_loop *loops,
                           float complex *in, float complex *out, int sign)
{
    pthread_mutex_lock(&planner);
    fftwf_plan plan =
        fftwf_plan_guru_dft(1, &axis, loop_count, loops, in, out, sign, FFTW_ESTIMATE);
    pthread_mutex_unlock(&planner);
    return plan;
}

void csi_plan_free(fftwf_plan plan)
{
    if (!plan)
        return;
    pthread_mutex_lock(&planner);
    fftwf_destroy_plan(plan);
    pthread_mutex_unlock(&planner);
}

int64_t csi_plan_macs(uint32_t n)
{
    return (int64_t)ceil(2 * n * log2(n));
}
