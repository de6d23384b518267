#include "uplink/digital/coded.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "uplink/digital/scramble.h"
#include "uplink/snr.h"

/* Words differ by at most one bit and one coded bit. */
enum { CODES_MAX = 4 };

struct coded {
    uint32_t bits, symbols, coded, words;
    modulation modulation;
    size_t codes;
    uci_code *code[CODES_MAX];
};

struct coded_work {
    uci_decoder *decoder;
    uint8_t *word, *scrambling; /* [coded_bits_max] */
    float *llr;                 /* [coded_bits_max] */
};

static const uci_code *code_of(const coded *c, uci_word w)
{
    for (size_t i = 0; i < c->codes; i++) {
        const uci_sizes *s = uci_code_sizes(c->code[i]);
        if (s->bits == w.bits && s->coded == w.coded)
            return c->code[i];
    }
    return NULL;
}

static int make_codes(coded *c, err *e)
{
    const uint32_t qm = modulation_bits(c->modulation);
    int rc = uci_words(c->bits, c->coded, qm, &c->words, e);
    for (uint32_t i = 0; rc == ERR_NONE && i < c->words; i++) {
        uci_word w = uci_word_at(c->bits, c->coded, c->words, i);
        if (code_of(c, w))
            continue;
        uci_code *code = uci_code_create(w.bits, w.coded, qm, e);
        if (!code)
            return e->code;
        c->code[c->codes++] = code;
        uint32_t least = uci_code_sizes(code)->decodable_from;
        if (w.coded < least)
            rc =
                err_set(e, ERR_INVALID, "%u bits need at least %u coded bits to be decoded, not %u",
                        w.bits, least, w.coded);
    }
    return rc;
}

coded *coded_create(uint32_t bits, modulation m, uint32_t symbols, err *e)
{
    err local = {0};
    coded *c = calloc(1, sizeof *c);
    if (!c) {
        err_set(e, ERR_NOMEM, "out of memory for a channel code");
        return NULL;
    }
    c->bits = bits;
    c->modulation = m;
    c->symbols = symbols;
    c->coded = symbols * modulation_bits(m);
    if (make_codes(c, &local) == ERR_NONE)
        return c;
    coded_free(c);
    if (e)
        *e = local;
    return NULL;
}

void coded_free(coded *c)
{
    for (size_t i = 0; c && i < c->codes; i++)
        uci_code_free(c->code[i]);
    free(c);
}

uint32_t coded_bits(const coded *c)
{
    return c->bits;
}

uint32_t coded_words(const coded *c)
{
    return c->words;
}

modulation coded_modulation(const coded *c)
{
    return c->modulation;
}

coded_work *coded_work_create(uint32_t coded_bits_max, uint32_t list, err *e)
{
    coded_work *w = calloc(1, sizeof *w);
    if (w) {
        w->word = malloc((size_t)coded_bits_max + 1);
        w->scrambling = malloc((size_t)coded_bits_max + 1);
        w->llr = malloc(((size_t)coded_bits_max + 1) * sizeof *w->llr);
        w->decoder = uci_decoder_create(list, e);
        if (w->decoder && w->word && w->scrambling && w->llr)
            return w;
        if (w->decoder)
            err_set(e, ERR_NOMEM, "out of memory for %u coded bits", coded_bits_max);
    } else {
        err_set(e, ERR_NOMEM, "out of memory for a channel decoder");
    }
    coded_work_free(w);
    return NULL;
}

void coded_work_free(coded_work *w)
{
    if (!w)
        return;
    uci_decoder_free(w->decoder);
    free(w->word);
    free(w->scrambling);
    free(w->llr);
    free(w);
}

static void scramble_for(uint32_t ue, uint8_t *scrambling, uint32_t count)
{
    /* 26 bits of the UE's number; no cell has more UEs. */
    scramble_sequence(scramble_init((uint16_t)ue, (uint16_t)(ue >> 16 & 1023)), scrambling, count);
}

/* Placeholders bypass the scrambler: x is sent as 1, y as the bit before it was sent. Both ends
 * know their positions, so the receiver can change the scrambling sequence instead. */
static void send_word(const uci_code *code, const uint8_t *bits, const uint8_t *scrambling,
                      uint8_t *word)
{
    const uint32_t count = uci_code_sizes(code)->coded;
    uci_encode(code, bits, word);
    for (uint32_t k = 0; k < count; k++) {
        if (word[k] == UCI_ONES)
            word[k] = 1;
        else if (word[k] == UCI_AGAIN)
            word[k] = word[k - 1];
        else
            word[k] ^= scrambling[k];
    }
}

void coded_send(const coded *c, coded_work *w, uint32_t ue, const uint8_t *bits,
                float complex *symbol)
{
    scramble_for(ue, w->scrambling, c->coded);
    for (uint32_t i = 0; i < c->words; i++) {
        uci_word at = uci_word_at(c->bits, c->coded, c->words, i);
        send_word(code_of(c, at), bits + at.first_bit, w->scrambling + at.first_coded,
                  w->word + at.first_coded);
    }
    modulation_map(c->modulation, w->word, c->symbols, symbol);
}

/* uci_decode uses the LLR of a y as a second one of the bit before it, so both get the same element
 * of the sequence. It ignores the LLR of an x. */
static void align_placeholders(const uci_code *code, uint8_t *word, uint8_t *scrambling)
{
    static const uint8_t zeros[2];
    const uci_sizes *s = uci_code_sizes(code);
    if (s->bits > 2 || s->qm < 2)
        return;
    uci_encode(code, zeros, word);
    for (uint32_t k = 1; k < s->coded; k++)
        if (word[k] == UCI_AGAIN)
            scrambling[k] = scrambling[k - 1];
}

bool coded_receive(const coded *c, coded_work *w, uint32_t ue, const float complex *symbol,
                   double snr_db, uint8_t *bits)
{
    double held = fmin(fmax(snr_db, UPLINK_SNR_MIN_DB), UPLINK_SNR_MAX_DB);
    bool intact = true;
    scramble_for(ue, w->scrambling, c->coded);
    modulation_llr(c->modulation, symbol, c->symbols, (float)power_of_db(-held), w->llr);
    for (uint32_t i = 0; i < c->words; i++) {
        uci_word at = uci_word_at(c->bits, c->coded, c->words, i);
        const uci_code *code = code_of(c, at);
        uint8_t *scrambling = w->scrambling + at.first_coded;
        float *llr = w->llr + at.first_coded;
        bool ok = false;
        align_placeholders(code, w->word, scrambling);
        scramble_llr(scrambling, llr, at.coded);
        /* With finite LLRs and a code that can be decoded, this cannot fail. If it did, the bits
         * would be those of an earlier burst, so they are cleared first. */
        memset(bits + at.first_bit, 0, at.bits);
        bool decoded =
            uci_decode(w->decoder, code, llr, bits + at.first_bit, &ok, NULL) == ERR_NONE;
        intact = intact && decoded && ok;
    }
    return intact;
}
