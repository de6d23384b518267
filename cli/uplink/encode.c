#include <stdlib.h>

#include "base/log.h"
#include "hex.h"
#include "uci/uci.h"
#include "ui/option.h"
#include "uplink.h"

/* One bit per symbol: with more, words of one or two bits have placeholders, which hex digits
 * cannot express. */
enum { QM = 1 };

static const uint64_t not_given = UINT64_MAX;

static int encode(uint32_t bits, uint32_t coded, const char *digits, err *e)
{
    static uint8_t payload[UCI_BITS_MAX], word[UCI_CODED_MAX];
    uci_code *code = uci_code_create(bits, coded, QM, e);
    if (!code)
        return e->code;
    int status = hex_read(digits, payload, bits, e);
    if (status == ERR_NONE) {
        uci_encode(code, payload, word);
        hex_print(word, coded);
    }
    uci_code_free(code);
    return status;
}

int uplink_encode(int argc, char **argv)
{
    uint64_t bits = not_given, coded = not_given;
    const char *digits = NULL;
    const option_spec specs[] = {
        OPTION_UINT("bits", &bits, 1, UCI_BITS_MAX, "A", "payload bits of the word"),
        OPTION_UINT("coded", &coded, 1, UCI_CODED_MAX, "G", "coded bits of the word"),
        OPTION_STRING("hex", &digits, "DIGITS", "the A bits, first bit on top, padded with zeros"),
    };
    const option_command command = {
        .name = "csilink uplink encode",
        .summary = "encodes one word of uplink control information (TS 38.212), hex in and out",
        .example = "  csilink uplink encode --bits 5 --coded 12 --hex b0",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    err e = {0};
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    if (bits == not_given || coded == not_given || !digits)
        return option_complain(&command, "it needs --bits, --coded and --hex");
    status = encode((uint32_t)bits, (uint32_t)coded, digits, &e);
    if (status == ERR_INVALID)
        return option_complain(&command, "%s", e.text);
    if (status != ERR_NONE)
        log_error("%s", e.text);
    return status == ERR_NONE ? 0 : 1;
}
