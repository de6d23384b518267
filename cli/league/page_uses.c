/* The part of a league's page at equal channel uses. */
#include <math.h>

#include "order.h"
#include "page_parts.h"
#include "score.h"

/* The choices in the cells of one entrant at one budget, with a column for each SNR. */
static void put_choices(FILE *to, const league *l, size_t channel, size_t entrant, size_t budget)
{
    size_t first = l->list.bits.count + budget * l->list.snr.count, there = 0;
    for (size_t s = 0; s < l->list.snr.count; s++)
        there += league_result_at(l, channel, entrant, first + s)->among;
    if (there == 0)
        return;
    fputs("| ", to);
    page_text(to, l->list.entrant[entrant]->name);
    fprintf(to, " | %.0f |", l->list.uses.value[budget]);
    for (size_t s = 0; s < l->list.snr.count; s++) {
        const league_result *r = league_result_at(l, channel, entrant, first + s);
        if (r->among == 0) {
            fputs(" - |", to);
            continue;
        }
        fputs(" `", to);
        page_text(to, r->codec);
        fprintf(to, "` over `%s`: ", r->uplink);
        fprintf(to, "%.0f bits, %.1f uses, ", r->figures.bits, r->figures.channel_uses);
        page_number(to, "%.2f dB", league_nmse_db(&r->figures));
        if (r->figures.bler > 0)
            fprintf(to, ", BLER %.3g", r->figures.bler);
        fputs(" |", to);
    }
    fputc('\n', to);
}

void page_at_uses(FILE *to, const league *l)
{
    const league_list *of = &l->list;
    size_t order[LEAGUE_ENTRANTS_MAX], first = of->bits.count, snrs = of->snr.count;
    char text[LEAGUE_CHANNEL_TEXT_MAX], snr[LEAGUE_SNR_TEXT_MAX];
    fputs("\n## At equal channel uses\n\n"
          "A report may occupy at most so many complex symbols: references, header and side bits "
          "included, side bits beside the burst at the capacity of the SNR. NMSE, SGCS and rate "
          "are of all reports; after one that failed its check the base station has no CSI, so "
          "that 0.00 dB is an entrant of which no report arrived.\n",
          to);
    for (size_t s = 0; s < snrs; s++) {
        const page_metric *const metrics[] = {&page_nmse, &page_sgcs, &page_rate};
        if (isinf(of->snr.value[s]))
            fputs("\n### Uplink without noise\n", to);
        else
            fprintf(to, "\n### Uplink at %g dB\n", of->snr.value[s]);
        for (size_t i = 0; i < sizeof metrics / sizeof metrics[0]; i++) {
            league_order(l, metrics[i]->by_sgcs, first, of->uses.count * snrs, order);
            fprintf(to, "\n%s, sorted by the mean of %s over the columns of all SNRs:\n\n",
                    metrics[i]->title, metrics[i]->by_sgcs ? "SGCS" : "NMSE");
            page_matrix(to, l, metrics[i], &of->uses, " uses", first + s, snrs, order);
        }
        for (size_t c = 0; c < of->channels; c++)
            page_picture(to, l, LEAGUE_PICTURE_USES, c, of->snr.value[s],
                         "NMSE against channel uses");
    }
    fputs("\n### What was chosen\n", to);
    for (size_t c = 0; c < of->channels; c++) {
        fputs("\n", to);
        page_text(to, league_channel_text(&of->channel[c], text));
        fputs(":\n\n| entrant | uses |", to);
        for (size_t s = 0; s < snrs; s++)
            fprintf(to, " %s |", league_snr_text(of->snr.value[s], snr));
        fputs("\n|---|--:|", to);
        for (size_t s = 0; s < snrs; s++)
            fputs("---|", to);
        fputc('\n', to);
        for (size_t n = 0; n < of->entrants; n++)
            for (size_t b = 0; b < of->uses.count; b++)
                put_choices(to, l, c, n, b);
    }
}
