/* The cases of an evaluation: every model over every channel. */
#include <limits.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cell/chain.h"
#include "cell/choice.h"
#include "cell/codec.h"
#include "cell/fit.h"
#include "cell/keys.h"
#include "cli/ui/defaults.h"
#include "codec/models.h"
#include "csi/dataset.h"
#include "csi/raw/spec.h"
#include "sendings.h"
#include "set.h"

/* Loads one side of what --model, --codec, or --encoder and --decoder name, in a precision (NULL:
 * any). `sizes`, "" or ",nt=16,ni=64", sets symbolic rows and columns. */
static codec *load_side(codec_side side, const eval_options *o, const char *name,
                        const char *precision, const char *sizes, err *e)
{
    char spec[CODEC_SPEC_MAX + 96];
    const char *file = side == CODEC_ENCODER ? o->encoder : o->decoder;
    if (o->codecs && !file)
        snprintf(spec, sizeof spec, "%s%s", name, sizes);
    else
        snprintf(spec, sizeof spec, "onnx:%s%s%s%s%s%s", file ? file : name,
                 precision ? ",precision=" : "", precision ? precision : "",
                 file && o->layout ? ",layout=" : "", file && o->layout ? o->layout : "", sizes);
    return codec_load(side, spec, e);
}

static int load_both(const eval_options *o, const char *name, const char *precision,
                     const char *sizes, codec *both[2], err *e)
{
    both[1] = NULL;
    both[0] = load_side(CODEC_ENCODER, o, name, o->encoder ? NULL : precision, sizes, e);
    if (both[0])
        both[1] = load_side(CODEC_DECODER, o, name, NULL, sizes, e);
    if (both[1])
        return ERR_NONE;
    codec_unload(both[0]);
    both[0] = NULL;
    return e->code;
}

/* Loads both sides for a data set whose images are not 32 x 32, if the codec is a network with
 * symbolic rows and columns. Returns false if the network or the data set is of another kind;
 * otherwise true, with both sides or with the error in *e. */
static bool load_for_data(const eval_options *o, const char *name, const char *precision,
                          const char *path, codec *both[2], err *e)
{
    char spec[CODEC_SPEC_MAX], sizes[48];
    csi_dataset set;
    err why = {0};
    bool network = !o->codecs || (codec_full_spec(name, spec, NULL) == ERR_NONE &&
                                  strncmp(spec, "onnx:", 5) == 0);
    if (!network || csi_dataset_read(path, NULL, &set, NULL) != ERR_NONE)
        return false;
    snprintf(sizes, sizeof sizes, ",nt=%u,ni=%u", set.nt, set.ni);
    bool usual = set.nt == 32 && set.ni == 32;
    csi_dataset_free(&set);
    if (usual)
        return false;
    if (load_both(o, name, precision, sizes, both, &why) == ERR_NONE)
        return true;
    if (strstr(why.text, "are not symbolic"))
        return false;
    *e = why;
    return true;
}

/* Gets the first file of --data; false if there is none. */
static bool first_data(const eval_options *o, char path[PATH_MAX])
{
    size_t length = o->data ? strcspn(o->data, ",") : 0;
    snprintf(path, PATH_MAX, "%.*s", (int)length, o->data ? o->data : "");
    return length > 0 && length < PATH_MAX;
}

/* int8 in --precision applies to the encoder only: the base station has one decoder for both. */
static int add_model(eval_set *s, const eval_options *o, const char *name, const char *precision,
                     bool several, err *e)
{
    eval_model *m = &s->model[s->models++];
    codec *both[2];
    char path[PATH_MAX];
    if (load_both(o, name, precision, "", both, e) != ERR_NONE && e->code != ERR_IO &&
        first_data(o, path))
        (void)load_for_data(o, name, precision, path, both, e);
    m->encoder = both[0];
    m->decoder = both[1];
    m->precision = !precision ? NULL : strcmp(precision, "int8") == 0 ? "int8" : "float";
    if (!m->decoder)
        return e->code;
    if (cell_denoiser(&o->cell.all, codec_info_of(m->decoder), &m->denoiser, e) != ERR_NONE)
        return err_prefix(e, "--denoise-payload");
    m->denoise_payload = o->cell.all.denoise_payload;
    const codec_info *info = codec_info_of(m->encoder);
    const char *called = o->encoder ? info->name : name;
    snprintf(m->name, sizeof m->name, "%s", called);
    snprintf(m->label, sizeof m->label, "%s%s%s", called, several ? " " : "",
             several ? info->precision : "");
    return codec_check_match(m->encoder, m->decoder, e);
}

