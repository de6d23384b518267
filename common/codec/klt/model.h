/* model.h: one klt, loaded, and the workspace of one thread on it. Private to klt and delta.
 *
 * The components are sent as values (values.c) or, with bits=N, as side bits (bits.c), quantized by
 * Lloyd-Max or entropy-coded (entropy.c). */
#ifndef CODEC_KLT_MODEL_H
#define CODEC_KLT_MODEL_H

#include "codec/kind.h"
#include "codec/klt/allocation.h"
#include "codec/klt/entropy.h"
#include "codec/klt/file.h"
#include "payload/level.h"
#include "payload/lloyd_max.h"

#define KLT_ENDING ".klt"

enum { KLT_BITS_MIN = 16, KLT_BITS_MAX = 8192 };

/* The norm of a report: 8 bits, steps of 1.18 dB. The quantizers see values divided by the level,
 * not by the norm, so rounding the norm causes no error; it shifts them by at most 0.6 dB. */
#define KLT_NORM_LEVEL ((level_law){.bits = 8, .low_db = -180, .high_db = 120})

typedef struct klt_model {
    klt_components components;
    uint32_t cr; /* 0: all components */
    double spread;
    size_t reals;  /* 2 nt ni */
    uint32_t sent; /* components that are sent */
    uint32_t values;

    /* As values. */
    float *gain;  /* [sent] g_i */
    float *power; /* [sent] p_i / mean(p) */

    /* As bits; bits = 0: as values. */
    uint32_t bits;
    klt_allocation allocation;
    lloyd_shape shape;
    bool entropy;
    float *deviation;           /* [values] sqrt(lambda_i) */
    uint8_t *width;             /* [values] bits of each, never rising */
    uint32_t side_bits;         /* per report, without entropy coding */
    lloyd_quantizer *quantizer; /* [LLOYD_BITS_MAX], of 1 bit and up */
    klt_entropy *coder;         /* with entropy coding */
} klt_model;

typedef struct klt_work {
    const klt_model *model;
    float *rotated; /* [reals] -j h, or its sum from u^H; conj(h) for bits */
    float *scaled;  /* [values] w_i y_i / g_i; for bits, y_i divided by the level of the norm */
    klt_entropy_work *coding;
} klt_work;

/* model.c. Reads the file that `arguments` name first, for the codec `kind`, and derives from m->cr
 * how many components are sent: components, reals, sent and values. ERR_INVALID for a CR that the
 * file does not support. */
int klt_model_read(klt_model *m, const char *kind, const char *arguments, err *e);
void klt_model_unload(void *model); /* NULL allowed */

/* NULL when memory ran out. */
void *klt_work_open(const void *model, err *e);
void klt_work_close(void *work); /* NULL allowed */

/* y_i = v_i^T (scale h) into w->scaled, and h = sum of v_i w->scaled[i] back. */
void klt_project(klt_work *w, const float *h, float scale);
void klt_expand(klt_work *w, float *h);

/* values.c. */
int klt_values_prepare(klt_model *m, err *e);
int klt_values_encode(klt_work *w, const float *h, payload *out, err *e);
int klt_values_decode(klt_work *w, const payload *in, const codec_hint *hint, float *h, err *e);

/* The noise power on a value divided by the mean power of values: 1 / SNR, and 0 from 60 dB on. */
float klt_values_noise(const codec_hint *hint);

/* h = sum of v_i w->scaled[i], summed in the same order as in klt_values_decode. */
void klt_values_expand(klt_work *w, float *h);

/* bits.c. Prepare needs bits, allocation, shape, entropy, sent and values; shape receives the size
 * of a report, and *digest a hash of all tables that both ends must share. */
int klt_bits_prepare(klt_model *m, payload_shape *shape, uint64_t *digest, err *e);
int klt_bits_encode(klt_work *w, const float *h, payload *out, err *e);
int klt_bits_decode(klt_work *w, const payload *in, float *h, err *e);

#endif
