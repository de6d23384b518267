/* options.h: the keys of a cell as options of a program.
 *
 *     cell_options o = {.program = CELL_IN_RUN};
 *     option_spec specs[CELL_KEYS_MAX + 8];
 *     size_t count = cell_options_specs(&o, specs);
 *     ... the program's own options behind them, option_parse ...
 *     scenario_read(&s, path, &e);              the file
 *     cell_options_apply(&o, &s.cell, &e);      and what was given over it
 *
 * An option's text is checked when it is parsed and kept as text until it is applied, so that it
 * lies over a file that is read in between, and holds for every group. */
#ifndef CELL_OPTIONS_H
#define CELL_OPTIONS_H

#include "cell/keys.h"
#include "ui/option.h"

enum { CELL_OPTION_USAGES = 4, CELL_OPTION_TEXT_MAX = 160 };

/* Where a program's default or help is another than the table's. */
typedef struct cell_tweak {
    const char *key;
    const char *initial; /* the default, in a cell and in help; "": none to show, none to take */
    const char *shown;   /* the default as help shows it, where `initial` is not to be taken */
    const char *help;    /* NULL: the table's */
    bool or_zero;        /* 0 is allowed, too */
} cell_tweak;

typedef struct cell_options {
    unsigned program; /* CELL_IN_* */
    const cell_tweak *tweaks;
    size_t tweak_count;
    const char *text[CELL_KEYS_MAX]; /* by the keys' places; NULL: not given */
    cell_key key[CELL_KEYS_MAX];     /* as this program takes them */
    /* Behind the texts of the options. */
    char usage[CELL_OPTION_USAGES][CELL_USAGE_MAX];
    char argument[CELL_KEYS_MAX][CELL_NAME_MAX], name[CELL_KEYS_MAX][CELL_NAME_MAX];
    size_t usages;
} cell_options;

/* Writes an option for each key that the program takes, in the table's order; returns how many:
 * up to CELL_KEYS_MAX. They point into *o. */
size_t cell_options_specs(cell_options *o, option_spec *specs);

/* A copy of `own` behind the first `count` specs; returns how many there are then. */
size_t cell_options_add(option_spec *specs, size_t count, const option_spec *own, size_t more);

/* What was given, for a key that the program takes; the default where nothing was; NULL without. */
const char *cell_options_text(const cell_options *o, const char *key);
bool cell_options_given(const cell_options *o, const char *key);

/* The program's own defaults into a cell that cell_init made. */
void cell_options_defaults(const cell_options *o, cell *c);

/* What was given into the cell, for every group. Keys of which the program takes several values
 * are left out. ERR_INVALID, with the option's name. */
int cell_options_apply(const cell_options *o, cell *c, err *e);

#endif
