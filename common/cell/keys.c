#include "cell/keys.h"

#include <math.h>
#include <string.h>

#include "cell/choice.h"
#include "cell/schedule.h"
#include "chain/memory.h"
#include "codec/codec.h"
#include "codec/denoiser.h"
#include "csi/dims.h"
#include "fading/fading.h"
#include "payload/codeword.h"
#include "uplink/uplink.h"

#define OF_CELL(member) .offset = offsetof(cell, member), .size = sizeof(((cell *)NULL)->member)
#define OF_UES(member)                                                                             \
    .flags = CELL_BY_GROUP, .offset = offsetof(cell_ues, member),                                  \
    .size = sizeof(((cell_ues *)NULL)->member)

#define ON_AIR(setting, more, also)                                                                \
    .flags = CELL_BY_GROUP | CELL_ON_AIR | (more),                                                 \
    .offset = offsetof(cell_ues, uplink.value) + (setting) * sizeof(double),                       \
    .size = sizeof(double), .takers = SCENARIO | CELL_IN_AIR also

/* Sets of programs. Settings that only the running link has (time-outs, delay, ageing) mean nothing
 * to eval and sweep, which call the link's functions one by one. */
enum {
    SCENARIO = CELL_IN_FILE | CELL_IN_RUN,
    UES = SCENARIO | CELL_IN_AGENT,
    MEASURES = CELL_IN_EVAL | CELL_IN_SWEEP,
    ANY = UES | MEASURES,
};

/* The registry of channel models lists them; a constant text here would omit the next one. */
static const char *channel_usage(char text[CELL_USAGE_MAX])
{
    return fading_names(text);
}

static const char *codec_usage(char text[CELL_USAGE_MAX])
{
    char kinds[CODEC_NAMES_MAX];
    snprintf(text, CELL_USAGE_MAX, "in place of --model and --precision: %s", codec_usages(kinds));
    return text;
}

static const char *uplink_usage(char text[CELL_USAGE_MAX])
{
    char kinds[UPLINK_USAGES_MAX];
    snprintf(text, CELL_USAGE_MAX, "in place of --codeword and --references: %s",
             uplink_usages(kinds));
    return text;
}

static int check_uplink(const char *text, err *e)
{
    /* The codec is not known here, and an uplink may be for codecs of reals, of bits, or both, or
     * for the few bits of a codebook index. */
    static const payload_shape codecs[] = {{.side_bits_max = 64, .values_max = 64},
                                           {.side_bits_max = 64},
                                           {.values_max = 64},
                                           {.side_bits_min = 4, .side_bits_max = 4}};
    err first = {0};
    for (size_t i = 0; i < sizeof codecs / sizeof codecs[0]; i++) {
        uplink *u = uplink_open(text, &codecs[i], i == 0 ? &first : NULL);
        uplink_close(u);
        if (u)
            return ERR_NONE;
    }
    return err_set(e, ERR_INVALID, "%s", first.text);
}

/* Texts are parsed here only to check them; their users parse them again, so that a cell keeps and
 * prints what the user wrote. */
static int check_period(const char *text, err *e)
{
    chain_schedule schedule;
    return chain_schedule_parse_periods(&schedule, text, e);
}

static int check_codeword(const char *text, err *e)
{
    csi_codeword_format format;
    return csi_codeword_parse(text, &format, e);
}

static int apply_cr(cell_ues *u, err *e)
{
    unsigned cr = (unsigned)u->cr;
    u->cr = 0;
    return cell_model_of_cr(u->model, cr, e);
}

/* The rows are in the order of help, manual page and file, and values are read in that order: model
 * before cr, which changes the model's name. Limits come from the modules that define them (csi,
 * fading, uplink), so no value in range is rejected later. */
