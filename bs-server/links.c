#include "links.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cell/choice.h"
#include "cell/codec.h"
#include "wire/limits.h"

void links_free(links *l)
{
    for (size_t i = 0; i < l->decoders; i++) {
        payload_denoiser_free(l->denoiser[i]);
        codec_unload(l->decoder[i]);
    }
    *l = (links){0};
}

/* A report names its codec by identity, so of one codec under two names it would find only the
 * first. */
static int check_denoiser(const links *l, const codec *decoder, const char *name, err *e)
{
    const codec_info *info = codec_info_of(decoder);
    for (size_t i = 0; i < l->decoders; i++)
        if (codec_info_of(l->decoder[i])->identity == info->identity &&
            strcmp(l->denoiser_name[i], name) != 0)
            return err_set(e, ERR_INVALID,
                           "denoise-payload of %s is %.100s in one group and %.100s in another; a "
                           "report names its codec, not its group",
                           info->name, l->denoiser_name[i], name);
    return ERR_NONE;
}

static int check_codec(const codec_info *info, err *e)
{
    size_t entries = codec_output_size(info);
    if (info->identity == 0)
        return err_set(e, ERR_MISMATCH,
                       "model %s does not name its pair; make it one with `csilink model pair`",
                       info->name);
    if (entries > WIRE_ENTRIES_MAX) /* the peer would end the connection on such an answer */
        return err_set(e, ERR_UNSUPPORTED,
                       "codec %s gives reconstructions of size %zu; an answer has room for %d",
                       info->name, entries, WIRE_ENTRIES_MAX);
    return ERR_NONE;
}

static int add_codec(links *l, const char *spec, const cell_ues *has, err *e)
{
    for (size_t i = 0; i < l->decoders; i++)
        if (strcmp(l->codec_spec[i], spec) == 0)
            return check_denoiser(l, l->decoder[i], has->denoise_payload, e);
    if (l->decoders == LINKS_CODECS_MAX)
        return err_set(e, ERR_INVALID, "a base station serves up to %d codecs", LINKS_CODECS_MAX);
    if (strlen(spec) >= CODEC_SPEC_MAX)
        return err_set(e, ERR_INVALID, "the codec '%.64s...' has more than %d characters", spec,
                       CODEC_SPEC_MAX - 1);
    size_t at = l->decoders;
    codec *c = codec_load(CODEC_DECODER, spec, e);
    if (!c)
        return e->code;
    strcpy(l->codec_spec[at], spec);
    strcpy(l->denoiser_name[at], has->denoise_payload);
    l->decoder[l->decoders++] = c; /* links_free frees it from here on */
    if (check_codec(codec_info_of(c), e) != ERR_NONE ||
        check_denoiser(l, c, has->denoise_payload, e) != ERR_NONE)
        return e->code;
    if (cell_denoiser(has, codec_info_of(c), &l->denoiser[at], e) != ERR_NONE)
        return err_prefix(e, "denoise-payload");
    return ERR_NONE;
}

static int add_uplink(links *l, const char *spec, err *e)
{
    for (size_t i = 0; i < l->uplinks; i++)
        if (strcmp(l->uplink[i], spec) == 0)
            return ERR_NONE;
    if (l->uplinks == LINKS_UPLINKS_MAX)
        return err_set(e, ERR_INVALID, "a base station serves up to %d uplinks", LINKS_UPLINKS_MAX);
    snprintf(l->uplink[l->uplinks++], UPLINK_SPEC_MAX, "%s", spec);
    return ERR_NONE;
}

/* A receiver serves every format of the analog uplink, so each codec needs only one uplink per
 * identity. */
static int add_link(links *l, size_t of, const char *spec, uint64_t *identities, err *e)
{
    const codec *decoder = l->decoder[of];
    uplink *u = uplink_open(spec, &codec_info_of(decoder)->shape, e);
    if (!u)
        return e->code;
    uint64_t identity = uplink_info_of(u)->identity;
    uplink_close(u);
    for (size_t i = 0; i < l->count; i++)
        if (l->link[i].decoder == decoder && identities[i] == identity)
            return ERR_NONE;
    identities[l->count] = identity;
    l->link[l->count++] = (pool_link){decoder, spec, l->denoiser[of]};
    return ERR_NONE;
}

