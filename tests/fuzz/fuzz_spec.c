/* Any text as the spec of a channel of the library: refused in one line, or a configuration in
 * range and the name of a model without the keys, which read again changes nothing. */
#include "fuzz.h"

#include "api/internal.h"

static void check_ranges(const fading_config *c)
{
    require(c->dims.nt >= 1 && c->dims.nt <= CSI_NT_MAX);
    require(c->dims.nc >= 1 && c->dims.nc <= CSI_NC_MAX);
    require(c->dims.ni >= 1 && c->dims.ni <= CSI_NC_MAX);
    require(c->speed_kmh >= 0 && c->speed_kmh <= FADING_SPEED_MAX_KMH);
    require(c->bandwidth_hz >= FADING_BANDWIDTH_MIN_HZ);
    require(c->bandwidth_hz <= FADING_BANDWIDTH_MAX_HZ);
    require(c->carrier_hz == 0 ||
            (c->carrier_hz >= FADING_CARRIER_MIN_HZ && c->carrier_hz <= FADING_CARRIER_MAX_HZ));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char spec[2 * API_SPEC_MAX], channel[API_SPEC_MAX], again[API_SPEC_MAX];
    fading_config c = FADING_CONFIG_DEFAULT;
    err e = {0};
    size_t length = size < sizeof spec - 1 ? size : sizeof spec - 1;
    memcpy(spec, data, length);
    spec[length] = '\0';
    if (api_channel_spec(spec, channel, &c, &e) != ERR_NONE) {
        fuzz_check_error(&e);
        return 0;
    }
    check_ranges(&c);
    require(strlen(channel) <= strlen(spec));
    const fading_config before = c;
    require(api_channel_spec(channel, again, &c, &e) == ERR_NONE);
    require(strcmp(channel, again) == 0 && c.speed_kmh == before.speed_kmh);
    require(c.dims.nt == before.dims.nt && c.carrier_hz == before.carrier_hz);
    return 0;
}