/* Adds one model in every given precision or, without any, in the one that the link would use. */
static int add_precisions(eval_set *s, const eval_options *o, const char *name,
                          const list *precisions, err *e)
{
    if (precisions->count == 0)
        return add_model(s, o, name, NULL, false, e);
    int status = ERR_NONE;
    for (size_t i = 0; status == ERR_NONE && i < precisions->count; i++)
        status = add_model(s, o, name, precisions->item[i], precisions->count > 1, e);
    return status;
}

static int check_precisions(const list *l, err *e)
{
    if (l->count > EVAL_PRECISIONS)
        return err_set(e, ERR_INVALID, "--precision names more than float and int8");
    return list_check("precision", l, e);
}

/* Applies the CR of --cr to the names in --model, and replaces a name that leaves its scenario open
 * with the one model for all channels. */
static int resolve_models(list *names, const eval_options *o, const list *data,
                          const list *channels, char chosen[][CODEC_NAME_MAX], err *e)
{
    const char *over[2 * EVAL_LIST_MAX];
    size_t count = 0;
    for (size_t i = 0; i < data->count; i++)
        over[count++] = data->item[i];
    for (size_t i = 0; i < channels->count && channels->item[i]; i++)
        over[count++] = channels->item[i];
    for (size_t i = 0; i < names->count; i++) {
        char asked[CELL_WORD_MAX];
        snprintf(asked, sizeof asked, "%s", names->item[i]);
        if (o->cr && cell_model_of_cr(asked, o->cr, e) != ERR_NONE)
            return e->code;
        const char *name = o->cell.groups > 0
                               ? chain_resolve_cell_model(asked, &o->cell, chosen[i], e)
                               : chain_resolve_model(asked, over, count, chosen[i], e);
        if (!name)
            return e->code;
        if (name == asked && !o->cr)
            continue; /* keeps the whole name, for the message if it is unknown */
        if (name == asked)
            snprintf(chosen[i], CODEC_NAME_MAX, "%.*s", CODEC_NAME_MAX - 1, asked);
        names->item[i] = chosen[i];
    }
    return ERR_NONE;
}

static int load_codecs(eval_set *s, const eval_options *o, err *e)
{
    list names;
    int rc = list_split_specs("codec", o->codecs, &names, e);
    for (size_t i = 0; rc == ERR_NONE && i < names.count; i++)
        rc = add_model(s, o, names.item[i], NULL, false, e);
    free(names.text);
    return rc;
}

static int load_models(eval_set *s, const eval_options *o, const list *data, const list *channels,
                       err *e)
{
    list names, precisions = {0};
    char chosen[EVAL_LIST_MAX][CODEC_NAME_MAX];
    if (o->codecs)
        return load_codecs(s, o, e);
    int status = list_split("model", o->model, &names, e);
    if (status == ERR_NONE && !o->encoder)
        status = resolve_models(&names, o, data, channels, chosen, e);
    if (status == ERR_NONE)
        status = list_split("precision", o->precision, &precisions, e);
    if (status == ERR_NONE)
        status = check_precisions(&precisions, e);
    size_t count = o->encoder ? 1 : names.count;
    for (size_t i = 0; status == ERR_NONE && i < count; i++)
        status = add_precisions(s, o, names.item[i], &precisions, e);
    free(names.text);
    free(precisions.text);
    return status;
}

static void name_channel(eval_channel *c)
{
    size_t named = csi_raw_file_length(c->path);
    size_t begin = named || !c->data ? named : strlen(c->path);
    while (begin > 0 && c->path[begin - 1] != '/') /* keys after the file can have slashes */
        begin--;
    snprintf(c->name, sizeof c->name, "%s", c->path + begin);
}

/* The channel `path` for the size of this case; opens it if it is not open. NULL: the groups of
 * --ues. */
static eval_channel *open_channel(eval_set *s, const eval_options *o, const char *path, bool data,
                                  const csi_dims *dims, err *e)
{
    for (size_t i = 0; i < s->channels; i++) {
        eval_channel *c = &s->channel[i];
        bool same = path ? c->path && strcmp(c->path, path) == 0 : !c->path;
        if (same && c->data == data && memcmp(&c->dims, dims, sizeof *dims) == 0)
            return c;
    }
    eval_channel *c = &s->channel[s->channels++];
    *c = (eval_channel){.path = path, .data = data, .dims = *dims};
    int status;
    if (path) {
        fading_config settings = cell_fading(&o->cell, &o->cell.all, dims);
        name_channel(c);
        status = chain_cell_add(&c->cell, 1, path, &settings, e);
    } else {
        cell_text(&o->cell, c->name);
        status = cell_open_channels(&o->cell, dims, &c->cell, e);
    }
    if (status == ERR_NONE) {
        cell_notice_scales(&o->cell, &c->cell);
        return c;
    }
    s->channels--;
    return NULL;
}

