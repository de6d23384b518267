#include "csi/mix.h"

csi_mix_fn *csi_mix_choose(void)
{
    static csi_mix_fn *const table[CPU_LEVELS] = SIMD_TABLE(csi_mix);
    return table[cpu_level()];
}

csi_spread_fn *csi_spread_choose(void)
{
    static csi_spread_fn *const table[CPU_LEVELS] = SIMD_TABLE(csi_spread);
    return table[cpu_level()];
}
