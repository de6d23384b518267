#include <math.h>
#include <stdbool.h>

#include "base/decibel.h"
#include "base/hash.h"
#include "base/normal.h"
#include "uci/uci.h"
#include "uplink/digital/adaptation.h"
#include "uplink/digital/adaptation_table.h"

/* Increase this when the interpolation changes. */
enum { READING = 1 };

enum { SHORT_BITS_MAX = 11 };

/* Below the first rate, neighbours have the same coded bits; above the second, the same rate. */
static const double rate_low = 0.55, rate_high = 0.75;
static const double longest = 1024; /* of the polar codes */

/* Points with one number of bits. */
typedef struct row {
    size_t count;
    const adaptation_point *point;
} row;

typedef struct cliff {
    double gap_db, spread_db;
} cliff;

/* pi/2-BPSK uses the table of QPSK. */
static const adaptation_table *table_of(modulation m)
{
    return m == MODULATION_16QAM    ? &adaptation_16qam
           : m == MODULATION_64QAM  ? &adaptation_64qam
           : m == MODULATION_256QAM ? &adaptation_256qam
                                    : &adaptation_qpsk;
}

/* The row that starts at this point. */
static row row_from(const adaptation_table *t, size_t first)
{
    row r = {.point = t->point + first};
    while (first + r.count < t->count && r.point[r.count].bits == r.point[0].bits)
        r.count++;
    return r;
}

/* The rows on either side of this number of bits: the same row twice for an exact match and beyond
 * the last row. No block has fewer bits than the first. */
static void find_rows(const adaptation_table *t, double bits, row *low, row *high)
{
    const adaptation_point *end = t->point + t->count;
    *low = *high = row_from(t, 0);
    while (high->point->bits < bits && high->point + high->count < end) {
        *low = *high;
        *high = row_from(t, (size_t)(high->point - t->point) + high->count);
    }
    if (high->point->bits <= bits)
        *low = *high;
}

static double capacity_db(double bits, double coded, double qm)
{
    return db_of_power(expm1(M_LN2 * qm * bits / coded));
}

static double gap_of(const adaptation_point *p, double qm)
{
    return p->snr_db - capacity_db(p->bits, p->coded, qm);
}

/* As if all coded bits of a point were repeated. */
static cliff repeat(const adaptation_point *p, double coded, double qm)
{
    return (cliff){.gap_db =
                       p->snr_db - db_of_power(coded / p->coded) - capacity_db(p->bits, coded, qm),
                   .spread_db = p->spread_db};
}

/* Below the fewest coded bits of a row, the rate is at its limit, less than a symbol away. A single
 * bit, however, is repeated at any rate. */
static cliff read_row(row r, double coded, double qm)
{
    const adaptation_point *p = r.point, *last = &p[r.count - 1];
    if (coded >= last->coded)
        return repeat(last, coded, qm);
    if (coded <= p->coded)
        return p->bits == 1 ? repeat(p, coded, qm) : (cliff){gap_of(p, qm), p->spread_db};
    while (p[1].coded <= coded)
        p++;
    const double t = log(coded / p[0].coded) / log((double)p[1].coded / p[0].coded);
    return (cliff){.gap_db = (1 - t) * gap_of(&p[0], qm) + t * gap_of(&p[1], qm),
                   .spread_db = (1 - t) * p[0].spread_db + t * p[1].spread_db};
}

/* Es/N0 of a block at this many standard deviations beyond its threshold. */
static double block_db(modulation m, double bits, double coded, double deviations)
{
    const adaptation_table *table = table_of(m);
    const double qm = m == MODULATION_PI2_BPSK ? 2 : modulation_bits(m);
    row low, high;
    find_rows(table, bits, &low, &high);
    /* A neighbour that repeats bits says nothing about a block that does not. */
    if (coded <= longest && high.point->coded > longest)
        high = low;
    const double from = low.point->bits, to = high.point->bits;
    const double share = (bits / coded - rate_low) / (rate_high - rate_low);
    /* Beyond the longest code, only its own rate, K / 1024, matters, which more coded bits do not
     * change. */
    const double by_rate = coded > longest ? 0 : fmin(1, fmax(0, share));
    const double t = to > from ? log(bits / from) / log(to / from) : 0;
    const double most = fmax(coded, longest);
    const cliff a = read_row(low, fmin(most, coded * pow(from / bits, by_rate)), qm);
    const cliff b = read_row(high, fmin(most, coded * pow(to / bits, by_rate)), qm);
    const double db = capacity_db(bits, coded, qm) + (1 - t) * a.gap_db + t * b.gap_db +
                      deviations * ((1 - t) * a.spread_db + t * b.spread_db);
    return m == MODULATION_PI2_BPSK ? db - db_of_power(2) : db;
}

/* For one word of `words`. */
static double word_db(modulation m, uci_word w, uint32_t words)
{
    uci_sizes s;
    if (uci_sizes_of(w.bits, w.coded, modulation_bits(m), &s, NULL) != ERR_NONE ||
        w.coded < s.decodable_from)
        return INFINITY;
    if (s.law != UCI_POLAR)
        s.blocks = 1, s.block_bits = w.bits, s.block_coded = w.coded;
    else if (ADAPTATION_RATE_DEN * s.block_bits > ADAPTATION_RATE_NUM * s.block_coded)
        return INFINITY;
    const double blocks = (double)words * s.blocks;
    const double deviations =
        normal_tail_inverse(ADAPTATION_BLER / blocks) - normal_tail_inverse(ADAPTATION_BLER);
    return block_db(m, s.block_bits, s.block_coded, deviations);
}

double adaptation_threshold_db(modulation m, uint32_t bits, uint32_t coded)
{
    uint32_t words;
    if ((unsigned)m >= MODULATIONS ||
        uci_words(bits, coded, modulation_bits(m), &words, NULL) != ERR_NONE)
        return INFINITY;
    /* Words differ by a bit and by a coded bit: these are all sizes, as in uci_words. */
    const uint32_t samples[] = {0, bits % words, coded % words, words - 1};
    double db = -INFINITY;
    for (int i = 0; i < 4; i++)
        db = fmax(db, word_db(m, uci_word_at(bits, coded, words, samples[i]), words));
    return round(db * 1000) / 1000;
}

static uint64_t hash_number(uint64_t h, double value)
{
    const uint64_t whole = (uint64_t)(int64_t)llround(value);
    uint8_t byte[8];
    for (int i = 0; i < 8; i++)
        byte[i] = (uint8_t)(whole >> 8 * i);
    return hash_bytes(h, byte, sizeof byte);
}

uint64_t adaptation_identity(void)
{
    uint64_t h = hash_number(HASH_START, READING);
    for (modulation m = MODULATION_QPSK; m < MODULATIONS; m++) {
        const adaptation_table *t = table_of(m);
        h = hash_number(h, (double)t->count);
        for (size_t i = 0; i < t->count; i++) {
            h = hash_number(h, t->point[i].bits);
            h = hash_number(h, t->point[i].coded);
            h = hash_number(h, 1000 * t->point[i].snr_db);
            h = hash_number(h, 1000 * t->point[i].spread_db);
        }
    }
    return h;
}
