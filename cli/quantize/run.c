/* Calibration, conversion, and the pair before and after. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/ui/defaults.h"
#include "codec/onnx/memory.h"
#include "codec/onnx/pair.h"
#include "csi/metrics.h"
#include "quantize.h"
#include "train/samples/feed.h"
#include "ui/progress.h"
#include "uplink/noise.h"
#include "uplink/snr.h"

/* Calibrates decoders with the noise that they will meet. */
static const double calibration_snr_db[] = {INFINITY, 20, 10, 0};

/* The samples count as reports of UEs, this many in a row of each. They are unrelated channels, so
 * calibration sees the whole range of a state, not the small part that a slow UE uses. */
enum { SEQUENCE = 10 };

typedef struct job {
    const quantize_options *o;
    const char *file; /* the float network that is quantized */
    codec_side side;
    onnx_part *parts[2]; /* float encoder and decoder; one can be missing */
    nn_model *models[2];
    train_feed *feed;
    /* The float networks' results for the samples: codewords for a decoder, and memories. NULL if
     * neither is needed. */
    nn_session *sessions[2];
    onnx_memory memory[2];
    float *state[2]; /* [memory.values] */
    float *image;
    float snr_db;
    quantizer *q;
    quantize_result result;
} job;

static int load_side(job *j, codec_side side, const char *path, err *e)
{
    if (!path)
        return 0;
    j->parts[side] = onnx_load(side, path, j->o->layout, e);
    j->models[side] = j->parts[side] ? nn_model_copy(onnx_part_network(j->parts[side]), e) : NULL;
    return j->models[side] ? 0 : e->code;
}

static int load_both(job *j, err *e)
{
    int status = load_side(j, CODEC_ENCODER, j->o->encoder, e);
    if (status == 0)
        status = load_side(j, CODEC_DECODER, j->o->decoder, e);
    if (status == 0 && j->parts[0] && j->parts[1])
        status = onnx_check_pair(onnx_part_info(j->parts[0]), onnx_part_info(j->parts[1]), e);
    return status;
}

static int open_session(job *j, codec_side side, err *e)
{
    j->sessions[side] = onnx_open_session(j->models[side], e);
    if (!j->sessions[side] ||
        onnx_memory_find(j->models[side], j->sessions[side], &j->memory[side], e) != 0)
        return e->code;
    j->state[side] = calloc(j->memory[side].values + 1, sizeof *j->state[side]);
    return j->state[side] ? 0 : err_set(e, ERR_NOMEM, "no memory for a network's memory");
}

/* Samples in the network's layout, aligned as the codec asks. */
static int open_feed(job *j, err *e)
{
    const onnx_info *info = onnx_part_info(j->parts[CODEC_ENCODER]);
    csi_dims dims = CSI_DIMS_DEFAULT;
    dims.nt = info->nt;
    dims.ni = info->ni;
    dims.tp = dims.tp < dims.nt ? dims.nt : dims.tp;
    train_feed_config config = {.dims = dims,
                                .layout = info->layout,
                                .align = info->align,
                                .n_sources = 1,
                                .sources = {{.channel = j->o->calibrate, .weight = 1}},
                                .pool = j->o->samples,
                                .reuse = 1,
                                .threads = 1,
                                .seed = j->o->seed};
    j->feed = train_feed_open(&config, 0, e);
    j->image = calloc((size_t)2 * info->nt * info->ni, sizeof *j->image);
    if (!j->feed)
        return e->code;
    if (!j->image)
        return err_set(e, ERR_NOMEM, "no memory for an image");
    int status = open_session(j, CODEC_ENCODER, e);
    if (status == 0 && j->side == CODEC_DECODER)
        status = open_session(j, CODEC_DECODER, e);
    return status ? status : train_feed_ready(j->feed, 0, j->o->samples, e);
}

/* Runs a float network for one report: `x` is its image or codeword. */
static int run_float(job *j, codec_side side, size_t i, const float *x, err *e)
{
    nn_session *s = j->sessions[side];
    nn_tensor *in = nn_session_input(s, 0);
    memcpy(in->data, x, in->bytes);
    for (int k = 1; k < nn_model_inputs(j->models[side]); k++)
        if (!onnx_is_memory(nn_model_input(j->models[side], k)))
            memcpy(nn_session_input(s, k)->data, &j->snr_db, sizeof j->snr_db);
    onnx_memory_put(&j->memory[side], s, i % SEQUENCE ? j->state[side] : NULL);
    if (side == j->side && j->memory[side].count == 0)
        return 0; /* the quantizer runs it itself */
    int status = nn_session_run(s, e);
    return status ? status : onnx_memory_take(&j->memory[side], s, j->state[side], e);
}

