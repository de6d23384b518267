/* crc.h: the cyclic redundancy checks of TS 38.212, section 5.1, that UCI uses.
 *
 * The CRC of bits a_0 .. a_{n-1} is the remainder of a_0 D^(n+L-1) + .. + a_{n-1} D^L modulo
 *
 *     g_CRC6(D)  = D^6 + D^5 + 1
 *     g_CRC11(D) = D^11 + D^10 + D^9 + D^5 + 1
 *
 * and its bits p_0 .. p_{L-1} follow the data, the coefficient of D^(L-1) first. The register
 * starts at 0: zeros before the data change nothing, the CRC of zeros is 0, and the CRC is
 * linear. */
#ifndef UCI_CRC_H
#define UCI_CRC_H

#include <stddef.h>
#include <stdint.h>

/* The remainder over n bits, one in each byte (0 or 1); `length` is 6 or 11. Over data followed by
 * their CRC it is 0. Bit length - 1 of the result is p_0. */
uint32_t uci_crc(const uint8_t *bit, size_t n, unsigned length);

#endif
