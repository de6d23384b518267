/* Any text as the name of a codec, an uplink, a channel, a codeword's format, or a list of periods:
 * refused in one line, or something that can be opened and keeps to its limits. The first byte
 * chooses. */
#include "fuzz.h"

#include "cell/schedule.h"
#include "codec/codec.h"
#include "fading/fading.h"
#include "payload/codeword.h"
#include "uplink/uplink.h"

static void name_codec(const char *text)
{
    err e = {0};
    char full[CODEC_SPEC_MAX];
    codec *c = codec_load(CODEC_DECODER, text, &e);
    if (!c) {
        fuzz_check_error(&e);
        return;
    }
    const codec_info *i = codec_info_of(c);
    require(i->name[0] && fuzz_is_line(i->name));
    require(i->shape.values_max <= PAYLOAD_VALUES_MAX);
    require(i->shape.side_bits_max <= PAYLOAD_SIDE_BITS_MAX);
    require(codec_full_spec(text, full, &e) == ERR_NONE);
    codec_unload(c);
}

static void name_uplink(const char *text)
{
    static const payload_shape shape = {40, 16, 0, .values_min = 0};
    err e = {0};
    uplink *u = uplink_open(text, &shape, &e);
    if (!u) {
        fuzz_check_error(&e);
        return;
    }
    const uplink_info *i = uplink_info_of(u);
    require(i->references <= i->symbols && fuzz_is_line(i->name));
    uplink_close(u);
}

static void name_channel(const char *text)
{
    err e = {0};
    fading_config config = FADING_CONFIG_DEFAULT;
    config.dims = (csi_dims){.nt = 2, .nc = 16, .tp = 2, .ni = 4};
    (void)fading_scenario(text);
    fading *f = fading_is_file(text) ? NULL : fading_open(text, &config, &e);
    if (!f) {
        if (!fading_is_file(text))
            fuzz_check_error(&e);
        return;
    }
    require(fuzz_is_line(fading_describe(f)) && fading_environment_ues(f) >= 1);
    fading_close(f);
}

static void name_codeword(const char *text)
{
    err e = {0};
    csi_codeword_format format;
    char name[CSI_CODEWORD_NAME_MAX];
    csi_codeword_format again;
    if (csi_codeword_parse(text, &format, &e) != ERR_NONE) {
        fuzz_check_error(&e);
        return;
    }
    csi_codeword_name(format, name);
    require(csi_codeword_parse(name, &again, &e) == ERR_NONE);
}

static void name_periods(const char *text)
{
    err e = {0};
    chain_schedule s = {0};
    if (chain_schedule_parse_periods(&s, text, &e) != ERR_NONE)
        fuzz_check_error(&e);
    else
        require(s.periods >= 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const readers[])(const char *) = {name_codec, name_uplink, name_channel,
                                                    name_codeword, name_periods};
    if (size == 0)
        return 0;
    char *text = fuzz_copy(data + 1, size - 1, true);
    readers[(uint8_t)(data[0] - '0') % 5](text);
    free(text);
    return 0;
}
