/* The first lines of a league's page where its list has a baseline: who is ahead of it. */
#include <math.h>
#include <string.h>

#include "page_parts.h"
#include "score.h"

enum { NO_ENTRANT = LEAGUE_ENTRANTS_MAX };

static size_t find_baseline(const league *l)
{
    for (size_t n = 0; n < l->list.entrants; n++)
        if (strcmp(l->list.entrant[n]->name, l->list.baseline) == 0)
            return n;
    return NO_ENTRANT;
}

/* NaN if the entrant has no candidate in the cell, or no NMSE. */
static double nmse_at(const league *l, size_t channel, size_t entrant, size_t number)
{
    const league_result *r = league_result_at(l, channel, entrant, number);
    return r->among ? league_nmse_db(&r->figures) : NAN;
}

static void put_row(FILE *to, const league *l, size_t channel, size_t entrant, size_t baseline,
                    size_t number)
{
    const league_budget budget = league_budget_of(&l->list, number);
    char text[LEAGUE_CHANNEL_TEXT_MAX], snr[LEAGUE_SNR_TEXT_MAX];
    const size_t both[] = {entrant, baseline};
    fputs("| ", to);
    page_text(to, l->list.entrant[entrant]->name);
    fputs(" | ", to);
    page_text(to, league_channel_text(&l->list.channel[channel], text));
    fprintf(to, " | %.0f | %s |", budget.most, league_snr_text(budget.snr_db, snr));
    for (size_t i = 0; i < 2; i++) {
        fprintf(to, " %.2f +- ", nmse_at(l, channel, both[i], number));
        page_number(to, "%.2f",
                    league_result_at(l, channel, both[i], number)->figures.nmse_error_db);
        fputs(" |", to);
    }
    fputc('\n', to);
}

/* Counts the cells at equal channel uses, with noise or without, in which both have a candidate,
 * and those in which the other entrant has the lower NMSE; prints a row for each of the latter if
 * `rows`. */
static void compare(FILE *to, const league *l, size_t baseline, bool noise, bool rows,
                    size_t *compared, size_t *ahead)
{
    *compared = *ahead = 0;
    for (size_t c = 0; c < l->list.channels; c++)
        for (size_t k = l->list.bits.count; k < l->cells; k++)
            for (size_t n = 0; n < l->list.entrants; n++) {
                double own = nmse_at(l, c, n, k), other = nmse_at(l, c, baseline, k);
                bool noisy = isfinite(league_budget_of(&l->list, k).snr_db);
                if (n == baseline || noisy != noise || isnan(own) || isnan(other))
                    continue;
                ++*compared;
                *ahead += own < other;
                if (rows && own < other)
                    put_row(to, l, c, n, baseline, k);
            }
}

static void put_part(FILE *to, const league *l, size_t baseline, bool noise)
{
    const char *name = l->list.baseline, *where = noise ? "under noise" : "without noise";
    size_t compared, ahead;
    compare(to, l, baseline, noise, false, &compared, &ahead);
    if (compared == 0)
        return;
    if (ahead == 0) {
        fputs("**None is ahead of ", to);
        page_text(to, name);
        fprintf(to, " at equal channel uses %s**: its NMSE is the lower one ", where);
        if (compared == 1)
            fputs("in the one comparison with another entrant.\n\n", to);
        else
            fprintf(to, "in all %zu comparisons with another entrant.\n\n", compared);
        return;
    }
    fputs("**Ahead of ", to);
    page_text(to, name);
    fprintf(to, " at equal channel uses %s**, in %zu of %zu comparisons with another entrant:\n\n",
            where, ahead, compared);
    fputs("| entrant | channel | uses, at most | uplink | NMSE in dB | that of ", to);
    page_text(to, name);
    fputs(" |\n|---|---|--:|--:|--:|--:|\n", to);
    compare(to, l, baseline, noise, true, &compared, &ahead);
    fputc('\n', to);
}

void page_baseline(FILE *to, const league *l)
{
    size_t baseline = l->list.baseline ? find_baseline(l) : NO_ENTRANT;
    if (baseline == NO_ENTRANT)
        return;
    put_part(to, l, baseline, true);
    put_part(to, l, baseline, false);
    if (l->left_out > 0)
        fprintf(to, "%zu of the list's %zu entrants are left out; the notes below say which.\n\n",
                l->left_out, l->left_out + l->list.entrants);
}