/* The number of UEs. A replayed file changes with every report, and a moving UE's channel with
 * time. A few UEs that stand still would give the same few channels repeatedly, so then every
 * sample comes from a different UE. */
static uint32_t count_ues(const eval_options *o, const eval_channel *c)
{
    if (c->data)
        return 1;
    if (!c->path)
        return c->cell.ues;
    if (o->sequence != 0)
        return (uint32_t)((o->samples + o->sequence - 1) / o->sequence);
    if (o->ues != 0)
        return (uint32_t)o->ues;
    return fading_is_file(c->path) || o->cell.all.speed_kmh > 0 ? DEFAULT_UES
                                                                : (uint32_t)o->samples;
}

/* Uses every sample of a data set once and as a known channel, unless pilots are requested. */
static int fill_config(const eval_options *o, bool data, const csi_dims *dims,
                       chain_eval_config *config, err *e)
{
    chain_schedule schedule;
    if (cell_chain(&o->cell, &o->cell.all, dims, &config->ue, e) != ERR_NONE ||
        cell_schedule(&o->cell, &o->cell.all, 1, &schedule, e) != ERR_NONE)
        return e->code;
    if (data && !o->estimation_given)
        config->ue.estimate = o->dl_snr_given;
    config->ue.genie = true;
    config->samples = o->samples;
    config->period_s = schedule.period_s[0];
    config->snr_known = o->snr_known;
    config->on_failure = cell_on_failure(&o->cell);
    config->loss = o->cell.all.uplink.value[SETTING_LOSS];
    config->ack_delay = (uint32_t)o->cell.ack_delay;
    config->key_age = (uint32_t)o->cell.key_age;
    config->at_use = !isnan(o->cell.use_after_s);
    config->use_after_s = o->cell.use_after_s;
    if (cell_predict(&o->cell, &config->predict, e) != ERR_NONE)
        return e->code;
    /* Over a channel, each sequence has its own UE (count_ues). */
    config->sequence = data ? (uint32_t)o->sequence : 0;
    return schedule.periods == 1
               ? ERR_NONE
               : err_set(e, ERR_INVALID, "--period: an evaluation takes one period for all UEs");
}

/* Names the model or uplink that does not fit, if there are several. */
static int blame(const eval_set *s, const eval_case *c, err *e)
{
    char title[EVAL_TITLE_MAX];
    return s->models * s->sendings > 1 ? err_prefix(e, "%s", eval_case_title(s, c, title))
                                       : e->code;
}

/* Warns once for each model and channel, however many uplinks there are. */
static void warn_misfit(const eval_set *s, const eval_case *c, const cell *all)
{
    const codec_info *info = codec_info_of(c->model->encoder);
    for (const eval_case *k = s->cases; k < c; k++)
        if (k->model == c->model && k->channel == c->channel)
            return;
    if (c->channel->path)
        cell_warn_misfit(info, c->channel->path, all->carrier_hz);
    for (size_t i = 0; !c->channel->path && i < all->groups; i++)
        cell_warn_misfit(info, all->group[i].has.channel, all->carrier_hz);
}

/* Loads a model again for the sizes of this data set. True if the new pair replaced it and fits. */
static bool resize_model(eval_set *s, const eval_options *o, const eval_case *c, const char *path,
                         err *e)
{
    eval_model *m = &s->model[c->model - s->model];
    codec *both[2] = {NULL, NULL};
    for (const eval_case *k = s->cases; k < c; k++)
        if (k->model == m)
            return false; /* an earlier data set has fixed its sizes */
    if (m->denoiser || !load_for_data(o, m->name, m->precision, path, both, e) || !both[1])
        return false;
    codec_unload(m->encoder);
    codec_unload(m->decoder);
    m->encoder = both[0];
    m->decoder = both[1];
    return codec_check_match(m->encoder, m->decoder, e) == ERR_NONE;
}

