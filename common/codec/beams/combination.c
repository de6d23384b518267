#include "codec/beams/combination.h"

uint64_t beams_combinations(uint32_t n, uint32_t k)
{
    uint64_t c = n < k ? 0 : 1;
    /* After step i, c = C(n - k + i, i): every division is exact. */
    for (uint32_t i = 1; c > 0 && i <= k; i++)
        c = c * (n - k + i) / i;
    return c;
}

unsigned beams_combination_bits(uint32_t n, uint32_t k)
{
    uint64_t count = beams_combinations(n, k);
    unsigned bits = 0;
    while (bits < 63 && UINT64_C(1) << bits < count)
        bits++;
    return bits;
}

uint64_t beams_combination_index(uint32_t n, uint32_t k, const uint16_t *numbers)
{
    uint64_t index = 0;
    for (uint32_t i = 0; i < k; i++)
        index += beams_combinations(n - 1 - numbers[i], k - i);
    return index;
}

bool beams_combination_of(uint32_t n, uint32_t k, uint64_t index, uint16_t *numbers)
{
    if (index >= beams_combinations(n, k))
        return false;
    uint32_t next = 0;
    for (uint32_t i = 0; i < k; i++) {
        /* The smallest number whose term still fits: the remaining terms add up to less than one
         * step of this one. The loop ends at n - 1 at the latest, whose term is 0. */
        uint64_t term;
        while ((term = beams_combinations(n - 1 - next, k - i)) > index)
            next++;
        index -= term;
        numbers[i] = (uint16_t)next++;
    }
    return true;
}
