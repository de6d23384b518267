/* sequence.h: the polar sequence of TS 38.212, Table 5.3.1.2-1.
 *
 * uci_sequence[i] is the index of the i-th least reliable of the 1,024 inputs of the polar
 * transform. The sequence of a shorter transform of length N is this one without the indices from N
 * on. */
#ifndef UCI_SEQUENCE_H
#define UCI_SEQUENCE_H

#include <stdint.h>

enum { UCI_LENGTH_MAX = 1024 };

extern const uint16_t uci_sequence[UCI_LENGTH_MAX];

#endif
