/* The spec of a channel: a name for fading_open, with keys of its configuration anywhere after
 * it. */
#include <stdio.h>
#include <string.h>

#include "api/internal.h"
#include "base/text.h"

typedef struct spec_key {
    const char *name;
    double min, max;
    bool whole;
} spec_key;

enum { SPEED, CARRIER, BANDWIDTH, NT, NC, NI, KEYS };

static const spec_key keys[KEYS] = {
    [SPEED] = {"speed", 0, FADING_SPEED_MAX_KMH, false},
    [CARRIER] = {"carrier", FADING_CARRIER_MIN_HZ, FADING_CARRIER_MAX_HZ, false},
    [BANDWIDTH] = {"bandwidth", FADING_BANDWIDTH_MIN_HZ, FADING_BANDWIDTH_MAX_HZ, false},
    [NT] = {"nt", 1, CSI_NT_MAX, true},
    [NC] = {"nc", 1, CSI_NC_MAX, true},
    [NI] = {"ni", 1, CSI_NC_MAX, true},
};

static void set_key(fading_config *c, int key, double value)
{
    switch (key) {
    case SPEED:
        c->speed_kmh = value;
        break;
    case CARRIER:
        c->carrier_hz = value;
        break;
    case BANDWIDTH:
        c->bandwidth_hz = value;
        break;
    case NT:
        c->dims.nt = (uint32_t)value;
        break;
    case NC:
        c->dims.nc = (uint32_t)value;
        break;
    default:
        c->dims.ni = (uint32_t)value;
    }
}

/* Which key the word between colons sets; KEYS for an argument of the model. */
static int key_of(const char *word, size_t length)
{
    const char *sign = memchr(word, '=', length);
    for (int k = 0; sign && k < KEYS; k++)
        if (strlen(keys[k].name) == (size_t)(sign - word) &&
            strncmp(keys[k].name, word, (size_t)(sign - word)) == 0)
            return k;
    return KEYS;
}

static int read_key(fading_config *c, int key, const char *word, size_t length, bool *before,
                    err *e)
{
    const spec_key *k = &keys[key];
    size_t start = strlen(k->name) + 1;
    char text[32];
    double value;
    if (*before)
        return err_set(e, ERR_INVALID, "a channel's spec gives %s= twice", k->name);
    *before = true;
    snprintf(text, sizeof text, "%.*s", (int)(length - start), word + start);
    if (length - start < sizeof text && text_number(text, &value) && value >= k->min &&
        value <= k->max && (!k->whole || value == (double)(uint32_t)value)) {
        set_key(c, key, value);
        return ERR_NONE;
    }
    return err_set(e, ERR_INVALID, "%s=%.31s of a channel: give a%s number from %g to %g", k->name,
                   text, k->whole ? " whole" : "", k->min, k->max);
}

int api_channel_spec(const char *spec, char channel[API_SPEC_MAX], fading_config *c, err *e)
{
    bool before[KEYS] = {false};
    size_t used = 0;
    channel[0] = '\0';
    if (strlen(spec) >= API_SPEC_MAX)
        return err_set(e, ERR_INVALID, "the channel '%.40s...' has more than %d characters", spec,
                       API_SPEC_MAX - 1);
    for (const char *word = spec; word; word = *word ? word + 1 : NULL) {
        size_t length = strcspn(word, ":");
        int key = word > spec ? key_of(word, length) : KEYS;
        int rc = key < KEYS ? read_key(c, key, word, length, &before[key], e) : ERR_NONE;
        if (rc != ERR_NONE)
            return rc;
        if (key == KEYS)
            used += (size_t)snprintf(channel + used, API_SPEC_MAX - used, "%s%.*s",
                                     word > spec ? ":" : "", (int)length, word);
        word += length;
        if (!*word)
            break;
    }
    return ERR_NONE;
}
