/* fading.h: channel models behind one interface.
 *
 * A `fading` is a channel: its parameters and whatever the UEs of one cell share. It is immutable
 * once open, and shared by all threads. A `fading_ue` is one UE's place in it; each belongs to one
 * thread at a time. What a UE sees is a pure function of (seed, ue, seq, time): calls may come in
 * any order, from any process, and give the same bits.
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
 *     rayleigh:uniform:L              L <= 64 paths of equal power, a sample apart
 *     rayleigh:epa|eva|etu            3GPP TS 36.104 annex B
 *     rayleigh:NS/DB,NS/DB,...        at most 64 paths: delay in ns, power in dB
 *     cost2100-indoor[:ues=N]         COST 2100's IndoorHall, 5.3 GHz; N UEs share an environment
 *     cost2100-outdoor[:nlos][:ues=N] its SemiUrban, 300 MHz, LOS or NLOS; default N is 20. Both
 *                                     take settings of the network, too, such as far=1.8 or
 *                                     distance=200/10: cost2100/settings.h
 *     uma-nlos|uma-los|umi-nlos|umi-los[:floor][:spherical][:d=MIN-MAX]
 *                                     3GPP TR 38.901, clause 7.5, 0.1-100 GHz, 3.5 GHz where the
 *                                     carrier is 0. floor: large-scale parameters below 6 GHz (UMi:
 *                                     2 GHz) as at it; spherical: for long arrays; UEs at MIN to
 *                                     MAX m, default 35-250 (UMi: 10-150)
 *     cdl-a ... cdl-e[:delay-spread=NS][:k=DB][:asd=DEG][:asa=DEG][:zsd=DEG][:zsa=DEG][:rotate=DEG]
 *                                     clustered delay lines of TR 38.901, clause 7.7.1, at 3.5 GHz
 *                                     where the carrier is 0: tr38901/delay_line.h. k: of d and e
 *     tdl-a ... tdl-e[:delay-spread=NS][:k=DB][:correlation=low|medium|high|ALPHA]
 *                                     its tapped delay lines, clause 7.7.2
 *     FILE.mat, FILE.npy              replay of a data set (csi/dataset.h)
 *     FILE[:KEY=VALUE...]             replay of raw channels, complex or of another layout:
 *                                     .mat, .npy, .npz, .h5 and keys as csi/raw/spec.h has them
 *
 * Gains of Rayleigh and TR 38.901 are scaled to mean |H_freq|^2 = 1 per entry, over UEs and time;
 * samples replayed or of COST 2100 so that each one's mean is 1 over the kept taps. The rays of a
 * Rayleigh path and of TR 38.901 turn with the UE's speed, a UE of COST 2100 moves through its
 * environment; replay follows seq alone. A path later than Ni taps (etu has some) is in H_freq, and
 * is cut from the angle-delay matrix. */
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

/* Opens a channel by the names above. An unknown name's message lists what exists; a file's says
 * what was expected. The configuration is copied. NULL on failure. */
fading *fading_open(const char *channel, const fading_config *config, err *e);

/* Frees it; its UEs must be gone. NULL allowed. */
void fading_close(fading *f);

enum { FADING_NAMES_MAX = 384 };

/* The names that fading_open takes, as help and messages list them; returns `text`. */
const char *fading_names(char text[FADING_NAMES_MAX]);

/* Whether a channel's name is that of a file to replay. */
bool fading_is_file(const char *channel);

/* What a model for this kind of channel is called: "indoor", "outdoor", "uma-nlos"; NULL where
 * there is no such word. Of a file, its name tells: one with "indoor" or "outdoor" in it, or the
 * field's DATA_H...in.mat and DATA_H...out.mat. The channel need not exist. Static storage. */
const char *fading_scenario(const char *channel);

/* The carrier of a channel where its configuration has 0, in Hz; 0 for a file and for a channel
 * that there is not. */
double fading_carrier(const char *channel);

/* One line for people: "rayleigh:eva: 9 paths over 2510 ns, 3 km/h (14.7 Hz Doppler)". Owned by
 * `f`. */
const char *fading_describe(const fading *f);

/* How many samples a replayed data set holds; 0 for a model, which never ends. UE 0 meets each of
 * them once in that many reports. */
uint64_t fading_samples(const fading *f);

/* How much of [0,1] the sample of a replayed data set fills that fills the least: 1 for one whose
 * largest part is 0 or 1, and for a model. */
float fading_image_fill(const fading *f);

/* UEs 0..n-1 share one environment, n..2n-1 the next, and so on: the n, 1 where each UE has its
 * own. Sets that shall know nothing of each other are cut at its multiples. */
uint32_t fading_environment_ues(const fading *f);

/* UE number `ue` of the channel, which must outlive it. At the default dimensions it takes at most
 * 64 KB (a moving Rayleigh UE with more than 20 paths and one of TR 38.901 up to 175 KB, one of
 * COST 2100 250 KB, and its share of an environment of up to 300 KB; where its settings ask for
 * more regions and clusters, up to 1.2 MB and some 6 MB). NULL when memory runs out. */
fading_ue *fading_ue_create(const fading *f, uint32_t ue, err *e);
void fading_ue_free(fading_ue *u);

/* H_freq[nc][nt] of report `seq` at `time_s` seconds (any finite time). `t` must have been made for
 * the configuration's nt, nc and ni: ERR_MISMATCH. */
int fading_ue_frequency(fading_ue *u, csi_transform *t, uint32_t seq, double time_s,
                        float complex *h_freq, err *e);

/* The same channel as csi_transform_forward of H_freq would give it, h_ad[nt][ni], without forming
 * H_freq: they agree within 1e-5 of the largest entry, at a fraction of the cost. */
int fading_ue_angle_delay(fading_ue *u, csi_transform *t, uint32_t seq, double time_s,
                          float complex *h_ad, err *e);

/* The same channel on a grid of the whole band: row i of h_grid[subcarriers][nt] is row
 * floor(i nc / subcarriers) of what fading_ue_frequency gives, within 1e-5 of the largest entry, at
 * a fraction of its cost. So it holds what lies beyond the kept taps, too. `subcarriers` is 1..nc
 * (csi_grid_of(dims).count is what figures of merit use), else ERR_INVALID. */
int fading_ue_grid(fading_ue *u, csi_transform *t, uint32_t seq, double time_s,
                   uint32_t subcarriers, float complex *h_grid, err *e);

/* The scale of csi/image.h at which the image of report `seq` is what the replayed file holds; 0
 * for a model, whose samples have no scale of their own. */
float fading_ue_image_scale(const fading_ue *u, uint32_t seq);

/* The paths behind that channel, at most fading_paths_max() of them: *count of them into `paths`.
 * ERR_UNSUPPORTED for a model that has none (replay). */
int fading_ue_paths(fading_ue *u, uint32_t seq, double time_s, fading_path *paths, size_t *count,
                    err *e);

/* Room that fading_ue_paths needs; 0 for a model without paths. */
size_t fading_paths_max(const fading *f);

#endif
