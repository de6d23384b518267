/* list.h: the list of a league: channels, budgets, SNRs and entrants, read from a YAML file.
 * docs/sweep.md, "Leagues", shows one; every key but `entrants` has a default. The command line
 * overrides by the same keys:
 *
 *     league_list l;
 *     league_list_init(&l);
 *     league_list_read(&l, "leagues/today.yaml", &e);
 *     league_list_set(&l, "samples", "500", &e);
 *     league_list_free(&l); */
#ifndef CLI_LEAGUE_LIST_H
#define CLI_LEAGUE_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

enum {
    LEAGUE_BYTES_MAX = 1 << 16, /* of a file */
    LEAGUE_NUMBERS_MAX = 16,    /* of budgets, SNRs, rates and channels, each */
    LEAGUE_ENTRANTS_MAX = 64,
    LEAGUE_TEMPLATES_MAX = 32, /* of each kind, for an entrant or for the list */
    LEAGUE_NAME_MAX = 48,      /* bytes of an entrant's name, its NUL included */
};

typedef struct league_numbers {
    size_t count;
    double value[LEAGUE_NUMBERS_MAX]; /* ascending, each once */
} league_numbers;

/* Templates (expand.h). */
typedef struct league_texts {
    char **item;
    unsigned item_count;
} league_texts;

typedef struct league_channel {
    /* As fading_open takes it; not a file, which has the same samples for all seeds. */
    char *channel;
    char *carrier;     /* as it was written; NULL: not given */
    double carrier_hz; /* 0: the channel's own */
} league_channel;

typedef struct league_entrant {
    char *name;
    league_texts codecs;           /* {scenario}; {bits}: the bits of a report */
    league_texts uplinks, formats; /* in place of the list's; without any, item_count is 0 */
    char *samples_text, *optional_text;
    uint64_t samples; /* the most at any stage; 0: the list's numbers */
    bool optional;    /* left out, with a note on the page, if none of its codecs exists */
} league_entrant;

struct league_file;

typedef struct league_list {
    const char *title;
    const char *findings; /* Markdown for the top of the page, what to know first; NULL: none */
    /* The entrant with which the page's first lines compare the others; NULL: none. */
    const char *baseline;
    league_numbers bits, uses; /* budgets of a report: bits, and complex channel uses */
    league_numbers snr;        /* of the uplink in dB, for the part at equal channel uses; the last
                                  one may be infinite: no noise */
    league_numbers rates;      /* of the capacity, for {bits} at equal channel uses */
    uint64_t samples;          /* for the reported figures */
    uint64_t choose, scout;    /* to choose the best candidate, and the best few before that */
    uint64_t sequence;         /* reports of each UE; 1: every sample comes from a different UE */
    uint64_t seed;
    size_t channels, entrants;
    league_channel channel[LEAGUE_NUMBERS_MAX];
    const league_entrant *entrant[LEAGUE_ENTRANTS_MAX];
    league_texts formats;     /* of values at equal bits: digital_source_parse */
    league_texts uplinks;     /* {uses}: data symbols that are left beside the references */
    struct league_file *file; /* owns the texts */
    char *picked;             /* the names of --channel */
} league_list;

/* Sets every default, and no entrants. */
void league_list_init(league_list *l);
void league_list_free(league_list *l);

/* Reads a file, or one of leagues/ by its name ("today"); parses `size` bytes of text. ERR_FORMAT
 * with the file, line, key and allowed values; ERR_IO, ERR_NOMEM. After a failure call only
 * league_list_free. */
int league_list_read(league_list *l, const char *path, err *e);
int league_list_parse(league_list *l, const char *text, size_t size, const char *file, err *e);

/* Sets one of bits, uses, snr, rates, samples, choose, scout, sequence and seed, with a value as in
 * the file ("none" omits the part at equal bits, or at equal uses). ERR_INVALID, without the key in
 * front. */
int league_list_set(league_list *l, const char *key, const char *text, err *e);

/* Keeps only the channels or entrants of these names, separated by commas. Adds a channel that the
 * list does not have, at its default carrier. ERR_INVALID, ERR_NOMEM. */
int league_list_pick_channels(league_list *l, const char *names, err *e);
int league_list_pick_entrants(league_list *l, const char *names, err *e);

/* Checks the complete list, command line included, for mistakes that a single key does not show:
 * nothing to compare, a channel that is a file. ERR_INVALID. */
int league_list_check(const league_list *l, err *e);

#endif
