/* model.h: one delta-net, loaded, and the workspace of one thread on it. Private to blocks. */
#ifndef CODEC_BLOCKS_MODEL_H
#define CODEC_BLOCKS_MODEL_H

#include "codec/blocks/state.h"
#include "codec/kind.h"
#include "payload/bits.h"

enum {
    BLOCK_LEAK_BITS = 4, /* 0: a key */
    BLOCK_LEAKS = 1 << BLOCK_LEAK_BITS,
    BLOCK_STEP_BITS = 4,
    BLOCK_STEPS = 1 << BLOCK_STEP_BITS,
    BLOCK_GOP_MAX = 1000000,
};

typedef struct blocks_model {
    block_grid grid;
    uint32_t sent;      /* blocks in a report */
    uint32_t values;    /* sent BLOCK_REALS */
    uint32_t rank_bits; /* of which blocks they are */
    uint32_t gop;       /* reports from key to key; 0: no key but where one is needed */
    codec_side side;
    codec_info of_encoder, of_decoder; /* of the pair that keys are of */
    void *encoder, *decoder;           /* of the kind onnx; a base station has no encoder */
} blocks_model;

typedef struct blocks_work {
    const blocks_model *model;
    void *encoder, *decoder;  /* workspaces; encoder: at the UE alone */
    payload key;              /* the pair's own */
    float *now;               /* [blocks][BLOCK_REALS], of the estimate, or of the reconstruction */
    float *network;           /* [nt][ni], complex: what the pair makes of a key */
    float *error;             /* [blocks] */
    uint32_t *place;          /* [blocks], those sent, ascending */
    uint32_t *rank, *scratch; /* of payload/enumerative.h */
    held *ahead;              /* what the report builds on, at its own time */
} blocks_work;

extern const float block_leak[BLOCK_LEAKS], block_step[BLOCK_STEPS];

/* report.c. `before` is what the report builds on, at either end; NULL: it is a key. A UE that
 * makes a key all the same clears out->builds_on. */
int blocks_encode(blocks_work *w, const held *before, csi_view *csi, payload *out, held *after,
                  err *e);
int blocks_decode(blocks_work *w, const held *before, const payload *in, const codec_hint *hint,
                  float complex *h, held *after, err *e);

/* Bits of a report that is no key. */
uint32_t blocks_head_bits(const blocks_model *m);

#endif
