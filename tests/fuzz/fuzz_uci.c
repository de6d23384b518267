/* Any sizes and LLRs for the UCI code: sizes are refused in one line or make a code whose words are
 * decoded again, and LLRs make bits or are refused for NaN alone.
 *
 * Bytes: A and E, two each, little-endian; Qm; paths of the list; how LLRs are written: 0 as signed
 * bytes, else as floats. The LLRs follow; they begin anew where they are fewer than E. */
#include "fuzz.h"

#include <math.h>

#include "uci/uci.h"

enum { HEAD = 7 };

static float llr_at(const uint8_t *data, size_t size, bool bytes, uint32_t k)
{
    float value = 0;
    if (bytes)
        return size ? (float)(int8_t)data[k % size] : 0;
    if (size >= sizeof value)
        memcpy(&value, data + k % (size / sizeof value) * sizeof value, sizeof value);
    return value;
}

/* A word that is sent arrives without noise. */
static void check_word(uci_decoder *decoder, const uci_code *code, const uint8_t *bits)
{
    const uci_sizes *s = uci_code_sizes(code);
    uint8_t *coded = malloc(s->coded), *again = malloc(s->bits);
    float *llr = malloc(s->coded * sizeof *llr);
    bool ok = false;
    require(coded && again && llr);
    uci_encode(code, bits, coded);
    for (uint32_t k = 0; k < s->coded; k++) {
        require(coded[k] <= (s->bits <= 2 && s->qm > 1 ? UCI_AGAIN : 1));
        uint8_t bit = coded[k] == UCI_AGAIN ? coded[k - 1] : coded[k];
        llr[k] = bit == 0 ? 1.0f : -1.0f;
    }
    require(uci_decode(decoder, code, llr, again, &ok, NULL) == 0 && ok);
    require(memcmp(again, bits, s->bits) == 0);
    free(coded);
    free(again);
    free(llr);
}

static void check_decoding(uci_decoder *decoder, const uci_code *code, const float *llr)
{
    const uci_sizes *s = uci_code_sizes(code);
    uint8_t *bits = malloc(s->bits);
    bool ok = false, nan = false;
    err e = {0};
    require(bits != NULL);
    for (uint32_t k = 0; k < s->coded; k++)
        nan |= isnan(llr[k]);
    int rc = uci_decode(decoder, code, llr, bits, &ok, &e);
    if (s->coded < s->decodable_from) {
        require(rc == ERR_INVALID);
        fuzz_check_error(&e);
    } else if (nan) {
        require(rc == ERR_FORMAT);
        fuzz_check_error(&e);
    } else {
        require(rc == 0);
        for (uint32_t i = 0; i < s->bits; i++)
            require(bits[i] <= 1);
        check_word(decoder, code, bits);
    }
    free(bits);
}

/* Words tile both strings and are legal. */
static void check_words(uint32_t bits, uint32_t coded, uint32_t qm)
{
    uint32_t words = 0, next_bit = 0, next_coded = 0;
    err e = {0};
    if (uci_words(bits, coded, qm, &words, &e) != 0) {
        fuzz_check_error(&e);
        return;
    }
    for (uint32_t i = 0; i < words; i++) {
        uci_sizes s;
        uci_word w = uci_word_at(bits, coded, words, i);
        require(w.first_bit == next_bit && w.first_coded == next_coded);
        require(uci_sizes_of(w.bits, w.coded, qm, &s, NULL) == 0);
        next_bit += w.bits;
        next_coded += w.coded;
    }
    require(next_bit == bits && next_coded == coded);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < HEAD)
        return 0;
    const uint32_t bits = (uint32_t)(data[0] | data[1] << 8),
                   coded = (uint32_t)(data[2] | data[3] << 8);
    err e = {0};
    check_words(bits, coded, data[4]);
    check_words(bits * 9u, coded * 40u, data[4]);
    uci_code *code = uci_code_create(bits, coded, data[4], &e);
    if (!code) {
        fuzz_check_error(&e);
        return 0;
    }
    uci_decoder *decoder = uci_decoder_create(1 + data[5] % UCI_LIST_MAX, NULL);
    float *llr = malloc(coded * sizeof *llr);
    require(decoder && llr);
    for (uint32_t k = 0; k < coded; k++)
        llr[k] = llr_at(data + HEAD, size - HEAD, data[6] == 0, k);
    check_decoding(decoder, code, llr);
    free(llr);
    uci_decoder_free(decoder);
    uci_code_free(code);
    return 0;
}
