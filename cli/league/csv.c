/* The figures of a league for other programs. */
#include <inttypes.h>
#include <math.h>
#include <stdio.h>

#include "cli/ui/quoted.h"
#include "io/file.h"
#include "score.h"
#include "write.h"

static void put_head(FILE *to)
{
    fputs("compared_at,channel,carrier_hz,budget,snr_db,entrant,candidates,codec,uplink,precision,"
          "parameters,weight_bytes,macs",
          to);
#define PUT_NAME(member, name) fputs("," name, to);
    LEAGUE_FIGURES(PUT_NAME)
#undef PUT_NAME
    fputs(",sgcs_all\n", to);
}

static void put_cell(FILE *to, const league *l, size_t channel, size_t entrant, size_t number)
{
    const league_budget budget = league_budget_of(&l->list, number);
    const league_result *r = league_result_at(l, channel, entrant, number);
    fprintf(to, "%s,", budget.bits ? "bits" : "uses");
    put_quoted(to, l->list.channel[channel].channel);
    fprintf(to, ",%.17g,%.0f,%g,", l->list.channel[channel].carrier_hz, budget.most, budget.snr_db);
    put_quoted(to, l->list.entrant[entrant]->name);
    fprintf(to, ",%zu,", r->among);
    if (r->among == 0) {
        fputs("\"\",\"\",,,,", to);
    } else {
        put_quoted(to, r->codec);
        fputc(',', to);
        put_quoted(to, r->uplink);
        fprintf(to, ",%s,%" PRId64 ",%zu,%" PRId64, r->precision, r->parameters, r->weight_bytes,
                r->macs);
    }
    const league_figures *f = r->among ? &r->figures : &league_no_figures;
#define PUT_FIGURE(member, name) put_figure(to, f->member);
    LEAGUE_FIGURES(PUT_FIGURE)
#undef PUT_FIGURE
    put_figure(to, league_sgcs(f));
    fputc('\n', to);
}

int league_write_csv(const league *l, err *e)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s.csv", l->options->out);
    file_writer *w = file_writer_open(path, e);
    if (!w)
        return e->code;
    FILE *to = file_writer_stream(w);
    put_head(to);
    for (size_t c = 0; c < l->list.channels; c++)
        for (size_t k = 0; k < l->cells; k++)
            for (size_t n = 0; n < l->list.entrants; n++)
                put_cell(to, l, c, n, k);
    return file_writer_close(w, e);
}
