/* model.h: one delta-klt, loaded, and the workspace of one thread on it. Private to delta. */
#ifndef CODEC_DELTA_MODEL_H
#define CODEC_DELTA_MODEL_H

#include "codec/delta/state.h"
#include "codec/klt/model.h"

enum { DELTA_GOP_MAX = 1000000 };

typedef struct delta_model {
    klt_model *klt;
    delta_law law;
    size_t variances;  /* per state */
    uint32_t key_bits; /* of a key; klt->bits is for other reports. 0: values */
    uint32_t gop;      /* reports from key to key; 0: keys only where needed */
} delta_model;

typedef struct delta_work {
    const delta_model *model;
    klt_work *klt;     /* `scaled` holds the y_i of the report */
    float *predicted;  /* [values] c m_i, from the memory of this end */
    float *innovation; /* [values] bits: (y_i - c m_i) / level; values: as received */
    float *variance;   /* [sent] of the prediction, as in the state */
    float *deviation;  /* [values] of the innovations / level */
    uint8_t *message;  /* of the range coder; starts on a byte boundary */
    uint8_t *other;    /* side bits of a report, while another is tried */
} delta_work;

/* bits.c. `before` is what the report builds on, at either end; NULL: the report is a key. A UE
 * that sends a key although it has `before` clears out->builds_on. Both leave the state after the
 * report in *after. */
int delta_bits_prepare(delta_model *m, payload_shape *shape, uint64_t *digest, err *e);
int delta_bits_encode(delta_work *w, const delta_state *before, const float *h, payload *out,
                      delta_state *after, err *e);
int delta_bits_decode(delta_work *w, const delta_state *before, const payload *in, float *h,
                      delta_state *after, err *e);

/* values.c. */
int delta_values_prepare(delta_model *m, payload_shape *shape, err *e);
int delta_values_encode(delta_work *w, const delta_state *before, const float *h, payload *out,
                        delta_state *after, err *e);
int delta_values_decode(delta_work *w, const delta_state *before, const payload *in,
                        const codec_hint *hint, float *h, delta_state *after, err *e);

#endif
