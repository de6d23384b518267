/* pair.h: an encoder and its decoder, from two ONNX files that belong together.
 *
 * The UE holds the encoder, the base station the decoder; neither sees the other's file. What
 * makes a pair right to use is in each file's metadata:
 *
 *     csilink.family    "csilink-net", "cllwcsinet", ...
 *     csilink.cr        compression ratio: 2 ni nt / N_s, "8"
 *     csilink.scenario  what it was trained on, "indoor"
 *     csilink.trained   for people: "NETWORK on CHANNEL at 28 GHz + CHANNEL; SNR ..."
 *     csilink.layout    "angle-delay" or "delay-angle": which axis of the image is rows
 *     csilink.align     "none", as a file without it, "delay", "delay-angle", "blocks-8", ...: how
 *                       an image is put in order before it is encoded (codec/onnx/align.h); the
 * shifts and the list of blocks travel in the report csilink.pair      "<hash of the encoder
 * network>:<hash of the decoder network>", 16 hex digits each (nn_model_hash); each end checks its
 * own half when it loads, and the pair's identity travels with every report
 *
 * An encoder (or decoder) in 8-bit integers is a file beside the float one, NAME.encoder.int8.onnx,
 * for the same decoder: it has the same csilink.pair, and
 *
 *     csilink.precision  "int8-dynamic", "int8-static", "int8-binary"; "float", as without the key
 *     csilink.quantized  hash of this network, 16 hex digits: what is checked in place of the
 *                        file's half of csilink.pair, which names the network that it was made of
 *
 * So a base station need not know which of them a UE runs, a file whose weights were changed is
 * refused all the same, and one that was quantized from another pair's encoder has that pair's
 * identity and is refused by the base station.
 *
 * A network may have memory (docs/memory.md): the input memory_NAME, behind the image or codeword,
 * is zero in a report that builds on nothing (a key), and the output memory_NAME_next of the report
 * that is built on else. It is float, of any shape; of its axes one may be symbolic, the batch.
 * Encoder, decoder or both may have some. `csilink model pair` then writes
 *
 *     csilink.memory    "yes"
 *
 * into both files, since the UE names the report that it builds on even where only the base station
 * has memory.
 *
 * A file without csilink.pair can be evaluated, but the link refuses it: `csilink model pair` makes
 * a pair of two files. */
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
    char trained[CODEC_TRAINED_MAX]; /* csilink.trained's channels: "uma-nlos at 28 GHz"; or "" */
    onnx_layout layout;
    csi_align align;
    uint32_t cr;              /* 0 when the file does not say */
    uint64_t pair;            /* identity of the pair; 0 for a file without csilink.pair */
    uint32_t codeword;        /* N_s, real values per report */
    uint32_t nt, ni;          /* of the image that it takes or gives */
    bool takes_snr;           /* a decoder with the input snr_db */
    bool has_memory;          /* this end or, as csilink.memory says, the other */
    uint32_t memory;          /* floats of a UE's memory at this end; 0: none */
    int64_t parameters, macs; /* weights, biases, scales; multiply-accumulates of a sample */
    size_t weight_bytes;      /* of the parameters */
} onnx_info;

typedef struct onnx_part onnx_part;       /* one loaded file; immutable, shared by threads */
typedef struct onnx_encoder onnx_encoder; /* one per thread */
typedef struct onnx_decoder onnx_decoder; /* one per thread */

/* Loads one side from a file. `layout` is NULL, or what to assume (and, in contradiction to the
 * metadata, to refuse): "angle-delay", "delay-angle"; a file that says nothing and is given
 * nothing is taken as angle-delay, the public files' order. Shapes are checked: an encoder takes
 * [n, 2, a, b] and gives N_s values per sample, a decoder the reverse, with an optional second
 * input snr_db [n]. A file with its planes last, [n, a, b, 2], or a flat square image, [n, 2 a a],
 * is loaded as one of that form, and so is one with a fixed batch whose samples do not depend on
 * each other. So is the file's half of csilink.pair. ERR_MISMATCH, or what nn_model_load
 * says. Free with onnx_part_free (NULL allowed). */
onnx_part *onnx_load(codec_side side, const char *path, const char *layout, err *e);

/* Loads <name>.encoder.onnx or <name>.decoder.onnx from those folders. The message of a failure
 * lists the models that are there. */
onnx_part *onnx_load_named(codec_side side, const char *name, err *e);

/* The same with a precision: "float"; "int8", <name>.<side>.int8.onnx; or NULL: int8 where there is
 * such a file beside the float one (or no float one anywhere), else float. ERR_MISMATCH where the
 * two are of different pairs. */
