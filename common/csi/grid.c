#include "csi/grid.h"

csi_grid csi_grid_of(const csi_dims *dims)
{
    uint32_t nc = dims->nc, ni = dims->ni;
    for (uint32_t count = CSI_GRID_AIM; count >= ni && count > 0; count--)
        if (nc % count == 0)
            return (csi_grid){nc, count, true};
    /* More taps than the usual grid has points: the grid grows, or the taps would alias. */
    uint32_t count = ni > CSI_GRID_AIM ? ni : CSI_GRID_AIM;
    count = count < nc ? count : nc;
    return (csi_grid){nc, count, nc % count == 0};
}

uint32_t csi_grid_subcarrier(const csi_grid *grid, uint32_t i)
{
    return (uint32_t)((uint64_t)i * grid->nc / grid->count);
}
