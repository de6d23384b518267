/* uci.h: the channel code of uplink control information, TS 38.212.
 *
 * A UCI word is A bits in E coded bits. The code follows from A, E and, for one or two bits, the
 * modulation order Qm (section numbers of TS 38.212, V16):
 *
 *     A = 1            repetition, 5.3.3.1
 *     A = 2            simplex (c0, c1, c0 ^ c1), 5.3.3.2
 *     A = 3 .. 11      the (32, A) block code, 5.3.3.3, circularly repeated, 5.4.3
 *     A = 12 .. 19     CRC 6, three parity-check bits, polar code
 *     A = 20 .. 1706   CRC 11, polar code; in two code blocks where A >= 1013, or A >= 360 and
 *                      E >= 1088 (6.3.1.2.1, 5.2.1)
 *
 * The polar code of a block of K bits (CRC included) and E_r coded bits (5.3.1, n_max = 10, no
 * interleaver before it) has length N = 2^n with
 *
 *     n1 = ceil(log2 E_r) - 1   where E_r <= 9/8 2^(ceil(log2 E_r) - 1) and K / E_r < 9/16
 *          ceil(log2 E_r)       elsewhere
 *     n  = max(5, min(n1, ceil(log2 8 K), 10))
 *
 * Its N coded bits pass the sub-block interleaver (5.4.1.1). E_r of them are selected (5.4.1.2):
 * repeated where E_r >= N, punctured where K / E_r <= 7/16, shortened elsewhere. The triangular
 * interleaver (5.4.1.3) comes last. Two blocks take E_r = floor(E / 2) coded bits each; an odd A
 * has a zero before the first block, and an odd E a zero after the second (6.3.1.5).
 *
 * Bits are bytes of 0 or 1, in the order of the standard. The code is linear: zeros encode to
 * zeros, and encode(a ^ b) = encode(a) ^ encode(b), CRC, parity-check bits and all.
 *
 * Placeholders. With one or two bits and Qm >= 2, some coded bits are placeholders for the
 * scrambler (TS 38.211, 6.3.1.1), so that only the outermost points of the constellation are sent:
 * UCI_ONES, x in the standard, is sent as 1, unscrambled; UCI_AGAIN, y, repeats the bit before it
 * as scrambled and sent. Their positions do not depend on the bits. E is then a multiple of Qm.
 * With Qm = 1 there are no placeholders, and the code is plain repetition.
 *
 * Decoding takes log-likelihood ratios L = ln P(bit = 0) / P(bit = 1), of any common scale. NaN is
 * rejected; values beyond +-UCI_LLR_MAX are limited to that. LLRs of UCI_ONES are ignored. The LLR
 * of UCI_AGAIN is a second one for the bit before it, and must be descrambled with that bit's
 * element of the scrambling sequence.
 *
 *     1 .. 11 bits   maximum likelihood: the word with the largest sum of (1 - 2 c_k) L_k
 *     12 .. 1706     successive cancellation with a list of up to 32 paths in the LLR domain:
 *                    f(a, b) = sign(a) sign(b) min(|a|, |b|), g(a, b, u) = b + (1 - 2u) a, and a
 *                    path that decides against an LLR pays its magnitude (Balatsoukas-Stimming et
 *                    al., IEEE Trans. Signal Processing 63(19), 2015). The result is the best path
 *                    with a correct CRC; where there is none, the best path, marked as not ok.
 *
 * Threads. A uci_code is constant once created, and any number of threads may encode and decode
 * with it. A uci_decoder is the workspace of one thread at a time, for codes of any size. Encoding
 * and decoding allocate nothing and depend on nothing but their arguments. */
#ifndef UCI_UCI_H
#define UCI_UCI_H

#include <stdbool.h>
#include <stdint.h>

#include "base/error.h"

enum {
    UCI_BITS_MAX = 1706,        /* A of one word */
    UCI_BLOCK_CODED_MAX = 8192, /* E_r of a polar code block, and E where A < 360 */
    UCI_CODED_MAX = 2 * UCI_BLOCK_CODED_MAX,
    UCI_LIST_MAX = 32,
    UCI_LIST_DEFAULT = 8,
};

enum { UCI_ONES = 2, UCI_AGAIN = 3 }; /* coded bits that are placeholders */

