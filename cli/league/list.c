/* The keys of a league's list, their values, and the selection by the command line. */
#include "list.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/ui/list.h"
#include "fading/fading.h"

typedef struct list_key {
    const char *name;
    size_t at;   /* of the member of league_list */
    bool single; /* a uint64_t; else league_numbers */
    bool whole, or_none, or_inf;
    double min, max;
} list_key;

#define NUMBERS(key, member) .name = key, .at = offsetof(league_list, member)
#define SINGLE(key, member) NUMBERS(key, member), .single = true, .whole = true

static const list_key keys[] = {
    {NUMBERS("bits", bits), .whole = true, .or_none = true, .min = 1, .max = 1 << 20},
    {NUMBERS("uses", uses), .whole = true, .or_none = true, .min = 2, .max = 1 << 16},
    {NUMBERS("snr", snr), .or_inf = true, .min = -30, .max = 60},
    {NUMBERS("rates", rates), .min = 0.01, .max = 1},
    {SINGLE("samples", samples), .min = 2, .max = 1e7},
    {SINGLE("choose", choose), .min = 2, .max = 1e7},
    {SINGLE("scout", scout), .min = 2, .max = 1e7},
    {SINGLE("sequence", sequence), .min = 1, .max = 1e6},
    {SINGLE("seed", seed), .min = 0, .max = 9e15},
};
enum { KEYS = sizeof keys / sizeof keys[0] };

void league_list_init(league_list *l)
{
    *l = (league_list){.title = "Codecs at equal bits and at equal channel uses",
                       .samples = 1000,
                       .choose = 300,
                       .scout = 60,
                       .sequence = 1,
                       .seed = 1};
    static const char *const initial[][2] = {{"bits", "512,1024,2048"},
                                             {"uses", "32,64,128,256"},
                                             {"snr", "0,10,20"},
                                             {"rates", "0.3,0.45,0.6,0.7,0.8"}};
    for (size_t i = 0; i < sizeof initial / sizeof initial[0]; i++)
        (void)league_list_set(l, initial[i][0], initial[i][1], NULL);
}

