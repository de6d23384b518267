/* table.h: how likely each whole number is, channel by channel, and the bits that it costs.
 *
 * A number is coded as decisions: whether it is the channel's most likely one; if not, on which
 * side; and for each distance from there whether it is this one. Beyond `reach` the rest is coded
 * as Elias' gamma code. Each decision has a fixed probability, known to both ends, and goes through
 * payload/arithmetic.h. So any table is a code: whatever the probabilities, the decoder reads back
 * what was coded, and any bits decode to some numbers.
 *
 * As text, in the metadata csilink.entropy of both files of a pair: the number of channels, then
 * for each channel
 *
 *     centre at up reach above[reach] below[reach]        whole numbers, separated by blanks
 *
 * with probabilities in 1/65536, ARITH_CHANCE_MIN to 65536 - ARITH_CHANCE_MIN. */
#ifndef CODEC_ENTROPY_TABLE_H
#define CODEC_ENTROPY_TABLE_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "payload/arithmetic.h"

enum {
    ENTROPY_CHANNELS_MAX = 8192,
    ENTROPY_REACH_MAX = 64,
    ENTROPY_FAR = 1 << 15, /* no number is further from its centre */
    ENTROPY_CENTRE_MAX = 1 << 15,
};

typedef struct entropy_channel {
    int32_t centre;
    uint16_t at, up; /* P(it is the centre); P(it is above), where it is not */
    uint16_t reach;
    uint16_t stop[2]
                 [ENTROPY_REACH_MAX]; /* below, above: P(it is at that distance), if not nearer */
} entropy_channel;

typedef struct entropy_table {
    uint32_t channels;
    entropy_channel channel[];
} entropy_table;

/* A table of `channels` channels, all zero, to be filled. NULL where memory runs out. Free with
 * free(). */
entropy_table *entropy_table_new(uint32_t channels);

/* From the probabilities of `count` >= 1 numbers, first .. first + count - 1: none negative, their
 * sum above 0. first is within ENTROPY_CENTRE_MAX. */
void entropy_channel_set(entropy_channel *c, const double *chance, int32_t first, size_t count);

/* The table as text, malloc'ed; and back, every number checked: ERR_FORMAT names what is wrong.
 * NULL on failure. */
char *entropy_table_print(const entropy_table *t);
entropy_table *entropy_table_read(const char *text, err *e);

/* Codes a number, limited to ENTROPY_FAR around the centre, or reads one, as the direction of `a`
 * says. Returns it. */
int32_t entropy_code(arith *a, const entropy_channel *c, int32_t number);

#endif
