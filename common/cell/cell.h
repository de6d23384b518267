/* cell.h: what one cell is: its groups of UEs, and every setting of the groups and the link.
 *
 * `csilink run`, `eval`, `sweep` and the programs of the link all describe what they simulate as
 * one `cell`. Each member below is a row of the table in cell/keys.c, and only that table states
 * its name, range, default and help. */
#ifndef CELL_CELL_H
#define CELL_CELL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"
#include "cell/impairments.h"

enum {
    CELL_GROUPS_MAX = 16,
    CELL_CHANNEL_MAX = 512,
    CELL_NAME_MAX = 32, /* bytes of a group's name and of a word, the NUL included */
    CELL_WORD_MAX = 256,
    CELL_TEXT_MAX = 1536, /* of the groups, in the form of --ues */
    CELL_UES_MAX = 100000,
};

/* Settings that are given for all groups and may be given again for one. */
typedef struct cell_ues {
    char channel[CELL_CHANNEL_MAX]; /* as for fading_open */
    char model[CELL_WORD_MAX];
    uint64_t cr; /* 0, except while a key is read: it becomes part of the model's name */
    char period[CELL_WORD_MAX]; /* as for chain_schedule_parse_periods */
    double speed_kmh;
    char precision[CELL_NAME_MAX]; /* of the encoder: "float", "int8"; "": int8 if available */
    char codeword[CELL_NAME_MAX];  /* as for csi_codeword_parse */
    char codec[CELL_WORD_MAX];     /* as for codec_load; "": onnx:<model> */
    char denoise_payload[CELL_WORD_MAX]; /* as for payload_denoiser_load; "none" */
    char uplink_kind[CELL_WORD_MAX];     /* as for uplink_open; "": analog:<codeword> */
    impairments uplink;
} cell_ues;

typedef struct cell_group {
    char name[CELL_NAME_MAX]; /* letters, digits, - _ . */
    uint32_t first, ues;      /* of the cell */
    cell_ues has;             /* its settings, given here or for all */
    bool own[SETTINGS];       /* uplink settings given for this group */
} cell_group;

typedef struct cell {
    double duration_s, timeout_s;
    uint64_t seed;
    double dl_snr_db;
    char estimation[CELL_NAME_MAX], pilots[CELL_NAME_MAX]; /* "ls|none", "dft|hadamard" */
    char denoise[CELL_NAME_MAX];                           /* "none|mmse|soft": csi/denoise.h */
    char image_scale[CELL_NAME_MAX];                       /* "sample|file" */
    double carrier_hz, bandwidth_hz;
    uint64_t nt, nc, tp;            /* nt 0: from the model */
    uint64_t references;            /* complex symbols before each burst */
    uint64_t ack_delay;             /* reports; for codecs with memory: chain/memory.h */
    uint64_t key_age;               /* reports; 0: none is too old to build on */
    double key_drift_db;            /* of an innovation: bs-server/follow.h; +inf: never */
    char on_failure[CELL_NAME_MAX]; /* "hold|zero|use": chain/bs.h */
    bool genie;
    double warm_up_s;                /* cell/schedule.h; NaN: derived from the duration */
    double use_after_s;              /* measure/quality.h; NaN: measured */
    char predict[CELL_NAME_MAX];     /* "hold|linear|ar|net": chain/predict.h */
    char predict_net[CELL_WORD_MAX]; /* as chain_predict_net_load takes it; only for "net" */
    uint64_t age_every;              /* measures the age of one report in so many per UE; 0: none */
    cell_ues all;
    uint32_t ues; /* of all groups */
    size_t groups;
    cell_group group[CELL_GROUPS_MAX];
} cell;

/* Every key at its default, and no groups. A cell takes about 20 kB: too much for a stack. */
void cell_init(cell *c);

/* Adds a group after the others, with the settings of `all`. The name must be new and well formed,
 * the UEs no more than CELL_UES_MAX in all: ERR_INVALID. NULL on failure. */
cell_group *cell_add_group(cell *c, const char *name, uint32_t ues, err *e);

/* Adds the groups that a text lists, named after their channels:
 *
 *     8                               eight UEs in the channel of `all`
 *     4@cost2100-outdoor,4@uma-nlos   UEs 0-3 in one channel, UEs 4-7 in another
 *
 * A channel's name may contain commas ("2@rayleigh:0/0,30/-3,2@uma-nlos"): only a comma before
 * COUNT@ starts the next group. ERR_INVALID for a channel that is given twice (by a group and, if
 * `channel_given` is set, by --channel), a count that is not 1..ues_max in all, a name that is
 * empty or too long, and too many groups. Does not check whether the channels exist. */
int cell_add_groups(cell *c, const char *text, bool channel_given, uint32_t ues_max, err *e);

/* The groups in the form of cell_add_groups, each with its channel. Cut at the end of the buffer
 * where names are long: for messages, and for a cell that cell_add_groups read, which fits. */
void cell_text(const cell *c, char text[CELL_TEXT_MAX]);

/* Index of a group by its name, or of the group that a UE is in; NO_GROUP where there is none. */
uint32_t cell_group_named(const cell *c, const char *name);
uint32_t cell_group_of(const cell *c, uint32_t ue);

/* Keeps UEs first .. first + ues - 1 and their parts of the groups; numbers stay those of the whole
 * cell. ERR_INVALID where the cell has fewer UEs. */
int cell_keep(cell *c, uint32_t first, uint32_t ues, err *e);

/* Whether one ue-agent can host UEs of both: an agent has one encoder and one list of periods. */
bool cell_share_agent(const cell_ues *a, const cell_ues *b);

/* Where "-cr8" is in a model's name, the first followed by a number; NULL where the name has no
 * CR. */
const char *cell_model_cr(const char *model);

/* "csilink-net-cr8-indoor" becomes "csilink-net-cr4-indoor" for CR 4. A name without a CR is that
 * of a family: "csilink-net" becomes "csilink-net-cr4-auto". ERR_INVALID for a name that becomes
 * too long. */
int cell_model_of_cr(char model[CELL_WORD_MAX], unsigned cr, err *e);

#endif
