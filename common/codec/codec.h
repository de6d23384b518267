/* codec.h: a codec turns a channel estimate into a payload and back.
 *
 * A codec is named KIND[:ARGUMENTS]: "onnx:csilink-net-cr8-indoor", "klt:klt-cr8-indoor". A name
 * without a colon that is not a kind is short for onnx:NAME. The UE loads the encoder side, the
 * base station the decoder side; only payloads pass between them (payload/payload.h). codec/kind.h
 * describes what a kind provides, registry.c has the table of kinds. */
#ifndef CODEC_CODEC_H
#define CODEC_CODEC_H

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "csi/view.h"
#include "payload/payload.h"

typedef enum codec_side { CODEC_ENCODER, CODEC_DECODER } codec_side;

/* "encoder", "decoder". Static storage. */
const char *codec_side_name(codec_side side);

enum {
    CODEC_NAME_MAX = 96,
    CODEC_SPEC_MAX = 256,
    CODEC_KIND_MAX = 16,
    CODEC_PRECISION_MAX = 16,
    CODEC_NAMES_MAX = 1024,
    CODEC_TRAINED_MAX = 128,
};

enum {
    CODEC_HAS_MEMORY = 1,       /* a report may build on an earlier one's memory */
    CODEC_WANTS_SNR = 2,        /* decode uses the estimated SNR of the hint */
    CODEC_GIVES_DIRECTIONS = 4, /* precoders, not H: SGCS and rate, no NMSE */
};

typedef struct codec_info {
    char kind[CODEC_KIND_MAX];
    char name[CODEC_NAME_MAX]; /* as logs, records and tables name it: "csilink-net-cr8-indoor" */
    char precision[CODEC_PRECISION_MAX]; /* of its arithmetic: "float", "int8-static", ... */
    char trained[CODEC_TRAINED_MAX];     /* channels of the training, from its file: "uma-nlos at 28
                                            GHz"; or "" */
    uint64_t identity; /* the same at both ends of one codec, different for any other; travels with
                          every report. 0: the codec may be evaluated but not used on the link */
    unsigned flags;
    payload_shape shape;
    uint32_t nr, nt, ni; /* of h, [nr][nt][ni]; nr is 1 today. With CODEC_GIVES_DIRECTIONS ni may
                            be 0: the codec works with any number of taps */
    uint32_t subbands, layers; /* of the precoders, with CODEC_GIVES_DIRECTIONS (codec/kind.h);
                                  else 0. layers is 1 today, as many as receive antennas */
    int64_t parameters, macs;  /* of this side; 0 where the kind has no such figure */
    size_t weight_bytes;
} codec_info;

/* What a decoder knows beside the payload: the receiver's own estimates. */
typedef struct codec_hint {
    double snr_db;
} codec_hint;

typedef struct codec codec;           /* one side, loaded; immutable, shared by threads */
typedef struct codec_work codec_work; /* one thread's workspace on it */

/* NULL on failure: ERR_INVALID for an unknown kind (the message lists the kinds), else the kind's
 * own error. Free with codec_unload (NULL allowed), after closing all workspaces. */
codec *codec_load(codec_side side, const char *spec, err *e);
void codec_unload(codec *c);

/* Owned by the codec. */
const codec_info *codec_info_of(const codec *c);

/* The full form of a name, "onnx:csilink-net-cr8-indoor", into `spec`. ERR_INVALID where it is
 * longer. */
int codec_full_spec(const char *name, char spec[CODEC_SPEC_MAX], err *e);

/* Whether codec_load would find the files of a spec. */
bool codec_exists(codec_side side, const char *spec);

/* Writes what a --codec option accepts, for its help; returns `text`. */
const char *codec_usages(char text[CODEC_NAMES_MAX]);

/* ERR_MISMATCH, with both names, unless the decoder can decode what the encoder sends. */
int codec_check_match(const codec *encoder, const codec *decoder, err *e);

/* Bytes of one UE's memory at this end; 0 without CODEC_HAS_MEMORY. */
size_t codec_memory_bytes(const codec *c);

/* The compression ratio: floor(2 nr nt ni / values_max), reals in over reals out; 0 for a codec of
 * bits or of directions. */
uint32_t codec_ratio(const codec_info *info);

/* Whether it gives precoders instead of channels: CODEC_GIVES_DIRECTIONS. */
bool codec_gives_directions(const codec_info *info);

/* How many entries codec_decode writes: nr nt ni, or subbands layers nt. */
size_t codec_output_size(const codec_info *info);

/* NULL on failure. */
codec_work *codec_open(const codec *c, err *e);
void codec_close(codec_work *w); /* NULL allowed */

/* As described for encode and decode in codec/kind.h. In addition, these reject a payload beyond
 * the shape with ERR_FORMAT, and what decode writes is finite. */
int codec_encode(codec_work *w, const void *before, csi_view *csi, payload *out, void *after,
                 err *e);
int codec_decode(codec_work *w, const void *before, const payload *in, const codec_hint *hint,
                 float complex *h, void *after, err *e);

#endif
