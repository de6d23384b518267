/* csilink.h: the parts of csilink that other programs can use: channels, pilots, transforms,
 * metrics, codecs, uplinks, the whole chain of `csilink eval`, and the engine that runs ONNX files.
 *
 *     #include <csilink.h>
 *
 *     csl_channel *channel;
 *     if (csl_channel_open("cost2100-indoor:speed=3", &channel) != CSL_OK)
 *         return fprintf(stderr, "%s\n", csl_error());
 *     csl_channel_sample(channel, CSL_FREQUENCY, 1, 0, 100, 0, h);     h[100][32][1024]
 *     csl_channel_close(channel);
 *
 *     cc prog.c $(pkg-config --cflags --libs csilink)
 *
 * Errors. A function that can fail returns CSL_OK (0) or a negative csl_code; csl_error() then says
 * in a sentence what was wrong and what would be right. The library checks every argument and
 * returns CSL_INVALID for a NULL pointer, a size out of range or an entry that is not finite. It
 * cannot check how large a buffer is: the caller provides the room that the shape says.
 *
 * Objects. csl_X_open creates one and stores it in *out, NULL on failure; csl_X_close frees it and
 * accepts NULL. Buffers belong to the caller; no function keeps a pointer to one after it returns.
 *
 * Shapes are row-major: h[n][nt][nc] is n samples, each of nt rows of nc entries. A csl_complex is
 * two floats, real part first, as in numpy's complex64.
 *
 *     nt   transmit antennas of the base station, a half-wavelength uniform linear array
 *     nc   OFDM subcarriers over the whole bandwidth
 *     ni   delay taps that are kept, each 1 / bandwidth
 *
 * Randomness. Every random draw is a pure function of a seed and of the numbers of UE and report,
 * the same function that the programs use. Neither threads nor the order of calls change a result.
 *
 * Threads. One thread at a time uses an object; different objects may be used at once. A codec and
 * a network are loaded once for any number of threads: csl_codec_clone gives each thread its own
 * handle, csl_session_open its own session. csl_error() is per thread. The library writes nothing
 * to standard output or error and installs no signal handlers. Codecs and networks that use
 * OpenBLAS set it to one thread, for the whole process.
 *
 * ABI. While CSL_ABI stays, structures and signatures here do not change, though functions may be
 * added. Any other change raises CSL_ABI, the number in the name libcsilink.so.0. Reserved fields
 * are zero. csl_abi() returns the ABI of the library in use. */
