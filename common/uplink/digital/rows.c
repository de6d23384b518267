#include "uplink/digital/rows.h"

#include <math.h>

#include "uplink/digital/adaptation.h"
#include "uplink/uplink.h"

enum { CRC11_BITS_MIN = 20 }; /* smaller payloads have a shorter check, or none */

bool digital_rows_are_chosen(const digital_arguments *a)
{
    return a->uses > 0 && (a->source.quarters == 0 || a->modulation == MODULATIONS);
}

/* The fewest symbols with coded bits of at least bits / rate; 0 where a burst cannot have as
 * many. */
static uint32_t symbols_at(const digital_arguments *a, uint32_t bits)
{
    double symbols = ceil(bits / (a->rate * modulation_bits(a->modulation)));
    return symbols <= UPLINK_SYMBOLS_MAX ? (uint32_t)symbols : 0;
}

static int check_law(const digital_arguments *a, const payload_shape *shape, err *e)
{
    char name[DIGITAL_SOURCE_NAME_MAX];
    if (shape->values_max == 0 ||
        digital_source_has(a->source.law, a->source.quarters, shape->values_max))
        return ERR_NONE;
    return err_set(e, ERR_INVALID, "a payload of %u values is too small for the Rice code %s",
                   shape->values_max, digital_source_name(a->source, name));
}

/* TS 38.212 sends one or two bits over QAM with its outermost points (placeholders, uci/uci.h), at
 * up to 2.6 times the mean power, which no burst may have. */
static int check_power(uint32_t bits, modulation m, err *e)
{
    if (bits > 2 || m == MODULATION_PI2_BPSK || m == MODULATION_QPSK)
        return ERR_NONE;
    return err_set(e, ERR_INVALID,
                   "a payload of %u bits needs pi2bpsk or qpsk: over %s the channel code would "
                   "exceed unit power",
                   bits, modulation_name(m));
}

/* With everything given, there is one row. */
static int find_given(const digital_arguments *a, const payload_shape *shape, digital_row *row,
                      uint32_t *symbols, err *e)
{
    int rc = check_law(a, shape, e);
    if (rc != ERR_NONE)
        return rc;
    *row = (digital_row){.source = a->source,
                         .modulation = a->modulation,
                         .bits = digital_source_bits(a->source, shape),
                         .from_db = -INFINITY};
    rc = check_power(row->bits, row->modulation, e);
    if (rc != ERR_NONE)
        return rc;
    *symbols = a->uses > 0 ? a->uses : symbols_at(a, row->bits);
    if (*symbols == 0 || *symbols > UPLINK_SYMBOLS_MAX - a->references)
        return err_set(e, ERR_INVALID, "%u bits need more than the %u symbols of a burst",
                       row->bits, UPLINK_SYMBOLS_MAX - a->references);
    return ERR_NONE;
}

/* Bits per value, in quarters, that a row may have. The steps of a Rice code are finer where one
 * more quarter costs a larger part of the burst. */
static const uint8_t rice_quarters[] = {5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32};
static const uint8_t whole_quarters[] = {8, 12, 16, 20, 24, 28, 32};
enum { CANDIDATES_MAX = sizeof rice_quarters };

/* One candidate for each number of bits per value, ascending. Only the CRC tells the receiver which
 * row it is, so payloads with the short CRC, or none, are excluded where there are others. */
static size_t find_candidates(const digital_arguments *a, const payload_shape *shape,
                              digital_source source[CANDIDATES_MAX], uint32_t bits[CANDIDATES_MAX])
{
    const bool rice = a->source.law == CSI_CODEWORD_RICE;
    const uint8_t *quarters = rice ? rice_quarters : whole_quarters;
    size_t count = rice ? sizeof rice_quarters : sizeof whole_quarters, found = 0;
    if (shape->values_max == 0 || a->source.quarters > 0)
        count = 1;
    for (size_t i = 0; i < count; i++) {
        digital_source s = a->source;
        s.quarters = s.quarters > 0 ? s.quarters : quarters[i];
        if (shape->values_max > 0 && !digital_source_has(s.law, s.quarters, shape->values_max))
            continue;
        uint32_t size = digital_source_bits(s, shape);
        if (count > 1 && size < CRC11_BITS_MIN)
            continue;
        source[found] = s;
        bits[found++] = size;
    }
    return found;
}

static int refuse(const digital_arguments *a, const payload_shape *shape, size_t candidates,
                  const uint32_t *bits, err *e)
{
    const modulation m = a->modulation == MODULATIONS ? MODULATION_256QAM : a->modulation;
    if (candidates == 0)
        return err_set(e, ERR_INVALID, "a payload of %u values is too small for any such law",
                       shape->values_max);
    return err_set(e, ERR_INVALID,
                   "%u symbols of %s have %u coded bits, too few for the %u bits of the payload",
                   a->uses, modulation_name(m), a->uses * modulation_bits(m), bits[0]);
}

static int find_chosen(const digital_arguments *a, const payload_shape *shape, digital_row *row,
                       size_t *rows, err *e)
{
    digital_source source[CANDIDATES_MAX];
    uint32_t bits[CANDIDATES_MAX];
    adaptation_row found[ADAPTATION_ROWS_MAX];
    const size_t candidates = find_candidates(a, shape, source, bits);
    const adaptation_need need = {.uses = a->uses,
                                  .candidates = candidates,
                                  .bits = bits,
                                  .modulation = a->modulation,
                                  .margin_db = a->margin_db};
    *rows = candidates > 0 ? adaptation_rows(&need, found) : 0;
    if (*rows == 0)
        return refuse(a, shape, candidates, bits, e);
    for (size_t i = 0; i < *rows; i++)
        row[i] = (digital_row){.source = source[found[i].candidate],
                               .modulation = found[i].modulation,
                               .bits = bits[found[i].candidate],
                               .from_db = found[i].from_db};
    return check_power(row[0].bits, row[0].modulation, e);
}

int digital_rows_find(const digital_arguments *a, const payload_shape *shape,
                      digital_row row[DIGITAL_ROWS_MAX], size_t *rows, uint32_t *symbols, err *e)
{
    *rows = 1;
    if (!digital_rows_are_chosen(a))
        return find_given(a, shape, row, symbols, e);
    *symbols = a->uses;
    if (a->uses > UPLINK_SYMBOLS_MAX - a->references)
        return err_set(e, ERR_INVALID, "uses must be at most %u with %u references",
                       UPLINK_SYMBOLS_MAX - a->references, a->references);
    return find_chosen(a, shape, row, rows, e);
}

size_t digital_rows_choose(const digital_row *row, size_t rows, double snr_db)
{
    size_t chosen = 0;
    for (size_t i = 1; i < rows && row[i].from_db <= snr_db; i++)
        chosen = i;
    return chosen;
}

static size_t add_once(size_t row, size_t *order, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (order[i] == row)
            return count;
    order[count] = row;
    return count + 1;
}

size_t digital_rows_order(const digital_row *row, size_t rows, double snr_db,
                          size_t order[DIGITAL_TRIES_MAX])
{
    const size_t likely = digital_rows_choose(row, rows, snr_db);
    size_t count = add_once(likely, order, 0);
    for (size_t off = 1; off <= DIGITAL_REACH; off++) {
        if (likely >= off)
            count = add_once(likely - off, order, count);
        if (likely + off < rows)
            count = add_once(likely + off, order, count);
    }
    /* The first row is what a UE sends at the start and once it has lost contact. */
    return add_once(0, order, count);
}

uint64_t digital_rows_table(void)
{
    return adaptation_identity();
}