static int compare_numbers(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

/* Reads the number at `at`. Returns the position after it, or NULL if it is out of range. */
static const char *read_number(const list_key *k, const char *at, double *value)
{
    if (k->or_inf && strncmp(at, "inf", 3) == 0) {
        *value = INFINITY;
        return at + 3;
    }
    at = text_number_at(at, value);
    if (!at || *value < k->min || *value > k->max || (k->whole && *value != floor(*value)))
        return NULL;
    return at;
}

/* "512,1024,2048" into *out, ascending. */
static bool read_numbers(const list_key *k, const char *text, league_numbers *out)
{
    league_numbers n = {0};
    if (k->or_none && strcmp(text, "none") == 0) {
        *out = n;
        return true;
    }
    for (const char *at = text;; at++) {
        double value;
        at = read_number(k, at, &value);
        if (!at || (*at && *at != ',') || n.count == LEAGUE_NUMBERS_MAX)
            return false;
        n.value[n.count++] = value;
        if (!*at)
            break;
    }
    qsort(n.value, n.count, sizeof n.value[0], compare_numbers);
    for (size_t i = 1; i < n.count; i++)
        if (n.value[i] == n.value[i - 1])
            return false;
    *out = n;
    return true;
}

int league_list_set(league_list *l, const char *key, const char *text, err *e)
{
    const list_key *k = keys;
    while (k < keys + KEYS && strcmp(k->name, key) != 0)
        k++;
    if (k == keys + KEYS)
        return err_set(e, ERR_INVALID, "unknown key '%.40s' of a league", key);
    void *member = (char *)l + k->at;
    if (k->single)
        return text_whole(text, (uint64_t)k->min, (uint64_t)k->max, member)
                   ? ERR_NONE
                   : err_set(e, ERR_INVALID, "'%.64s' is not a whole number from %.0f to %.0f",
                             text, k->min, k->max);
    if (read_numbers(k, text, member))
        return ERR_NONE;
    return err_set(e, ERR_INVALID, "'%.64s' is not 1 to %d different %snumbers from %g to %g%s",
                   text, LEAGUE_NUMBERS_MAX, k->whole ? "whole " : "", k->min, k->max,
                   k->or_none  ? ", with commas between, or none"
                   : k->or_inf ? " or inf, with commas between"
                               : ", with commas between");
}

int league_list_pick_channels(league_list *l, const char *names, err *e)
{
    list picked;
    league_channel chosen[LEAGUE_NUMBERS_MAX];
    _Static_assert((int)LIST_MAX <= (int)LEAGUE_NUMBERS_MAX, "room for every name");
    int rc = list_split("channel", names, &picked, e);
    for (size_t i = 0; rc == ERR_NONE && i < picked.count; i++) {
        chosen[i] = (league_channel){0};
        for (size_t k = 0; k < l->channels; k++)
            if (strcmp(l->channel[k].channel, picked.item[i]) == 0)
                chosen[i] = l->channel[k];
        chosen[i].channel = picked.item[i]; /* `picked` is kept, and the other name may be freed */
        for (size_t k = 0; k < i; k++)
            if (strcmp(chosen[k].channel, chosen[i].channel) == 0)
                rc = err_set(e, ERR_INVALID, "--channel names %.80s twice", picked.item[i]);
    }
    if (rc != ERR_NONE) {
        free(picked.text); /* the list keeps the channels that it had, and their names */
        return rc;
    }
    memcpy(l->channel, chosen, picked.count * sizeof *chosen);
    l->channels = picked.count;
    free(l->picked);
    l->picked = picked.text;
    return ERR_NONE;
}

static int refuse_entrant(const league_list *l, const char *name, err *e)
{
    const char *names[LEAGUE_ENTRANTS_MAX];
    for (size_t i = 0; i < l->entrants; i++)
        names[i] = l->entrant[i]->name;
    const char *nearest = text_nearest(name, names, l->entrants);
    return err_set(e, ERR_INVALID, "--entrant: the list has no '%.40s'%s%.40s", name,
                   nearest ? "; did you mean " : "", nearest ? nearest : "");
}

/* Keeps the list's order, whatever the order of the names. */
int league_list_pick_entrants(league_list *l, const char *names, err *e)
{
    list picked;
    size_t kept = 0;
    int rc = list_split("entrant", names, &picked, e);
    for (size_t i = 0; rc == ERR_NONE && i < picked.count; i++) {
        size_t k = 0;
        while (k < l->entrants && strcmp(l->entrant[k]->name, picked.item[i]) != 0)
            k++;
        if (k == l->entrants)
            rc = refuse_entrant(l, picked.item[i], e);
    }
    for (size_t k = 0; rc == ERR_NONE && k < l->entrants; k++)
        for (size_t i = 0; i < picked.count; i++)
            if (strcmp(l->entrant[k]->name, picked.item[i]) == 0) {
                l->entrant[kept++] = l->entrant[k];
                break;
            }
    if (rc == ERR_NONE)
        l->entrants = kept;
    free(picked.text);
    return rc;
}

int league_list_check(const league_list *l, err *e)
{
    if (l->bits.count == 0 && l->uses.count == 0)
        return err_set(e, ERR_INVALID,
                       "a league with neither bits nor uses has nothing to compare");
    for (size_t i = 0; i < l->channels; i++)
        if (fading_is_file(l->channel[i].channel))
            return err_set(e, ERR_INVALID,
                           "channel '%.80s' is a file: a league chooses and reports with "
                           "different samples, and a file has the same samples for every seed",
                           l->channel[i].channel);
    if (l->scout > l->choose)
        return err_set(e, ERR_INVALID,
                       "scout %llu is more than choose %llu; scouting takes fewer samples",
                       (unsigned long long)l->scout, (unsigned long long)l->choose);
    return ERR_NONE;
}
