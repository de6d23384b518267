#include "uci/uci.h"

enum { LOG2_MIN = 5, LOG2_MAX = 10, RATE_MIN_INVERSE = 8 };

static uint32_t log2_ceil(uint32_t n)
{
    uint32_t log2 = 0;
    while ((1u << log2) < n)
        log2++;
    return log2;
}

/* 5.3.1, with the fractions of the standard multiplied out. */
static uint32_t polar_length(uint32_t k, uint32_t e)
{
    uint32_t up = log2_ceil(e);
    /* NOLINTNEXTLINE(clang-analyzer-core.UndefinedBinaryOperatorResult): e > 1 */
    bool barely_longer = 8 * e <= 9 * (1u << (up - 1)) && 16 * k < 9 * e;
    uint32_t n = barely_longer ? up - 1 : up, n2 = log2_ceil(RATE_MIN_INVERSE * k);
    n = n < n2 ? n : n2;
    n = n < LOG2_MAX ? n : LOG2_MAX;
    return 1u << (n > LOG2_MIN ? n : LOG2_MIN);
}

static uci_match polar_match(uint32_t k, uint32_t e, uint32_t length)
{
    if (e >= length)
        return UCI_REPEATED;
    return 16 * k <= 7 * e ? UCI_PUNCTURED : UCI_SHORTENED;
}

static int polar_sizes(uci_sizes *s, err *e)
{
    s->blocks = s->bits >= 1013 || (s->bits >= 360 && s->coded >= 1088) ? 2 : 1;
    s->filler = s->bits % s->blocks;
    s->padding = s->coded % s->blocks;
    s->crc = s->bits < 20 ? 6 : 11;
    s->parity = s->bits < 20 ? 3 : 0;
    s->block_bits = (s->bits + s->filler) / s->blocks + s->crc;
    s->block_coded = s->coded / s->blocks;
    s->decodable_from = s->blocks * (s->block_bits + s->parity);
    if (s->coded < s->decodable_from)
        return err_set(
            e, ERR_INVALID,
            "%u bits, their CRC and parity-check bits need at least %u coded bits, not %u", s->bits,
            s->decodable_from, s->coded);
    if (s->block_coded > UCI_BLOCK_CODED_MAX)
        return err_set(e, ERR_INVALID,
                       "%u bits form one code block of at most %u coded bits, not %u", s->bits,
                       UCI_BLOCK_CODED_MAX, s->coded);
    /* 6.3.1.3.1: E_r - K_r + 3 > 192. */
    s->parity_by_weight = s->parity && s->block_coded + 3 > 192 + s->block_bits ? 1 : 0;
    s->length = polar_length(s->block_bits, s->block_coded);
    s->match = polar_match(s->block_bits, s->block_coded, s->length);
    return ERR_NONE;
}

int uci_sizes_of(uint32_t bits, uint32_t coded, uint32_t qm, uci_sizes *sizes, err *e)
{
    /* How many of the first rows of Table 5.3.3.3-1 are needed for rank A in the first A
     * columns. */
    static const uint8_t rank_from[] = {[1] = 1,  [2] = 2,  [3] = 3,  [4] = 5,   [5] = 6,  [6] = 11,
                                        [7] = 11, [8] = 11, [9] = 11, [10] = 11, [11] = 17};
    uci_sizes s = {.bits = bits, .coded = coded, .qm = qm};
    if (bits < 1 || bits > UCI_BITS_MAX)
        return err_set(e, ERR_INVALID, "a UCI word has 1 to %u bits, not %u", UCI_BITS_MAX, bits);
    if (qm != 1 && qm != 2 && qm != 4 && qm != 6 && qm != 8)
        return err_set(e, ERR_INVALID, "a modulation symbol has 1, 2, 4, 6 or 8 bits, not %u", qm);
    if (coded < bits || coded > UCI_CODED_MAX)
        return err_set(e, ERR_INVALID, "%u bits take %u to %u coded bits, not %u", bits, bits,
                       UCI_CODED_MAX, coded);
    if (bits <= 2 && coded % qm != 0)
        return err_set(e, ERR_INVALID,
                       "%u bits at %u bits a symbol take a multiple of %u coded bits, not %u", bits,
                       qm, qm, coded);
    s.law = bits == 1   ? UCI_REPETITION
            : bits == 2 ? UCI_SIMPLEX
            : bits < 12 ? UCI_BLOCK
                        : UCI_POLAR;
    if (s.law == UCI_POLAR) {
        int rc = polar_sizes(&s, e);
        if (rc)
            return rc;
    } else {
        s.decodable_from = rank_from[bits];
    }
    *sizes = s;
    return ERR_NONE;
}
