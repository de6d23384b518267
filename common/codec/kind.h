/* kind.h: what a kind of codec provides to codec.c. For authors of codecs; callers use codec.h.
 *
 * A kind is one folder under codec/ and one row of the table in registry.c. It owns everything that
 * it sends: image scale, shifts, lists of blocks, indices, entropy-coded bits; no other module
 * interprets them. encode and decode are pure in (model, before, input): the same report gives the
 * same payload and the same reconstruction whatever else the process does, on any thread.
 *
 * A codec with CODEC_GIVES_DIRECTIONS reconstructs no channel: decode gives precoders
 * w[subbands][layers][nt], as the field's codebooks do. With h_n[nt] the channel of subcarrier n,
 *
 *     subband s      covers subcarriers floor(s nc / subbands) .. floor((s + 1) nc / subbands) - 1
 *     what arrives   h_n w = sum_k h_n[k] w[k], of power |h_n w|^2        (csi/precoding.h)
 *
 * so the matched filter of a subcarrier is w[k] = conj(h_n[k]) / ||h_n||: it has SGCS 1 and the
 * rate of perfect CSI. (A codebook's vector v, chosen for a large |v^H h_n|, is conj(w).) Norm and
 * phase of a precoder do not matter; a precoder of zeros sends along antenna 0. Such a codec may
 * leave info->ni at 0: then the link keeps its own number of taps for the truth. */
#ifndef CODEC_KIND_H
#define CODEC_KIND_H

#include <complex.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "codec/codec.h"
#include "csi/view.h"
#include "payload/payload.h"

/* Training samples for a kind that designs a codec from them: one pass, each sample once. */
typedef struct codec_training {
    uint32_t nr, nt, ni;
    uint64_t samples;     /* in the pass */
    const char *scenario; /* the name of the samples, such as "indoor"; "" without one */
    void *user;

    /* The next samples, at most `room`, into h[room][nr][nt][ni], each with its own scale; how many
     * into *count, which is 0 only after the last. */
    int (*next)(void *user, float complex *h, size_t room, size_t *count, err *e);
} codec_training;

enum { CODEC_NOTE_MAX = 256 };

typedef struct codec_kind {
    const char *name;  /* "onnx" */
    const char *usage; /* for help: "onnx:MODEL[,precision=float|int8]" */

    /* Loads one side. `arguments` is the text after the kind's name and colon, "" without any.
     * Fills `info` (name, identity, flags, shape, sizes, cost; `kind` is set by the caller). The
     * result is immutable and shared by threads. NULL on failure, with a message that names the
     * file or argument that is wrong. */
    void *(*load)(codec_side side, const char *arguments, codec_info *info, err *e);
    void (*unload)(void *model);

    /* Whether `load` would find its files; decides which codec an -auto name selects. NULL: the
     * kind needs no files. */
    bool (*exists)(codec_side side, const char *arguments);

    /* Why a decoder cannot decode what the encoder sends, in this kind's own terms: ERR_MISMATCH.
     * NULL: comparing the infos is enough. */
    int (*check_match)(const void *encoder, const void *decoder, err *e);

    /* The workspace of one thread. NULL on failure. The model outlives it. */
    void *(*open)(const void *model, err *e);
    void (*close)(void *work);

    /* Memory of one UE at this end, in bytes; 1 or more where info->flags has CODEC_HAS_MEMORY.
     * Plain bytes that the link copies, keeps and discards; the two ends may have different sizes.
     * NULL: no codec of this kind has any. */
    size_t (*memory_bytes)(const void *model);

    /* UE. `before` is the memory after the report that this one builds on, NULL for none (the
     * report then builds on nothing); the memory after this report goes to `after`, NULL for a
     * codec without memory. out has room for info->shape. Sets side_bits, side, values, value. The
     * caller has set builds_on; the codec clears it where the report does not use `before` (a key),
     * so that a base station that lacks `before` can decode the report. No allocation. ERR_FORMAT
     * where a result is not finite. */
    int (*encode)(void *work, const void *before, csi_view *csi, payload *out, void *after, err *e);

    /* Base station. `in` is not trusted: every count and bit is checked, and ERR_FORMAT says what
     * is wrong. `h` is [nr][nt][ni], or the precoders [subbands][layers][nt] of a codec with
     * CODEC_GIVES_DIRECTIONS; all finite. No allocation. */
    int (*decode)(void *work, const void *before, const payload *in, const codec_hint *hint,
                  float complex *h, void *after, err *e);

    /* Designs a codec from training samples: `csilink model KIND`, which writes the result.
     * `arguments` is the text after the kind's name and colon there, "" without any. *file
     * (malloc'ed) receives the *size bytes of the codec's file, and `note` a line about it for the
     * user. NULL: the kind is not designed from samples. */
    int (*design)(const char *arguments, const codec_training *training, void **file, size_t *size,
                  char note[CODEC_NOTE_MAX], err *e);
    const char *design_usage; /* which `arguments` there are, and what each means; with `design` */
} codec_kind;

/* The table of kinds, NULL after the last. */
extern const codec_kind *const codec_kinds[];

#endif