static int make_case(eval_set *s, const eval_options *o, const eval_model *m,
                     const eval_sending *sending, const char *path, bool data,
                     const chain_eval_config *snrs, err *e)
{
    eval_case *c = &s->cases[s->count++];
    c->model = m;
    c->sending = sending;
    c->config = *snrs;
    c->config.denoiser = m->denoiser;
    c->config.net = s->net;
    csi_dims dims = cell_dims(&o->cell);
    cell_ues has = o->cell.all;
    const codec_info *info = codec_info_of(m->encoder);
    snprintf(has.uplink_kind, sizeof has.uplink_kind, "%s", sending->uplink);
    snprintf(has.codeword, sizeof has.codeword, "%s", sending->codeword);
    if (chain_dims_of_codec(&dims, info, o->cell.nt, e) != ERR_NONE ||
        fill_config(o, data, &dims, &c->config, e) != ERR_NONE ||
        cell_uplink(&o->cell, &has, c->config.ue.uplink, e) != ERR_NONE)
        return e->code;
    if (chain_cost_of(info, c->config.ue.uplink, &c->cost, e) != ERR_NONE)
        return blame(s, c, e);
    const eval_channel *channel = open_channel(s, o, path, data, &c->config.ue.dims, e);
    if (!channel && data && e->code == ERR_MISMATCH && resize_model(s, o, c, path, e)) {
        s->count--;
        return make_case(s, o, m, sending, path, data, snrs, e);
    }
    if (!channel)
        return e->code;
    c->channel = channel;
    warn_misfit(s, c, &o->cell);
    c->config.ues = count_ues(o, channel);
    if (!path)
        c->config.cell = &channel->cell;
    if (data)
        c->config.samples = fading_samples(channel->cell.group[0].open);
    if (c->config.samples == 0)
        return err_set(e, ERR_INVALID, "%s: not a data set; name a channel model by --channel",
                       path);
    return ERR_NONE;
}

/* Makes the cases of one model over one uplink and every channel. */
static int make_row(eval_set *s, const eval_options *o, const eval_model *m,
                    const eval_sending *sending, const list *data, const list *channels,
                    const chain_eval_config *snrs, err *e)
{
    int status = ERR_NONE;
    for (size_t i = 0; status == ERR_NONE && i < data->count + channels->count; i++) {
        bool is_data = i < data->count;
        const char *path = is_data ? data->item[i] : channels->item[i - data->count];
        status = make_case(s, o, m, sending, path, is_data, snrs, e);
    }
    return status;
}

static int make_cases(eval_set *s, const eval_options *o, const list *data, const list *channels,
                      const chain_eval_config *snrs, err *e)
{
    size_t each = data->count + channels->count, cases = s->models * s->sendings * each;
    s->cases = calloc(cases, sizeof *s->cases);
    s->channel = calloc(s->models * each, sizeof *s->channel);
    if (!s->cases || !s->channel)
        return err_set(e, ERR_NOMEM, "no memory for %zu evaluations", cases);
    int status = ERR_NONE;
    for (size_t m = 0; m < s->models; m++)
        for (size_t k = 0; status == ERR_NONE && k < s->sendings; k++)
            status = make_row(s, o, &s->model[m], &s->sending[k], data, channels, snrs, e);
    return status;
}

/* The default channel: a mixed cell's, or the file in the models' folder. */
static int default_channel(const eval_options *o, char path[PATH_MAX], list *channels, err *e)
{
    channels->count = 1;
    if (o->cell.groups > 0)
        return ERR_NONE;
    channels->item[0] = path;
    return models_find(DEFAULT_CHANNEL_FILE, path, PATH_MAX, e);
}

int eval_set_make(eval_set *s, const eval_options *o, const chain_eval_config *snrs, err *e)
{
    list data = {0}, channels = {0};
    int status = eval_read_sendings(s, o, e);
    if (status == ERR_NONE)
        status = list_split("data", o->data, &data, e);
    if (status == ERR_NONE)
        status = list_split("channel", o->channel, &channels, e);
    if (status == ERR_NONE && !o->data && !o->channel)
        status = default_channel(o, s->default_path, &channels, e);
    if (status == ERR_NONE)
        status = load_models(s, o, &data, &channels, e);
    if (status == ERR_NONE)
        status = cell_load_predict_net(&o->cell, &s->net, e);
    if (status == ERR_NONE)
        status = make_cases(s, o, &data, &channels, snrs, e);
    s->names[0] = data.text;
    s->names[1] = channels.text;
    return status;
}

void eval_set_free(eval_set *s)
{
    for (size_t i = 0; i < s->channels; i++)
        chain_cell_close(&s->channel[i].cell);
    for (size_t i = 0; i < s->models; i++) {
        codec_unload(s->model[i].encoder);
        codec_unload(s->model[i].decoder);
        payload_denoiser_free(s->model[i].denoiser);
    }
    chain_predict_net_free(s->net);
    limit_free(&s->limit);
    free(s->channel);
    free(s->cases);
    free(s->names[0]);
    free(s->names[1]);
}
