/* match.h: rate matching of the polar code, TS 38.212, 5.4.1: maps each of the E_r coded bits of a
 * block to one of its N bits d, and finds the inputs of the code that this leaves without
 * information. */
#ifndef UCI_MATCH_H
#define UCI_MATCH_H

#include "uci/uci.h"

/* source[k], k < E_r: the index in d of coded bit k. Sub-block interleaving, bit selection and the
 * triangular interleaver combined. */
void uci_match_sources(const uci_sizes *s, uint16_t *source);

/* frozen[i], i < N, is set for the inputs in Q_F,tmp of 5.4.1.1, which carry nothing: with
 * punctured bits some could not be decoded, with shortened ones they make those bits 0. */
void uci_match_frozen(const uci_sizes *s, uint8_t *frozen);

/* The LLRs of d from those of the coded bits: adds repetitions; punctured bits are unknown (0),
 * shortened bits are known to be 0 (UCI_LLR_CERTAIN). */
#define UCI_LLR_CERTAIN 1e30f /* above any sum of UCI_LLR_MAX; 1,024 of it are finite */
void uci_match_combine(const uci_sizes *s, const uint16_t *source, const float *coded, float *d);

#endif