const cell_key cell_keys[] = {
    {.name = "duration",
     .kind = CELL_TIME,
     OF_CELL(duration_s),
     .takers = UES,
     .min = 0.001,
     .max = 864000,
     .argument = "S",
     .initial = "10s",
     .help = "length of the simulation",
     .json = "duration_s"},
    /* The programs replace this default by the file that comes with the models, if it exists: a
     * link can be tried without the models. */
    {.name = "channel",
     .kind = CELL_TEXT,
     OF_UES(channel),
     .takers = UES | CELL_IN_DATA,
     .lists = MEASURES,
     .argument = "NAME",
     .initial = "rayleigh",
     .usage = channel_usage,
     .json = "channel"},
    {.name = "model",
     .kind = CELL_TEXT,
     OF_UES(model),
     .takers = UES,
     .lists = MEASURES | CELL_IN_BS,
     .argument = "NAME",
     .initial = CHAIN_MODEL_DEFAULT,
     .help = "<family>-cr<CR>-<scenario>, or -auto for the channel's own scenario; <family> alone "
             "is <family>-cr" CHAIN_MODEL_CR "-auto",
     .json = "model"},
    /* Changes the model's name and is not stored itself. */
    {.name = "cr",
     .kind = CELL_COUNT,
     .flags = CELL_BY_GROUP | CELL_NO_STATE,
     .offset = offsetof(cell_ues, cr),
     .size = sizeof(uint64_t),
     .takers = UES | CELL_IN_EVAL,
     .lists = CELL_IN_SWEEP,
     .min = 1,
     .max = 1024,
     .argument = "N",
     .help = "compression ratio: replaces the number in the model's name",
     .apply = apply_cr},
    /* Without a default: that depends on which forms of the model exist. */
    {.name = "precision",
     .kind = CELL_CHOICE,
     OF_UES(precision),
     .takers = UES,
     .lists = MEASURES,
     .words = "float|int8",
     .help = "the encoder's arithmetic [int8 where the model has it]",
     .json = "encoder_precision"},
    {.name = "codeword",
     .kind = CELL_TEXT,
     OF_UES(codeword),
     .takers = UES,
     .lists = MEASURES,
     .argument = "FORMAT",
     .initial = "float32",
     .help = CSI_CODEWORD_HELP,
     .check = check_codeword,
     .json = "codeword_format"},
    {.name = "codec",
     .kind = CELL_TEXT,
     .flags = CELL_BY_GROUP | CELL_SEMICOLONS,
     .offset = offsetof(cell_ues, codec),
     .size = sizeof(((cell_ues *)NULL)->codec),
     .takers = UES,
     .lists = MEASURES | CELL_IN_BS,
     .argument = "KIND[:...]",
     .usage = codec_usage,
     .json = "codec"},
    {.name = "uplink",
     .kind = CELL_TEXT,
     .flags = CELL_BY_GROUP | CELL_SEMICOLONS,
     .offset = offsetof(cell_ues, uplink_kind),
     .size = sizeof(((cell_ues *)NULL)->uplink_kind),
     .takers = UES | CELL_IN_BS,
     .lists = MEASURES,
     .argument = "KIND[:...]",
     .usage = uplink_usage,
     .check = check_uplink,
     .json = "uplink"},
    {.name = "denoise-payload",
     .kind = CELL_TEXT,
     OF_UES(denoise_payload),
     .takers = SCENARIO | MEASURES | CELL_IN_BS,
     .argument = "FILE|none",
     .initial = PAYLOAD_DENOISER_NONE,
     .help = "the base station's denoiser of the codec's values: a file of `csilink model "
             "denoiser`, or ONNX",
     .json = "denoise_payload"},
    {.name = "period",
     .kind = CELL_TEXT,
     OF_UES(period),
     .takers = UES | CELL_IN_EVAL | CELL_IN_LEAGUE,
     .argument = "MS[,MS...]",
     .initial = "20ms",
     .help = "time between a UE's reports; of several, UE k takes the (k mod n)-th",
     .check = check_period,
     .json = "period_ms"},
    {.name = "speed",
     .kind = CELL_REAL,
     OF_UES(speed_kmh),
     .takers = ANY | CELL_IN_LEAGUE | CELL_IN_DATA,
     .min = 0,
     .max = FADING_SPEED_MAX_KMH,
     .unit = "km/h",
     .argument = "KMH",
     .initial = "0",
     .help = "speed of the UEs",
     .json = "speed_kmh"},
    {.name = "snr",
     .kind = CELL_REAL,
     ON_AIR(SETTING_SNR, CELL_OR_INF, ),
     .lists = MEASURES,
     .min = SETTING_SNR_MIN_DB,
     .max = SETTING_SNR_MAX_DB,
     .unit = "dB",
     .argument = "DB",
     .initial = "10",
     .help = "uplink SNR of each codeword, or inf",
     .json = "snr_db"},
    {.name = "loss",
     .kind = CELL_REAL,
     ON_AIR(SETTING_LOSS, 0, | CELL_IN_EVAL),
     .lists = CELL_IN_SWEEP,
     .min = 0,
     .max = 1,
     .argument = "FRACTION",
     .initial = "0",
     .help = "share of reports to lose",
     .json = "loss"},
    {.name = "delay",
     .kind = CELL_TIME,
     ON_AIR(SETTING_DELAY, 0, ),
     .min = 0,
     .max = SETTING_DELAY_MAX_S,
     .argument = "S",
     .initial = "0s",
     .help = "uplink delay of every report",
     .json = "delay_ms",
     .json_scale = 1e3},
    {.name = "jitter",
     .kind = CELL_TIME,
     ON_AIR(SETTING_JITTER, 0, ),
     .min = 0,
     .max = SETTING_DELAY_MAX_S,
     .argument = "S",
     .initial = "0s",
     .help = "further delay, uniform from 0 to this; may reorder reports",
     .json = "jitter_ms",
     .json_scale = 1e3},
    /* From here on: settings that all UEs of a cell share. */
    {.name = "estimation",
     .kind = CELL_CHOICE,
     OF_CELL(estimation),
     .takers = ANY | CELL_IN_LEAGUE,
     .words = "ls|none",
     .initial = "ls",
     .help = "how the UE estimates its channel; none: it knows the channel",
     .json = "estimation"},
    {.name = "denoise",
     .kind = CELL_CHOICE,
     OF_CELL(denoise),
     .takers = ANY,
     .words = "none|mmse|soft",
     .initial = "none",
     .help = "denoiser of the UE's LS estimate: MMSE or soft thresholding of each delay tap",
     .json = "denoise"},
    {.name = "image-scale",
     .kind = CELL_CHOICE,
     OF_CELL(image_scale),
     .takers = ANY,
     .words = "sample|file",
     .initial = "sample",
     .help = "scale of a codec's images: each sample fills [0,1], or keeps the scale of a "
             "replayed file",
     .json = "image_scale"},
    {.name = "dl-snr",
     .kind = CELL_REAL,
     OF_CELL(dl_snr_db),
     .flags = CELL_OR_INF,
     .takers = ANY | CELL_IN_LEAGUE,
     .min = -30,
     .max = SETTING_SNR_MAX_DB,
     .unit = "dB",
     .argument = "DB",
     .initial = "20",
     .help = "downlink SNR of the pilots, or inf",
     .json = "dl_snr_db"},
    {.name = "pilots",
     .kind = CELL_CHOICE,
     OF_CELL(pilots),
     .takers = ANY | CELL_IN_LEAGUE,
     .words = "dft|hadamard",
     .initial = "dft",
     .help = "family of the pilots",
     .json = "pilots"},
    /* A minimum of 1, not of nt: the model defines nt, and chain_dims_of_model raises tp to it. */
    {.name = "tp",
     .kind = CELL_COUNT,
     OF_CELL(tp),
     .takers = ANY,
     .min = 1,
     .max = CSI_TP_MAX,
     .argument = "N",
     .initial = "32",
     .help = "pilot symbols per subcarrier; at least one per antenna",
     .json = "tp"},
    {.name = "references",
     .kind = CELL_COUNT,
     OF_CELL(references),
     .takers = ANY | CELL_IN_BS,
     .min = UPLINK_REFERENCES_MIN,
     .max = UPLINK_REFERENCES_MAX,
     .argument = "N",
     .initial = "8",
     .help = "complex reference symbols in front of each burst",
     .json = "references"},
    {.name = "ack-delay",
     .kind = CELL_COUNT,
     OF_CELL(ack_delay),
     .takers = ANY,
     .min = 0,
     .max = CHAIN_ACK_DELAY_MAX,
     .argument = "N",
     .initial = "1",
     .help = "a codec with memory and an adaptive uplink use what was acknowledged N reports "
             "before, so that figures repeat; 0: they use whatever is acknowledged by then",
     .json = "ack_delay"},
    {.name = "key-age",
     .kind = CELL_COUNT,
     OF_CELL(key_age),
     .takers = ANY,
     .min = 0,
     .max = 1000000,
     .argument = "N",
     .initial = "0",
     .help = "a codec with memory sends a key instead of building on a report that is N reports "
             "old; must be more than ack-delay; 0: no report is too old",
     .json = "key_age"},
    {.name = "key-drift",
     .kind = CELL_REAL,
     .flags = CELL_OR_INF,
     OF_CELL(key_drift_db),
     .takers = SCENARIO | CELL_IN_BS,
     .min = -60,
     .max = 20,
     .unit = "dB",
     .argument = "DB",
     .initial = "inf",
     .help = "the base station requests a key where a report with memory differs from its "
             "prediction by more than this, relative to the channel's energy; inf: never",
     .json = "key_drift_db"},
    {.name = "on-failure",
     .kind = CELL_CHOICE,
     OF_CELL(on_failure),
     .takers = SCENARIO | MEASURES | CELL_IN_BS,
     .words = "hold|zero|use",
     .initial = "hold",
     .help = "the CSI that the base station uses after a report whose check failed: the UE's last "
             "CSI, none, or what the failed bits decode to",
     .json = "on_failure"},
    /* 0 means the channel model's own carrier: COST 2100 has 300 MHz outdoors and 5.3 GHz
     * indoors. */
    {.name = "carrier",
     .kind = CELL_REAL,
     OF_CELL(carrier_hz),
     .flags = CELL_OR_ZERO,
     .takers = ANY | CELL_IN_LEAGUE | CELL_IN_DATA,
     .min = FADING_CARRIER_MIN_HZ,
     .max = FADING_CARRIER_MAX_HZ,
     .unit = "Hz",
     .argument = "HZ",
     .initial = "0",
     .help = "carrier frequency, such as 3.5e9 or 3.5GHz; 0: the channel's own",
     .json = "carrier_hz"},
    {.name = "bandwidth",
     .kind = CELL_REAL,
     OF_CELL(bandwidth_hz),
     .takers = ANY | CELL_IN_LEAGUE | CELL_IN_DATA,
     .min = FADING_BANDWIDTH_MIN_HZ,
     .max = FADING_BANDWIDTH_MAX_HZ,
     .unit = "Hz",
     .argument = "HZ",
     .initial = "20e6",
     .help = "bandwidth of all subcarriers; a delay tap is its inverse",
     .json = "bandwidth_hz"},
    /* The minimum is the number of delay taps in the shipped models. */
    {.name = "nc",
     .kind = CELL_COUNT,
     OF_CELL(nc),
     .takers = ANY | CELL_IN_LEAGUE | CELL_IN_DATA,
     .min = 32,
     .max = CSI_NC_MAX,
     .argument = "N",
     .initial = "1024",
     .help = "subcarriers",
     .json = "nc"},
    {.name = "nt",
     .kind = CELL_COUNT,
     OF_CELL(nt),
     .takers = ANY,
     .min = 0,
     .max = CSI_NT_MAX,
     .argument = "N",
     .initial = "0",
     .help = "antennas; must equal the model's; 0: the model's"},
    {.name = "timeout",
     .kind = CELL_TIME,
     OF_CELL(timeout_s),
     .takers = UES,
     .min = 0.001,
     .max = 3600,
     .argument = "S",
     .initial = "5s",
     .help = "time to wait for an answer",
     .json = "timeout_s"},
    /* Below 2^53, so that JSON and YAML readers, which store numbers as doubles, keep it exact. */
    {.name = "seed",
     .kind = CELL_COUNT,
     OF_CELL(seed),
     .takers = ANY | CELL_IN_AIR | CELL_IN_DATA,
     .min = 0,
     .max = 9e15,
     .argument = "N",
     .initial = "1",
     .help = "seed of everything random: the same seed gives the same channels and noise",
     .json = "seed"},
    /* Yes by default, so the option is --no-genie, and the help describes that. */
    {.name = "genie",
     .kind = CELL_FLAG,
     OF_CELL(genie),
     .takers = UES,
     .initial = "yes",
     .help = "leave out the truth: no NMSE, and the bytes of a real link",
     .json = "genie"},
    /* Without a default: it is derived from the duration (cell_warm_up_s). */
    {.name = "warm-up",
     .kind = CELL_TIME,
     OF_CELL(warm_up_s),
     .takers = UES,
     .min = 0,
     .max = 864000,
     .argument = "S",
     .help = "latency of reports due before this time is counted separately [1s; a tenth of a "
             "duration below 10s]",
     .json = "warm_up_s"},
    {.name = "use-after",
     .kind = CELL_TIME,
     OF_CELL(use_after_s),
     .takers = UES | CELL_IN_BS | CELL_IN_EVAL,
     .min = 0,
     .max = 3600,
     .words = "measured",
     .argument = "S|measured",
     .initial = "measured",
     .help = "how long after a report was due its CSI is used, to measure the cost of its age",
     .json = "use_after_ms",
     .json_scale = 1e3},
    {.name = "predict",
     .kind = CELL_CHOICE,
     OF_CELL(predict),
     .takers = SCENARIO | CELL_IN_BS | CELL_IN_EVAL,
     .words = "hold|linear|ar|net",
     .initial = "hold",
     .help =
         "how the base station predicts a UE's channel for the time use-after: the last "
         "reconstruction, a straight line through the last two, an autoregression of each tap, or "
         "one whose coefficients a network gives",
     .json = "predict"},
    {.name = "predict-net",
     .kind = CELL_TEXT,
     OF_CELL(predict_net),
     .takers = SCENARIO | CELL_IN_BS | CELL_IN_EVAL,
     .argument = "NAME",
     .initial = "taps",
     .help = "the network of predict net: NAME.predictor.onnx of models/, or a path",
     .json = "predict_net"},
    {.name = "age-every",
     .kind = CELL_COUNT,
     OF_CELL(age_every),
     .takers = UES,
     .min = 0,
     .max = 1e6,
     .argument = "N",
     .initial = "1",
     .help = "measure the cost of age for each UE's every N-th report; 0: for none",
     .json = "age_every"},
};
const size_t cell_key_count = sizeof cell_keys / sizeof cell_keys[0];

