/* conv_int8_internal.h: shared by the sources of the integer convolution and its tests.
 *
 * The geometry is that of the float convolution (kernels/conv_internal.h) with 32-bit words instead
 * of floats: a word holds the values of several input channels at one position, so one instruction
 * multiplies them by as many weights and adds the products to a 32-bit sum.
 *
 *   quads  4 channels, bytes: vpdpbusd (VNNI), or sdot (aarch64; see products.h)
 *   pairs  2 channels, 16 bits: vpmaddwd, or plain C. Bytes multiplied without VNNI (vpmaddubsw)
 *          would saturate when two products exceed 32767; in 16 bits nothing can.
 *
 * If the channels do not fill the words, positions of the kernel do: a word then holds 2 channels
 * at 2 positions, or 1 channel at 4, and the kernel has correspondingly fewer taps.
 *
 * The zero point is subtracted afterwards: sum w (x - z) = sum w x - z sum w, as padding holds z.
 */
#ifndef NN_INT8_CONV_INT8_INTERNAL_H
#define NN_INT8_CONV_INT8_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>

#include "nn/int8/products.h"
#include "nn/kernels/conv_internal.h"

typedef struct nn_conv_int8 nn_conv_int8;

/* Images with special kernels: columns of their rows, and the most channels. */
enum { CONV_INT8_COLUMNS = 32, CONV_INT8_IMAGE_CHANNELS = 8 };

typedef enum conv_int8_images {
    CONV_INT8_OTHERS,
    CONV_INT8_BY_ROWS,
    CONV_INT8_BY_COLUMNS,
    CONV_INT8_BY_CHANNELS
} conv_int8_images;

/* The multiplication of a level. */
typedef enum conv_int8_words {
    CONV_INT8_PAIRS,
    CONV_INT8_QUADS, /* with products of bytes */
    CONV_INT8_IMAGES /* and with VBMI, where the shape allows; otherwise as quads */
} conv_int8_words;

/* The positions of the bytes of half a row's words, and a mask of those inside the row. */
typedef struct conv_int8_pick {
    uint8_t from[64];
    uint64_t inside;
} conv_int8_pick;

struct nn_conv_int8 {
    nn_conv plan;        /* shape in words: channels_in counts them; no weights, no bias */
    int32_t channels_in; /* of x */
    int32_t per_word;    /* values in a word, 4 or 2: */
    int32_t channels;    /* channels in it, times */
    int32_t fold;        /* positions of a kernel's row, */
    int32_t fold_step;   /* which are this far apart in x */
    int32_t words;       /* of a group */
    int32_t kernel_w;    /* positions of a kernel's row before folding */
    conv_int8_images images;
    int32_t *weights;     /* words, in blocks of output channels: [taps][channels of the block] */
    int32_t *weight_sums; /* [channels_out] */
    size_t pack_bytes;    /* of the packed input */
    size_t byte_count;    /* of x with its padding */
    int64_t *parts_at;    /* [words of all groups][4]: offsets of their parts in it */
    void (*pack)(const struct nn_conv_int8 *conv, const uint8_t *x, uint8_t zero, int32_t *packed,
                 uint8_t *padded);
    void (*dot)(const struct nn_conv_int8 *conv, const int32_t *packed, const int32_t *offset,
                int32_t *sums, int32_t *extremes);
    conv_int8_pick *picks; /* NULL, or [taps of a word][2], for `image` instead of the two above */
    int32_t outside[2 * CONV_INT8_COLUMNS]; /* sums of the weights on padding, for `image` */
    void (*image)(const struct nn_conv_int8 *conv, const uint8_t *x, uint8_t zero,
                  const int32_t *offset, int32_t *sums, int32_t *extremes);
    char path[32];
};

/* As nn_conv_int8_create, at a given level, which must support `words`. */
nn_conv_int8 *nn_conv_int8_create_at(cpu_isa level, conv_int8_words words,
                                     const nn_conv_shape *shape, const int8_t *weights, err *e);

/* Part of create: sets the plan's shape in words, and their contents. */
int conv_int8_set_words(nn_conv_int8 *conv, const nn_conv_shape *shape, err *e);
conv_int8_images conv_int8_images_of(const nn_conv_shape *shape);
void conv_int8_pack_weights(nn_conv_int8 *conv, const int8_t *weights);
void conv_int8_find_parts(nn_conv_int8 *conv);
void conv_int8_find_picks(nn_conv_int8 *conv);
void conv_int8_sum_outside(nn_conv_int8 *conv, const int8_t *weights);

/* The words that this machine, and CSILINK_CPU, allow at a level. */
conv_int8_words conv_int8_words_of(cpu_isa level);

/* Computes all sums of one sample from the packed input. `extremes` as in nn_conv_int8_run. */
SIMD_DECLARE(void, conv_int8_pairs,
             (const struct nn_conv_int8 *conv, const int32_t *packed, const int32_t *offset,
              int32_t *sums, int32_t *extremes));
#if defined(__x86_64__)
void conv_int8_quads_avx2(const struct nn_conv_int8 *conv, const int32_t *packed,
                          const int32_t *offset, int32_t *sums, int32_t *extremes);
void conv_int8_quads_avx512(const struct nn_conv_int8 *conv, const int32_t *packed,
                            const int32_t *offset, int32_t *sums, int32_t *extremes);
void conv_int8_image_avx512(const struct nn_conv_int8 *conv, const uint8_t *x, uint8_t zero,
                            const int32_t *offset, int32_t *sums, int32_t *extremes);
void conv_int8_pack_columns_avx512(const struct nn_conv_int8 *conv, const uint8_t *x, uint8_t zero,
                                   int32_t *packed, uint8_t *padded);
void conv_int8_pack_rows_avx512(const struct nn_conv_int8 *conv, const uint8_t *x, uint8_t zero,
                                int32_t *packed, uint8_t *padded);
#elif defined(__aarch64__)
void conv_int8_quads_dotprod(const struct nn_conv_int8 *conv, const int32_t *packed,
                             const int32_t *offset, int32_t *sums, int32_t *extremes);
#endif

/* Copies x into words with padding around it; `padded` is scratch for byte_count bytes. */
SIMD_DECLARE(void, conv_int8_pack,
             (const struct nn_conv_int8 *conv, const uint8_t *x, uint8_t zero, int32_t *packed,
              uint8_t *padded));

#endif
