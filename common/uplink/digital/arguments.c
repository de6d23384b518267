#include "uplink/digital/arguments.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "uci/uci.h"
#include "uplink/uplink.h"

static const double margin_default_db = 1, margin_max_db = 20;

/* Which were said. */
typedef struct said {
    bool source, modulation, uses, rate, list, margin, references;
} said;

/* What follows `key` and '='; NULL where the word is another, or was there before. */
static const char *value_of(const char *word, const char *key, bool *before)
{
    size_t length = strlen(key);
    if (*before || strncmp(word, key, length) != 0 || word[length] != '=')
        return NULL;
    *before = true;
    return word + length + 1;
}

static int take_whole(const char *key, const char *text, uint64_t min, uint64_t max, uint32_t *to,
                      err *e)
{
    uint64_t n;
    if (!text_whole(text, min, max, &n))
        return err_set(e, ERR_INVALID, "%s must be %llu to %llu, not '%.40s'", key,
                       (unsigned long long)min, (unsigned long long)max, text);
    *to = (uint32_t)n;
    return ERR_NONE;
}

/* "1/2", "0.5". */
static int take_rate(const char *text, double *rate, err *e)
{
    double over = 1;
    const char *rest = text_number_at(text, rate);
    bool whole = rest && *rest == 0;
    if (rest && *rest == '/')
        whole = text_number(rest + 1, &over);
    if (!whole || !(over > 0) || !(*rate / over > 0 && *rate / over < 1))
        return err_set(e, ERR_INVALID,
                       "rate must be above 0 and below 1, such as 1/2 or 0.4, not '%.40s'", text);
    *rate /= over;
    return ERR_NONE;
}

static int take_margin(const char *text, double *margin_db, err *e)
{
    if (!text_number(text, margin_db) || !(*margin_db >= 0 && *margin_db <= margin_max_db))
        return err_set(e, ERR_INVALID, "margin must be 0 to %g dB, not '%.40s'", margin_max_db,
                       text);
    *margin_db += 0.0; /* -0 and 0 are one margin and need one spelling */
    return ERR_NONE;
}

static int take_word(const char *word, digital_arguments *a, said *has, err *e)
{
    const char *value;
    const bool keyed = has->uses || has->rate || has->list || has->margin || has->references;
    if (!keyed && !has->modulation && modulation_named(word) != MODULATIONS) {
        has->modulation = true;
        a->modulation = modulation_named(word);
        return ERR_NONE;
    }
    if (!keyed && !has->source && !has->modulation && !strchr(word, '=')) {
        has->source = true;
        return digital_source_parse(word, &a->source, e);
    }
    if (!has->rate && (value = value_of(word, "uses", &has->uses)))
        return take_whole("uses", value, 1, UPLINK_SYMBOLS_MAX - UPLINK_REFERENCES_MAX, &a->uses,
                          e);
    if (!has->uses && (value = value_of(word, "rate", &has->rate)))
        return take_rate(value, &a->rate, e);
    if ((value = value_of(word, "list", &has->list)))
        return take_whole("list", value, 1, UCI_LIST_MAX, &a->list, e);
    if ((value = value_of(word, "margin", &has->margin)))
        return take_margin(value, &a->margin_db, e);
    if ((value = value_of(word, "references", &has->references)))
        return take_whole("references", value, UPLINK_REFERENCES_MIN, UPLINK_REFERENCES_MAX,
                          &a->references, e);
    return err_set(e, ERR_INVALID, "unexpected '%.40s'; it is %s", word, DIGITAL_USAGE);
}

int digital_arguments_parse(const char *text, digital_arguments *a, err *e)
{
    char copy[UPLINK_SPEC_MAX], *rest = copy, *word;
    said has = {0};
    *a = (digital_arguments){.source = {CSI_CODEWORD_RICE, 0},
                             .modulation = MODULATIONS,
                             .list = UCI_LIST_DEFAULT,
                             .references = UPLINK_REFERENCES_DEFAULT,
                             .margin_db = margin_default_db};
    snprintf(copy, sizeof copy, "%s", text);
    while (*text && (word = strsep(&rest, ","))) {
        int rc = take_word(word, a, &has, e);
        if (rc != ERR_NONE)
            return rc;
    }
    if (has.uses)
        return ERR_NONE;
    /* Without a number of symbols that is fixed, there is nothing to fit into it. */
    if (has.source && a->source.quarters == 0)
        return err_set(e, ERR_INVALID, "a law without its bits is chosen for uses=N; say r4, say");
    if (a->source.quarters == 0)
        a->source = (digital_source){CSI_CODEWORD_RICE, 16};
    if (!has.modulation)
        a->modulation = MODULATION_QPSK;
    if (!has.rate)
        a->rate = 0.5;
    return ERR_NONE;
}