#ifndef CSILINK_H
#define CSILINK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#include <complex>
typedef std::complex<float> csl_complex;
extern "C" {
#else
#include <complex.h>
typedef float _Complex csl_complex;
#endif

#define CSL_API __attribute__((visibility("default")))

/* --- versions and errors ------------------------------------------------------------------------
 */

#define CSL_VERSION "0.1.0"
#define CSL_ABI 0

/* Of the library in use: "0.1.0", and the number of its ABI. */
CSL_API const char *csl_version(void);
CSL_API int csl_abi(void);

typedef enum csl_code {
    CSL_OK = 0,
    CSL_NOMEM = -1,
    CSL_INVALID = -2,     /* an argument outside its range */
    CSL_IO = -3,          /* a file could not be opened or read */
    CSL_FORMAT = -4,      /* a file or payload that breaks its own format */
    CSL_UNSUPPORTED = -5, /* well formed, but not something csilink can do */
    CSL_MISMATCH = -6,    /* two parts that do not belong together */
    CSL_TIMEOUT = -7,
    CSL_STATE = -8, /* a call that the object's state does not allow */
} csl_code;

/* The message of the calling thread's last failure: one line, at most 511 bytes, "" before the
 * first. Valid until that thread's next failure. */
CSL_API const char *csl_error(void);

/* "invalid argument" for CSL_INVALID; "unknown error" for any other number. */
CSL_API const char *csl_error_name(int code);

/* For the functions of a caller's codec: sets the message that csl_error() returns, and returns
 * `code`. A number that is not a csl_code becomes CSL_INVALID. */
CSL_API int csl_fail(int code, const char *message);

/* --- channels -----------------------------------------------------------------------------------
 *
 * A channel is named by a spec, MODEL[:ARGUMENTS][:KEY=VALUE...]:
 *
 *     rayleigh[:PROFILE]  cost2100-indoor  cost2100-outdoor[:nlos]  uma-nlos  uma-los  umi-nlos
 *     umi-los  cdl-a ... cdl-e  tdl-a ... tdl-e  FILE.mat  FILE.npy
 *                                                     docs/channels.md lists their arguments
 *
 *     speed=KMH      of the UEs, 0 to 2000, default 0        nt=N   1 to 256, default 32
 *     carrier=HZ     1e6 to 1e12; default the model's own    nc=N   1 to 8192, default 1024
 *     bandwidth=HZ   1e5 to 1e10, default 20e6               ni=N   1 to nc, default 32
 *
 * as in "cost2100-indoor:speed=3" or "rayleigh:eva:nt=64:carrier=3.5e9". The mean |h|^2 is 1 (for
 * COST 2100 and replayed samples: in each sample, over the kept taps). */

typedef struct csl_dims {
    uint32_t nt, nc, ni;
} csl_dims;

/* The form of a channel. The angle-delay matrix is the inverse unitary DFT of H over subcarriers
 * and antennas, the angle axis centred, the first ni delay taps kept:
 *
 *     A[(m + nt/2) mod nt][r] = 1 / sqrt(nc nt)
 *         sum_n sum_k H[k][n] exp(j 2 pi n r / nc) exp(j 2 pi k m / nt),  r < ni */
typedef enum csl_domain {
    CSL_FREQUENCY = 0,   /* H[nt][nc] */
    CSL_ANGLE_DELAY = 1, /* A[nt][ni], oriented as in the field's public files */
} csl_domain;

typedef struct csl_channel csl_channel;

/* CSL_INVALID for an unknown model (the message lists them), key or value; CSL_IO or CSL_FORMAT for
 * a file. */
CSL_API int csl_channel_open(const char *spec, csl_channel **out);
CSL_API void csl_channel_close(csl_channel *channel);

CSL_API int csl_channel_dims(const csl_channel *channel, csl_dims *dims);

/* A line of text for the user, owned by the channel; "" for NULL. */
CSL_API const char *csl_channel_describe(const csl_channel *channel);

/* How many samples a replayed file holds; 0 for a model, which has no end. */
CSL_API uint64_t csl_channel_samples(const csl_channel *channel);

/* Samples first .. first + count - 1 into h[count][nt][nc] or h[count][nt][ni]. Sample i is the
 * channel of UE i at time 0; the UEs of a cell are in different positions. In a replayed file it is
 * the i-th sample after the one where the seed starts, wrapping at the end. `threads` threads draw
 * them: 1 to 256, or 0 for one on each processor. */
CSL_API int csl_channel_sample(csl_channel *channel, int domain, uint64_t seed, uint32_t first,
                               uint32_t count, uint32_t threads, csl_complex *h);

/* UEs first_ue .. first_ue + ues - 1, each at times start_s + k period_s, k < steps, into
 * h[ues][steps][nt][nc] or [nt][ni]. Seconds; the times must be finite. A UE that moves (speed=)
 * sees its channel change; a replayed file advances by one sample per step. */
CSL_API int csl_channel_sequence(csl_channel *channel, int domain, uint64_t seed, uint32_t first_ue,
                                 uint32_t ues, uint32_t steps, double start_s, double period_s,
                                 uint32_t threads, csl_complex *h);

/* --- transforms ---------------------------------------------------------------------------------
 */

typedef struct csl_transform csl_transform;

CSL_API int csl_transform_open(const csl_dims *dims, csl_transform **out);
CSL_API void csl_transform_close(csl_transform *transform);

/* h[n][nt][nc] -> a[n][nt][ni], cut to ni taps; and back, with the other taps 0. The
 * buffers must not overlap. */
CSL_API int csl_transform_angle_delay(csl_transform *transform, uint32_t n, const csl_complex *h,
                                      csl_complex *a);
CSL_API int csl_transform_frequency(csl_transform *transform, uint32_t n, const csl_complex *a,
                                    csl_complex *h);

/* a[n][nt][ni] <-> image[n][2][nt][ni], the networks' input: real parts, then imaginary ones,
 *
 *     image = a / (2 scale) + 0.5,   scale = max(|re|, |im|) of each sample
 *
 * which maps 0 to 0.5 and the largest part to 0 or 1. The scales are written to, or read from,
 * scale[n]; a sample of zeros has scale 0. Of `dims` only nt and ni are used. */
CSL_API int csl_image_from_angle_delay(const csl_dims *dims, uint32_t n, const csl_complex *a,
                                       float *image, float *scale);
CSL_API int csl_image_to_angle_delay(const csl_dims *dims, uint32_t n, const float *image,
                                     const float *scale, csl_complex *a);

/* --- pilots and their estimate ------------------------------------------------------------------
 *
 * On each subcarrier the base station sends X[nt][tp], X X^H = I, over the channel's row h; a UE
 * receives y = h X + z, z ~ CN(0, sigma^2), and its least-squares estimate is y X^H. At an SNR,
 * sigma^2 = mean |h|^2 / 10^(SNR / 10), which makes the NMSE of the estimate -SNR in dB. */

enum { CSL_PILOTS_DFT = 0, CSL_PILOTS_HADAMARD = 1 };

typedef struct csl_pilots csl_pilots;

/* `tp` pilot symbols per subcarrier, nt to 1024; 0 for the programs' default (32, or nt where that
 * is more). Hadamard pilots need a power of two. */
CSL_API int csl_pilots_open(const csl_dims *dims, uint32_t tp, int family, csl_pilots **out);
CSL_API void csl_pilots_close(csl_pilots *pilots);

/* hhat[n][nt][nc], the LS estimate of h[n][nt][nc] at snr_db (+inf: no noise). Sample i has the
 * noise of report `seq` of UE first_ue + i. They may be the same buffer. */
CSL_API int csl_pilots_estimate(csl_pilots *pilots, uint64_t seed, uint32_t first_ue, uint32_t seq,
                                double snr_db, uint32_t n, const csl_complex *h, csl_complex *hhat);

/* --- metrics ------------------------------------------------------------------------------------
 *
 * Linear figures, one for each sample, into [n]; average them over samples, then take 10 log10. */

/* ||truth - estimate||^2 / ||truth||^2 of n samples of `entries` each. CSL_INVALID for a truth that
 * is all zero with an estimate that is not. */
CSL_API int csl_nmse(uint32_t n, size_t entries, const csl_complex *truth,
                     const csl_complex *estimate, double *nmse);

/* Squared generalised cosine similarity (3GPP) of h and known [n][nt][nc]: the mean over
 * subcarriers of |<known, h>|^2 / (||known||^2 ||h||^2), 0 to 1. It is 0 where either is zero. */
CSL_API int csl_sgcs(uint32_t nt, uint32_t nc, uint32_t n, const csl_complex *h,
                     const csl_complex *known, double *sgcs);

/* Spectral efficiency in bit/s/Hz where the base station precodes by the matched filter of `known`
 * over h, both [n][nt][nc], w = known^H / ||known||:
 *
 *     mean over subcarriers of log2(1 + SNR |h w|^2 / mean |h|^2)
 *
 * snr_db, -200 to 200, is the mean receive SNR from one antenna at full power. */
CSL_API int csl_rate(uint32_t nt, uint32_t nc, uint32_t n, const csl_complex *h,
                     const csl_complex *known, double snr_db, double *rate);

/* --- codecs -------------------------------------------------------------------------------------
 *
 * A codec turns a channel estimate into a payload of bits and values, and back to a channel
 * A[nt][ni] or, as 5G's codebooks do, to precoders w[subbands][nt]. It is named KIND[:ARGUMENTS],
 * as --codec of the programs takes it: "csilink-net-cr8-indoor", "klt:klt-indoor,cr=8",
 * "transform:bits=1024". Codecs look for their files in $CSILINK_MODELS, in ./models, and beside
 * the program and the library. */

enum { CSL_ENCODER = 1, CSL_DECODER = 2 }; /* sides; one, or both combined by | */

enum {
    CSL_HAS_MEMORY = 1,       /* a report may build on an earlier one */
    CSL_WANTS_SNR = 2,        /* the decoder uses snr_db of the payload */
    CSL_GIVES_DIRECTIONS = 4, /* decode gives precoders: SGCS and rate, no NMSE */
};

typedef struct csl_codec_info {
    char kind[16], name[96];
    char precision[16]; /* of the encoder's arithmetic, "" without any: "float", "int8-..." */
    uint64_t identity;  /* equal at both ends of a codec, different for any other codec */
    uint32_t flags;
    uint32_t nt, nc, ni;
    uint32_t subbands;           /* of precoders; 0 for a codec that gives channels */
    uint32_t bits_min, bits_max; /* bits of a payload, which must arrive as sent */
    uint32_t values_max;         /* reals that may arrive with noise */
    uint64_t entries;            /* of a reconstruction: nt ni, or subbands nt */
    int64_t encoder_parameters, encoder_macs, decoder_parameters, decoder_macs;
    uint64_t reserved[4];
} csl_codec_info;

/* What an encoder gives to an uplink. `bit` and `value` have room for bits_max bits and values_max
 * values; the caller or csl_payloads_create owns them. */
typedef struct csl_payload {
    uint8_t *bit;  /* [ceil(bits_max / 8)]; bit k is bit k mod 8 of byte k / 8; unused bits of the
                      last byte in use are 0. NULL where bits_max is 0 */
    float *value;  /* [values_max]; NULL where that is 0 */
    double snr_db; /* received: ratio of the values' power to the power of their error; sent: +inf,
                      which decodes as the best estimate, 60 dB */
    uint32_t bits; /* in use */
    uint32_t values;    /* in use */
    uint32_t builds_on; /* 0: it needs no memory; else it needs the memory after the encoder's
                           payload of that number, counted from 1 at csl_codec_reset */
    uint32_t exact;     /* 1: without noise the values arrive exactly as sent */
} csl_payload;

typedef struct csl_codec csl_codec;

/* Loads the requested sides. `nc` subcarriers, 0 for 1024. CSL_MISMATCH for an encoder and a
 * decoder that do not belong together. */
CSL_API int csl_codec_open(const char *spec, int sides, uint32_t nc, csl_codec **out);

/* Another handle on the same loaded codec, with its own workspace and memory: one for each thread,
 * or for each UE where the codec has a memory. */
CSL_API int csl_codec_clone(const csl_codec *codec, csl_codec **out);
CSL_API void csl_codec_close(csl_codec *codec);

CSL_API int csl_codec_get_info(const csl_codec *codec, csl_codec_info *info);

/* Room for n payloads of the codec, all empty, in one block; csl_payloads_free takes NULL. */
CSL_API int csl_payloads_create(const csl_codec *codec, uint32_t n, csl_payload **out);
CSL_API void csl_payloads_free(csl_payload *payloads);

/* h[n][nt][nc] (CSL_FREQUENCY) or h[n][nt][ni] (CSL_ANGLE_DELAY; nothing is copied) into n
 * payloads, in order: with a codec that has a memory, each builds on the one before. */
CSL_API int csl_codec_encode(csl_codec *codec, int domain, uint32_t n, const csl_complex *h,
                             csl_payload *payloads);

/* n payloads into h[n][entries]. Payloads are not trusted: CSL_FORMAT for one that no such encoder
 * sends, CSL_STATE for one that builds on a memory that this handle does not have. The entries
 * after the first failure are undefined. */
CSL_API int csl_codec_decode(csl_codec *codec, uint32_t n, const csl_payload *payloads,
                             csl_complex *h);

/* Forgets the memory of both ends: the next payload builds on nothing. */
CSL_API int csl_codec_reset(csl_codec *codec);

/* Channels h[n][nt][nc], for csl_sgcs and csl_rate, that have the precoders w[n][subbands][nt] as
 * their matched filters: h = conj(w) over subcarriers floor(s nc / subbands) .. floor((s + 1) nc /
 * subbands) - 1 of subband s. */
CSL_API int csl_directions_expand(uint32_t nt, uint32_t nc, uint32_t subbands, uint32_t n,
                                  const csl_complex *w, csl_complex *h);

/* --- a codec of the caller -----------------------------------------------------------------------
 */

typedef struct csl_codec_sizes {
    uint32_t nt, ni;             /* of the channels that it takes */
    uint32_t bits_min, bits_max; /* of its payloads; at most 65536 */
    uint32_t values_max;         /* at most 65536 */
    uint32_t subbands;           /* 0: decode gives channels; else the number of its precoders */
    uint32_t reserved[4];
} csl_codec_sizes;

/* Functions return CSL_OK, or what csl_fail returned. The functions of different handles may run at
 * once, on different threads; those of one `state` never do. `arguments` is the spec after the
 * kind's name and colon, "" without any. */
typedef struct csl_codec_table {
    /* Fills `sizes`, which is zeroed; rejects wrong arguments. */
    int (*size)(void *user, const char *arguments, csl_codec_sizes *sizes);
    /* The state of one handle into *state. NULL where the codec needs none. */
    int (*open)(void *user, const char *arguments, void **state);
    void (*close)(void *user, void *state);
    /* a[nt][ni] into `out`: sets the bits, the values, and how many of each are in use. */
    int (*encode)(void *user, void *state, const csl_complex *a, csl_payload *out);
    /* `in`, which may have arrived with noise or be forged, into a[nt][ni] or w[subbands][nt], all
     * finite. Bits and values in use are within what `size` said. */
    int (*decode)(void *user, void *state, const csl_payload *in, csl_complex *a);
    void *reserved[3];
} csl_codec_table;

/* Adds a kind: csl_codec_open and csl_evaluate then accept `kind:ARGUMENTS`, only in this process.
 * `kind` is 1 to 15 lower-case letters, digits and dashes. The table is copied; its functions and
 * `user` must stay valid until the process ends. CSL_INVALID for a name in use, CSL_STATE beyond 32
 * kinds. */
CSL_API int csl_codec_register(const char *kind, const csl_codec_table *table, void *user);

/* --- uplinks ------------------------------------------------------------------------------------
 *
 * An uplink sends a payload as complex symbols of power 1, references first, over additive white
 * Gaussian noise: "analog:r4" (one value in each real dimension), "digital:uses=256" (coded bits),
 * as --uplink of the programs takes it (docs/uplink.md). */

typedef struct csl_uplink csl_uplink;

typedef struct csl_uplink_info {
    char name[128];
    uint64_t identity;
    uint32_t references, symbols; /* of every burst */
    uint32_t side_bits_max;       /* sent beside the burst, free of error */
    uint32_t can_fail;            /* 1: the receiver's check can find that a burst is not intact */
    uint32_t adaptive;            /* 1: it adapts to the SNR that the base station acknowledged */
    uint32_t unfair; /* 1: part of its cost is left out: do not compare it with others */
    uint64_t reserved[4];
} csl_uplink_info;

/* For the payloads of a codec, or for given sizes. */
CSL_API int csl_uplink_open(const char *spec, const csl_codec *codec, csl_uplink **out);
CSL_API int csl_uplink_open_sizes(const char *spec, uint32_t bits_min, uint32_t bits_max,
                                  uint32_t values_max, csl_uplink **out);
CSL_API void csl_uplink_close(csl_uplink *uplink);
CSL_API int csl_uplink_get_info(const csl_uplink *uplink, csl_uplink_info *info);

typedef struct csl_air {
    uint64_t seed;
    double snr_db;      /* per symbol; +inf: no noise */
    uint32_t ue, seq;   /* payload i is report `seq` of UE ue + i, the first of each UE; or with */
    uint32_t sequence;  /* 1: report seq + i of UE ue, whose SNR estimate continues from report to
                           report and from call to call, until csl_uplink_reset */
    uint32_t snr_known; /* 1: the receiver uses snr_db; 0: its estimate from the references */
    uint64_t reserved[4];
} csl_air;

typedef struct csl_arrival {
    double snr_estimated_db; /* by the receiver, -20 to 60 */
    double channel_uses;     /* complex: the symbols, and the bits beside them at capacity */
    uint32_t bits;           /* of the report in the uplink's digital form */
    uint32_t intact; /* 0: the receiver's check failed, and the payload holds what it received */
} csl_arrival;

/* Sends n payloads and receives them: noise, SNR estimate, demodulation, check. `received` has room
 * for the uplink's sizes and may be the same array as `sent`. */
CSL_API int csl_uplink_transmit(csl_uplink *uplink, const csl_air *air, uint32_t n,
                                const csl_payload *sent, csl_payload *received,
                                csl_arrival *arrivals);

/* Forgets the SNR estimate of a sequence. NULL allowed. */
CSL_API void csl_uplink_reset(csl_uplink *uplink);

/* --- the chain ----------------------------------------------------------------------------------
 *
 * What `csilink eval` does: channel, pilots, LS, codec, uplink, noise, decoder, measurement. The
 * same settings give the same figures, to the last digit. */

typedef struct csl_evaluation {
    const char *channel; /* as for csl_channel_open; nt and ni are the codec's */
    const char *codec;
    const char *uplink;   /* NULL: "analog" */
    const double *snr_db; /* [snrs], +inf allowed */
    uint64_t seed;
    uint32_t snrs;      /* 1 to 64 */
    uint32_t samples;   /* 1 to 10,000,000 */
    uint32_t ues;       /* 0: one for each sample, or 8 where they move or replay a file */
    uint32_t estimated; /* 1: pilots at dl_snr_db and LS; 0: the UE knows its channel */
    double dl_snr_db;   /* -30 to 100 or +inf; 20 where the rate is measured without pilot noise */
    double period_s;    /* between reports of a UE, at least 0 */
    uint64_t reserved[4];
} csl_evaluation;

/* Means over the samples at one SNR. A figure that does not exist is NAN: NMSE and rho of a codec
 * that gives directions, and everything where no report was decoded. */
typedef struct csl_figures {
    double snr_db;
    double nmse_db, nmse_error_db; /* of the angle-delay matrix; its standard error */
    double rho, sgcs;
    double rate, rate_perfect, rate_estimate; /* bit/s/Hz with the reconstruction, the truth, LS */
    double ls_nmse_db;                        /* over the whole band; -INFINITY without pilots */
    double bits, channel_uses;                /* per report */
    uint64_t samples, not_decoded;            /* measured; failed the uplink's check */
    double nmse_all_db,
        rate_all; /* a report that was not decoded counts with the last CSI that was */
    uint64_t reserved[4];
} csl_figures;

/* Fills *e with seed 1, 2000 samples, LS at 20 dB, a period of 20 ms; all else is 0. */
CSL_API void csl_evaluation_init(csl_evaluation *e);

/* figures[snrs]. Runs on the calling thread. */
CSL_API int csl_evaluate(const csl_evaluation *e, csl_figures *figures);

/* --- ONNX ---------------------------------------------------------------------------------------
 *
 * Runs ONNX files of opset 7 to 17, at most 1 GiB, weights inside; docs/import.md lists the
 * operators. The engine starts no threads. */

enum { CSL_RANK_MAX = 8 };

typedef enum csl_type {
    CSL_FLOAT,
    CSL_INT64,
    CSL_INT32,
    CSL_BOOL, /* a byte, 0 or 1 */
    CSL_UINT8,
    CSL_INT8,
    CSL_DOUBLE
} csl_type;

/* An input or output as the file declares it. */
typedef struct csl_port {
    const char *name; /* owned by the network */
    int32_t type;
    int32_t rank;
    int64_t dims[CSL_RANK_MAX]; /* -1 where the size is symbolic, such as the batch */
} csl_port;

/* A tensor of a session, which owns `data`: row-major, valid until the session is closed. */
typedef struct csl_tensor {
    void *data;
    uint64_t count, bytes;
    int32_t type;
    int32_t rank;
    int64_t dims[CSL_RANK_MAX];
} csl_tensor;

typedef struct csl_network csl_network;
typedef struct csl_session csl_session;

/* Checks everything in the file; the message names the node that is wrong. */
CSL_API int csl_network_open(const char *path, csl_network **out);
CSL_API void csl_network_close(csl_network *network); /* before or after its sessions */

CSL_API uint32_t csl_network_inputs(const csl_network *network);
CSL_API uint32_t csl_network_outputs(const csl_network *network);
CSL_API int csl_network_input(const csl_network *network, uint32_t index, csl_port *port);
CSL_API int csl_network_output(const csl_network *network, uint32_t index, csl_port *port);

/* Prepares runs at a batch size of at least 1, which replaces symbolic sizes; or, with `shapes`,
 * one for each input, at their rank and dims. At most 4 GiB. */
CSL_API int csl_session_open(const csl_network *network, int64_t batch, const csl_port *shapes,
                             csl_session **out);
CSL_API void csl_session_close(csl_session *session);

/* Write the data of the inputs, run, read the data of the outputs. A run does not change the inputs
 * and allocates nothing. */
CSL_API int csl_session_input(csl_session *session, uint32_t index, csl_tensor *tensor);
CSL_API int csl_session_output(csl_session *session, uint32_t index, csl_tensor *tensor);
CSL_API int csl_session_run(csl_session *session);

#ifdef __cplusplus
}
#endif
#endif
