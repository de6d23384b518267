/* axes.h: where in an array an entry lies, by what its axes mean. */
#ifndef CSI_RAW_AXES_H
#define CSI_RAW_AXES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "io/mat.h"

typedef enum csi_raw_axis_kind {
    CSI_RAW_N,
    CSI_RAW_T,
    CSI_RAW_NR,
    CSI_RAW_BS,
    CSI_RAW_NT,
    CSI_RAW_DEPTH, /* nc, ni or path */
    CSI_RAW_PLANE,
    CSI_RAW_KINDS,
} csi_raw_axis_kind;

enum { CSI_RAW_AXIS_PARTS = 3 };

/* All axes of one kind, the last of them fastest; one of size 1 where the array has none. */
typedef struct csi_raw_axis {
    uint32_t parts;
    size_t size[CSI_RAW_AXIS_PARTS], stride[CSI_RAW_AXIS_PARTS];
    size_t count;
} csi_raw_axis;

typedef struct csi_raw_axes {
    csi_raw_axis of[CSI_RAW_KINDS];
    char depth; /* 'c' of nc, 'i' of ni, 'p' of path, 0 for none */
} csi_raw_axes;

/* Reads the order (spec.h) that has as many axes as the array; axes of size 1 may be missing in the
 * order, with `trailing` also at the array's end. nt and ni are sizes within joined axes, 0 unknown
 * (then ni is 32). ERR_INVALID for an order that means nothing, ERR_MISMATCH for another array. */
int csi_raw_axes_find(const char *order, const mat_array *a, bool trailing, uint32_t nt,
                      uint32_t ni, csi_raw_axes *axes, err *e);

/* Elements from the array's start to entry i of that axis. */
size_t csi_raw_axis_offset(const csi_raw_axis *axis, size_t i);

#endif
