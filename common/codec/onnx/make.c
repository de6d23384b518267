#include <ctype.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/text.h"
#include "codec/onnx/internal.h"

static int check_same(const char *what, uint32_t encoder, uint32_t decoder, err *e)
{
    if (encoder == decoder)
        return 0;
    return err_set(e, ERR_MISMATCH, "the encoder's %s is %u, the decoder's %u", what, encoder,
                   decoder);
}

static int check_form(const onnx_info *encoder, const onnx_info *decoder, err *e)
{
    int status = check_same("codeword size", encoder->codeword, decoder->codeword, e);
    if (status == 0)
        status = check_same("number of antennas", encoder->nt, decoder->nt, e);
    if (status == 0)
        status = check_same("number of delay taps", encoder->ni, decoder->ni, e);
    if (status == 0 && encoder->layout != decoder->layout)
        status = err_set(e, ERR_MISMATCH, "the encoder's layout is %s, the decoder's %s",
                         onnx_layout_name(encoder->layout), onnx_layout_name(decoder->layout));
    if (status == 0 && encoder->align != decoder->align)
        status = err_set(e, ERR_MISMATCH, "the encoder's csilink.align is %s, the decoder's %s",
                         csi_align_name(encoder->align), csi_align_name(decoder->align));
    return status;
}

/* A UE that does not know of its base station's memory would not name a report to build on. */
static int check_memory(const onnx_info *encoder, const onnx_info *decoder, err *e)
{
    if (encoder->has_memory == decoder->has_memory)
        return 0;
    return err_set(e, ERR_MISMATCH,
                   "the %s has memory, but the %s's file does not state it; `csilink model pair` "
                   "makes a pair of them",
                   encoder->has_memory ? "encoder" : "decoder",
                   encoder->has_memory ? "decoder" : "encoder");
}

int onnx_check_pair(const onnx_info *encoder, const onnx_info *decoder, err *e)
{
    int status = check_form(encoder, decoder, e);
    if (status == 0)
        status = check_memory(encoder, decoder, e);
    if (status != 0)
        return err_prefix(e, "encoder %s and decoder %s", encoder->name, decoder->name);
    if (encoder->pair == decoder->pair)
        return 0;
    if (encoder->pair == 0 || decoder->pair == 0)
        return err_set(e, ERR_MISMATCH,
                       "the %s belongs to a pair, the %s to none; `csilink model pair` makes a "
                       "pair of two files",
                       encoder->pair ? "encoder" : "decoder",
                       encoder->pair ? "decoder" : "encoder");
    return err_set(e, ERR_MISMATCH,
                   "encoder %s and decoder %s are of different pairs (%016" PRIx64 ", %016" PRIx64
                   "), and do not fit each other",
                   encoder->name, decoder->name, encoder->pair, decoder->pair);
}

/* The parts of a model's name: "csilink-net-cr8-indoor" is csilink-net, 8, indoor. */
typedef struct name_parts {
    char family[CODEC_NAME_MAX], cr[16], scenario[CODEC_NAME_MAX];
} name_parts;

static bool split_at(const char *name, const char *at, name_parts *parts)
{
    size_t digits = strspn(at + 3, "0123456789"), family = (size_t)(at - name);
    const char *scenario = at + 3 + digits;
    if (family == 0 || digits == 0 || digits > 5 || *scenario != '-' || !scenario[1])
        return false;
    snprintf(parts->family, sizeof parts->family, "%.*s", (int)family, name);
    snprintf(parts->cr, sizeof parts->cr, "%.*s", (int)digits, at + 3);
    snprintf(parts->scenario, sizeof parts->scenario, "%s", scenario + 1);
    return true;
}

static int split_name(const char *name, name_parts *parts, err *e)
{
    if (strlen(name) >= CODEC_NAME_MAX)
        return err_set(e, ERR_INVALID, "the name has more than %d characters", CODEC_NAME_MAX - 1);
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("-_.", *c))
            return err_set(e, ERR_INVALID,
                           "the name '%s' has a '%c'; letters, digits, - _ . are "
                           "allowed",
                           name, isprint((unsigned char)*c) ? *c : '?');
    for (const char *at = strstr(name, "-cr"); at; at = strstr(at + 1, "-cr"))
        if (split_at(name, at, parts))
            return 0;
    return err_set(e, ERR_INVALID,
                   "the name '%s' is not family-crN-scenario, such as cllwcsinet-cr8-indoor", name);
}

