/* fading.h: channel models behind one interface.
 *
 * A `fading` is a channel: its parameters and the state that the UEs of one cell share. It is
 * immutable once open, and all threads can share it. A `fading_ue` is the state of one UE; each
 * belongs to one thread at a time. A UE's channel is a pure function of (seed, ue, seq, time):
 * calls in any order, from any process, give the same bits.
 *
 *     fading *f = fading_open("rayleigh:epa", &FADING_CONFIG_DEFAULT, &e);
 *     fading_ue *u = fading_ue_create(f, 7, &e);
 *     fading_ue_angle_delay(u, transform, seq, time_s, h_ad, &e);
 *
 * Channels:
 *
 *     rayleigh                        the same as rayleigh:exponential
 *     rayleigh:exponential[:DECAY]    power exp(-l / DECAY) at delay l = 0, 1, ... samples, down to
 *                                     -30 dB; DECAY in samples up to 9, default 2
 *     rayleigh:uniform:L              L <= 64 paths of equal power, one sample apart
 *     rayleigh:epa|eva|etu            3GPP TS 36.104 annex B
 *     rayleigh:NS/DB,NS/DB,...        at most 64 paths: delay in ns, power in dB
 *     cost2100-indoor[:ues=N]         COST 2100's IndoorHall, 5.3 GHz; N UEs share an environment
 *     cost2100-outdoor[:nlos][:ues=N] its SemiUrban, 300 MHz, LOS or NLOS; default N is 20. Both
 *                                     also take settings of the network, such as far=1.8 or
 *                                     distance=200/10: cost2100/settings.h
 *     uma-nlos|uma-los|umi-nlos|umi-los[:floor][:spherical][:d=MIN-MAX]
 *                                     3GPP TR 38.901, clause 7.5, 0.1-100 GHz, 3.5 GHz if the
 *                                     carrier is 0. floor: below 6 GHz (UMi: 2 GHz), large-scale
 *                                     parameters as at that frequency; spherical: for long arrays;
 *                                     UEs at MIN to MAX m, default 35-250 (UMi: 10-150)
 *     cdl-a ... cdl-e[:delay-spread=NS][:k=DB][:asd=DEG][:asa=DEG][:zsd=DEG][:zsa=DEG][:rotate=DEG]
 *                                     clustered delay lines of TR 38.901, clause 7.7.1, at 3.5 GHz
 *                                     if the carrier is 0: tr38901/delay_line.h. k: d and e only
 *     tdl-a ... tdl-e[:delay-spread=NS][:k=DB][:correlation=low|medium|high|ALPHA]
 *                                     its tapped delay lines, clause 7.7.2
 *     FILE.mat, FILE.npy              replay of a data set (csi/dataset.h)
 *     FILE[:KEY=VALUE...]             replay of raw channels, complex or of another layout:
 *                                     .mat, .npy, .npz, .h5 and the keys of csi/raw/spec.h
 *
 * Gains of Rayleigh and TR 38.901 are scaled to mean |H_freq|^2 = 1 per entry, over UEs and time;
 * replayed and COST 2100 samples are scaled so that each sample's mean is 1 over the kept taps. The
 * phases of Rayleigh and TR 38.901 rays rotate with the UE's speed, and a COST 2100 UE moves
 * through its environment; replay depends only on seq. A path later than Ni taps (etu has some) is
 * in H_freq but not in the angle-delay matrix. */
#ifndef FADING_FADING_H
#define FADING_FADING_H

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "csi/transform.h"
#include "fading/config.h"

typedef struct fading fading;
typedef struct fading_ue fading_ue;

/* Opens a channel by one of the names above. The message for an unknown name lists the channels;
 * the message for a file says what was expected. Copies the configuration. NULL on failure. */
fading *fading_open(const char *channel, const fading_config *config, err *e);

/* Frees it; destroy its UEs first. NULL allowed. */
void fading_close(fading *f);

