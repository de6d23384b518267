/* keys.h: every setting of a cell, once.
 *
 * A row of the table defines a key of scenario files; an option and an environment variable of each
 * program that the row names; their range, default and help; the line of the scenario that a run
 * writes; and the entry of its summary's "config". To add a setting, add a member to `cell` or
 * `cell_ues` and a row: docs/adding.md, "Add a setting".
 *
 * cell_key_take converts every value, wherever it comes from, and words the complaint. */
#ifndef CELL_KEYS_H
#define CELL_KEYS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"
#include "cell/cell.h"

typedef enum cell_kind {
    CELL_FLAG,   /* bool: yes or no. One that is on by default has the option --no-NAME */
    CELL_COUNT,  /* uint64_t: a whole number */
    CELL_REAL,   /* double */
    CELL_TIME,   /* double, seconds: 500ms, 30s, 5m, bare numbers in seconds. NaN: not given */
    CELL_CHOICE, /* char[]: one of `words`; "": not given */
    CELL_TEXT,   /* char[]: plain text of one line, as `check` has it; "": not given */
} cell_kind;

enum {
    CELL_BY_GROUP = 1, /* a member of cell_ues: for all groups, and again in one */
    CELL_ON_AIR = 2,   /* an uplink setting: a timeline may change it, a group has its own or not */
    CELL_OR_INF = 4,   /* a real that may be infinite, beyond `max` */
    CELL_OR_ZERO = 8,  /* a number or time that may be 0, below `min` */
    CELL_NO_STATE = 16,   /* changes another member (`settle`) and is never printed */
    CELL_SEMICOLONS = 32, /* of several values: ";" between them, since commas are in them */
};

/* Who takes a key. */
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
    unsigned takers;   /* CELL_IN_*: with one value */
    unsigned lists;    /* those who take several values, with commas or CELL_SEMICOLONS between */
    size_t offset;     /* of the member of cell or, CELL_BY_GROUP, of cell_ues */
    size_t size;       /* of the member */
    double min, max;   /* both included */
    const char *words; /* of a choice: "ls|none"; of a time: the word that stands for NaN */
    const char *unit;  /* for messages: "dB" */
    const char *argument; /* for help: "DB" */
    const char *initial;  /* the default, as it would be written; NULL: not given */
    const char *help;
    const char *(*usage)(char text[CELL_USAGE_MAX]); /* its help, where that is made at run time */
    int (*check)(const char *text, err *e);          /* of a text: ERR_INVALID with what is right */
    int (*settle)(cell_ues *ues, err *e);            /* after it was taken: CELL_NO_STATE */
    const char *json;                                /* in the summary: "delay_ms"; NULL: not */
    double json_scale;                               /* 0 stands for 1 */
} cell_key;

extern const cell_key cell_keys[];
extern const size_t cell_key_count;

/* NULL for a name that is none. */
const cell_key *cell_key_named(const char *name);

/* Whether a program takes the key, with one value or with several. */
bool cell_key_is_for(const cell_key *key, unsigned program);

/* Where the key's value is: in the cell, or what holds for all groups. */
void *cell_key_member(const cell_key *key, cell *c);
const void *cell_key_value(const cell_key *key, const cell *c);
/* Of a group, for CELL_BY_GROUP. */
const void *cell_key_group_value(const cell_key *key, const cell_ues *ues);

/* Converts `text` into *member. `called` begins the message: "--snr", "CSILINK_SNR"; NULL: the
 * key's own name, for a message that tells the key in front. ERR_INVALID with what is allowed; the
 * member is then as it was. */
int cell_key_take(const cell_key *key, const char *called, const char *text, void *member, err *e);

/* The same for what one group has, or all. Of a key without a member of its own, what it changes.
 */
int cell_key_take_for(const cell_key *key, const char *called, const char *text, cell_ues *ues,
                      err *e);

/* Takes `text` for the cell: of CELL_BY_GROUP, for all groups and for each of them. */
int cell_key_take_for_all(const cell_key *key, const char *called, const char *text, cell *c,
                          err *e);

/* Which setting a key with CELL_ON_AIR is. */
setting_name cell_key_setting(const cell_key *key);

/* Whether a member says anything: NaN and "" do not. */
bool cell_key_is_said(const cell_key *key, const void *member);

/* Writes "<indent><name>: <value>\n" as a scenario file has it; nothing for a value not given. */
void cell_key_print(const cell_key *key, const void *member, const char *indent, FILE *to);

/* Writes any text as YAML, in double quotes. */
void cell_print_text(const char *text, FILE *to);

#endif
