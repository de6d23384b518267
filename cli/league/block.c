/* The candidates of one entrant over one channel. */
#include "block.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "expand.h"
#include "pairs.h"
#include "uplink/snr.h"

enum { FORMATS_OF_A_LAW = 2 };

static const league_entrant *entrant_of(const league_block *b)
{
    return b->league->list.entrant[b->entrant];
}

/* Adds a codec of values at equal bits. Of each law it adds only the formats with the most bits
 * within the budget: without noise, a finer format of the same law and codec is never worse. A law
 * is a format's letters. */
static int add_formats(league_block *b, size_t number, const league_codec *c,
                       const league_specs *formats, err *e)
{
    const league_budget budget = league_budget_of(&b->league->list, number);
    size_t fits[LEAGUE_SPECS_MAX], count = 0;
    int rc = ERR_NONE;
    for (size_t i = 0; rc == ERR_NONE && i < formats->count; i++) {
        char spec[LEAGUE_SPEC_MAX + 32];
        size_t trial;
        snprintf(spec, sizeof spec, LEAGUE_FORMAT_UPLINK, formats->item[i]);
        rc = league_find_trial(b, c, spec, &trial, e);
        if (rc == ERR_NONE && trial != SIZE_MAX && b->trial[trial].cost.bits <= budget.most)
            fits[count++] = trial;
    }
    for (size_t i = 0; rc == ERR_NONE && i < count; i++) {
        const league_trial *own = &b->trial[fits[i]];
        const char *law = own->sending.uplink;
        size_t letters = strcspn(law, "0123456789"), finer = 0;
        for (size_t k = 0; k < count; k++) {
            const league_trial *other = &b->trial[fits[k]];
            finer += strncmp(other->sending.uplink, law, letters + 1) != 0
                         ? 0
                         : other->cost.bits > own->cost.bits;
        }
        if (finer < FORMATS_OF_A_LAW)
            rc = league_add_candidate(b, number, fits[i], e);
    }
    return rc;
}

static int add_at_bits(league_block *b, size_t number, const league_codec *c,
                       const league_specs *formats, err *e)
{
    size_t trial;
    if (!league_gives_bits(c))
        return add_formats(b, number, c, formats, e);
    int rc = league_find_trial(b, c, "analog", &trial, e); /* counts only the codec's bits */
    if (rc == ERR_NONE && trial != SIZE_MAX &&
        b->trial[trial].cost.bits <= league_budget_of(&b->league->list, number).most)
        rc = league_add_candidate(b, number, trial, e);
    return rc;
}

/* The number of references that an uplink's name gives. */
static double references_of(const char *spec)
{
    const char *at = strstr(spec, "references=");
    double references;
    return at && text_number_at(at + strlen("references="), &references)
               ? references
               : UPLINK_REFERENCES_DEFAULT;
}

/* Expands the templates of uplinks for a budget of channel uses: {uses} is the budget less the
 * references. */
static int expand_uplinks(const league_texts *templates, double uses, league_specs *uplinks, err *e)
{
    int rc = ERR_NONE;
    for (unsigned i = 0; rc == ERR_NONE && i < templates->item_count; i++) {
        double left = uses - references_of(templates->item[i]);
        char text[32];
        snprintf(text, sizeof text, "%.0f", left);
        const char *const value[] = {text};
        const league_word word = {"uses", left >= 1, value};
        rc = league_expand(templates->item[i], &word, 1, uplinks, e);
    }
    return rc;
}

/* Excludes uplinks that carry side bits beside their symbols for a codec of bits: its whole report
 * would be sent at the capacity of the SNR, without a code and without an error. */
static int add_at_uses(league_block *b, size_t number, const league_codec *c,
                       const league_specs *uplinks, err *e)
{
    const league_budget budget = league_budget_of(&b->league->list, number);
    int rc = ERR_NONE;
    for (size_t i = 0; rc == ERR_NONE && i < uplinks->count; i++) {
        size_t trial;
        rc = league_find_trial(b, c, uplinks->item[i], &trial, e);
        if (rc != ERR_NONE || trial == SIZE_MAX)
            continue;
        const chain_cost *cost = &b->trial[trial].cost;
        if ((league_gives_bits(c) && cost->side_bits > 0) ||
            uplink_channel_uses(cost->symbols, cost->side_bits, budget.snr_db) > budget.most)
            continue;
        rc = league_add_candidate(b, number, trial, e);
    }
    return rc;
}

