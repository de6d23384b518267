/* pair.h: an encoder and its decoder, from two ONNX files that belong together.
 *
 * The UE loads the encoder, the base station the decoder; neither sees the other's file. The
 * metadata of each file says what it belongs to:
 *
 *     csilink.family    "csilink-net", "cllwcsinet", ...
 *     csilink.cr        compression ratio: 2 ni nt / N_s, "8"
 *     csilink.scenario  what it was trained on, "indoor"
 *     csilink.trained   text for users: "NETWORK on CHANNEL at 28 GHz + CHANNEL; SNR ..."
 *     csilink.layout    "angle-delay" or "delay-angle": which axis of the image is rows
 *     csilink.align     "none" (the default), "delay", "delay-angle", "blocks-8", ...: how the
 *                       encoder reorders an image (codec/onnx/align.h); the shifts and the list of
 *                       blocks are in the report
 *     csilink.pair      "<hash of the encoder network>:<hash of the decoder network>", 16 hex
 *                       digits each (nn_model_hash); each end checks its own half when it loads,
 *                       and the pair's identity travels with every report
 *
 * An encoder (or decoder) in 8-bit integers is a file beside the float one, NAME.encoder.int8.onnx,
 * for the same decoder: it has the same csilink.pair, and
 *
 *     csilink.precision  "int8-dynamic", "int8-static", "int8-binary"; "float", the default
 *     csilink.quantized  hash of this network, 16 hex digits: checked instead of the file's half of
 *                        csilink.pair, which names the network that was quantized
 *
 * So a base station need not know which of them a UE runs. A file with changed weights is still
 * rejected, and a file quantized from another pair's encoder has that pair's identity, which makes
 * the base station reject it.
 *
 * A network may have memory (docs/memory.md): an input memory_NAME after the image or codeword. It
 * is zero in a report that builds on nothing (a key); else it is the output memory_NAME_next of the
 * report that is built on. It is float, of any shape, with at most one symbolic axis, the batch.
 * Encoder, decoder or both may have some. `csilink model pair` then writes
 *
 *     csilink.memory    "yes"
 *
 * into both files, since the UE names the report that it builds on even where only the base station
 * has memory.
 *
 * A file without csilink.pair can be evaluated, but not used on the link: `csilink model pair`
 * makes a pair of two files. */
#ifndef CODEC_ONNX_PAIR_H
#define CODEC_ONNX_PAIR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "codec/codec.h"
#include "codec/onnx/align.h"
#include "csi/dims.h"
#include "payload/codeword.h"

typedef enum onnx_layout { ONNX_ANGLE_DELAY, ONNX_DELAY_ANGLE } onnx_layout;

/* "angle-delay", "delay-angle". Static storage. */
const char *onnx_layout_name(onnx_layout layout);

enum { ONNX_BATCH_MAX = 16, ONNX_CODEWORD_MAX = 8192 };

typedef struct onnx_info {
    char name[CODEC_NAME_MAX]; /* "<family>-cr<CR>-<scenario>"; the file's name without metadata */
    char precision[CODEC_PRECISION_MAX]; /* of the network's arithmetic: csilink.precision */
    char trained[CODEC_TRAINED_MAX];     /* the channels in csilink.trained: "uma-nlos at 28 GHz" */
    onnx_layout layout;
    csi_align align;
    uint32_t cr;              /* 0 when the file does not give it */
    uint64_t pair;            /* identity of the pair; 0 without csilink.pair */
    uint32_t codeword;        /* N_s, real values per report */
    uint32_t nt, ni;          /* of its image */
    bool takes_snr;           /* a decoder with the input snr_db */
    bool has_memory;          /* this end or the other (csilink.memory) */
    uint32_t memory;          /* floats of a UE's memory at this end; 0: none */
    int64_t parameters, macs; /* weights, biases, scales; multiply-accumulates of a sample */
    size_t weight_bytes;      /* of the parameters */
} onnx_info;

typedef struct onnx_part onnx_part;       /* one loaded file; immutable, shared by threads */
typedef struct onnx_encoder onnx_encoder; /* one per thread */
typedef struct onnx_decoder onnx_decoder; /* one per thread */

/* Loads one side from a file. `layout` is NULL, "angle-delay" or "delay-angle": the layout of a
 * file whose metadata gives none; a file with another layout is rejected. With neither, the layout
 * is angle-delay, as in the public files. An encoder must take [n, 2, a, b] and give N_s values per
 * sample; a decoder the reverse, with an optional second input snr_db [n]. Files of other forms are
 * converted: planes last, [n, a, b, 2], a flat square image, [n, 2 a a], or a fixed batch whose
 * samples do not depend on each other. The file's half of csilink.pair is checked, too.
 * ERR_MISMATCH, or what nn_model_load returns. Free with onnx_part_free (NULL allowed). */
onnx_part *onnx_load(codec_side side, const char *path, const char *layout, err *e);

