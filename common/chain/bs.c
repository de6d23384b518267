#include "chain/bs.h"

#include <stdlib.h>

struct chain_bs {
    codec_work *codec;
    uplink *uplink;
    payload payload;
    float complex *h;
};

static int open_bs(chain_bs *c, const codec *decoder, const char *spec, err *e)
{
    const codec_info *info = codec_info_of(decoder);
    c->h = calloc(codec_output_size(info), sizeof *c->h);
    if (!c->h)
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
    payload_free(&c->payload);
    free(c->h);
    free(c);
}

const uplink_info *chain_bs_uplink(const chain_bs *c)
{
    return uplink_info_of(c->uplink);
}

int chain_bs_receive(chain_bs *c, uint32_t ue, const uplink_burst *burst, double snr_db,
                     bool *intact, err *e)
{
    uplink_context context = {.ue = ue, .snr_db = snr_db};
    return uplink_receive(c->uplink, &context, burst, &c->payload, intact, e);
}

uint64_t chain_bs_digest(const chain_bs *c)
{
    return uplink_digest(c->uplink);
}

int chain_bs_decode(chain_bs *c, double snr_db, const void *before, void *after, err *e)
{
    codec_hint hint = {.snr_db = c->payload.snr_db};
    (void)snr_db;
    return codec_decode(c->codec, before, &c->payload, &hint, c->h, after, e);
}

const float complex *chain_bs_reconstruction(const chain_bs *c)
{
    return c->h;
}
