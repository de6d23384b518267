#include "league.h"

#include <math.h>
#include <stdio.h>

league_budget league_budget_of(const league_list *l, size_t number)
{
    if (number < l->bits.count)
        return (league_budget){.bits = true, .most = l->bits.value[number], .snr_db = INFINITY};
    size_t k = number - l->bits.count, snr = k % l->snr.count;
    double snr_db = l->snr.value[snr];
    return (league_budget){.most = l->uses.value[k / l->snr.count],
                           .snr_db = snr_db,
                           .snr = isinf(snr_db) ? 0 : 1 + snr};
}

const char *league_snr_text(double snr_db, char text[LEAGUE_SNR_TEXT_MAX])
{
    if (isinf(snr_db))
        snprintf(text, LEAGUE_SNR_TEXT_MAX, "no noise");
    else
        snprintf(text, LEAGUE_SNR_TEXT_MAX, "%g dB", snr_db);
    return text;
}

league_result *league_result_at(const league *l, size_t channel, size_t entrant, size_t number)
{
    return &l->result[(channel * l->list.entrants + entrant) * l->cells + number];
}

const char *league_channel_text(const league_channel *c, char text[LEAGUE_CHANNEL_TEXT_MAX])
{
    if (c->carrier_hz > 0)
        snprintf(text, LEAGUE_CHANNEL_TEXT_MAX, "%.512s, %g GHz", c->channel, c->carrier_hz / 1e9);
    else
        snprintf(text, LEAGUE_CHANNEL_TEXT_MAX, "%.512s", c->channel);
    return text;
}

size_t league_samples(const league_list *l, const league_entrant *n, league_stage stage)
{
    const uint64_t of[LEAGUE_STAGES] = {l->scout, l->choose, l->samples};
    uint64_t samples = of[stage];
    return (size_t)(n->samples > 0 && n->samples < samples ? n->samples : samples);
}