/* A codec and an uplink of different groups need not fit, such as a large payload and few symbols
 * of QPSK. But each must fit another one, or nobody could use it. */
static int join(links *l, err *e)
{
    uint64_t identities[LINKS_CODECS_MAX * LINKS_UPLINKS_MAX] = {0};
    err misfit = {0};
    bool serves[LINKS_UPLINKS_MAX] = {false};
    for (size_t i = 0; i < l->decoders; i++) {
        bool served = false;
        for (size_t k = 0; k < l->uplinks; k++) {
            err failure = {0};
            int rc = add_link(l, i, l->uplink[k], identities, &failure);
            if (rc != ERR_NONE && rc != ERR_INVALID) {
                *e = failure;
                return rc;
            }
            if (rc == ERR_NONE)
                served = serves[k] = true;
            else
                misfit = failure;
        }
        if (!served) {
            *e = misfit;
            return err_prefix(e, "%s", codec_info_of(l->decoder[i])->name);
        }
    }
    for (size_t k = 0; k < l->uplinks; k++)
        if (!serves[k])
            return err_set(e, ERR_INVALID, "no codec sends over uplink %s", l->uplink[k]);
    return ERR_NONE;
}

static int add_group(links *l, const cell *c, cell_ues has, err *e)
{
    char codec_spec[CODEC_SPEC_MAX], uplink_spec[UPLINK_SPEC_MAX], chosen[CODEC_NAME_MAX];
    const char *channel = has.channel;
    has.precision[0] = '\0'; /* decoders have only one precision */
    if (!cell_names_codec(&has)) {
        const char *name = chain_resolve_model(has.model, &channel, 1, chosen, e);
        if (!name)
            return e->code;
        if (name != has.model)
            snprintf(has.model, sizeof has.model, "%s", name);
    }
    if (cell_codec(&has, codec_spec, e) != ERR_NONE ||
        cell_uplink(c, &has, uplink_spec, e) != ERR_NONE ||
        add_codec(l, codec_spec, &has, e) != ERR_NONE || add_uplink(l, uplink_spec, e) != ERR_NONE)
        return e->code;
    return ERR_NONE;
}

int links_of_cell(links *l, const cell *c, err *e)
{
    for (size_t i = 0; i < c->groups; i++) {
        int rc = add_group(l, c, c->group[i].has, e);
        if (rc != ERR_NONE)
            return rc;
    }
    return join(l, e);
}

/* The codecs that agents use by default, if their files exist. */
static int add_default_codecs(links *l, const cell *c, err *e)
{
    static const char *const channels[] = {"cost2100-indoor", "cost2100-outdoor", "uma-nlos",
                                           "rayleigh"};
    chain_choice choice;
    for (size_t i = 0; i < sizeof channels / sizeof channels[0]; i++) {
        if (chain_choose_model(CHAIN_MODEL_DEFAULT, CODEC_DECODER, &channels[i], 1, &choice, e) !=
            ERR_NONE)
            continue;
        bool itself = strcmp(choice.name, choice.wanted) == 0;
        if (itself && add_codec(l, choice.name, &c->all, e) != ERR_NONE)
            return e->code;
    }
    return l->decoders > 0 ? ERR_NONE : e->code;
}

static int add_listed_codecs(links *l, const char *list, const char *separators, const cell *c,
                             err *e)
{
    char *copy = strdup(list), *rest = copy;
    int rc = copy ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for the codecs' names");
    for (char *name; rc == ERR_NONE && (name = strsep(&rest, separators));)
        rc = add_codec(l, name, &c->all, e);
    free(copy);
    return rc;
}

int links_of_lists(links *l, const char *models, const char *codecs, const cell *c, err *e)
{
    char spec[UPLINK_SPEC_MAX];
    int rc = models || codecs ? ERR_NONE : add_default_codecs(l, c, e);
    if (rc == ERR_NONE && models)
        rc = add_listed_codecs(l, models, ",", c, e);
    if (rc == ERR_NONE && codecs)
        rc = add_listed_codecs(l, codecs, ";", c, e);
    if (rc == ERR_NONE)
        rc = cell_uplink(c, &c->all, spec, e);
    if (rc == ERR_NONE)
        rc = add_uplink(l, spec, e);
    return rc == ERR_NONE ? join(l, e) : rc;
}
