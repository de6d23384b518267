#include "cell/codec.h"

#include <stdio.h>

bool cell_names_codec(const cell_ues *ues)
{
    return ues->codec[0] != '\0';
}

int cell_codec(const cell_ues *ues, char spec[CODEC_SPEC_MAX], err *e)
{
    bool precise = ues->precision[0] != '\0';
    if (cell_names_codec(ues))
        return codec_full_spec(ues->codec, spec, e);
    int n = snprintf(spec, CODEC_SPEC_MAX, "onnx:%s%s%s", ues->model, precise ? ",precision=" : "",
                     precise ? ues->precision : "");
    if (n > 0 && n < CODEC_SPEC_MAX)
        return ERR_NONE;
    return err_set(e, ERR_INVALID, "the model's name '%.64s...' is too long", ues->model);
}

int cell_denoiser(const cell_ues *ues, const codec_info *info, payload_denoiser **denoiser, err *e)
{
    *denoiser = NULL;
    if (!payload_denoiser_is_asked(ues->denoise_payload))
        return ERR_NONE;
    err why = {0}; /* the caller may not want the message */
    *denoiser = payload_denoiser_load(ues->denoise_payload, info, &why);
    return *denoiser ? ERR_NONE : err_set(e, (err_code)why.code, "%s", why.text);
}

int cell_uplink(const cell *c, const cell_ues *ues, char spec[UPLINK_SPEC_MAX], err *e)
{
    bool given = ues->uplink_kind[0] != '\0';
    int n = given ? snprintf(spec, UPLINK_SPEC_MAX, "%s", ues->uplink_kind)
                  : snprintf(spec, UPLINK_SPEC_MAX, "analog:%s,references=%llu", ues->codeword,
                             (unsigned long long)c->references);
    if (n > 0 && n < UPLINK_SPEC_MAX)
        return ERR_NONE;
    return err_set(e, ERR_INVALID, "the uplink '%.64s...' has more than %d characters", spec,
                   UPLINK_SPEC_MAX - 1);
}
