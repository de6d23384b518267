/* rice.h: whole numbers in a fixed number of bits, by a Golomb-Rice code; payload/codeword.h says
 * what for, and checks what is checked for every format. */
#ifndef PAYLOAD_RICE_H
#define PAYLOAD_RICE_H

#include "payload/codeword.h"

/* Packs n finite values into `bits` bits, ceil(bits / 8) bytes, with the smallest scale that fits.
 * ERR_FORMAT where not even zeros fit: there must be at least n + 4 bits. */
int csi_rice_pack(uint64_t bits, const float *values, size_t n, uint8_t *bytes,
                  csi_codeword_range *range, err *e);

/* Back, out of ceil(bits / 8) bytes of outside. ERR_FORMAT where they end before the last value,
 * bits are set behind the last bit, or a number is beyond 2^24; the values before it are there
 * then, and *got says how many. NULL allowed. */
int csi_rice_unpack(uint64_t bits, csi_codeword_range range, const uint8_t *bytes, float *values,
                    size_t n, size_t *got, err *e);

#endif
