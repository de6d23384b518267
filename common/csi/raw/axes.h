/* axes.h: offsets into an array, by the meaning of its axes. */
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

/* All axes of one kind, the last fastest; a single axis of size 1 if the array has none. */
typedef struct csi_raw_axis {
    uint32_t parts;
    size_t size[CSI_RAW_AXIS_PARTS], stride[CSI_RAW_AXIS_PARTS];
    size_t count;
} csi_raw_axis;

typedef struct csi_raw_axes {
    csi_raw_axis of[CSI_RAW_KINDS];
    char depth; /* 'c': nc, 'i': ni, 'p': path, 0: none */
} csi_raw_axes;

/* Reads the alternative of the order (spec.h) that has as many axes as the array. The order may
 * omit axes of size 1; with `trailing` the array may omit them at its end. nt and ni are sizes
 * within joined axes, 0 if unknown (then ni is 32). ERR_INVALID for a malformed order, ERR_MISMATCH
 * for an array that does not fit it. */
int csi_raw_axes_find(const char *order, const mat_array *a, bool trailing, uint32_t nt,
                      uint32_t ni, csi_raw_axes *axes, err *e);

/* Offset in elements of entry i of that axis. */
size_t csi_raw_axis_offset(const csi_raw_axis *axis, size_t i);

#endif
