#include "trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "base/rng.h"
#include "uplink/digital/scramble.h"

/* One UE's: which one does not matter. */
enum { RNTI = 1, IDENTITY = 0 };

static const float least_noise = 1e-6f; /* that LLRs are computed for, where there is none */

struct trial {
    const trial_link *link;
    uci_decoder *decoder;
    uint8_t sent[UCI_BITS_MAX], got[UCI_BITS_MAX];
    uint8_t word[UCI_CODED_MAX];
    float llr[UCI_CODED_MAX];
    float complex symbol[UCI_CODED_MAX];
};

/* Where the placeholders are does not depend on the bits. */
static void settle_placeholders(const trial_link *link, const uint8_t *bits, uint8_t *word)
{
    uci_encode(link->code, bits, word);
    for (uint32_t k = 0; k < link->coded; k++)
        if (word[k] == UCI_ONES)
            link->scrambling[k] = 0;
        else if (word[k] == UCI_AGAIN)
            link->scrambling[k] = link->scrambling[k - 1];
}

static int check_symbols(const trial_link *link, err *e)
{
    const uint32_t qm = modulation_bits(link->modulation), down = link->coded / qm * qm;
    if (down == link->coded)
        return ERR_NONE;
    if (down == 0)
        return err_set(e, ERR_INVALID, "a symbol of %s has %u bits: --coded %u, not %u",
                       modulation_name(link->modulation), qm, qm, link->coded);
    return err_set(e, ERR_INVALID, "a symbol of %s has %u bits: --coded %u or %u, not %u",
                   modulation_name(link->modulation), qm, down, down + qm, link->coded);
}

/* A code of which some words are alike can be encoded, not decoded. */
static int check_decodable(const trial_link *link, err *e)
{
    const uci_sizes *s = uci_code_sizes(link->code);
    if (link->coded >= s->decodable_from)
        return ERR_NONE;
    return err_set(e, ERR_INVALID, "%u bits need at least %u coded bits to be decoded, not %u",
                   link->bits, s->decodable_from, link->coded);
}

int trial_link_open(trial_link *link, err *e)
{
    static const uint8_t zeros[UCI_BITS_MAX];
    link->code = NULL;
    link->scrambling = NULL;
    int status = check_symbols(link, e);
    if (status != ERR_NONE)
        return status;
    link->code = uci_code_create(link->bits, link->coded, modulation_bits(link->modulation), e);
    status = link->code ? check_decodable(link, e) : e->code;
    if (status != ERR_NONE)
        return status;
    uint8_t *word = malloc(link->coded);
    link->scrambling = malloc(link->coded);
    if (word && link->scrambling) {
        scramble_sequence(scramble_init(RNTI, IDENTITY), link->scrambling, link->coded);
        settle_placeholders(link, zeros, word);
    } else {
        status = err_set(e, ERR_NOMEM, "no memory for a word of %u bits", link->coded);
    }
    free(word);
    return status;
}

void trial_link_close(trial_link *link)
{
    uci_code_free(link->code);
    free(link->scrambling);
    link->code = NULL;
    link->scrambling = NULL;
}

trial *trial_create(const trial_link *link, err *e)
{
    trial *t = malloc(sizeof *t);
    if (!t) {
        err_set(e, ERR_NOMEM, "no memory for a receiver");
        return NULL;
    }
    t->link = link;
    t->decoder = uci_decoder_create(link->list, e);
    if (t->decoder)
        return t;
    free(t);
    return NULL;
}

void trial_free(trial *t)
{
    if (t)
        uci_decoder_free(t->decoder);
    free(t);
}

static void make_bits(rng *r, uint8_t *bits, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        bits[i] = rng_u32(r) >> 31 & 1;
}

/* Placeholders take the values that are sent once all are scrambled. */
static void settle_word(uint8_t *word, uint32_t count)
{
    for (uint32_t k = 0; k < count; k++)
        if (word[k] == UCI_ONES)
            word[k] = 1;
        else if (word[k] == UCI_AGAIN)
            word[k] = word[k - 1];
}

trial_outcome trial_block(trial *t, double snr_db, uint32_t block)
{
    const trial_link *link = t->link;
    const uint32_t symbols = link->coded / modulation_bits(link->modulation);
    const float noise = (float)power_of_db(-snr_db);
    bool ok = false;
    rng r = rng_at(link->seed, RNG_CODED_BLOCK, 0, block);
    make_bits(&r, t->sent, link->bits);
    uci_encode(link->code, t->sent, t->word);
    settle_word(t->word, link->coded);
    scramble_bits(link->scrambling, t->word, link->coded);
    modulation_map(link->modulation, t->word, symbols, t->symbol);
    rng_normal_add(&r, (float *)t->symbol, 2 * (size_t)symbols, sqrtf(noise / 2));
    modulation_llr(link->modulation, t->symbol, symbols, fmaxf(noise, least_noise), t->llr);
    scramble_llr(link->scrambling, t->llr, link->coded);
    /* LLRs of finite symbols, and a code that is decodable: it cannot be refused. */
    if (uci_decode(t->decoder, link->code, t->llr, t->got, &ok, NULL) != ERR_NONE || !ok)
        return TRIAL_FAILED;
    return memcmp(t->sent, t->got, link->bits) == 0 ? TRIAL_RIGHT : TRIAL_UNDETECTED;
}
