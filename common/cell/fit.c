#include "cell/fit.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/text.h"
#include "fading/fading.h"

/* The scenario in a codec's name, such as "csilink-net-cr8-indoor" or "klt-uma-nlos-cr8"; NULL for
 * none, and for "universal". */
static const char *scenario_of_codec(const codec_info *info)
{
    static const char *const words[] = {"indoor", "outdoor", "uma-nlos"};
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        const char *at = strstr(info->name, words[i]);
        const char *end = at ? at + strlen(words[i]) : NULL;
        if (at && at > info->name && at[-1] == '-' && (*end == '\0' || *end == '-'))
            return words[i];
    }
    return NULL;
}

/* Whether one of the carriers in "uma-nlos at 28 GHz + uma-nlos:spherical at 0.3 GHz" is near; true
 * where the text has no carrier. */
static bool trained_near(const char *trained, double carrier_hz)
{
    bool any = false;
    for (const char *at = strstr(trained, " at "); at; at = strstr(at + 1, " at ")) {
        double ghz;
        const char *end = text_number_at(at + 4, &ghz);
        if (!end || strncmp(end, " GHz", 4) != 0)
            continue;
        any = true;
        if (fabs(ghz * 1e9 - carrier_hz) < 0.1 * carrier_hz)
            return true;
    }
    return !any;
}

const char *cell_fit_text(const codec_info *info, const char *channel, double carrier_hz,
                          char text[CELL_FIT_TEXT_MAX])
{
    const char *own = scenario_of_codec(info), *other = fading_scenario(channel);
    double carrier = carrier_hz > 0 ? carrier_hz : fading_carrier(channel);
    *text = 0;
    if (!own || (!other && fading_is_file(channel)))
        return text;
    if (!other || strcmp(own, other) != 0)
        snprintf(text, CELL_FIT_TEXT_MAX,
                 "%s was trained for %s channels, and %.64s is %s%s: expect a poor NMSE; --model "
                 "FAMILY-crN-auto chooses the model for a channel",
                 info->name, own, channel, other ? "one for " : "none of them", other ? other : "");
    else if (carrier > 0 && !trained_near(info->trained, carrier))
        snprintf(text, CELL_FIT_TEXT_MAX,
                 "%s was trained on %s; %.64s is at %g GHz here: --carrier sets it", info->name,
                 info->trained, channel, carrier / 1e9);
    return text;
}

void cell_warn_misfit(const codec_info *info, const char *channel, double carrier_hz)
{
    char text[CELL_FIT_TEXT_MAX];
    if (*cell_fit_text(info, channel, carrier_hz, text))
        log_warning("%s", text);
}
