/* keys.h: the table of all settings of a cell.
 *
 * A row of the table defines a key of scenario files; an option and an environment variable of each
 * program listed in the row; their range, default and help; the line in the scenario that a run
 * writes; and the entry in the "config" of its summary. To add a setting, add a member to `cell` or
 * `cell_ues` and a row: docs/adding.md, "Add a setting".
 *
 * cell_key_take converts every value, wherever it comes from, and writes the error message. */
#ifndef CELL_KEYS_H
#define CELL_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "cell/cell.h"

typedef enum cell_kind {
    CELL_FLAG,   /* bool: yes or no. A flag that defaults to yes has the option --no-NAME */
    CELL_COUNT,  /* uint64_t: a whole number */
    CELL_REAL,   /* double */
    CELL_TIME,   /* double, seconds: 500ms, 30s, 5m, bare numbers in seconds. NaN: not given */
    CELL_CHOICE, /* char[]: one of `words`; "": not given */
    CELL_TEXT,   /* char[]: plain text of one line, checked by `check`; "": not given */
} cell_kind;

enum {
    CELL_BY_GROUP = 1, /* a member of cell_ues: given for all groups, and again for one */
    CELL_ON_AIR = 2, /* an uplink setting: a timeline may change it, and a group may have its own */
    CELL_OR_INF = 4, /* a real that may be infinite, above `max` */
    CELL_OR_ZERO = 8,     /* a number or time that may be 0, below `min` */
    CELL_NO_STATE = 16,   /* changes another member (`apply`) and is never printed */
    CELL_SEMICOLONS = 32, /* several values are separated by ";", since commas are part of them */
};

/* The programs and files that take a key. */
enum {
    CELL_IN_FILE = 1, /* scenario files */
    CELL_IN_RUN = 2,
    CELL_IN_EVAL = 4,
    CELL_IN_SWEEP = 8,
    CELL_IN_AGENT = 16, /* ue-agent */
    CELL_IN_AIR = 32,   /* channel-sim */
    CELL_IN_BS = 64,    /* bs-server */
    CELL_IN_DATA = 128, /* csilink data generate: what a channel depends on */
    CELL_IN_LEAGUE = 256,
};

enum { CELL_KEYS_MAX = 48, CELL_USAGE_MAX = 1024 };

typedef struct cell_key {
    const char *name; /* "dl-snr" */
    cell_kind kind;
    unsigned flags;
    unsigned takers; /* CELL_IN_*: with one value */
    unsigned lists; /* CELL_IN_*: with several values, separated by commas or, with CELL_SEMICOLONS,
                       by semicolons */
    size_t offset;  /* of the member of cell or, CELL_BY_GROUP, of cell_ues */
    size_t size;    /* of the member */
    double min, max;      /* both inclusive */
    const char *words;    /* of a choice: "ls|none"; of a time: the word for NaN */
    const char *unit;     /* for messages: "dB" */
    const char *argument; /* for help: "DB" */
    const char *initial;  /* the default, as a user would write it; NULL: not given */
    const char *help;
    const char *(*usage)(char text[CELL_USAGE_MAX]); /* writes the help, where it is not constant */
    int (*check)(const char *text, err *e);          /* of a text: ERR_INVALID says what is right */
    int (*apply)(cell_ues *ues, err *e); /* called after the key was read: CELL_NO_STATE */
    const char *json;                    /* in the summary: "delay_ms"; NULL: left out */
    double json_scale;                   /* 0 means 1 */
} cell_key;

extern const cell_key cell_keys[];
extern const size_t cell_key_count;

/* NULL for an unknown name. */
const cell_key *cell_key_named(const char *name);

/* Whether a program takes the key, with one value or with several. */
bool cell_key_is_for(const cell_key *key, unsigned program);

/* The member of the cell with the key's value; for CELL_BY_GROUP, the value for all groups. */
void *cell_key_member(const cell_key *key, cell *c);
const void *cell_key_value(const cell_key *key, const cell *c);
/* The value of a group, for CELL_BY_GROUP. */
const void *cell_key_group_value(const cell_key *key, const cell_ues *ues);

/* Converts `text` into *member. The message begins with `called`: "--snr", "CSILINK_SNR"; NULL: the
 * key's own name, for a message that puts the key first. ERR_INVALID says what is allowed; *member
 * then does not change. */
int cell_key_take(const cell_key *key, const char *called, const char *text, void *member, err *e);

/* The same for one group or for all. For a key without its own member, changes the member that it
 * sets. */
int cell_key_take_for(const cell_key *key, const char *called, const char *text, cell_ues *ues,
                      err *e);

/* Sets the key for the cell; with CELL_BY_GROUP, for all groups and for each of them. */
int cell_key_take_for_all(const cell_key *key, const char *called, const char *text, cell *c,
                          err *e);

/* The setting of a key with CELL_ON_AIR. */
setting_name cell_key_setting(const cell_key *key);

/* Whether a member has a value: NaN and "" are none. */
bool cell_key_is_given(const cell_key *key, const void *member);

/* Writes "<indent><name>: <value>\n" as in a scenario file; nothing for a value that is not
 * given. */
void cell_key_print(const cell_key *key, const void *member, const char *indent, FILE *to);

/* Writes any text as YAML, in double quotes. */
void cell_print_text(const char *text, FILE *to);

#endif