static int check_ratio(const onnx_info *info, const name_parts *parts, err *e)
{
    uint32_t actual = 2 * info->nt * info->ni / info->codeword;
    uint64_t value;
    if (text_whole(parts->cr, actual, actual, &value))
        return 0;
    return err_set(e, ERR_MISMATCH, "the name says CR %s, but %u values for 2 x %u x %u are CR %u",
                   parts->cr, info->codeword, info->nt, info->ni, actual);
}

static int set_metadata(onnx_part *p, const name_parts *parts, const char *pair, bool memory,
                        err *e)
{
    const char *entries[][2] = {
        {"csilink.family", parts->family},
        {"csilink.cr", parts->cr},
        {"csilink.scenario", parts->scenario},
        {"csilink.layout", onnx_layout_name(p->info.layout)},
        {"csilink.pair", pair},
        {"csilink.align", csi_align_name(p->info.align)}, /* left out where there is none */
    };
    size_t count = sizeof entries / sizeof entries[0] - (p->info.align == CSI_ALIGN_NONE);
    for (size_t i = 0; i < count; i++) {
        int status = nn_model_set_metadata(p->model, entries[i][0], entries[i][1], e);
        if (status != 0)
            return status;
    }
    int status = nn_model_set_metadata(p->model, "csilink.memory", memory ? "yes" : NULL, e);
    if (status != 0)
        return status;
    /* The new pair names exactly this network, quantized or not. */
    return nn_model_set_metadata(p->model, "csilink.quantized", NULL, e);
}

int onnx_mark_quantized(nn_model *quantized, const char *precision, err *e)
{
    char own[17];
    snprintf(own, sizeof own, "%016" PRIx64, nn_model_hash(quantized));
    int status = nn_model_set_metadata(quantized, "csilink.precision", precision, e);
    return status ? status : nn_model_set_metadata(quantized, "csilink.quantized", own, e);
}

static int save(const onnx_part *p, const char *folder, const char *name, err *e)
{
    char path[PATH_MAX];
    int n = snprintf(path, sizeof path, "%s/%s.%s.onnx", folder, name, codec_side_name(p->side));
    if (n < 0 || (size_t)n >= sizeof path)
        return err_set(e, ERR_INVALID, "folder '%.64s...': its name is too long", folder);
    return nn_model_save(p->model, path, e);
}

/* Replaces the part's network; the part's other fields do not change. */
static int halve(onnx_part *p, err *e)
{
    nn_model *halved = nn_model_halve(p->model, NULL, e);
    if (!halved)
        return err_prefix(e, "%s", p->path);
    nn_model_free(p->model);
    p->model = halved;
    return 0;
}

static int make_pair(onnx_part *encoder, onnx_part *decoder, const char *name, const char *folder,
                     err *e)
{
    name_parts parts;
    char pair[34];
    bool memory = encoder->memory.count > 0 || decoder->memory.count > 0;
    int status = check_form(&encoder->info, &decoder->info, e);
    if (status == 0)
        status = split_name(name, &parts, e);
    if (status == 0)
        status = check_ratio(&encoder->info, &parts, e);
    snprintf(pair, sizeof pair, "%016" PRIx64 ":%016" PRIx64, nn_model_hash(encoder->model),
             nn_model_hash(decoder->model));
    if (status == 0)
        status = set_metadata(encoder, &parts, pair, memory, e);
    if (status == 0)
        status = set_metadata(decoder, &parts, pair, memory, e);
    mkdir(folder, 0777); /* it may exist; if it cannot be created, saving reports it */
    if (status == 0)
        status = save(encoder, folder, name, e);
    if (status == 0)
        status = save(decoder, folder, name, e);
    return status;
}

int onnx_make_pair(const char *encoder_path, const char *decoder_path, const char *name,
                   const char *layout, const char *align, bool halves, const char *folder, err *e)
{
    err local = {0};
    onnx_claims claims = {.layout = layout, .align = align};
    onnx_part *encoder = onnx_load_part(CODEC_ENCODER, encoder_path, claims, false, &local);
    onnx_part *decoder =
        encoder ? onnx_load_part(CODEC_DECODER, decoder_path, claims, false, &local) : NULL;
    int status = decoder ? 0 : local.code;
    if (decoder && halves)
        status = halve(encoder, &local);
    if (decoder && halves && status == 0)
        status = halve(decoder, &local);
    if (decoder && status == 0)
        status = make_pair(encoder, decoder, name, folder, &local);
    onnx_part_free(encoder);
    onnx_part_free(decoder);
    if (e)
        *e = local;
    return status;
}
