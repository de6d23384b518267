#include <stdbool.h>
#include <stdlib.h>

#include "base/log.h"
#include "hex.h"
#include "uci/uci.h"
#include "ui/option.h"
#include "uplink.h"

enum { QM = 1 }; /* as in encode.c */

static const uint64_t not_given = UINT64_MAX;

/* Decodes hard bits, as LLRs of equal magnitude. */
static int decode_word(uci_decoder *decoder, const uci_code *code, const char *digits,
                       uint8_t *payload, bool *ok, err *e)
{
    static uint8_t word[UCI_CODED_MAX];
    static float llr[UCI_CODED_MAX];
    const uint32_t coded = uci_code_sizes(code)->coded;
    int status = hex_read(digits, word, coded, e);
    for (uint32_t k = 0; status == ERR_NONE && k < coded; k++)
        llr[k] = word[k] ? -1 : 1;
    return status == ERR_NONE ? uci_decode(decoder, code, llr, payload, ok, e) : status;
}

/* ERR_FORMAT if the check fails: the digits are then not those of a word. */
static int decode(uint32_t bits, uint32_t coded, uint32_t list, const char *digits, err *e)
{
    static uint8_t payload[UCI_BITS_MAX];
    bool ok = false;
    uci_code *code = uci_code_create(bits, coded, QM, e);
    uci_decoder *decoder = code ? uci_decoder_create(list, e) : NULL;
    int status = decoder ? decode_word(decoder, code, digits, payload, &ok, e) : e->code;
    if (status == ERR_NONE && ok)
        hex_print(payload, bits);
    else if (status == ERR_NONE && uci_code_sizes(code)->crc)
        status = err_set(e, ERR_FORMAT, "the check fails: no candidate has the right CRC");
    else if (status == ERR_NONE)
        status = err_set(e, ERR_FORMAT, "the check fails: several words are equally near");
    uci_decoder_free(decoder);
    uci_code_free(code);
    return status;
}

int uplink_decode(int argc, char **argv)
{
    uint64_t bits = not_given, coded = not_given, list = UCI_LIST_DEFAULT;
    const char *digits = NULL;
    const option_spec specs[] = {
        OPTION_UINT("bits", &bits, 1, UCI_BITS_MAX, "A", "payload bits of the word"),
        OPTION_UINT("coded", &coded, 1, UCI_CODED_MAX, "G", "coded bits of the word"),
        OPTION_STRING("hex", &digits, "DIGITS", "the G bits, first bit on top, padded with zeros"),
        OPTION_UINT("list", &list, 1, UCI_LIST_MAX, "L", "paths of the decoder, from 12 bits on"),
    };
    const option_command command = {
        .name = "csilink uplink decode",
        .summary = "decodes one word of uplink control information (TS 38.212) from hard bits, "
                   "hex in and out; status 1 if the check fails",
        .example = "  csilink uplink decode --bits 5 --coded 12 --hex 9c4",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    err e = {0};
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    if (bits == not_given || coded == not_given || !digits)
        return option_complain(&command, "it needs --bits, --coded and --hex");
    status = decode((uint32_t)bits, (uint32_t)coded, (uint32_t)list, digits, &e);
    if (status == ERR_INVALID)
        return option_complain(&command, "%s", e.text);
    if (status != ERR_NONE)
        log_error("%s", e.text);
    return status == ERR_NONE ? 0 : 1;
}
