#include "chain/bs.h"

#include <stdlib.h>
#include <string.h>

struct chain_bs {
    codec_work *codec;
    uplink *uplink;
    payload payload;
    payload_denoiser_work *denoiser; /* NULL: values are decoded as they arrived */
    bool denoised;                   /* whether the last payload was denoised */
    float complex *h;
    size_t entries;
    void *unused; /* the memory after a failed report; NULL for a codec without memory */
};

static int open_bs(chain_bs *c, const codec *decoder, const char *spec, err *e)
{
    const codec_info *info = codec_info_of(decoder);
    size_t memory = codec_memory_bytes(decoder);
    c->entries = codec_output_size(info);
    c->h = calloc(c->entries, sizeof *c->h);
    c->unused = memory > 0 ? malloc(memory) : NULL;
    if (!c->h || (memory > 0 && !c->unused))
        return err_set(e, ERR_NOMEM, "out of memory for a reconstruction");
    if (!(c->codec = codec_open(decoder, e)) || !(c->uplink = uplink_open(spec, &info->shape, e)))
        return e->code;
    return payload_init(&c->payload, &info->shape, e);
}

chain_bs *chain_bs_create(const codec *decoder, const char *spec, err *e)
{
    err local = {0};
    chain_bs *c = calloc(1, sizeof *c);
    if (!c)
        err_set(&local, ERR_NOMEM, "out of memory for a base station");
    else if (open_bs(c, decoder, spec, &local) == ERR_NONE)
        return c;
    chain_bs_free(c);
    if (e)
        *e = local;
    return NULL;
}

void chain_bs_free(chain_bs *c)
{
    if (!c)
        return;
    codec_close(c->codec);
    uplink_close(c->uplink);
    payload_denoiser_close(c->denoiser);
    payload_free(&c->payload);
    free(c->h);
    free(c->unused);
    free(c);
}

int chain_bs_set_denoiser(chain_bs *c, const payload_denoiser *denoiser, err *e)
{
    payload_denoiser_work *work = denoiser ? payload_denoiser_open(denoiser, e) : NULL;
    if (denoiser && !work)
        return e ? e->code : ERR_NOMEM;
    payload_denoiser_close(c->denoiser);
    c->denoiser = work;
    return ERR_NONE;
}

const uplink_info *chain_bs_uplink(const chain_bs *c)
{
    return uplink_info_of(c->uplink);
}

int chain_bs_receive(chain_bs *c, uint32_t ue, const uplink_burst *burst, double snr_db,
                     bool *intact, err *e)
{
    uplink_context context = {.ue = ue, .snr_db = snr_db};
    c->denoised = false;
    return uplink_receive(c->uplink, &context, burst, &c->payload, intact, e);
}

uint64_t chain_bs_digest(const chain_bs *c)
{
    return uplink_digest(c->uplink);
}

int chain_bs_decode(chain_bs *c, const void *before, void *after, err *e)
{
    /* Only once: a report that does not decode may be decoded again, for CHAIN_USE. Before the
     * hint, which a denoiser changes. */
    if (c->denoiser && !c->denoised) {
        int rc = payload_denoiser_apply(c->denoiser, &c->payload, e);
        if (rc != ERR_NONE)
            return rc;
        c->denoised = true;
    }
    codec_hint hint = {.snr_db = c->payload.snr_db};
    return codec_decode(c->codec, before, &c->payload, &hint, c->h, after, e);
}

int chain_bs_decode_failed(chain_bs *c, const void *before, err *e)
{
    return chain_bs_decode(c, before, c->unused, e);
}

void chain_bs_set_reconstruction(chain_bs *c, const float complex *held)
{
    if (held)
        memcpy(c->h, held, c->entries * sizeof *c->h);
    else
        memset(c->h, 0, c->entries * sizeof *c->h);
}

const float complex *chain_bs_reconstruction(const chain_bs *c)
{
    return c->h;
}
