/* The page of a league: Markdown for people. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cpu.h"
#include "io/file.h"
#include "page_parts.h"

/* True if no earlier cell has the codec. */
static bool is_first_of_its_codec(const league *l, size_t number)
{
    for (size_t i = 0; i < number; i++)
        if (l->result[i].among > 0 && strcmp(l->result[i].codec, l->result[number].codec) == 0)
            return false;
    return true;
}

static void put_costs(FILE *to, const league *l)
{
    size_t cells = l->list.channels * l->list.entrants * l->cells;
    fputs("\n## What the codecs cost\n\n"
          "Every codec that was chosen somewhere. Operations are multiply-accumulates of the "
          "encoder, bytes those of what it holds; - where a codec counts none. Times are of one "
          "report on one core of the machine below, the best of 20 rounds, over channels without "
          "noise: they belong to that machine and to what else it did.\n\n"
          "| codec | precision | parameters | MACs | bytes at the UE | encode µs | decode µs |\n"
          "|---|---|--:|--:|--:|--:|--:|\n",
          to);
    for (size_t i = 0; i < cells; i++) {
        const league_result *r = &l->result[i];
        if (r->among == 0 || !is_first_of_its_codec(l, i))
            continue;
        fputs("| `", to);
        page_text(to, r->codec);
        fprintf(to, "` | %s | ", r->precision);
        page_count(to, (double)r->parameters);
        fputs(" | ", to);
        page_count(to, (double)r->macs);
        fprintf(to, " | %zu | ", r->weight_bytes);
        page_number(to, "%.1f", r->figures.encode_us);
        fputs(" | ", to);
        page_number(to, "%.1f", r->figures.decode_us);
        fputs(" |\n", to);
    }
}

enum { WHOSE_MAX = 192 };

static const char *whose_samples(const league *l, char text[WHOSE_MAX])
{
    if (l->list.sequence == 1)
        snprintf(text, WHOSE_MAX, "each of a UE of its own");
    else
        snprintf(text, WHOSE_MAX,
                 "%" PRIu64 " of each UE in a row, every %.64s at %g km/h, so that codecs with "
                 "memory have theirs",
                 l->list.sequence, l->cell.all.period, l->cell.all.speed_kmh);
    return text;
}

static void put_how(FILE *to, const league *l)
{
    char whose[WHOSE_MAX];
    const league_list *of = &l->list;
    char date[32], text[LEAGUE_CHANNEL_TEXT_MAX];
    time_t now = time(NULL);
    struct tm utc;
    strftime(date, sizeof date, "%Y-%m-%d", gmtime_r(&now, &utc));
    fputs("# League\n\n", to);
    page_baseline(to, l);
    if (of->findings)
        fprintf(to, "%s\n", of->findings);
    fprintf(to, "%s. This page is what\n\n    %s\n\nwrote on %s, ", of->title, l->options->command,
            date);
    fprintf(to, "on a machine with %ld cores of \"%s\" (%s).\n\n", sysconf(_SC_NPROCESSORS_ONLN),
            cpu_model_name(), cpu_level_name(cpu_level()));
    fputs("An entrant is a list of codecs, and plays each cell of the tables by the best one of "
          "them, over the best format or uplink, that costs at most the cell's budget. - says "
          "that none does. The best figure of each column is bold.\n\n",
          to);
    fprintf(to,
            "- Samples: %" PRIu64 " of seed %" PRIu64 ", %s. Candidates were "
            "chosen by others: all of a cell by %" PRIu64 " of seed %" PRIu64 ", the best %d by "
            "%" PRIu64 ".\n",
            of->samples, of->seed, whose_samples(l, whose), of->scout, of->seed + 1,
            LEAGUE_FINALISTS, of->choose);
    for (size_t n = 0; n < of->entrants; n++)
        if (of->entrant[n]->samples > 0 && of->entrant[n]->samples < of->samples) {
            fputs("- ", to);
            page_text(to, of->entrant[n]->name);
            fprintf(to, ": at most %" PRIu64 " samples at each stage, since it is slow.\n",
                    of->entrant[n]->samples);
        }
    for (size_t i = 0; i < l->left_out; i++) {
        fputs(i == 0 ? "- Left out: " : "; ", to);
        page_text(to, l->left[i].entrant->name);
        fputs(" (", to);
        page_text(to, l->left[i].why);
        fputs(i + 1 < l->left_out ? ")" : ").\n", to);
    }
    fputs("- Channels: ", to);
    for (size_t c = 0; c < of->channels; c++) {
        fputs(c ? "; " : "", to);
        page_text(to, league_channel_text(&of->channel[c], text));
    }
    if (strcmp(l->cell.estimation, "ls") == 0)
        fprintf(to, ". UEs estimate them by LS from pilots at %g dB.\n", l->cell.dl_snr_db);
    else
        fputs(". UEs know their channels.\n", to);
    fprintf(to,
            "- NMSE is 10 log10 of the mean of ||H - H^||^2 / ||H||^2, +- its standard error; a "
            "codec that gives directions has none. Rate: spectral efficiency of the precoder at "
            "%g dB. Bits, channel uses and what the uplinks do: docs/uplink.md; the codecs: "
            "docs/codecs.md.\n",
            l->cell.dl_snr_db);
}

int league_write_page(const league *l, err *e)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s.md", l->options->out);
    file_writer *w = file_writer_open(path, e);
    if (!w)
        return e->code;
    FILE *to = file_writer_stream(w);
    put_how(to, l);
    if (l->list.bits.count > 0)
        page_at_bits(to, l);
    if (l->list.uses.count > 0)
        page_at_uses(to, l);
    put_costs(to, l);
    return file_writer_close(w, e);
}
