/* code.h: the contents of a uci_code; uci.h has its functions. */
#ifndef UCI_CODE_H
#define UCI_CODE_H

#include "uci/polar.h"

struct uci_code {
    uci_sizes sizes;
    polar_code block[2];                  /* the second only where there are two */
    uint16_t source[UCI_BLOCK_CODED_MAX]; /* of the coded bits of every block */
};

/* Bits of the word in block i, without filler and CRC. */
static inline uint32_t code_block_bits(const uci_code *code, uint32_t i)
{
    return code->block[i].bits - code->sizes.crc;
}

#endif