onnx_part *onnx_load_precise(codec_side side, const char *name, const char *precision, err *e);

/* One side as a codec's arguments name it: a file x.onnx, FOLDER/NAME, or NAME in the models'
 * folders. A base station has one decoder for every precision of its UEs' encoders: the float one.
 * `nt` and `ni`, 0 for 32, are the antennas and taps of an image whose rows and columns are
 * symbolic; ERR_MISMATCH where the file has other sizes. */
onnx_part *onnx_load_any(codec_side side, const char *name, const char *precision,
                         const char *layout, uint32_t nt, uint32_t ni, err *e);
void onnx_part_free(onnx_part *part);
const onnx_info *onnx_part_info(const onnx_part *part);
codec_side onnx_part_side(const onnx_part *part);

/* The network as csilink runs it, whatever form the file has. The part owns it. */
const struct nn_model *onnx_part_network(const onnx_part *part);

/* 0 when a decoder can decode what the encoder sends: the same sizes, layout, alignment and pair
 * (or none on both sides); else ERR_MISMATCH with the reason. */
int onnx_check_pair(const onnx_info *encoder, const onnx_info *decoder, err *e);

/* Writes two files as a pair named `name`, family-crN-scenario, into `folder` (made if it is not
 * there), metadata set. A csilink.pair that they carry is replaced. `layout` as above; so `align`:
 * NULL, or what files that do not say are made for, "none", "delay", "delay-angle". `halves`: their
 * weights are rounded to float16 and stored so (nn_model_halve). */
int onnx_make_pair(const char *encoder_path, const char *decoder_path, const char *name,
                   const char *layout, const char *align, bool halves, const char *folder, err *e);

struct nn_model;

/* Marks a network made from a codec's file, whose metadata it has, as its quantized form:
 * csilink.precision and csilink.quantized. `precision` is one of the names above. */
int onnx_mark_quantized(struct nn_model *quantized, const char *precision, err *e);

struct nn_session;

/* A session of one sample, of a model as a part holds it or as a file has it. Symbolic rows and
 * columns of an image are 32, as the public data have them; other symbolic sizes behind the batch
 * are refused by name: ERR_MISMATCH. */
struct nn_session *onnx_open_session(const struct nn_model *model, err *e);

/* The part must outlive what is opened on it. */
onnx_encoder *onnx_encoder_open(const onnx_part *encoder, err *e);
void onnx_encoder_free(onnx_encoder *encoder);
onnx_decoder *onnx_decoder_open(const onnx_part *decoder, err *e);
void onnx_decoder_free(onnx_decoder *decoder);

/* image: [2][nt][ni] (plane, angle, delay) in [0,1]; codeword: N_s values; *shift: what the decoder
 * must be told beside it, zero for a codec without alignment (NULL: not wanted). ERR_FORMAT where
 * the network gives a value that is not finite. No allocation. */
int onnx_encode(onnx_encoder *encoder, const float *image, float *codeword, csi_shift *shift,
                err *e);

/* ERR_FORMAT, with the range, for shifts and a list of `count` blocks that an encoder of this pair
 * never sends. */
int onnx_check_shift(const onnx_info *info, uint32_t delay, uint32_t angle, const uint8_t *blocks,
                     size_t count, err *e);

/* One report of a network with memory: `before` and `after` are info->memory floats and may be the
 * same. A `before` of NULL is zeros, an `after` of NULL is not written. snr_db and shift as in
 * onnx_decode, of one codeword, and not NULL. ERR_FORMAT where the memory is not finite, too. */
int onnx_encode_from(onnx_encoder *encoder, const float *before, const float *image,
                     float *codeword, csi_shift *shift, float *after, err *e);
int onnx_decode_from(onnx_decoder *decoder, const float *before, const float *codeword,
                     const float *snr_db, const csi_shift *shift, float *image, float *after,
                     err *e);

/* n <= ONNX_BATCH_MAX codewords, one after the other, into n images in angle-delay order. snr_db:
 * one value per codeword, the receiver's own estimate; NULL is allowed where the decoder takes
 * none. shifts: one per codeword, undone in the image; NULL: all zero. An image depends on its own
 * codeword, SNR and shift alone, to the bit, whatever else is decoded with it. ERR_FORMAT as above,
 * for shifts out of range too; the images are then not to be used. Memory is zero. No allocation.
 */
int onnx_decode(onnx_decoder *decoder, size_t n, const float *codewords, const float *snr_db,
                const csi_shift *shifts, float *images, err *e);

#endif