#define UCI_LLR_MAX 1e10f

typedef enum uci_law { UCI_REPETITION, UCI_SIMPLEX, UCI_BLOCK, UCI_POLAR } uci_law;
typedef enum uci_match { UCI_REPEATED, UCI_PUNCTURED, UCI_SHORTENED } uci_match;

/* What follows from A, E and Qm. The fields from `blocks` on are for polar codes; 0 elsewhere. */
typedef struct uci_sizes {
    uint32_t bits, coded, qm;
    uci_law law;
    /* The E from which on all words differ. A block code of fewer coded bits gives several words
     * the same ones: it can be encoded, but not decoded. */
    uint32_t decodable_from;
    uint32_t blocks;           /* C, 1 or 2 */
    uint32_t filler;           /* zeros before the first block, 0 or 1 */
    uint32_t padding;          /* zeros after the last block, 0 or 1 */
    uint32_t crc;              /* bits of it in each block, 6 or 11 */
    uint32_t parity;           /* n_PC, 0 or 3 */
    uint32_t parity_by_weight; /* n_PC^wm, 0 or 1: how many of them are at the lowest row weight */
    uint32_t block_bits;       /* K, with CRC and filler */
    uint32_t block_coded;      /* E_r */
    uint32_t length;           /* N */
    uci_match match;
} uci_sizes;

/* Fills *sizes. ERR_INVALID says what would be right: for A outside 1 .. 1706, Qm other than 1,
 * 2, 4, 6 and 8, E below A or a block's K + n_PC, E above UCI_CODED_MAX or a block's limit, and E
 * that is not a multiple of Qm where A <= 2. Qm changes nothing where A >= 3. */
int uci_sizes_of(uint32_t bits, uint32_t coded, uint32_t qm, uci_sizes *sizes, err *e);

/* --- more than one word -------------------------------------------------------------------------
 * A payload of more than 1,706 bits is several words, as few as possible, one after the other in
 * both strings. Bits and coded bits are divided evenly: of W words, the first A mod W have ceil(A /
 * W) bits and the others floor(A / W); the same for coded bits. */

typedef struct uci_word {
    uint32_t first_bit, bits;
    uint32_t first_coded, coded;
} uci_word;

/* The number of words; ERR_INVALID, with the reason, where a word has no legal sizes. */
int uci_words(uint32_t bits, uint32_t coded, uint32_t qm, uint32_t *words, err *e);

/* Word i < words. */
uci_word uci_word_at(uint32_t bits, uint32_t coded, uint32_t words, uint32_t i);

/* --- encoding -------------------------------------------------------------------------------- */

typedef struct uci_code uci_code;

/* The code of these sizes, 24 KiB. NULL on failure: as uci_sizes_of, or ERR_NOMEM. */
uci_code *uci_code_create(uint32_t bits, uint32_t coded, uint32_t qm, err *e);
void uci_code_free(uci_code *code); /* NULL allowed */

const uci_sizes *uci_code_sizes(const uci_code *code);

/* bits[A], 0 or 1 each, to coded[E], each 0, 1, UCI_ONES or UCI_AGAIN. */
void uci_encode(const uci_code *code, const uint8_t *bits, uint8_t *coded);

/* --- decoding -------------------------------------------------------------------------------- */

typedef struct uci_decoder uci_decoder;

/* A workspace for lists of up to `list` = 1 .. UCI_LIST_MAX paths: 80 KiB, plus 4.5 KiB for each
 * path. NULL on failure. */
uci_decoder *uci_decoder_create(uint32_t list, err *e);
void uci_decoder_free(uci_decoder *decoder); /* NULL allowed */

/* llr[E] to bits[A]. *ok: every block's CRC is right or, without one (A <= 11), one word is more
 * likely than any other. LLRs that are all 0 are never ok: they carry no information, although
 * zeros pass the CRC. Where *ok is false, bits are still the most likely ones found. With L paths,
 * pure noise passes as a wrong word with a probability of about L 2^-crc.
 *
 * ERR_FORMAT for NaN, ERR_INVALID for a code that cannot be decoded (decodable_from); *bits and *ok
 * then do not change. */
int uci_decode(uci_decoder *decoder, const uci_code *code, const float *llr, uint8_t *bits,
               bool *ok, err *e);

#endif
