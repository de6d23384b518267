#include "uci/crc.h"

uint32_t uci_crc(const uint8_t *bit, size_t n, unsigned length)
{
    /* Without the leading term, which the shift drops. */
    const uint32_t polynomial = length == 6 ? 0x21 : 0x621;
    const uint32_t mask = (1u << length) - 1;
    uint32_t rest = 0;
    for (size_t i = 0; i < n; i++) {
        /* The bit enters at the top, which multiplies the data by D^L without zeros after them. No
         * branch, since the bits are practically random. */
        const uint32_t out = rest >> (length - 1) ^ bit[i];
        rest = (rest << 1 & mask) ^ (polynomial & -out);
    }
    return rest;
}
