/* expand.h: the templates of a league's list.
 *
 * A template is the name of a codec, an uplink or a format with braces in it. Each pair of braces
 * holds one of
 *
 *     {scenario}          a word: every value that the caller gives it
 *     {4|8|16}            alternatives
 *     {1.25:0.25:8}       LOW:STEP:HIGH, also among alternatives
 *
 * and the template stands for all combinations, the rightmost braces running fastest:
 * "klt:klt-{scenario},cr={4|8}" is "klt:klt-indoor,cr=4" and "klt:klt-indoor,cr=8". */
#ifndef CLI_LEAGUE_EXPAND_H
#define CLI_LEAGUE_EXPAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/error.h"

enum { LEAGUE_SPEC_MAX = 256, LEAGUE_SPECS_MAX = 512 };

typedef struct league_word {
    const char *name; /* "scenario" */
    size_t count;     /* 0: the template expands to nothing */
    const char *const *value;
} league_word;

/* Zero-initialise; free with league_specs_free. */
typedef struct league_specs {
    size_t count;
    char (*item)[LEAGUE_SPEC_MAX];
} league_specs;

void league_specs_free(league_specs *specs);

/* Adds the names that a template stands for, each once; `specs` may hold those of other templates.
 * ERR_INVALID for braces that do not match, an unknown word, an invalid range, a name of more than
 * LEAGUE_SPEC_MAX - 1 characters and more than LEAGUE_SPECS_MAX names; ERR_NOMEM. */
int league_expand(const char *text, const league_word *words, size_t count, league_specs *specs,
                  err *e);

/* True if a template has the word in braces. */
bool league_has_word(const char *text, const char *word);

#endif