enum { FADING_NAMES_MAX = 384 };

/* Writes the names that fading_open takes, for help and messages; returns `text`. */
const char *fading_names(char text[FADING_NAMES_MAX]);

/* Whether a channel's name is a file to replay. */
bool fading_is_file(const char *channel);

/* The scenario in the names of models for this channel: "indoor", "outdoor", "uma-nlos"; NULL if
 * there is none. For a file the name decides: it contains "indoor" or "outdoor", or is one of the
 * field's DATA_H...in.mat and DATA_H...out.mat. The channel need not exist. Static storage. */
const char *fading_scenario(const char *channel);

/* The default carrier of a channel in Hz, used where the configuration has 0; 0 for a file and for
 * an unknown channel. */
double fading_carrier(const char *channel);

/* A one-line description: "rayleigh:eva: 9 paths over 2510 ns, 3 km/h (14.7 Hz Doppler)". Owned by
 * `f`. */
const char *fading_describe(const fading *f);

/* The number of samples in a replayed data set; 0 for a model, which never ends. UE 0 visits each
 * of them once in that many reports. */
uint64_t fading_samples(const fading *f);

/* The smallest part of [0,1] that any sample of a replayed data set fills: 1 if each sample's
 * largest part is 0 or 1, and for a model. */
float fading_image_fill(const fading *f);

/* n, where UEs 0..n-1 share one environment, n..2n-1 the next, and so on; 1 if each UE has its own.
 * Split data sets that must be disjoint at multiples of n. */
uint32_t fading_environment_ues(const fading *f);

/* Creates UE number `ue` of the channel, which must outlive it. At the default dimensions a UE
 * takes at most 64 KB; a moving Rayleigh UE with more than 20 paths or a TR 38.901 UE up to 175 KB;
 * a COST 2100 UE 250 KB and its share of an environment of up to 300 KB, or up to 1.2 MB and some 6
 * MB if its settings ask for more regions and clusters. NULL when memory runs out. */
fading_ue *fading_ue_create(const fading *f, uint32_t ue, err *e);
void fading_ue_free(fading_ue *u);

/* H_freq[nc][nt] of report `seq` at `time_s` seconds (any finite time). `t` must have the
 * configuration's nt, nc and ni, else ERR_MISMATCH. */
int fading_ue_frequency(fading_ue *u, csi_transform *t, uint32_t seq, double time_s,
                        float complex *h_freq, err *e);

/* The same channel as h_ad[nt][ni], without computing H_freq: it agrees with csi_transform_forward
 * of H_freq within 1e-5 of the largest entry, at a fraction of the cost. */
int fading_ue_angle_delay(fading_ue *u, csi_transform *t, uint32_t seq, double time_s,
                          float complex *h_ad, err *e);

/* The same channel on a grid of the whole band: row i of h_grid[subcarriers][nt] is row floor(i nc
 * / subcarriers) of the result of fading_ue_frequency, within 1e-5 of the largest entry, at a
 * fraction of its cost. So it includes the channel beyond the kept taps. `subcarriers` is 1..nc
 * (figures of merit use csi_grid_of(dims).count), else ERR_INVALID. */
int fading_ue_grid(fading_ue *u, csi_transform *t, uint32_t seq, double time_s,
                   uint32_t subcarriers, float complex *h_grid, err *e);

/* The scale (csi/image.h) at which the image of report `seq` equals the replayed file's sample; 0
 * for a model, which has no such scale. */
float fading_ue_image_scale(const fading_ue *u, uint32_t seq);

/* Writes the channel's *count paths, at most fading_paths_max(), into `paths`. ERR_UNSUPPORTED for
 * a model without paths (replay). */
int fading_ue_paths(fading_ue *u, uint32_t seq, double time_s, fading_path *paths, size_t *count,
                    err *e);

/* The most paths that fading_ue_paths writes; 0 for a model without paths. */
size_t fading_paths_max(const fading *f);

#endif
