/* Any text as a table of chances, and any bits to be read by it: the table is refused in one line,
 * or it is read again as it is printed; numbers keep near their centres, and what was read takes
 * the same bits when it is written. The first byte says how many bytes are bits; the rest is text.
 */
#include "fuzz.h"

#include "codec/entropy/table.h"

enum { NUMBERS_MAX = 64 };

static void check_bits(const entropy_channel *c, const uint8_t *bits, size_t size)
{
    static uint8_t written[8 * NUMBERS_MAX];
    int32_t number[NUMBERS_MAX];
    arith r = arith_read(bits, 0, (uint32_t)(8 * size));
    for (int i = 0; i < NUMBERS_MAX; i++) {
        number[i] = entropy_code(&r, c, 0);
        require(labs((long)number[i] - c->centre) <= 2L * ENTROPY_FAR + ENTROPY_REACH_MAX);
    }
    memset(written, 0, sizeof written);
    int32_t far = 0; /* beyond ENTROPY_FAR no encoder writes */
    for (int i = 0; i < NUMBERS_MAX; i++)
        if (labs((long)number[i] - c->centre) > ENTROPY_FAR)
            far++;
    arith w = arith_write(written, 0, 8 * sizeof written);
    for (int i = 0; i < NUMBERS_MAX; i++)
        entropy_code(&w, c, number[i]);
    uint32_t used = arith_finish(&w);
    if (w.full || far)
        return;
    arith again = arith_read(written, 0, used);
    for (int i = 0; i < NUMBERS_MAX; i++)
        require(entropy_code(&again, c, 0) == number[i]);
    require(arith_is_whole(&again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 1)
        return 0;
    size_t bytes = data[0] < size ? data[0] : size - 1;
    uint8_t *bits = fuzz_copy(data + 1, bytes, false);
    char *text = fuzz_copy(data + 1 + bytes, size - 1 - bytes, true);
    err e = {0};
    entropy_table *t = entropy_table_read(text, &e);
    if (!t)
        fuzz_check_error(&e);
    char *printed = t ? entropy_table_print(t) : NULL;
    entropy_table *again = printed ? entropy_table_read(printed, &e) : NULL;
    require(!t || (again && again->channels == t->channels));
    require(!t || memcmp(t->channel, again->channel, t->channels * sizeof t->channel[0]) == 0);
    for (uint32_t c = 0; t && c < t->channels && c < 8; c++)
        check_bits(&t->channel[c], bits, bytes);
    free(again);
    free(printed);
    free(t);
    free(text);
    free(bits);
    return 0;
}
