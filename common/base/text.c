#include "base/text.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { NAME_MAX_BYTES = 64 };

const char *text_number_at(const char *text, double *value)
{
    /* strtod skips leading blanks, and takes "inf" and "nan", too. */
    char first = text[*text == '-' || *text == '+'], *end;
    if ((first < '0' || first > '9') && first != '.')
        return NULL;
    *value = strtod(text, &end);
    return end > text && isfinite(*value) ? end : NULL; /* not a number that overflows */
}

bool text_number(const char *text, double *value)
{
    const char *word = text + (*text == '-' || *text == '+');
    if (strcasecmp(word, "inf") == 0 || strcasecmp(word, "infinity") == 0) {
        *value = *text == '-' ? -INFINITY : INFINITY;
        return true;
    }
    const char *end = text_number_at(text, value);
    return end && *end == '\0';
}

const char *text_whole_at(const char *text, uint64_t *value)
{
    uint64_t v = 0;
    const char *at = text;
    for (; *at >= '0' && *at <= '9'; at++)
        if (__builtin_mul_overflow(v, 10, &v) ||
            __builtin_add_overflow(v, (uint64_t)(*at - '0'), &v))
            return NULL;
    *value = v;
    return at > text ? at : NULL;
}

bool text_whole(const char *text, uint64_t min, uint64_t max, uint64_t *value)
{
    uint64_t v;
    const char *end = text_whole_at(text, &v);
    if (!end || *end || v < min || v > max)
        return false;
    *value = v;
    return true;
}

bool text_duration(const char *text, double unit, double *seconds)
{
    static const struct {
        const char *suffix;
        double seconds;
    } units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
    double v;
    const char *end = text_number_at(text, &v);
    if (!end)
        return false;
    if (*end == '\0') {
        if (isfinite(v * unit))
            *seconds = v * unit;
        return isfinite(v * unit);
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].suffix) == 0) {
            double total = v * units[i].seconds;
            if (isfinite(total))
                *seconds = total;
            return isfinite(total);
        }
    }
    return false;
}

bool text_frequency(const char *text, double *hz)
{
    static const struct {
        const char *suffix;
        double hz;
    } units[] = {{"", 1}, {"Hz", 1}, {"kHz", 1e3}, {"MHz", 1e6}, {"GHz", 1e9}};
    double v;
    const char *end = text_number_at(text, &v);
    for (size_t i = 0; end && i < sizeof units / sizeof units[0]; i++) {
        if (strcasecmp(end, units[i].suffix) == 0 && isfinite(v * units[i].hz)) {
            *hz = v * units[i].hz;
            return true;
        }
    }
    return false;
}

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Levenshtein distance, one row of the table at a time. A name longer than the row matches nothing:
 * csilink has no name that long. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_BYTES + 1], la = strlen(a), lb = strlen(b);
    if (la >= NAME_MAX_BYTES || lb >= NAME_MAX_BYTES)
        return SIZE_MAX;
    for (size_t j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t above = row[j], best = diagonal + !same_letter(a[i - 1], b[j - 1]);
            best = above + 1 < best ? above + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = above;
            row[j] = best;
        }
    }
    return row[lb];
}

/* Whether a longer name begins with this one and a punctuation mark, as "uma-nlos" with "uma". */
static bool begins_with(const char *longer, const char *name)
{
    size_t n = strlen(name);
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): the caller passes two names */
    return n > 1 && strncasecmp(longer, name, n) == 0 && ispunct((unsigned char)longer[n]);
}

const char *text_nearest(const char *name, const char *const *names, size_t count)
{
    const char *best = NULL;
    /* One more edit than a third of the name: "sn" still finds "snr", "xyz" finds nothing. */
    size_t best_distance = strlen(name) / 3 + 2;
    for (size_t i = 0; i < count; i++) {
        size_t d = edit_distance(name, names[i]);
        if (d < best_distance) {
            best_distance = d;
            best = names[i];
        }
    }
    for (size_t i = 0; !best && i < count; i++)
        if (begins_with(names[i], name))
            best = names[i];
    return best;
}

/* The length in bytes of the character that starts here; 0 if it is not UTF-8 (RFC 3629, section
 * 4). */
static size_t character_bytes(const unsigned char *c)
{
    static const struct {
        unsigned char first, last, second_first, second_last, bytes;
    } forms[] = {
        {0x00, 0x7f, 0, 0, 1},       {0xc2, 0xdf, 0x80, 0xbf, 2}, {0xe0, 0xe0, 0xa0, 0xbf, 3},
        {0xe1, 0xec, 0x80, 0xbf, 3}, {0xed, 0xed, 0x80, 0x9f, 3}, {0xee, 0xef, 0x80, 0xbf, 3},
        {0xf0, 0xf0, 0x90, 0xbf, 4}, {0xf1, 0xf3, 0x80, 0xbf, 4}, {0xf4, 0xf4, 0x80, 0x8f, 4}};
    for (size_t i = 0; i < sizeof forms / sizeof forms[0]; i++) {
        if (*c < forms[i].first || *c > forms[i].last)
            continue;
        if (forms[i].bytes > 1 && (c[1] < forms[i].second_first || c[1] > forms[i].second_last))
            return 0;
        for (size_t k = 2; k < forms[i].bytes; k++)
            if ((c[k] & 0xc0) != 0x80)
                return 0;
        return forms[i].bytes;
    }
    return 0;
}

bool text_is_utf8(const char *text)
{
    size_t n = 1;
    for (const char *c = text; *c && n; c += n)
        n = character_bytes((const unsigned char *)c);
    return n > 0;
}

char *text_to_utf8(const char *text)
{
    static const char replacement[] = "\xef\xbf\xbd";
    char *clean = malloc(3 * strlen(text) + 1), *to = clean;
    if (!clean)
        return NULL;
    while (*text) {
        size_t n = character_bytes((const unsigned char *)text);
        memcpy(to, n ? text : replacement, n ? n : 3);
        to += n ? n : 3;
        text += n ? n : 1;
    }
    *to = '\0';
    return clean;
}
