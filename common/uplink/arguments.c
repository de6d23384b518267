#include "uplink/arguments.h"

#include <string.h>

#include "base/text.h"

const char *uplink_argument(const char *word, const char *key, bool *before)
{
    size_t length = strlen(key);
    if (*before || strncmp(word, key, length) != 0 || word[length] != '=')
        return NULL;
    *before = true;
    return word + length + 1;
}

int uplink_argument_whole(const char *key, const char *text, uint64_t min, uint64_t max,
                          uint32_t *to, err *e)
{
    uint64_t n;
    if (!text_whole(text, min, max, &n))
        return err_set(e, ERR_INVALID, "%s must be %llu to %llu, not '%.40s'", key,
                       (unsigned long long)min, (unsigned long long)max, text);
    *to = (uint32_t)n;
    return ERR_NONE;
}

int uplink_argument_db(const char *key, const char *text, double min, double max, double *to,
                       err *e)
{
    double value;
    if (!text_number(text, &value) || !(value >= min && value <= max))
        return err_set(e, ERR_INVALID, "%s must be %g to %g dB, not '%.40s'", key, min, max, text);
    *to = value + 0.0;
    return ERR_NONE;
}