/* Loads <name>.encoder.onnx or <name>.decoder.onnx from the folders of codec/models.h. On failure
 * the message lists the models there are. */
onnx_part *onnx_load_named(codec_side side, const char *name, err *e);

/* The same with a precision: "float"; "int8", <name>.<side>.int8.onnx; or NULL: int8 where there is
 * such a file beside the float one (or there is no float one), else float. ERR_MISMATCH where the
 * two belong to different pairs. */
onnx_part *onnx_load_precise(codec_side side, const char *name, const char *precision, err *e);

/* One side as a codec's arguments name it: a file x.onnx, FOLDER/NAME, or NAME in the models'
 * folders. A base station has one decoder, the float one, for every precision of its UEs' encoders.
 * `nt` and `ni`, 0 for 32, are the antennas and taps of an image with symbolic rows and columns;
 * ERR_MISMATCH where the file has other sizes. */
onnx_part *onnx_load_any(codec_side side, const char *name, const char *precision,
                         const char *layout, uint32_t nt, uint32_t ni, err *e);
void onnx_part_free(onnx_part *part);
const onnx_info *onnx_part_info(const onnx_part *part);
codec_side onnx_part_side(const onnx_part *part);

/* The network as csilink runs it, whatever the form of the file. The part owns it. */
const struct nn_model *onnx_part_network(const onnx_part *part);

/* 0 when the decoder can decode what the encoder sends: the same sizes, layout, alignment and pair
 * (or no pair on both sides); else ERR_MISMATCH with the reason. */
int onnx_check_pair(const onnx_info *encoder, const onnx_info *decoder, err *e);

/* Writes two files as a pair named `name`, family-crN-scenario, into `folder` (created if missing),
 * with metadata. Replaces any csilink.pair in them. `layout` as above; `align` likewise is NULL or
 * the alignment of files that do not give theirs: "none", "delay", "delay-angle". `halves` rounds
 * and stores their weights as float16 (nn_model_halve). */
int onnx_make_pair(const char *encoder_path, const char *decoder_path, const char *name,
                   const char *layout, const char *align, bool halves, const char *folder, err *e);

struct nn_model;

/* Marks a network made from a codec's file, with its metadata, as the quantized form of that file:
 * csilink.precision and csilink.quantized. `precision` is one of the names above. */
int onnx_mark_quantized(struct nn_model *quantized, const char *precision, err *e);

struct nn_session;

/* A session of one sample, for a model from a part or straight from a file. Symbolic rows and
 * columns of an image become 32, as in the public data; ERR_MISMATCH names any other symbolic size
 * after the batch. */
struct nn_session *onnx_open_session(const struct nn_model *model, err *e);

/* The part must outlive what is opened on it. */
onnx_encoder *onnx_encoder_open(const onnx_part *encoder, err *e);
void onnx_encoder_free(onnx_encoder *encoder);
onnx_decoder *onnx_decoder_open(const onnx_part *decoder, err *e);
void onnx_decoder_free(onnx_decoder *decoder);

/* image: [2][nt][ni] (plane, angle, delay) in [0,1]; codeword: N_s values; *shift: what the decoder
 * needs beside the codeword, zero for a codec without alignment (NULL: not wanted). ERR_FORMAT
 * where the network gives a value that is not finite. No allocation. */
int onnx_encode(onnx_encoder *encoder, const float *image, float *codeword, csi_shift *shift,
                err *e);

/* ERR_FORMAT, with the range, for shifts and a list of `count` blocks that an encoder of this pair
 * never sends. */
int onnx_check_shift(const onnx_info *info, uint32_t delay, uint32_t angle, const uint8_t *blocks,
                     size_t count, err *e);

/* One report of a network with memory: `before` and `after` have info->memory floats and may be the
 * same. A NULL `before` means zeros; a NULL `after` is not written. snr_db and shift as in
 * onnx_decode, for one codeword, and not NULL. ERR_FORMAT also where the memory is not finite. */
int onnx_encode_from(onnx_encoder *encoder, const float *before, const float *image,
                     float *codeword, csi_shift *shift, float *after, err *e);
int onnx_decode_from(onnx_decoder *decoder, const float *before, const float *codeword,
                     const float *snr_db, const csi_shift *shift, float *image, float *after,
                     err *e);

/* n <= ONNX_BATCH_MAX codewords, one after the other, into n images in angle-delay order. snr_db:
 * one value per codeword, the receiver's estimate; NULL is allowed for a decoder without that
 * input. shifts: one per codeword, undone in the image; NULL: all zero. An image depends only on
 * its own codeword, SNR and shift, to the bit, whatever else is decoded with it. ERR_FORMAT as
 * above, and for shifts out of range; the images are then undefined. Memory is zero. No
 * allocation. */
int onnx_decode(onnx_decoder *decoder, size_t n, const float *codewords, const float *snr_db,
                const csi_shift *shifts, float *images, err *e);

#endif
