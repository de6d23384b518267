/* The part of a league's page at equal bits. */
#include <string.h>

#include "order.h"
#include "page_parts.h"
#include "score.h"

static void put_row_at_bits(FILE *to, const league *l, size_t place, size_t channel, size_t number,
                            size_t entrant)
{
    const league_result *r = league_result_at(l, channel, entrant, number);
    const league_figures *f = &r->figures;
    const char *colon = strchr(r->uplink, ':'); /* none for a codec of bits: it has no values */
    size_t length = colon ? strcspn(colon + 1, ",") : 0;
    fprintf(to, "| %zu | ", place);
    page_text(to, l->list.entrant[entrant]->name);
    fputs(" | `", to);
    page_text(to, r->codec);
    fprintf(to, "` | %.*s | %.0f | ", colon ? (int)length : 1, colon ? colon + 1 : "-", f->bits);
    page_number(to, "%.2f", league_nmse_db(f));
    fputs(" | ", to);
    page_number(to, "%.2f", f->nmse_error_db);
    fprintf(to, " | %.4f | %.3f | ", league_sgcs(f), f->se_all);
    page_count(to, (double)r->macs);
    fprintf(to, " | %zu | ", r->weight_bytes);
    page_number(to, "%.1f", f->encode_us);
    fputs(" | ", to);
    page_number(to, "%.1f", f->decode_us);
    fprintf(to, " | %.0f |\n", f->reports);
}

void page_at_bits(FILE *to, const league *l)
{
    const league_numbers *bits = &l->list.bits;
    size_t order[LEAGUE_ENTRANTS_MAX];
    char text[LEAGUE_CHANNEL_TEXT_MAX];
    fputs("\n## At equal bits\n\n"
          "Without uplink noise: what a report of at most so many bits is worth, everything in it "
          "counted.\n",
          to);
    for (int i = 0; i < 2; i++) {
        const page_metric *m = i == 0 ? &page_nmse : &page_sgcs;
        league_order(l, m->by_sgcs, 0, bits->count, order);
        fprintf(to, "\n%s, sorted by its mean over the columns:\n\n", m->title);
        page_matrix(to, l, m, bits, " bits", 0, 1, order);
    }
    for (size_t c = 0; c < l->list.channels; c++) {
        fputs("\n### ", to);
        page_text(to, league_channel_text(&l->list.channel[c], text));
        fputc('\n', to);
        for (size_t k = 0; k < bits->count; k++) {
            size_t count = league_order_cell(l, c, k, order);
            fprintf(to,
                    "\nAt most %.0f bits:\n\n"
                    "| # | entrant | codec | values as | bits | NMSE dB | +- | SGCS | bit/s/Hz | "
                    "MACs | bytes | encode µs | decode µs | samples |\n"
                    "|--:|---|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|\n",
                    bits->value[k]);
            for (size_t i = 0; i < count; i++)
                put_row_at_bits(to, l, i + 1, c, k, order[i]);
        }
        page_picture(to, l, LEAGUE_PICTURE_BITS, c, 0, "NMSE against bits");
        page_picture(to, l, LEAGUE_PICTURE_SGCS, c, 0, "SGCS against bits");
    }
}
