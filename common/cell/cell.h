/* cell.h: what one cell is: its groups of UEs, and every setting of theirs and of the link.
 *
 * `csilink run`, `eval`, `sweep` and the programs of the link all describe what they simulate by
 * one `cell`. Each member below is a row of the table in cell/keys.c, the only place that states
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
    CELL_TEXT_MAX = 1536, /* of the groups as --ues takes them */
    CELL_UES_MAX = 100000,
};

/* What may be said for all groups and again in one. */
typedef struct cell_ues {
    char channel[CELL_CHANNEL_MAX]; /* as fading_open takes it */
    char model[CELL_WORD_MAX];
    uint64_t cr;                /* 0, but while a key is taken: it goes into the model's name */
    char period[CELL_WORD_MAX]; /* as chain_schedule_parse_periods takes it */
    double speed_kmh;
    char precision[CELL_NAME_MAX]; /* of the encoder: "float", "int8"; "": int8 where it has it */
    char codeword[CELL_NAME_MAX];  /* as csi_codeword_parse takes it */
    char codec[CELL_WORD_MAX];     /* as codec_load takes it; "": onnx:<model> */
    char denoise_payload[CELL_WORD_MAX]; /* as payload_denoiser_load takes it; "none" */
    char uplink_kind[CELL_WORD_MAX];     /* as uplink_open takes it; "": analog:<codeword> */
    impairments uplink;
} cell_ues;

typedef struct cell_group {
    char name[CELL_NAME_MAX]; /* letters, digits, - _ . */
    uint32_t first, ues;      /* of the cell */
    cell_ues has;             /* what holds for it, said here or for all */
    bool own[SETTINGS];       /* uplink settings of its own */
} cell_group;

typedef struct cell {
    double duration_s, timeout_s;
    uint64_t seed;
    double dl_snr_db;
    char estimation[CELL_NAME_MAX], pilots[CELL_NAME_MAX]; /* "ls|none", "dft|hadamard" */
    char denoise[CELL_NAME_MAX];                           /* "none|mmse|soft": csi/denoise.h */
    char image_scale[CELL_NAME_MAX];                       /* "sample|file" */
    double carrier_hz, bandwidth_hz;
    uint64_t nt, nc, tp;            /* nt 0: as the model has it */
    uint64_t references;            /* complex symbols in front of each burst */
    uint64_t ack_delay;             /* reports; of codecs with memory: chain/memory.h */
    uint64_t key_age;               /* reports; 0: none is too old to build on */
    double key_drift_db;            /* of an innovation: bs-server/follow.h; +inf: never */
    char on_failure[CELL_NAME_MAX]; /* "hold|zero|use": chain/bs.h */
    bool genie;
    double warm_up_s;                /* cell/schedule.h; NaN: as long as fits the duration */
    double use_after_s;              /* measure/quality.h; NaN: measured */
    char predict[CELL_NAME_MAX];     /* "hold|linear|ar|net": chain/predict.h */
    char predict_net[CELL_WORD_MAX]; /* as chain_predict_net_load takes it; with "net" alone */
    uint64_t age_every;              /* of a UE's reports, those whose age is measured; 0: none */
    cell_ues all;
    uint32_t ues; /* of all groups */
    size_t groups;
    cell_group group[CELL_GROUPS_MAX];
} cell;

/* Every key at its default, and no groups. A cell takes about 20 kB: too much for a stack. */
void cell_init(cell *c);

/* Adds a group behind the others, with what `all` says. The name must be free and well formed, the
 * UEs no more than CELL_UES_MAX in all: ERR_INVALID. NULL on failure. */
cell_group *cell_add_group(cell *c, const char *name, uint32_t ues, err *e);

/* Adds the groups that a text names, called after their channels:
 *
 *     8                               eight UEs in the channel of `all`
 *     4@cost2100-outdoor,4@uma-nlos   UEs 0-3 in one channel, UEs 4-7 in another
 *
 * A channel's name may hold commas ("2@rayleigh:0/0,30/-3,2@uma-nlos"): only a comma in front of
 * COUNT@ starts the next group. A channel named twice over (by a group and, as `channel_given`
 * says, by --channel), a count that is not 1..ues_max in all, a name that is empty or too long, too
 * many groups: ERR_INVALID. Whether the channels exist is not looked at. */
int cell_add_groups(cell *c, const char *text, bool channel_given, uint32_t ues_max, err *e);

/* The groups as cell_add_groups takes them, each with its channel. Cut at the buffer's end where
 * names are long: for people, and for a cell that cell_add_groups read, which fits. */
void cell_text(const cell *c, char text[CELL_TEXT_MAX]);

/* Index of a group by its name, or of the group that a UE is in; NO_GROUP where there is none. */
uint32_t cell_group_named(const cell *c, const char *name);
uint32_t cell_group_of(const cell *c, uint32_t ue);

/* Leaves UEs first .. first + ues - 1 and, of the groups, their parts; numbers stay those of the
 * whole cell. ERR_INVALID where the cell has not as many. */
int cell_keep(cell *c, uint32_t first, uint32_t ues, err *e);

/* Whether one ue-agent can host UEs of both: it has one encoder and one list of periods. */
bool cell_share_agent(const cell_ues *a, const cell_ues *b);

/* Where "-cr8" stands in a model's name, the first one that a number follows; NULL where no CR is
 * named. */
const char *cell_model_cr(const char *model);

/* "csilink-net-cr8-indoor" becomes "csilink-net-cr4-indoor" for CR 4. A name without a CR is a
 * family's, and "csilink-net" becomes "csilink-net-cr4-auto". ERR_INVALID for a name that becomes
 * too long. */
int cell_model_of_cr(char model[CELL_WORD_MAX], unsigned cr, err *e);

#endif
