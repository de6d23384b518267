#include "uplink/digital/arguments.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "uci/uci.h"
#include "uplink/arguments.h"
#include "uplink/uplink.h"

static const double margin_default_db = 1, margin_max_db = 20;

/* Which arguments were given. */
typedef struct given {
    bool source, modulation, uses, rate, list, margin, references;
} given;

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

static int take_word(const char *word, digital_arguments *a, given *has, err *e)
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
    if (!has->rate && (value = uplink_argument(word, "uses", &has->uses)))
        return uplink_argument_whole("uses", value, 1, UPLINK_SYMBOLS_MAX - UPLINK_REFERENCES_MAX,
                                     &a->uses, e);
    if (!has->uses && (value = uplink_argument(word, "rate", &has->rate)))
        return take_rate(value, &a->rate, e);
    if ((value = uplink_argument(word, "list", &has->list)))
        return uplink_argument_whole("list", value, 1, UCI_LIST_MAX, &a->list, e);
    if ((value = uplink_argument(word, "margin", &has->margin)))
        return uplink_argument_db("margin", value, 0, margin_max_db, &a->margin_db, e);
    if ((value = uplink_argument(word, "references", &has->references)))
        return uplink_argument_whole("references", value, UPLINK_REFERENCES_MIN,
                                     UPLINK_REFERENCES_MAX, &a->references, e);
    return err_set(e, ERR_INVALID, "unexpected '%.40s'; the uplink is %s", word, DIGITAL_USAGE);
}

int digital_arguments_parse(const char *text, digital_arguments *a, err *e)
{
    char copy[UPLINK_SPEC_MAX], *rest = copy, *word;
    given has = {0};
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
    /* Without a fixed number of symbols, nothing can be fitted into it. */
    if (has.source && a->source.quarters == 0)
        return err_set(e, ERR_INVALID,
                       "a law without bits needs uses=N, which chooses them; "
                       "otherwise write, for example, r4");
    if (a->source.quarters == 0)
        a->source = (digital_source){CSI_CODEWORD_RICE, 16};
    if (!has.modulation)
        a->modulation = MODULATION_QPSK;
    if (!has.rate)
        a->rate = 0.5;
    return ERR_NONE;
}