/* The values of {bits} in a cell: the budget or, over an uplink, shares of its capacity. */
static size_t choose_sizes(const league_block *b, const league_budget *budget,
                           char text[LEAGUE_NUMBERS_MAX][32])
{
    const league_numbers *rates = &b->league->list.rates;
    size_t count = 0;
    if (budget->bits) {
        snprintf(text[0], 32, "%.0f", budget->most);
        return 1;
    }
    /* Limited as for side bits, so that it is finite without noise. */
    double capacity = limit_bits(budget->most - UPLINK_REFERENCES_DEFAULT,
                                 fmin(budget->snr_db, UPLINK_SNR_MAX_DB));
    for (size_t i = 0; i < rates->count; i++)
        if (rates->value[i] * capacity >= 1)
            snprintf(text[count++], 32, "%.0f", floor(rates->value[i] * capacity));
    return count;
}

static int fill_cell(league_block *b, size_t number, const league_specs *formats, err *e)
{
    const league_list *l = &b->league->list;
    const league_entrant *n = entrant_of(b);
    const league_budget budget = league_budget_of(l, number);
    const char *scenario = fading_scenario(l->channel[b->channel].channel);
    const char *const scenarios[] = {scenario ? scenario : "universal"};
    char text[LEAGUE_NUMBERS_MAX][32];
    const char *sizes[LEAGUE_NUMBERS_MAX];
    size_t count = choose_sizes(b, &budget, text);
    for (size_t i = 0; i < count; i++)
        sizes[i] = text[i];
    const league_word words[] = {{"scenario", 1, scenarios}, {"bits", count, sizes}};
    league_specs uplinks = {0};
    int rc = ERR_NONE;
    if (!budget.bits)
        rc = expand_uplinks(n->uplinks.item_count ? &n->uplinks : &l->uplinks, budget.most,
                            &uplinks, e);
    for (unsigned t = 0; rc == ERR_NONE && t < n->codecs.item_count; t++) {
        league_specs codecs = {0};
        bool sized = league_has_word(n->codecs.item[t], "bits");
        rc = league_expand(n->codecs.item[t], words, 2, &codecs, e);
        for (size_t i = 0; rc == ERR_NONE && i < codecs.count; i++) {
            const league_codec *c;
            rc = league_find_codec(b, codecs.item[i], sized, &c, e);
            if (rc == ERR_NONE && c)
                rc = budget.bits ? add_at_bits(b, number, c, formats, e)
                                 : add_at_uses(b, number, c, &uplinks, e);
        }
        league_specs_free(&codecs);
    }
    league_specs_free(&uplinks);
    return rc;
}

int league_block_make(league_block *b, const league *l, size_t channel, size_t entrant, err *e)
{
    *b = (league_block){.league = l, .channel = channel, .entrant = entrant};
    const league_entrant *n = entrant_of(b);
    const league_texts *templates = n->formats.item_count ? &n->formats : &l->list.formats;
    league_specs formats = {0};
    b->cell = calloc(l->cells, sizeof *b->cell);
    int rc = b->cell ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for a league's cells");
    for (unsigned i = 0; rc == ERR_NONE && i < templates->item_count; i++)
        rc = league_expand(templates->item[i], NULL, 0, &formats, e);
    for (size_t k = 0; rc == ERR_NONE && k < l->cells; k++)
        rc = fill_cell(b, k, &formats, e);
    league_specs_free(&formats);
    return rc == ERR_NONE ? rc : err_prefix(e, "entrant %s", n->name);
}

void league_block_free(league_block *b)
{
    for (size_t i = 0; i < b->codecs; i++)
        league_codec_free(b->codec[i]);
    for (size_t k = 0; b->cell && k < b->league->cells; k++)
        free(b->cell[k].trial);
    free(b->codec);
    free(b->trial);
    free(b->cell);
    *b = (league_block){0};
}
