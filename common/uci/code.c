#include "uci/code.h"

#include <stdlib.h>
#include <string.h>

#include "uci/crc.h"
#include "uci/match.h"
#include "uci/short.h"

uci_code *uci_code_create(uint32_t bits, uint32_t coded, uint32_t qm, err *e)
{
    uci_sizes s;
    if (uci_sizes_of(bits, coded, qm, &s, e))
        return NULL;
    uci_code *code = malloc(sizeof *code);
    if (!code) {
        err_set(e, ERR_NOMEM, "out of memory for a UCI code");
        return NULL;
    }
    code->sizes = s;
    for (uint32_t i = 0; i < s.blocks; i++)
        polar_construct(&s, s.filler && i == 0, &code->block[i]);
    if (s.blocks > 0)
        uci_match_sources(&s, code->source);
    return code;
}

void uci_code_free(uci_code *code)
{
    free(code);
}

const uci_sizes *uci_code_sizes(const uci_code *code)
{
    return &code->sizes;
}

/* Appends the CRC and encodes one block. The filler, a zero at the start, does not change the
 * CRC. */
static void encode_block(const uci_code *code, uint32_t i, const uint8_t *bits, uint8_t *coded)
{
    const uint32_t count = code_block_bits(code, i), crc = code->sizes.crc;
    uint8_t with_crc[UCI_LENGTH_MAX], d[UCI_LENGTH_MAX];
    uint32_t check = uci_crc(bits, count, crc);
    memcpy(with_crc, bits, count);
    for (uint32_t k = 0; k < crc; k++)
        with_crc[count + k] = check >> (crc - 1 - k) & 1;
    polar_encode(&code->block[i], with_crc, d);
    for (uint32_t k = 0; k < code->sizes.block_coded; k++)
        coded[k] = d[code->source[k]];
}

void uci_encode(const uci_code *code, const uint8_t *bits, uint8_t *coded)
{
    const uci_sizes *s = &code->sizes;
    if (s->law != UCI_POLAR) {
        short_encode(s, bits, coded);
        return;
    }
    for (uint32_t i = 0; i < s->blocks; i++) {
        encode_block(code, i, bits, coded);
        bits += code_block_bits(code, i);
        coded += s->block_coded;
    }
    if (s->padding)
        *coded = 0;
}
