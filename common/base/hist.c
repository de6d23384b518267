#include "base/hist.h"
#include "base/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

static size_t bucket_of(uint64_t value)
{
    if (value < HIST_SUB)
        return (size_t)value;
    unsigned octave = 63u - (unsigned)__builtin_clzll(value) - HIST_SUB_BITS;
    if (octave >= HIST_OCTAVES)
        return HIST_BUCKETS - 1;
    return ((size_t)octave + 1) * HIST_SUB + (size_t)(value >> octave) - HIST_SUB;
}

/* The middle of a bucket: the value that a percentile reports. */
static uint64_t value_of(size_t bucket)
{
    if (bucket < 2 * HIST_SUB)
        return bucket;
    unsigned octave = (unsigned)(bucket / HIST_SUB) - 1;
    uint64_t low = (uint64_t)(HIST_SUB + bucket % HIST_SUB) << octave;
    return low + ((1ull << octave) >> 1);
}

void hist_add(hist *h, uint64_t value)
{
    if (h->count == 0 || value < h->min)
        h->min = value;
    if (value > h->max)
        h->max = value;
    h->count++;
    h->sum += (double)value;
    h->bucket[bucket_of(value)]++;
}

void hist_merge(hist *into, const hist *from)
{
    if (from->count == 0)
        return;
    if (into->count == 0 || from->min < into->min)
        into->min = from->min;
    if (from->max > into->max)
        into->max = from->max;
    into->count += from->count;
    into->sum += from->sum;
    for (size_t i = 0; i < HIST_BUCKETS; i++)
        into->bucket[i] += from->bucket[i];
}

uint64_t hist_percentile(const hist *h, double q)
{
    if (h->count == 0)
        return 0;
    if (q >= 1)
        return h->max;
    uint64_t rank = (uint64_t)ceil(q * (double)h->count), seen = 0;
    for (size_t i = 0; i < HIST_BUCKETS; i++) {
        seen += h->bucket[i];
        if (seen >= rank && seen > 0) {
            uint64_t v = value_of(i);
            return v < h->min ? h->min : v > h->max ? h->max : v;
        }
    }
    return h->max;
}

double hist_mean(const hist *h)
{
    return h->count ? h->sum / (double)h->count : 0;
}

char *hist_to_text(const hist *h)
{
    char *text = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&text, &size);
    if (!f)
        return NULL;
    fprintf(f, "%" PRIu64 " %.17g %" PRIu64 " %" PRIu64, h->count, h->sum, h->min, h->max);
    for (size_t i = 0; i < HIST_BUCKETS; i++)
        if (h->bucket[i])
            fprintf(f, " %zu:%" PRIu64, i, h->bucket[i]);
    if (fclose(f) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

/* Reads count, sum, min and max; returns the text behind them, NULL where they are missing. */
static const char *read_figures(hist *h, const char *text)
{
    text = text_whole_at(text, &h->count);
    text = text && *text == ' ' ? text_number_at(text + 1, &h->sum) : NULL;
    text = text && *text == ' ' ? text_whole_at(text + 1, &h->min) : NULL;
    return text && *text == ' ' ? text_whole_at(text + 1, &h->max) : NULL;
}

/* Reads the filled buckets, in ascending order, and writes their sum to *total. */
static int read_buckets(hist *h, const char *text, uint64_t *total, err *e)
{
    size_t least = 0;
    for (const char *p = text; *p;) {
        uint64_t index, count;
        const char *next = *p == ' ' ? text_whole_at(p + 1, &index) : NULL;
        next = next && *next == ':' ? text_whole_at(next + 1, &count) : NULL;
        if (!next || index < least || index >= HIST_BUCKETS || count == 0 ||
            *total + count < *total)
            return err_set(e, ERR_FORMAT, "not a histogram bucket: '%.40s'", p);
        h->bucket[index] = count;
        *total += count;
        least = index + 1;
        p = next;
    }
    return ERR_NONE;
}

/* The invariants of the four leading figures, which hist_add maintains. */
static bool is_sound(const hist *h, uint64_t total)
{
    if (h->count != total || !isfinite(h->sum) || h->sum < 0 || h->min > h->max)
        return false;
    if (total == 0)
        return h->sum <= 0 && h->max == 0;
    return h->bucket[bucket_of(h->min)] && h->bucket[bucket_of(h->max)];
}

int hist_from_text(hist *h, const char *text, err *e)
{
    *h = (hist){0};
    uint64_t total = 0;
    int status = ERR_NONE;
    const char *rest = read_figures(h, text);
    if (!rest)
        status = err_set(e, ERR_FORMAT, "not a histogram: '%.40s'", text);
    else
        status = read_buckets(h, rest, &total, e);
    if (status == ERR_NONE && !is_sound(h, total))
        status = err_set(e, ERR_FORMAT,
                         "histogram of %" PRIu64 " values from %" PRIu64 " to %" PRIu64
                         " has %" PRIu64 " in its buckets",
                         h->count, h->min, h->max, total);
    if (status != ERR_NONE)
        *h = (hist){0};
    return status;
}
