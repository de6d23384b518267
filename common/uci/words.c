#include "uci/uci.h"

/* Part i of `total` in `parts` even parts, and its start. */
static uint32_t even_part(uint32_t total, uint32_t parts, uint32_t i, uint32_t *first)
{
    uint32_t size = total / parts, longer = total % parts;
    *first = i * size + (i < longer ? i : longer);
    return size + (i < longer);
}

uci_word uci_word_at(uint32_t bits, uint32_t coded, uint32_t words, uint32_t i)
{
    uci_word w = {0};
    w.bits = even_part(bits, words, i, &w.first_bit);
    w.coded = even_part(coded, words, i, &w.first_coded);
    return w;
}

/* Words of few bits are one code block, which can have only half as many coded bits. */
static bool takes_coded(uint32_t bits, uint32_t coded, uint32_t words)
{
    uint32_t limit = bits / words < 360 ? UCI_BLOCK_CODED_MAX : UCI_CODED_MAX;
    return (uint64_t)words * limit >= coded;
}

int uci_words(uint32_t bits, uint32_t coded, uint32_t qm, uint32_t *words, err *e)
{
    uint32_t count = bits / UCI_BITS_MAX + (bits % UCI_BITS_MAX != 0);
    if (bits == 0)
        return err_set(e, ERR_INVALID, "a payload of UCI has 1 bit or more, not 0");
    /* Never so many words that they lose the longer CRC. */
    while (bits / (count + 1) >= 20 && !takes_coded(bits, coded, count))
        count++;
    /* Sizes change only where one of the remainders is used up. */
    const uint32_t samples[] = {0, bits % count, coded % count, count - 1};
    for (int i = 0; i < 4; i++) {
        uci_sizes s;
        uci_word w = uci_word_at(bits, coded, count, samples[i]);
        int rc = uci_sizes_of(w.bits, w.coded, qm, &s, e);
        if (rc && count > 1)
            return err_prefix(e, "%u bits in %u coded bits are %u UCI words", bits, coded, count);
        if (rc)
            return rc;
    }
    *words = count;
    return ERR_NONE;
}
