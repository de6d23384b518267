#include "grid.h"

#include <stdbool.h>

#include "uci/uci.h"
#include "uplink/digital/adaptation_table.h"

/* The bits of the blocks: all short codes; polar codes with a CRC of 6 bits up to 25, and with one
 * of 11 from 31 on, where neighbours are half an octave apart. Blocks of more than 864 bits have at
 * most 1,087 coded bits. The longest code has fewer, 1,024, and its own rate, K / 1024, is then
 * close to 1. */
static const uint16_t rows[] = {1,  2,  3,  4,  5,   6,   7,   8,   9,   10,  11,  18,  21,  25,
                                31, 44, 62, 88, 125, 177, 250, 354, 500, 657, 864, 930, 1010};

/* Near the end of the last rows, and a whole number of symbols of any modulation. */
enum { LAST_BITS = 864, LAST_CODED = 1080 };

/* The steps of an octave of coded bits: the power of two, where polar codes are best for their
 * rate; 9/8 of it, up to which bits are repeated; and two on the way to the next. */
enum { STEPS = 4, SHORT_CODED = 64, SHORT_QAM_CODED_MAX = 2048 };
static const uint32_t sixteenths[STEPS] = {16, 18, 20, 25};

static uint32_t round_down(uint32_t n, uint32_t step)
{
    return n / step * step;
}

static uint32_t round_up(uint32_t n, uint32_t step)
{
    return round_down(n + step - 1, step);
}

static uint32_t power_from(uint32_t n)
{
    uint32_t power = 1;
    while (power < n)
        power *= 2;
    return power;
}

/* Makes a word of one block or, if that has too many coded bits, of two. False if neither fits. */
static bool make_word(uint32_t bits, uint32_t coded, unsigned qm, grid_point *p)
{
    const uint32_t crc = bits < 12 ? 0 : bits < 31 ? 6 : 11;
    *p = (grid_point){bits, coded, bits - crc, coded};
    for (uint32_t blocks = 1; blocks <= 2; blocks++) {
        uci_sizes s;
        p->word_bits = blocks * (bits - crc);
        p->word_coded = blocks * coded;
        if (uci_sizes_of(p->word_bits, p->word_coded, qm, &s, NULL) == ERR_NONE &&
            p->word_coded >= s.decodable_from && (s.blocks == blocks || s.law != UCI_POLAR))
            return true;
    }
    return false;
}

/* The fewest coded bits of a row: whole symbols, and no higher rate than the table has. */
static uint32_t least_coded(uint32_t bits, unsigned qm)
{
    const uint32_t of_rate =
        bits < 12 ? bits
                  : (bits * ADAPTATION_RATE_DEN + ADAPTATION_RATE_NUM - 1) / ADAPTATION_RATE_NUM;
    grid_point p;
    uint32_t coded = round_up(of_rate, qm);
    while (!make_word(bits, coded, qm, &p))
        coded += qm;
    return coded;
}

/* Twice the length of the longest code for these bits: more coded bits only repeat these. */
static uint32_t most_coded(uint32_t bits)
{
    const uint32_t power = bits < 12 ? 32 : power_from(8 * bits);
    return 2 * (power < 1024 ? power : 1024);
}

/* Step `step` of a row, before it is rounded to symbols. */
static uint32_t coded_of_step(uint32_t step)
{
    return (4u << step / STEPS) * sixteenths[step % STEPS] / 16;
}

/* The (32, A) code is not interleaved: which of its bits share a QAM symbol, and are repeated in
 * the same place, changes the threshold by up to 2 dB. So it has all sizes up to twice its length,
 * and octaves beyond. */
static uint32_t coded_of_short_step(uint32_t step, unsigned qm)
{
    const uint32_t symbols = SHORT_CODED / qm;
    return step < symbols ? (step + 1) * qm : 2u * SHORT_CODED << (step - symbols);
}

/* Adds a row. Rounds sizes down, so that 9/8 of a power of two is not exceeded. */
static size_t add_row(uint32_t bits, unsigned qm, grid_point *point, size_t room)
{
    const bool by_symbol = bits < 12 && qm > 2;
    const uint32_t most = by_symbol ? SHORT_QAM_CODED_MAX : most_coded(bits);
    size_t count = make_word(bits, least_coded(bits, qm), qm, &point[0]);
    for (uint32_t step = 0; count < room; step++) {
        const uint32_t coded = by_symbol ? coded_of_short_step(step, qm) : coded_of_step(step);
        if (coded > most)
            break;
        /* Leaves out a size that is nearly the last one. */
        const uint32_t here = round_down(coded, qm), last = point[count - 1].coded;
        const bool apart = by_symbol || bits > LAST_BITS ? here > last : here * 25 >= last * 27;
        if (apart && make_word(bits, here, qm, &point[count]))
            count++;
    }
    if (bits > LAST_BITS && count < room && point[count - 1].coded < LAST_CODED)
        count += make_word(bits, LAST_CODED, qm, &point[count]);
    return count;
}

size_t grid_points(modulation m, grid_point point[GRID_POINTS_MAX])
{
    size_t count = 0;
    for (size_t r = 0; r < sizeof rows / sizeof rows[0]; r++)
        count += add_row(rows[r], modulation_bits(m), point + count, GRID_POINTS_MAX - count);
    return count;
}
