#include "uplink/analog_arguments.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "uplink/arguments.h"
#include "uplink/snr.h"

/* Which arguments were given. */
typedef struct given {
    bool any, header, header_uses, references, outage;
} given;

static int take_header(const char *text, analog_header *header, err *e)
{
    static const char *const names[] = {
        [ANALOG_CAPACITY] = "capacity", [ANALOG_CODED] = "coded", [ANALOG_FREE] = "free"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (strcmp(text, names[i]) == 0) {
            *header = (analog_header)i;
            return ERR_NONE;
        }
    return err_set(e, ERR_INVALID, "header must be coded, capacity or free, not '%.40s'", text);
}

static int take_word(const char *word, analog_arguments *a, given *has, err *e)
{
    const char *value;
    if ((value = uplink_argument(word, "references", &has->references)))
        return uplink_argument_whole("references", value, UPLINK_REFERENCES_MIN,
                                     UPLINK_REFERENCES_MAX, &a->references, e);
    if ((value = uplink_argument(word, "outage", &has->outage)))
        return uplink_argument_db("outage", value, UPLINK_SNR_MIN_DB, UPLINK_SNR_MAX_DB,
                                  &a->outage_db, e);
    if ((value = uplink_argument(word, "header", &has->header)))
        return take_header(value, &a->header, e);
    if ((value = uplink_argument(word, "header-uses", &has->header_uses)))
        return uplink_argument_whole("header-uses", value, 1, ANALOG_HEADER_USES_MAX,
                                     &a->header_uses, e);
    if (!has->any && !strchr(word, '='))
        return csi_codeword_parse(word, &a->format, e);
    return err_set(e, ERR_INVALID, "unexpected '%.40s'; the uplink is %s", word, ANALOG_USAGE);
}

int analog_arguments_parse(const char *text, analog_arguments *a, err *e)
{
    char copy[UPLINK_SPEC_MAX], *rest = copy, *word;
    given has = {0};
    *a = (analog_arguments){.references = UPLINK_REFERENCES_DEFAULT, .outage_db = -INFINITY};
    snprintf(copy, sizeof copy, "%s", text);
    while (*text && (word = strsep(&rest, ","))) {
        int rc = take_word(word, a, &has, e);
        if (rc != ERR_NONE)
            return rc;
        has.any = true;
    }
    if (a->header_uses > 0 && a->header != ANALOG_CODED)
        return err_set(e, ERR_INVALID, "header-uses needs header=coded");
    return ERR_NONE;
}