_Static_assert(sizeof cell_keys / sizeof cell_keys[0] <= CELL_KEYS_MAX, "room for every key");

const cell_key *cell_key_named(const char *name)
{
    for (size_t i = 0; i < cell_key_count; i++)
        if (strcmp(cell_keys[i].name, name) == 0)
            return &cell_keys[i];
    return NULL;
}

bool cell_key_is_for(const cell_key *k, unsigned program)
{
    return ((k->takers | k->lists) & program) != 0;
}

void *cell_key_member(const cell_key *k, cell *c)
{
    char *base = k->flags & CELL_BY_GROUP ? (char *)&c->all : (char *)c;
    return base + k->offset;
}

const void *cell_key_value(const cell_key *k, const cell *c)
{
    const char *base = k->flags & CELL_BY_GROUP ? (const char *)&c->all : (const char *)c;
    return base + k->offset;
}

const void *cell_key_group_value(const cell_key *k, const cell_ues *ues)
{
    return (const char *)ues + k->offset;
}

void cell_init(cell *c)
{
    *c = (cell){0};
    for (size_t i = 0; i < cell_key_count; i++) {
        const cell_key *k = &cell_keys[i];
        void *member = cell_key_member(k, c);
        /* Defaults are texts like any other value: the same parser reads them, and help shows them
         * unchanged. */
        if (k->initial)
            cell_key_take(k, NULL, k->initial, member, NULL);
        else if (k->kind == CELL_TIME)
            *(double *)member = NAN;
    }
}

int cell_key_take_for(const cell_key *k, const char *called, const char *text, cell_ues *ues,
                      err *e)
{
    int status = cell_key_take(k, called, text, (char *)ues + k->offset, e);
    if (status != ERR_NONE || !k->apply)
        return status;
    status = k->apply(ues, e);
    return status == ERR_NONE || !called ? status : err_prefix(e, "%s", called);
}

int cell_key_take_for_all(const cell_key *k, const char *called, const char *text, cell *c, err *e)
{
    if (!(k->flags & CELL_BY_GROUP))
        return cell_key_take(k, called, text, cell_key_member(k, c), e);
    int status = cell_key_take_for(k, called, text, &c->all, e);
    for (size_t i = 0; status == ERR_NONE && i < c->groups; i++) {
        status = cell_key_take_for(k, called, text, &c->group[i].has, e);
        /* Later changes for all UEs, live ones included, apply to the group again. */
        if (k->flags & CELL_ON_AIR)
            c->group[i].own[cell_key_setting(k)] = false;
    }
    return status;
}

setting_name cell_key_setting(const cell_key *k)
{
    return (setting_name)((k->offset - offsetof(cell_ues, uplink.value)) / sizeof(double));
}
