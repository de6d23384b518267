/* spec.h: how to read a file's array as channels: the meaning of its axes, the domain, the signs.
 * docs/raw-channels.md has every layout with its source.
 *
 *     FILE[:KEY=VALUE...]      a.npz:layout=sionna:bandwidth=30.72e6
 *
 * FILE ends in .mat, .npy, .npz, .h5 or .hdf5; csi_raw_spec_init takes any name. The keys:
 *
 *     layout=NAME          all of those below as a tool writes them (csi_raw_layout_at)
 *     variable=NAME        the array, of a file that has several
 *     delays=NAME          domain paths: the variable with the delays, s; or another file: x.npy
 *     order=n/nt/nc        the axes, slowest first in NumPy, as MATLAB's size() lists them in a
 *                          .mat: n sample, t time, nr receive antenna, bs base station, nt transmit
 *                          antenna, nc subcarrier, ni delay tap, path, plane (real, imaginary), 1.
 *                          n and nt may stand several times; + joins axes that lie in one:
 *                          n/plane+nt+ni. '|' separates orders of several ranks.
 *     delay-order=n/path   the same for the delays
 *     domain=frequency|delay|angle-delay|paths    [by the order: nc, ni, path]
 *     sign=-|+             of the exponent of a delay: exp(-j 2 pi f tau) or its conjugate; delay
 *                          domain: taps made by an inverse DFT, or by a forward one
 *     band=ascending|fft   whether subcarriers ascend or begin at the carrier, as FFTs have them
 *     carrier=centre|lowest  domain paths: where the band lies about the carrier
 *     start=absolute|first domain paths: delays as they are, or from the earliest path
 *     angles=centred|fft   angle rows: row nt/2 is broadside, or row 0
 *     rx=each|N            each receive antenna is a sample, or antenna N alone
 *     bs=N                 which base station; needed where there are several
 *     sequence=axis|T      the axis t, or each T samples in a row, are one UE over time
 *     nt=N, ni=N           sizes of joined axes        nc=N     subcarriers, where paths or taps
 *     bandwidth=HZ         the band of the nc          zero=X   what is subtracted from real planes
 */
#ifndef CSI_RAW_SPEC_H
#define CSI_RAW_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum { CSI_RAW_PATH_MAX = 1024, CSI_RAW_NAME_MAX = 128, CSI_RAW_ORDER_MAX = 160 };

typedef enum csi_raw_domain {
    CSI_RAW_UNKNOWN, /* follows from the order */
    CSI_RAW_FREQUENCY,
    CSI_RAW_DELAY,
    CSI_RAW_ANGLE_DELAY,
    CSI_RAW_PATHS,
} csi_raw_domain;

enum { CSI_RAW_EACH = -1 };

typedef struct csi_raw_spec {
    char path[CSI_RAW_PATH_MAX];
    const char *layout; /* its name, static; NULL: the array decides, images or raw */
    char variable[CSI_RAW_NAME_MAX], delays[CSI_RAW_NAME_MAX];
    char order[CSI_RAW_ORDER_MAX], delay_order[CSI_RAW_ORDER_MAX];
    csi_raw_domain domain;
    bool conjugate;      /* sign=+ */
    bool fft_band;       /* band=fft */
    bool lowest;         /* carrier=lowest */
    bool from_first;     /* start=first */
    bool fft_angles;     /* angles=fft */
    bool trailing;       /* axes of size 1 at the end may be missing, as MATLAB omits them */
    int32_t rx, bs;      /* or CSI_RAW_EACH; for bs that requires a single one */
    uint32_t nt, ni, nc; /* 0: from the array, or the caller */
    uint32_t sequence;   /* consecutive samples of one UE; 0: none belong together */
    bool sequence_axis;  /* the axis t is a sequence */
    double bandwidth_hz; /* 0: from the caller */
    double zero;
    char log; /* 'b', 'c': a log, binary or text (logs.h); 0: arrays */
} csi_raw_spec;

/* The length of FILE at the start of a channel's text; 0 if it names no file. */
size_t csi_raw_file_length(const char *text);

/* Whether that file holds raw channels: keys follow it, or it is neither a .mat nor a .npy of real
 * numbers, which hold images (csi/dataset.h). Opens a .npy file to check. */
bool csi_raw_is_raw(const char *text);

/* Parses the whole text. ERR_INVALID names the wrong key and its allowed values. */
int csi_raw_spec_parse(const char *text, csi_raw_spec *spec, err *e);

/* The same step by step: an empty spec of a file, with any name; then its layout; then other keys.
 */
int csi_raw_spec_init(csi_raw_spec *spec, const char *path, err *e);
int csi_raw_spec_set(csi_raw_spec *spec, const char *key, const char *value, err *e);

/* The layouts by name, for help and documents; NULL behind the last. */
typedef struct csi_raw_layout {
    const char *name, *variable, *delays, *order, *delay_order, *source;
    csi_raw_domain domain;
    bool lowest, trailing;
    double zero;
    char log;
} csi_raw_layout;

const csi_raw_layout *csi_raw_layout_at(size_t i);

/* "deepmimo, sionna, ..."; returns `text`. */
const char *csi_raw_layout_names(char *text, size_t size);

const char *csi_raw_domain_name(csi_raw_domain domain);

#endif
