#include "trial.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "base/rng.h"

enum { UE = 1 }; /* for the scrambling; any UE will do */

struct trial {
    const trial_link *link;
    coded_work *work;
    uint8_t sent[UCI_BITS_MAX], got[UCI_BITS_MAX];
    float complex symbol[UCI_CODED_MAX];
};

static int check_symbols(const trial_link *link, err *e)
{
    const uint32_t qm = modulation_bits(link->modulation), down = link->coded / qm * qm;
    if (down == link->coded)
        return ERR_NONE;
    if (down == 0)
        return err_set(e, ERR_INVALID, "a symbol of %s has %u bits: use --coded %u, not %u",
                       modulation_name(link->modulation), qm, qm, link->coded);
    return err_set(e, ERR_INVALID, "a symbol of %s has %u bits: use --coded %u or %u, not %u",
                   modulation_name(link->modulation), qm, down, down + qm, link->coded);
}

int trial_link_open(trial_link *link, err *e)
{
    const uint32_t qm = modulation_bits(link->modulation);
    link->code = NULL;
    int status = check_symbols(link, e);
    /* Checked here, since coded_create would split a payload that is too large for one word. */
    if (status == ERR_NONE)
        status = uci_sizes_of(link->bits, link->coded, qm, &link->sizes, e);
    if (status != ERR_NONE)
        return status;
    link->code = coded_create(link->bits, link->modulation, link->coded / qm, e);
    return link->code ? ERR_NONE : e->code;
}

void trial_link_close(trial_link *link)
{
    coded_free(link->code);
    link->code = NULL;
}

trial *trial_create(const trial_link *link, err *e)
{
    trial *t = malloc(sizeof *t);
    if (!t) {
        err_set(e, ERR_NOMEM, "no memory for a receiver");
        return NULL;
    }
    t->link = link;
    t->work = coded_work_create(link->coded, link->list, e);
    if (t->work)
        return t;
    free(t);
    return NULL;
}

void trial_free(trial *t)
{
    if (t)
        coded_work_free(t->work);
    free(t);
}

static void make_bits(rng *r, uint8_t *bits, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++)
        bits[i] = rng_u32(r) >> 31 & 1;
}

trial_outcome trial_block(trial *t, double snr_db, uint32_t block)
{
    const trial_link *link = t->link;
    const uint32_t symbols = link->coded / modulation_bits(link->modulation);
    const float noise = (float)power_of_db(-snr_db);
    rng r = rng_at(link->seed, RNG_CODED_BLOCK, 0, block);
    make_bits(&r, t->sent, link->bits);
    coded_send(link->code, t->work, UE, t->sent, t->symbol);
    rng_normal_add(&r, (float *)t->symbol, 2 * (size_t)symbols, sqrtf(noise / 2));
    if (!coded_receive(link->code, t->work, UE, t->symbol, snr_db, t->got))
        return TRIAL_FAILED;
    return memcmp(t->sent, t->got, link->bits) == 0 ? TRIAL_RIGHT : TRIAL_UNDETECTED;
}
