/* coded.h: sends a string of bits in complex symbols, with the channel code of UCI, and receives
 * it.
 *
 *     A bits -> UCI words (uci/uci.h) -> scrambled by UE -> symbols of one modulation
 *
 * N symbols of Qm bits each carry E = N Qm coded bits. Up to 1,706 bits are one word; more are
 * several, one after the other in both strings (uci_words). Scrambling is that of UCI on PUCCH
 * format 2 (TS 38.211, 6.3.2.5.1); n_RNTI is the low 16 bits of the UE's number, n_ID the next
 * 10. */
#ifndef UPLINK_DIGITAL_CODED_H
#define UPLINK_DIGITAL_CODED_H

#include <complex.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"
#include "uci/uci.h"
#include "uplink/digital/modulation.h"

typedef struct coded coded;           /* constant once created */
typedef struct coded_work coded_work; /* of one thread, for any code that fits */

/* ERR_INVALID, with what would be right, where the symbols cannot carry the bits so that they can
 * be decoded; ERR_NOMEM. NULL on failure. */
coded *coded_create(uint32_t bits, modulation m, uint32_t symbols, err *e);
void coded_free(coded *c); /* NULL allowed */

uint32_t coded_bits(const coded *c);
uint32_t coded_words(const coded *c);
modulation coded_modulation(const coded *c);

/* Room for up to `coded_bits_max` coded bits, decoded with lists of `list` paths. */
coded_work *coded_work_create(uint32_t coded_bits_max, uint32_t list, err *e);
void coded_work_free(coded_work *w); /* NULL allowed */

/* bits[A], each 0 or 1, to symbol[N]. */
void coded_send(const coded *c, coded_work *w, uint32_t ue, const uint8_t *bits,
                float complex *symbol);

/* symbol[N], finite, as received at snr_db (limited to UPLINK_SNR_MIN_DB .. MAX_DB), to bits[A].
 * Returns whether the check of every word is right (uci_decode); if not, bits are still the most
 * likely ones. */
bool coded_receive(const coded *c, coded_work *w, uint32_t ue, const float complex *symbol,
                   double snr_db, uint8_t *bits);

#endif
