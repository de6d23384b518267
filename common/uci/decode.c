#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "uci/code.h"
#include "uci/crc.h"
#include "uci/list.h"
#include "uci/match.h"
#include "uci/short.h"

struct uci_decoder {
    list_decoder *list;
    float coded[UCI_CODED_MAX]; /* the LLRs, within +-UCI_LLR_MAX */
    float d[UCI_LENGTH_MAX];    /* of a block, before rate matching */
};

uci_decoder *uci_decoder_create(uint32_t list, err *e)
{
    if (list < 1 || list > UCI_LIST_MAX) {
        err_set(e, ERR_INVALID, "a decoder's list has 1 to %u paths, not %u", UCI_LIST_MAX, list);
        return NULL;
    }
    uci_decoder *d = malloc(sizeof *d);
    if (!d) {
        err_set(e, ERR_NOMEM, "out of memory for a UCI decoder");
        return NULL;
    }
    d->list = uci_list_create(list, e);
    if (!d->list) {
        free(d);
        return NULL;
    }
    return d;
}

void uci_decoder_free(uci_decoder *decoder)
{
    if (!decoder)
        return;
    uci_list_free(decoder->list);
    free(decoder);
}

/* Copies the LLRs, limited to the range. */
static int take_llrs(uci_decoder *d, const float *llr, uint32_t n, err *e)
{
    for (uint32_t k = 0; k < n; k++) {
        if (isnan(llr[k]))
            return err_set(e, ERR_FORMAT, "the LLR of coded bit %u of %u is not a number", k, n);
        d->coded[k] = llr[k] > UCI_LLR_MAX    ? UCI_LLR_MAX
                      : llr[k] < -UCI_LLR_MAX ? -UCI_LLR_MAX
                                              : llr[k];
    }
    return ERR_NONE;
}

static bool says_something(const float *llr, uint32_t n)
{
    for (uint32_t k = 0; k < n; k++)
        if (llr[k] != 0)
            return true;
    return false;
}

/* Finds the best path with the right CRC, or the best of all; returns *ok of this block. */
static bool decode_block(uci_decoder *d, const uci_code *code, uint32_t i, const float *coded,
                         uint8_t *bits)
{
    const polar_code *block = &code->block[i];
    const uint32_t crc = code->sizes.crc;
    uint8_t path[UCI_LENGTH_MAX];
    uci_match_combine(&code->sizes, code->source, coded, d->d);
    const uint32_t paths = uci_list_decode(d->list, block, d->d);
    for (uint32_t p = 0; p < paths; p++) {
        uci_list_bits(d->list, p, path);
        const bool right = uci_crc(path, block->bits, crc) == 0;
        if (right || p == 0)
            memcpy(bits, path, block->bits - crc);
        if (right)
            return says_something(coded, code->sizes.block_coded);
    }
    return false;
}

int uci_decode(uci_decoder *decoder, const uci_code *code, const float *llr, uint8_t *bits,
               bool *ok, err *e)
{
    const uci_sizes *s = &code->sizes;
    if (s->coded < s->decodable_from)
        return err_set(e, ERR_INVALID, "%u bits need at least %u coded bits to be decoded, not %u",
                       s->bits, s->decodable_from, s->coded);
    int rc = take_llrs(decoder, llr, s->coded, e);
    if (rc)
        return rc;
    if (s->law != UCI_POLAR) {
        *ok = short_decode(s, decoder->coded, bits);
        return ERR_NONE;
    }
    *ok = true;
    for (uint32_t i = 0; i < s->blocks; i++) {
        *ok &= decode_block(decoder, code, i, decoder->coded + i * s->block_coded, bits);
        bits += code_block_bits(code, i);
    }
    return ERR_NONE;
}
