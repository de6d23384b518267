/* short.h: the codes for 1 to 11 bits, TS 38.212, 5.3.3. */
#ifndef UCI_SHORT_H
#define UCI_SHORT_H

#include "uci/uci.h"

/* As uci_encode, for sizes with a law other than UCI_POLAR. */
void short_encode(const uci_sizes *s, const uint8_t *bit, uint8_t *coded);

/* As uci_decode, for finite LLRs; returns *ok: whether a single word is the most likely one. */
bool short_decode(const uci_sizes *s, const float *llr, uint8_t *bit);

#endif