/* Lists the inputs of a network in the order of its ports, from its float session: memory as it was
 * before the report. */
static int list_inputs(job *j, size_t i, const float *x, const float **inputs, err *e)
{
    nn_session *s = j->sessions[j->side];
    int count = nn_model_inputs(j->models[j->side]);
    int status = run_float(j, j->side, i, x, e);
    for (int k = 0; status == 0 && k < count; k++)
        inputs[k] = nn_session_input(s, k)->data;
    return status;
}

/* Makes the inputs of sample i: its image, or its codeword with noise, and the SNR. */
static int make_inputs(job *j, size_t i, const float **inputs, err *e)
{
    train_feed_sample(j->feed, i, j->image);
    if (j->side == CODEC_ENCODER)
        return list_inputs(j, i, j->image, inputs, e);
    int status = run_float(j, CODEC_ENCODER, i, j->image, e);
    if (status != 0)
        return status;
    const nn_tensor *out = nn_session_output(j->sessions[CODEC_ENCODER], 0);
    float *codeword = out->data, reference[CSI_REFERENCES_MIN];
    double snr_db = calibration_snr_db[i % (sizeof calibration_snr_db / sizeof snr_db)];
    csi_reference_symbols(csi_codeword_power(codeword, out->count), reference, CSI_REFERENCES_MIN);
    csi_uplink_add_noise(j->o->seed, 0, (uint32_t)i, snr_db, codeword, (uint32_t)out->count,
                         reference, CSI_REFERENCES_MIN);
    j->snr_db = (float)fmin(fmax(snr_db, UPLINK_SNR_MIN_DB), UPLINK_SNR_MAX_DB);
    return list_inputs(j, i, codeword, inputs, e);
}

static int over_samples(job *j, const char *what,
                        int (*use)(quantizer *q, const float *const *inputs, err *e), err *e)
{
    progress bar = progress_start(stderr, what, (double)j->o->samples);
    int status = 0;
    for (size_t i = 0; status == 0 && i < j->o->samples; i++) {
        const float *inputs[2 + ONNX_MEMORIES_MAX];
        status = make_inputs(j, i, inputs, e);
        if (status == 0)
            status = use(j->q, inputs, e);
        progress_update(&bar, (double)i + 1);
    }
    progress_end(&bar);
    return status;
}

static int convert(job *j, err *e)
{
    char precision[CODEC_PRECISION_MAX];
    int status = over_samples(j, "calibration", quant_observe, e);
    nn_model *quantized = status == 0 ? quant_convert(j->q, e) : NULL;
    if (!quantized)
        return e->code;
    snprintf(precision, sizeof precision, "int8-%s", j->o->scheme);
    status = over_samples(j, "comparison", quant_compare, e);
    if (status == 0)
        status = onnx_mark_quantized(quantized, precision, e);
    int64_t count;
    nn_model_weights(j->models[j->side], &count, &j->result.bytes_before);
    nn_model_weights(quantized, &count, &j->result.bytes_after);
    return status == 0 ? nn_model_save(quantized, j->o->out, e) : status;
}

/* The layers that an option names; `text` is their storage. */
typedef struct layer_list {
    char *text;
    size_t count;
    const char *name[QUANTIZE_LIST_MAX];
} layer_list;

static int split(const char *option, const char *text, layer_list *list, err *e)
{
    *list = (layer_list){.text = strdup(text ? text : "")};
    if (!list->text)
        return err_set(e, ERR_NOMEM, "no memory for --%s", option);
    char *rest = NULL;
    for (char *at = strtok_r(list->text, ",", &rest); at; at = strtok_r(NULL, ",", &rest)) {
        if (list->count == QUANTIZE_LIST_MAX)
            return err_set(e, ERR_INVALID, "--%s names more than %d layers", option,
                           QUANTIZE_LIST_MAX);
        list->name[list->count++] = at;
    }
    return 0;
}

static int open_quantizer(job *j, const layer_list *skip, const layer_list *wide, err *e)
{
    quant_options options = {.scheme = (quant_scheme)quant_scheme_from_name(j->o->scheme),
                             .rule = (quant_rule)quant_rule_from_name(j->o->rule),
                             .skips = skip->count,
                             .skip = skip->name,
                             .wides = wide->count,
                             .wide = wide->name};
    j->q = quant_open(j->models[j->side], &options, e);
    return j->q ? 0 : err_prefix(e, "%s", j->file);
}

