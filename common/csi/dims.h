/* dims.h: the sizes of the link, as the paper's section II names them. */
#ifndef CSI_DIMS_H
#define CSI_DIMS_H

#include <stdint.h>

#include "base/error.h"

enum { CSI_NT_MAX = 256, CSI_NC_MAX = 8192, CSI_TP_MAX = 1024 };

typedef struct csi_dims {
    uint32_t nt; /* Nt: transmit antennas of the BS, a half-wavelength ULA; 1..CSI_NT_MAX */
    uint32_t nc; /* Nc: OFDM subcarriers; 1..CSI_NC_MAX */
    uint32_t tp; /* Tp: pilot symbols on each subcarrier; nt..CSI_TP_MAX */
    uint32_t ni; /* Ni: delay taps kept in the angle-delay domain; 1..nc */
} csi_dims;

/* 32 antennas, 1024 subcarriers, 32 pilots, 32 taps: the setting of the field's public data. */
#define CSI_DIMS_DEFAULT ((csi_dims){.nt = 32, .nc = 1024, .tp = 32, .ni = 32})

/* ERR_INVALID with a message that names the size, its value and its range. */
int csi_dims_check(const csi_dims *dims, err *e);

#endif
