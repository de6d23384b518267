/* codeword.h: codewords in few bits, which the UE transmits instead of 32-bit floats.
 *
 * This is about codeword bits; the precision in which the encoder network computes is separate
 * (nn/). A format is a law and, for the quantized ones, N bits per value:
 *
 *     float32   the value itself
 *     float16   IEEE 754 binary16, rounded to the nearest, ties to even
 *     u2 .. u8  uniform: 2^N equidistant levels (uint8 is another name for u8)
 *     mu2..mu8  mu-law: 2^N levels, dense around the middle
 *     r2 .. r8  integer multiples of a step in a Rice code: N bits per value on average, few for
 * the values around the middle, many for those far out
 *
 * Quantized. With L = 2^N, level q of 0 .. L - 1 is
 *
 *     s_q = offset + scale a_q,   y_q = (2 q + 1 - L) / L,
 *     a_q = y_q                                      uniform (mid-rise),
 *     a_q = sgn(y_q) ((1 + mu)^|y_q| - 1) / mu       mu-law, mu = CSI_CODEWORD_MU_LAW,
 *
 * so |a_q| < 1 and a_{L-1-q} = -a_q. A value goes to the nearest level, at a tie to the upper one.
 * Each codeword has a scale and an offset and carries them as binary32. The offset makes a
 * mid-tread quantizer where that is better: half a step moves a level onto the middle.
 *
 * Scale and offset start with an outermost level on the value furthest from the mean. Then they are
 * refined: assign values to levels, fit the least-squares line (offset, scale) through the pairs
 * (a_q, s), and repeat, at most CSI_CODEWORD_REFINEMENTS times, until the squared error falls by
 * less than a hundredth. Neither step can raise it. This beats a loading factor for a Gaussian or
 * Laplacian source, since learned codewords have heavy tails; mu is also the best value for those
 * (docs/quantization.md).
 *
 * Rice. s_i = offset + scale q_i with integers q_i, where the unsigned number u_i = 0, 1, 2, 3, 4,
 * .. encodes q_i = 0, -1, 1, -2, 2, ... After 4 bits of the parameter k, u_i is floor(u_i / 2^k)
 * ones, a zero, and the k low bits of u_i. The scale is the smallest that makes the n values fit
 * into n N bits, so a codeword is as long as a uniform one of N bits, padded with zeros. A learned
 * codeword has a few large values among many small ones: at the same number of bits the error is 6
 * to 14 dB smaller than with 2^N levels, for which the large values set the scale. n values need at
 * least n + 4 bits.
 *
 * Packed. Value i of a law with 2^N levels takes bits i N .. i N + N - 1 of the bytes, bit k being
 * bit k mod 8 of byte k div 8, the least significant first; the rest of the last byte is zero.
 * float16 is little-endian, like float32. */
#ifndef PAYLOAD_CODEWORD_H
#define PAYLOAD_CODEWORD_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

#define CSI_CODEWORD_MU_LAW 15.0

enum {
    CSI_CODEWORD_BITS_MIN = 2,
    CSI_CODEWORD_BITS_MAX = 8, /* of the quantized laws */
    CSI_CODEWORD_REFINEMENTS = 8,
    CSI_CODEWORD_VALUES_MAX = 65536,
    CSI_CODEWORD_NAME_MAX = 16
};

/* For the help of an option that takes a format. */
#define CSI_CODEWORD_HELP "codeword bits: float32, float16, uint8, u2 to u8, mu2 to mu8, r2 to r8"

typedef enum csi_codeword_law {
    CSI_CODEWORD_FLOAT32,
    CSI_CODEWORD_FLOAT16,
    CSI_CODEWORD_UNIFORM,
    CSI_CODEWORD_MU,
    CSI_CODEWORD_RICE,
} csi_codeword_law;

/* All zero: float32. */
typedef struct csi_codeword_format {
    csi_codeword_law law;
    unsigned bits; /* of each value, 2 to 8; 0 for the floats */
} csi_codeword_format;

/* Scale and offset of a quantized codeword; zero for the floats. */
typedef struct csi_codeword_range {
    float scale, offset;
} csi_codeword_range;

/* Parses a name as above. ERR_INVALID for any other, with the list of names. */
int csi_codeword_parse(const char *name, csi_codeword_format *format, err *e);

/* The name of a format, "u8" for uint8; returns `name`. */
const char *csi_codeword_name(csi_codeword_format format, char name[CSI_CODEWORD_NAME_MAX]);

/* Checks a format from outside: a known law with allowed bits; else ERR_FORMAT. */
int csi_codeword_check(csi_codeword_format format, err *e);

/* Codeword bits of one value: 32, 16, or 2 to 8. */
unsigned csi_codeword_value_bits(csi_codeword_format format);

/* ceil(n bits / 8): the packed codeword without its scale and offset. */
size_t csi_codeword_bytes(csi_codeword_format format, size_t n);

/* Bits on the air for n values: n bits, and 64 for scale and offset if the law has them. */
uint32_t csi_codeword_bits(csi_codeword_format format, uint32_t n);

/* Packs n <= CSI_CODEWORD_VALUES_MAX values into csi_codeword_bytes() bytes and sets *range.
 * ERR_FORMAT for a value that is not finite or that the format cannot hold: beyond 65504, the
 * largest float16, or so large that the levels overflow; and for too few values in a Rice code. No
 * allocation. */
int csi_codeword_pack(csi_codeword_format format, const float *values, size_t n, uint8_t *bytes,
                      csi_codeword_range *range, err *e);

/* Unpacks n finite values from `size` bytes. Accepts any input: ERR_FORMAT for a size that does not
 * match n values, bits behind the last value, a float that is not finite, a negative scale, levels
 * that overflow, a truncated Rice code. No allocation. */
int csi_codeword_unpack(csi_codeword_format format, csi_codeword_range range, const uint8_t *bytes,
                        size_t size, float *values, size_t n, err *e);

/* a_q of the uniform or mu-law, q from 0 to 2^bits - 1; static storage. */
const float *csi_codeword_levels(csi_codeword_format format);

/* Packs n indices of `bits` <= 8 bits into bytes, and back. */
void csi_indices_pack(const uint8_t *indices, size_t n, unsigned bits, uint8_t *bytes);
void csi_indices_unpack(const uint8_t *bytes, size_t n, unsigned bits, uint8_t *indices);

/* The bits of IEEE 754 binary16. Rounds to the nearest, ties to even; infinity from 65520 on. NaN
 * stays NaN. */
uint16_t csi_half_from_float(float value);
float csi_float_from_half(uint16_t half);

#endif
