#include "csi/dims.h"

static int check_range(const char *what, uint32_t value, uint32_t low, uint32_t high, err *e)
{
    if (value >= low && value <= high)
        return ERR_NONE;
    return err_set(e, ERR_INVALID, "%s must be %u to %u, not %u", what, low, high, value);
}

int csi_dims_check(const csi_dims *dims, err *e)
{
    int code = check_range("the number of antennas (nt)", dims->nt, 1, CSI_NT_MAX, e);
    if (!code)
        code = check_range("the number of subcarriers (nc)", dims->nc, 1, CSI_NC_MAX, e);
    if (!code)
        code = check_range("the number of pilots (tp, at least nt)", dims->tp, dims->nt, CSI_TP_MAX,
                           e);
    if (!code)
        code = check_range("the number of delay taps (ni, at most nc)", dims->ni, 1, dims->nc, e);
    return code;
}
