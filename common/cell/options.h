/* options.h: the keys of a cell as options of a program.
 *
 *     cell_options o = {.program = CELL_IN_RUN};
 *     option_spec specs[CELL_KEYS_MAX + 8];
 *     size_t count = cell_options_specs(&o, specs);
 *     ... the program's own options after them, option_parse ...
 *     scenario_read(&s, path, &e);              the file
 *     cell_options_apply(&o, &s.cell, &e);      and the options on top of it
 *
 * An option's text is checked when it is parsed but kept as text until it is applied. So it
 * overrides a file that is read in between, and holds for every group. */
#ifndef CELL_OPTIONS_H
#define CELL_OPTIONS_H

#include "cell/keys.h"
#include "ui/option.h"

enum { CELL_OPTION_USAGES = 4, CELL_OPTION_TEXT_MAX = 160 };

/* Where a program has another default or help than the table. */
typedef struct cell_tweak {
    const char *key;
    const char *initial; /* the default, in a cell and in help; "": no default */
    const char *shown;   /* the default in help only */
    const char *help;    /* NULL: the table's */
    bool or_zero;        /* 0 is allowed, too */
} cell_tweak;

typedef struct cell_options {
    unsigned program; /* CELL_IN_* */
    const cell_tweak *tweaks;
    size_t tweak_count;
    const char *text[CELL_KEYS_MAX]; /* by the keys' positions in the table; NULL: not given */
    cell_key key[CELL_KEYS_MAX];     /* as this program takes them */
    /* Texts that the options point to. */
    char usage[CELL_OPTION_USAGES][CELL_USAGE_MAX];
    char argument[CELL_KEYS_MAX][CELL_NAME_MAX], name[CELL_KEYS_MAX][CELL_NAME_MAX];
    size_t usages;
} cell_options;

/* Writes an option for each key that the program takes, in the table's order; returns their number,
 * up to CELL_KEYS_MAX. They point into *o. */
size_t cell_options_specs(cell_options *o, option_spec *specs);

/* Appends a copy of `own` after the first `count` specs; returns the new number of specs. */
size_t cell_options_add(option_spec *specs, size_t count, const option_spec *own, size_t more);

/* The given text of a key that the program takes, or its default; NULL without either. */
const char *cell_options_text(const cell_options *o, const char *key);
bool cell_options_given(const cell_options *o, const char *key);

/* Writes the program's own defaults into a cell that cell_init has set up. */
void cell_options_defaults(const cell_options *o, cell *c);

/* Applies the given options to the cell, for every group. Keys with several values are left out.
 * ERR_INVALID, with the option's name. */
int cell_options_apply(const cell_options *o, cell *c, err *e);

#endif
