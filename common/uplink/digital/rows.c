#include "uplink/digital/rows.h"

#include <math.h>

#include "uci/uci.h"
#include "uplink/uplink.h"

bool digital_rows_are_chosen(const digital_arguments *a)
{
    return a->uses > 0 && (a->source.quarters == 0 || a->modulation == MODULATIONS);
}

/* The fewest symbols whose coded bits are at least bits / rate; 0 where that is beyond a burst. */
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

/* One row: everything is said. */
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
    *symbols = a->uses > 0 ? a->uses : symbols_at(a, row->bits);
    if (*symbols == 0 || *symbols > UPLINK_SYMBOLS_MAX - a->references)
        return err_set(e, ERR_INVALID, "%u bits need more than the %u symbols of a burst",
                       row->bits, UPLINK_SYMBOLS_MAX - a->references);
    return ERR_NONE;
}

int digital_rows_find(const digital_arguments *a, const payload_shape *shape,
                      digital_row row[DIGITAL_ROWS_MAX], size_t *rows, uint32_t *symbols, err *e)
{
    *rows = 1;
    return find_given(a, shape, row, symbols, e);
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
    if (likely > 0)
        count = add_once(likely - 1, order, count);
    if (likely + 1 < rows)
        count = add_once(likely + 1, order, count);
    return add_once(0, order, count); /* a UE's first, and all that it sends once it was cut off */
}

uint64_t digital_rows_table(void)
{
    return 0;
}
