/* short.h: the codes for 1 to 11 bits, TS 38.212, 5.3.3. */
#ifndef UCI_SHORT_H
#define UCI_SHORT_H

#include "uci/uci.h"

/* As uci_encode, for sizes whose law is not UCI_POLAR. */
void short_encode(const uci_sizes *s, const uint8_t *bit, uint8_t *coded);

/* As uci_decode, for LLRs that are finite; returns *ok: is one word the most likely one? */
bool short_decode(const uci_sizes *s, const float *llr, uint8_t *bit);

#endif
