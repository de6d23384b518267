#include "payload/enumerative.h"

#include <stdbool.h>
#include <string.h>

/* A binomial coefficient that moves from one pair (m, i) to the next by factors num / den. Factors
 * accumulate until they would no longer fit a word. Between two flushes the value need not be an
 * integer, but after a flush it is a binomial coefficient again, so every division is exact. */
typedef struct binomial {
    uint32_t *word;
    size_t words; /* in use; the top one is not 0, except for the number 0 */
    uint32_t num, den;
} binomial;

static void multiply(binomial *b, uint32_t by)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < b->words; i++) {
        carry += (uint64_t)b->word[i] * by;
        b->word[i] = (uint32_t)carry;
        carry >>= 32;
    }
    if (carry)
        b->word[b->words++] = (uint32_t)carry;
}

static void divide(binomial *b, uint32_t by)
{
    uint64_t rest = 0;
    for (size_t i = b->words; i-- > 0;) {
        rest = rest << 32 | b->word[i];
        /* NOLINTNEXTLINE(clang-analyzer-core.DivideZero): a denominator is 1 at least */
        b->word[i] = (uint32_t)(rest / by);
        rest %= by;
    }
    while (b->words > 1 && b->word[b->words - 1] == 0)
        b->words--;
}

static void flush(binomial *b)
{
    /* The product can be a word longer than the quotient, and there is no room for that: so a
     * common factor is cancelled first. The result is exact either way. */
    if (b->num != b->den) {
        uint32_t x = b->num, y = b->den;
        while (y) {
            uint32_t rest = x % y;
            x = y;
            y = rest;
        }
        /* num / x and den / x have no factor in common, so den / x divides the number itself. */
        divide(b, b->den / x);
        multiply(b, b->num / x);
    }
    b->num = b->den = 1;
}

static void scale(binomial *b, uint32_t num, uint32_t den)
{
    if ((uint64_t)b->num * num > UINT32_MAX || (uint64_t)b->den * den > UINT32_MAX)
        flush(b);
    b->num *= num;
    b->den *= den;
}

/* C(m, i) to C(m - 1, i - taken), for m >= 1 and m >= i. */
static void step_down(binomial *b, uint32_t m, uint32_t i, bool taken)
{
    scale(b, taken ? i : m - i, m);
}

/* C(n, k), with the fewest factors. */
static binomial binomial_of(uint32_t n, uint32_t k, uint32_t *work)
{
    binomial b = {.word = work, .words = 1, .num = 1, .den = 1};
    work[0] = 1;
    k = k < n - k ? k : n - k;
    for (uint32_t i = 1; i <= k; i++)
        scale(&b, n - k + i, i);
    flush(&b);
    return b;
}

uint32_t enumerative_bits(uint32_t n, uint32_t k, uint32_t *work)
{
    binomial b = binomial_of(n, k, work);
    uint32_t bits = (uint32_t)(32 * b.words - (size_t)__builtin_clz(b.word[b.words - 1]));
    /* For a power of 2, the largest rank is one bit shorter than the number of ranks. */
    bool power = (b.word[b.words - 1] & (b.word[b.words - 1] - 1)) == 0;
    for (size_t i = 0; i + 1 < b.words; i++)
        power &= b.word[i] == 0;
    return bits - power;
}

void enumerative_rank(uint32_t n, uint32_t k, const uint32_t *position, uint32_t *rank,
                      uint32_t *work)
{
    binomial b = binomial_of(n, k, work);
    memset(rank, 0, enumerative_words(n) * sizeof *rank);
    for (uint32_t m = n, i = k; i > 0;) {
        /* b is C(m, i), and position i is below m: go on to C(position, i), which is 0 below i. */
        for (; m > position[i - 1]; m--)
            step_down(&b, m, i, false);
        if (m < i)
            return;
        flush(&b);
        uint64_t carry = 0;
        for (size_t w = 0; w < b.words || carry; w++) {
            carry += (uint64_t)rank[w] + (w < b.words ? b.word[w] : 0);
            rank[w] = (uint32_t)carry;
            carry >>= 32;
        }
        /* C(m, i) to C(m, i - 1). */
        scale(&b, i, m - i + 1);
        i--;
    }
}

/* Subtracts b from rank if rank >= b; returns whether it did. */
static bool subtract(uint32_t *rank, size_t words, const binomial *b)
{
    size_t top = words;
    while (top > b->words && rank[top - 1] == 0)
        top--;
    bool covers = true;
    if (top == b->words) {
        while (top > 1 && rank[top - 1] == b->word[top - 1])
            top--;
        covers = rank[top - 1] >= b->word[top - 1];
    }
    if (!covers)
        return false;
    uint64_t borrow = 0;
    for (size_t w = 0; w < words; w++) {
        uint64_t less = (w < b->words ? b->word[w] : 0) + borrow;
        borrow = rank[w] < less;
        rank[w] = (uint32_t)(rank[w] - less);
    }
    return true;
}

static bool is_zero(const uint32_t *rank, size_t words)
{
    while (words > 0 && rank[words - 1] == 0)
        words--;
    return words == 0;
}

int enumerative_positions(uint32_t n, uint32_t k, uint32_t *rank, uint32_t *position,
                          uint32_t *work, err *e)
{
    binomial b = binomial_of(n, k, work);
    size_t words = enumerative_words(n);
    uint32_t i = k;
    /* b is C(m, i), and the largest remaining position is below m. */
    for (uint32_t m = n; i > 0 && m > i; m--) {
        binomial below = b;
        step_down(&below, m, i, false);
        flush(&below); /* C(m - 1, i): the choices without position m - 1 */
        bool taken = subtract(rank, words, &below);
        b = below;
        if (taken) {
            position[--i] = m - 1;
            scale(&b, i + 1, m - 1 - i); /* C(m - 1, i + 1) to C(m - 1, i) */
            flush(&b);
        }
    }
    /* All positions below are chosen: a single choice, of rank 0. */
    while (i > 0) {
        i--;
        position[i] = i;
    }
    return is_zero(rank, words)
               ? ERR_NONE
               : err_set(e, ERR_FORMAT, "a rank beyond the choices of %u out of %u positions", k,
                         n);
}
