/* case.h: the options of `csilink eval` and its cases. A case is one model over one channel and one
 * uplink, at every SNR. */
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
    cell cell; /* settings that all cases share, under `all`; groups with --ues 4@a,4@b */
    /* Lists, separated by commas: a case for each combination. NULL: not given. */
    const char *codecs;  /* --codec, with semicolons between: in place of model and precision */
    const char *uplinks; /* --uplink, with semicolons between: in place of codeword */
    const char *model, *precision, *codeword, *channel, *data;
    const char *limit;                      /* --limit, a file; NULL: not given */
    const char *encoder, *decoder, *layout; /* files in place of a model; NULL: not given */
    bool estimation_given, dl_snr_given;    /* a data set has other defaults for these */
    bool codeword_given;
    unsigned cr;           /* overrides the models' CR; 0: keep it */
    bool snr_known;        /* the decoder uses the true SNR, not its estimate */
    uint64_t samples, ues; /* ues 0: a number that fits the channel */
    uint64_t sequence;     /* reports of each UE; 0: samples / UEs */
} eval_options;

/* Both ends of one model, the encoder in one precision. */
typedef struct eval_model {
    char name[EVAL_NAME_MAX];       /* as given, or the encoder's name */
    char label[EVAL_NAME_MAX + 16]; /* the same, with the precision if several are given */
    const char *precision;          /* asked for, "float" or "int8"; NULL: any */
    codec *encoder, *decoder;
    payload_denoiser *denoiser;  /* before the decoder; NULL: none */
    const char *denoise_payload; /* its file, as given, or "none" */
    double encode_us;            /* of one sample on one core, alone; see eval_time_encoders */
} eval_model;

/* A channel, or several of a mixed cell, open for one size of the link. */
typedef struct eval_channel {
    char name[CELL_TEXT_MAX]; /* as given; files without their folder */
    const char *path;         /* as for fading_open; NULL for a mixed cell */
    bool data;                /* every sample of a data set, once */
    csi_dims dims;
    chain_cell cell;
} eval_channel;

/* A way of sending reports: an uplink, or a codeword format. */
typedef struct eval_sending {
    char uplink[UPLINK_SPEC_MAX];         /* as in --uplink; "": the format applies */
    csi_codeword_format format;           /* of the values, without an uplink's name */
    char codeword[CSI_CODEWORD_NAME_MAX]; /* its name; "" with an uplink's */
} eval_sending;

/* One model over one channel and one uplink, at every SNR. */
typedef struct eval_case {
    const eval_model *model;
    const eval_channel *channel;
    const eval_sending *sending;
    chain_cost cost; /* of a report with the codec's largest payload */
    chain_eval_config config;
    chain_eval_result result;
    double seconds; /* of wall clock */
    err failure;
} eval_case;

typedef struct eval_set {
    size_t models, channels, sendings, count;
    eval_model model[EVAL_MODELS_MAX];
    eval_sending sending[LIST_SPECS_MAX];
    eval_channel *channel;  /* [channels], one for each name and size */
    limit limit;            /* of csilink eval; a sweep has another */
    eval_case *cases;       /* [count], model by model, sending by sending, channel by channel */
    chain_predict_net *net; /* of predict net, else NULL */
    char *names[2];         /* storage of the channels' names */
    char default_path[PATH_MAX];
} eval_set;

/* The model's label and, if there are several ways of sending or one that is not float32, the way
 * of sending: "csilink-net-cr8-indoor, u4". Marks an unfair way of sending. */
enum { EVAL_TITLE_MAX = EVAL_NAME_MAX + 16 + UPLINK_SPEC_MAX + 64 };
const char *eval_case_title(const eval_set *set, const eval_case *c, char title[EVAL_TITLE_MAX]);

/* True if --uplink names the uplink. */
bool eval_case_names_uplink(const eval_case *c);

/* The name of the way of sending in tables: the uplink's name, or else the format's. */
const char *eval_case_sending(const eval_case *c);

/* Mean bits per report over the samples; the uplink's SNR does not change them. */
double eval_case_bits(const eval_case *c);

/* True if its codec gives directions. Its rows then have SGCS and rate, but no NMSE or rho. */
bool eval_case_gives_directions(const eval_case *c);

/* The channel as given: its path, or the groups of a mixed cell. */
const char *eval_channel_asked(const eval_channel *channel);

/* The channel's name for display: a model's parameters, or the groups of a mixed cell. */
const char *eval_channel_describe(const eval_channel *channel);

#endif
