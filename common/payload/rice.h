/* rice.h: integers in a fixed number of bits, by a Golomb-Rice code, for payload/codeword.h, which
 * makes the checks common to all formats. */
#ifndef PAYLOAD_RICE_H
#define PAYLOAD_RICE_H

#include "payload/codeword.h"

/* Packs n finite values into `bits` bits, ceil(bits / 8) bytes, with the smallest scale that fits.
 * ERR_FORMAT if not even zeros fit: `bits` must be at least n + 4. */
int csi_rice_pack(uint64_t bits, const float *values, size_t n, uint8_t *bytes,
                  csi_codeword_range *range, err *e);

/* Unpacks ceil(bits / 8) bytes from outside. ERR_FORMAT if they end before the last value, bits are
 * set behind the last bit, or a number is beyond 2^24; the values before the error are valid, and
 * *got counts them. NULL allowed. */
int csi_rice_unpack(uint64_t bits, csi_codeword_range range, const uint8_t *bytes, float *values,
                    size_t n, size_t *got, err *e);

#endif
