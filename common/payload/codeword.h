/* codeword.h: a codeword in few bits: what the UE puts on the air instead of 32-bit floats.
 *
 * This is about codeword bits; in which precision the encoder network computed the codeword is
 * another matter (nn/). A format is a law and, for the quantized ones, N bits per value:
 *
 *     float32   the value itself
 *     float16   IEEE 754 binary16, rounded to the nearest, ties to even
 *     u2 .. u8  uniform: 2^N levels at even distances (uint8 is another name of u8)
 *     mu2..mu8  mu-law: 2^N levels, dense around the middle
 *     r2 .. r8  whole multiples of a step in a Rice code: N bits per value in the mean, few for the
 *               values around the middle, many for those far out
 *
 * Quantized. With L = 2^N, level q of 0 .. L - 1 stands for
 *
 *     s_q = offset + scale a_q,   y_q = (2 q + 1 - L) / L,
 *     a_q = y_q                                      uniform (mid-rise),
 *     a_q = sgn(y_q) ((1 + mu)^|y_q| - 1) / mu       mu-law, mu = CSI_CODEWORD_MU_LAW,
 *
 * so |a_q| < 1 and a_{L-1-q} = -a_q. A value goes to the nearest level, at a tie to the upper one.
 * Scale and offset are the codeword's own and travel with it as binary32. The offset makes a
 * mid-tread quantizer where that is better: half a step moves a level onto the middle.
 *
 * Scale and offset start where the outermost levels stand on the value furthest from the mean, and
 * are then refined: values to levels, the least-squares line (offset, scale) through the pairs
 * (a_q, s), and again, at most CSI_CODEWORD_REFINEMENTS times, until the squared error falls by
 * less than a hundredth. Neither step can raise it. That beats a loading chosen for a Gaussian or
 * Laplacian source, since learned codewords have heavy tails; mu, too, is what served them best
 * (docs/quantization.md).
 *
 * Rice. s_i = offset + scale q_i with whole q_i, for which the unsigned number u_i = 0, 1, 2, 3, 4,
 * .. stands for q_i = 0, -1, 1, -2, 2, ... After 4 bits of the parameter k, u_i is floor(u_i / 2^k)
 * ones, a zero, and the k low bits of u_i. The scale is the smallest that makes the n values fit
 * into n N bits, so that a codeword is as long as a uniform one of N bits and never longer; what is
 * left over is zero. A learned codeword has a few large values among many small ones: at the same
 * number of bits its error is 6 to 14 dB smaller than that of 2^N levels, for which the large ones
 * set the scale. n values must be at least n + 4 bits.
 *
 * Packed. Value i of a law with 2^N levels takes bits i N .. i N + N - 1 of the bytes, bit k being
 * bit k mod 8 of byte k div 8, the least significant first; what is left of the last byte is zero.
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

/* What a quantized codeword's levels are made of; zero for the floats. */
typedef struct csi_codeword_range {
    float scale, offset;
} csi_codeword_range;

/* A name as above. ERR_INVALID for any other, with those that there are. */
int csi_codeword_parse(const char *name, csi_codeword_format *format, err *e);

/* The name of a format, "u8" for uint8; returns `name`. */
const char *csi_codeword_name(csi_codeword_format format, char name[CSI_CODEWORD_NAME_MAX]);

/* A format of outside: a law that there is, with bits that it can have; else ERR_FORMAT. */
int csi_codeword_check(csi_codeword_format format, err *e);

/* Codeword bits of one value: 32, 16, or 2 to 8. */
unsigned csi_codeword_value_bits(csi_codeword_format format);

/* ceil(n bits / 8): the packed codeword without its scale and offset. */
size_t csi_codeword_bytes(csi_codeword_format format, size_t n);

/* Bits on the air for n values: n bits, and 64 for scale and offset where the law has them. */
uint32_t csi_codeword_bits(csi_codeword_format format, uint32_t n);

/* Packs n <= CSI_CODEWORD_VALUES_MAX values into csi_codeword_bytes() bytes and sets *range.
 * ERR_FORMAT for a value that is not finite or that the format cannot hold: beyond 65504, the
 * largest float16, or so large that the levels overflow; and for too few values in a Rice code. No
 * allocation. */
int csi_codeword_pack(csi_codeword_format format, const float *values, size_t n, uint8_t *bytes,
                      csi_codeword_range *range, err *e);

/* The levels that were packed: n finite values out of `size` bytes. Takes anything from outside:
 * ERR_FORMAT for another size than n values have, bits behind the last value, a float that is not
 * finite, a scale that is negative, levels that overflow, a Rice code that is cut. No allocation.
 */
int csi_codeword_unpack(csi_codeword_format format, csi_codeword_range range, const uint8_t *bytes,
                        size_t size, float *values, size_t n, err *e);

/* a_q of the uniform or mu-law, q from 0 to 2^bits - 1; static storage. */
const float *csi_codeword_levels(csi_codeword_format format);

/* n indices of `bits` <= 8 bits to bytes and back. */
void csi_indices_pack(const uint8_t *indices, size_t n, unsigned bits, uint8_t *bytes);
void csi_indices_unpack(const uint8_t *bytes, size_t n, unsigned bits, uint8_t *indices);

/* IEEE 754 binary16 by its bits. Rounds to the nearest, ties to even; from 65520 on infinity. A NaN
 * stays one. */
uint16_t csi_half_from_float(float value);
float csi_float_from_half(uint16_t half);

#endif