static int quantize(job *j, err *e)
{
    layer_list skip, wide = {0};
    int status = split("skip", j->o->skip, &skip, e);
    if (status == 0)
        status = split("wide", j->o->wide, &wide, e);
    if (status == 0)
        status = open_quantizer(j, &skip, &wide, e);
    if (status == 0)
        status = open_feed(j, e);
    if (status == 0)
        status = convert(j, e);
    free(skip.text);
    free(wide.text);
    return status;
}

/* --- the pair --------------------------------------------------------------------------------- */

/* One side of the pair, before or after, as the link uses it. */
static codec *load_codec(const job *j, codec_side side, bool after, err *e)
{
    char spec[CODEC_SPEC_MAX + 64];
    const char *own = side == CODEC_ENCODER ? j->o->encoder : j->o->decoder;
    snprintf(spec, sizeof spec, "onnx:%s%s%s", after && side == j->side ? j->o->out : own,
             j->o->layout ? ",layout=" : "", j->o->layout ? j->o->layout : "");
    return codec_load(side, spec, e);
}

static int evaluate(job *j, const fading *channel, bool after, err *e)
{
    quantize_result *r = &j->result;
    codec *encoder = load_codec(j, CODEC_ENCODER, after, e);
    codec *decoder = encoder ? load_codec(j, CODEC_DECODER, after, e) : NULL;
    int rc = decoder ? chain_evaluate(&r->config, channel, encoder, decoder,
                                      after ? &r->after : &r->before, e)
                     : e->code;
    codec_unload(encoder);
    codec_unload(decoder);
    return rc;
}

/* Uses every sample of a file once, up to the requested number; otherwise a UE for each sample. */
static void set_size(job *j, const fading *channel)
{
    chain_eval_config *c = &j->result.config;
    size_t held = fading_samples(channel);
    c->samples = held > 0 && held < j->o->samples ? held : j->o->samples;
    c->ues = held > 0 ? 1 : (uint32_t)c->samples;
    /* Each UE of a pair with memory sends a key and some reports that build on others. */
    if (held == 0 && onnx_part_info(j->parts[0])->has_memory)
        c->ues = (uint32_t)((c->samples + SEQUENCE - 1) / SEQUENCE);
}

static int evaluate_pair(job *j, const chain_eval_config *snrs, err *e)
{
    chain_eval_config *c = &j->result.config;
    *c = *snrs;
    c->ue = (chain_ue_config){.dims = CSI_DIMS_DEFAULT,
                              .dl_snr_db = DEFAULT_DL_SNR_DB,
                              .uplink = "analog",
                              .seed = j->o->seed,
                              .genie = true};
    c->period_s = DEFAULT_PERIOD_S;
    const onnx_info *info = onnx_part_info(j->parts[0]);
    c->ue.dims.nt = info->nt;
    c->ue.dims.ni = info->ni;
    c->ue.dims.tp = c->ue.dims.tp < info->nt ? info->nt : c->ue.dims.tp;
    fading_config settings = FADING_CONFIG_DEFAULT;
    settings.dims = c->ue.dims;
    settings.seed = j->o->seed;
    fading *channel = fading_open(j->o->test, &settings, e);
    if (!channel)
        return e->code;
    set_size(j, channel);
    int status = evaluate(j, channel, false, e);
    if (status == ERR_NONE)
        status = evaluate(j, channel, true, e);
    j->result.evaluated = status == ERR_NONE;
    fading_close(channel);
    return status;
}

int quantize_run(const quantize_options *o, const chain_eval_config *snrs,
                 void (*report)(const quantize_options *o, const quantize_result *result), err *e)
{
    bool encoder = strcmp(o->part, "encoder") == 0;
    job j = {.o = o,
             .file = encoder ? o->encoder : o->decoder,
             .side = encoder ? CODEC_ENCODER : CODEC_DECODER,
             .result.samples = o->samples};
    int status = load_both(&j, e);
    if (status == 0)
        status = quantize(&j, e);
    if (status == 0 && j.parts[0] && j.parts[1])
        status = evaluate_pair(&j, snrs, e);
    j.result.layers = j.q;
    if (status == 0)
        report(o, &j.result);
    quant_free(j.q);
    train_feed_close(j.feed);
    free(j.image);
    for (int i = 0; i < 2; i++) {
        nn_session_free(j.sessions[i]);
        free(j.state[i]);
        onnx_part_free(j.parts[i]);
        nn_model_free(j.models[i]);
    }
    return status;
}
