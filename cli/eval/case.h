/* case.h: what `csilink eval` is asked for and what it evaluates: cases, each one model over one
 * channel and one uplink, at every SNR. */
#ifndef CLI_EVAL_CASE_H
#define CLI_EVAL_CASE_H

#include <limits.h>
#include <stdbool.h>

#include "base/error.h"
#include "cell/cell.h"
#include "chain/cost.h"
#include "chain/eval.h"
#include "cli/ui/list.h"
#include "limit.h"
#include "payload/codeword.h"

enum { EVAL_LIST_MAX = LIST_MAX, EVAL_PRECISIONS = 2, EVAL_NAME_MAX = 512 };
enum { EVAL_MODELS_MAX = LIST_SPECS_MAX };
_Static_assert((int)EVAL_MODELS_MAX >= (int)EVAL_LIST_MAX * (int)EVAL_PRECISIONS,
               "room for every model in every precision, and for every codec");

typedef struct eval_options {
    cell cell; /* what all cases have in common, under `all`; with --ues 4@a,4@b its groups */
    /* Lists, with commas between: a case for each combination. NULL: not given. */
    const char *codecs;  /* --codec, with semicolons between: in place of model and precision */
    const char *uplinks; /* --uplink, with semicolons between: in place of codeword */
    const char *model, *precision, *codeword, *channel, *data;
    const char *limit;                      /* --limit, a file; NULL: not given */
    const char *encoder, *decoder, *layout; /* files in place of a model; NULL: not given */
    bool estimation_given, dl_snr_given;    /* a data set has its own defaults of these */
    bool codeword_given;
    unsigned cr;           /* in place of the models' own; 0: as they have it */
    bool snr_known;        /* the decoder uses the true SNR, not its estimate */
    uint64_t samples, ues; /* ues 0: as fits the channel */
    uint64_t sequence;     /* reports of each UE; 0: as the UEs and the samples give it */
} eval_options;

/* Both ends of one model, the encoder in one precision. */
typedef struct eval_model {
    char name[EVAL_NAME_MAX];       /* as asked for, or the encoder's own */
    char label[EVAL_NAME_MAX + 16]; /* the same, with the precision where several are asked for */
    const char *precision;          /* asked for, "float" or "int8"; NULL: any */
    codec *encoder, *decoder;
    payload_denoiser *denoiser;  /* in front of the decoder; NULL: none */
    const char *denoise_payload; /* its file, as the options have it; or "none" */
    double encode_us;            /* of one sample on one core, alone; see eval_time_encoders */
} eval_model;

/* A channel, or several of a mixed cell, open for one size of the link. */
typedef struct eval_channel {
    char name[CELL_TEXT_MAX]; /* as asked for; files without their folder */
    const char *path;         /* as fading_open takes it; NULL for a mixed cell */
    bool data;                /* every sample of a data set, once */
    csi_dims dims;
    chain_cell cell;
} eval_channel;

/* How reports are sent: by an uplink in full, or in a codeword format. */
typedef struct eval_sending {
    char uplink[UPLINK_SPEC_MAX];         /* as --uplink has it; "": the format decides */
    csi_codeword_format format;           /* of the values, without an uplink's name */
    char codeword[CSI_CODEWORD_NAME_MAX]; /* its name; "" with an uplink's */
} eval_sending;

/* One model over one channel and one uplink, at every SNR. */
typedef struct eval_case {
    const eval_model *model;
    const eval_channel *channel;
    const eval_sending *sending;
    chain_cost cost; /* of a report that uses all of the codec's payload */
    chain_eval_config config;
    chain_eval_result result;
    double seconds; /* of wall clock */
    err failure;
} eval_case;

typedef struct eval_set {
    size_t models, channels, sendings, count;
    eval_model model[EVAL_MODELS_MAX];
    eval_sending sending[LIST_SPECS_MAX];
    eval_channel *channel; /* [channels], one for each name and size */
    limit limit;           /* of csilink eval; a sweep has one of its own */
    eval_case *cases;      /* [count], model by model, sending by sending, channel by channel */
    char *names[2];        /* memory behind the channels' names */
    char default_path[PATH_MAX];
} eval_set;

/* The model's label and, where there are several ways of sending or one that is not float32, that:
 * "csilink-net-cr8-indoor, u4". Where the way of sending gives something away, it says so. */
enum { EVAL_TITLE_MAX = EVAL_NAME_MAX + 16 + UPLINK_SPEC_MAX + 64 };
const char *eval_case_title(const eval_set *set, const eval_case *c, char title[EVAL_TITLE_MAX]);

/* Whether --uplink names the uplink. */
bool eval_case_names_uplink(const eval_case *c);

/* What a table calls the way of sending: the format's name or, where an uplink is named, its. */
const char *eval_case_sending(const eval_case *c);

/* Bits of a report, mean over the samples; the uplink's SNR does not change them. */
double eval_case_bits(const eval_case *c);

/* Whether its codec gives directions: its rows have SGCS and rate, and neither NMSE nor rho. */
bool eval_case_gives_directions(const eval_case *c);

/* What a channel is asked for by: its path, or the groups of a mixed cell. */
const char *eval_channel_asked(const eval_channel *channel);

/* What a person calls the channel: a model's parameters, or the groups of a mixed cell. */
const char *eval_channel_describe(const eval_channel *channel);

#endif
