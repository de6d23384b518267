/* Uplinks: a payload over the air and back, with the SNR estimate of the receiver. */
#include "uplink/uplink.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "uplink/air.h"
#include "uplink/snr.h"

struct csl_uplink {
    uplink *uplink;
    payload_shape shape;
    uplink_burst burst;
    snr_tracker tracker; /* of a sequence, as is the next field */
    double acknowledged_db;
    bool has_acknowledged;
};

static int open_uplink(const char *spec, const payload_shape *shape, csl_uplink **out, err *e)
{
    if (api_need(spec, "the spec of an uplink", e))
        return ERR_INVALID;
    csl_uplink *u = calloc(1, sizeof *u);
    if (!u)
        return err_set(e, ERR_NOMEM, "out of memory for an uplink");
    u->shape = *shape;
    int rc = ERR_NONE;
    if (!(u->uplink = uplink_open(spec, shape, e)))
        rc = e->code;
    else
        rc = uplink_burst_init(&u->burst, u->uplink, e);
    if (rc == ERR_NONE)
        *out = u;
    else
        csl_uplink_close(u);
    return rc;
}

int csl_uplink_open(const char *spec, const csl_codec *c, csl_uplink **out)
{
    err e = {0};
    if (api_need(out, "out", &e))
        return api_return(&e);
    *out = NULL;
    if (api_need(c, "the codec", &e) == ERR_NONE)
        open_uplink(spec, api_codec_shape(c), out, &e);
    return api_return(&e);
}

int csl_uplink_open_sizes(const char *spec, uint32_t bits_min, uint32_t bits_max,
                          uint32_t values_max, csl_uplink **out)
{
    err e = {0};
    const payload_shape shape = {
        .side_bits_min = bits_min, .side_bits_max = bits_max, .values_max = values_max};
    if (api_need(out, "out", &e))
        return api_return(&e);
    *out = NULL;
    if (bits_min > bits_max || bits_max > PAYLOAD_SIDE_BITS_MAX ||
        values_max > PAYLOAD_VALUES_MAX || bits_max + values_max == 0)
        err_set(
            &e, ERR_INVALID,
            "an uplink for %u to %u bits and %u values; up to %d of each, and at least one, are "
            "allowed",
            bits_min, bits_max, values_max, PAYLOAD_VALUES_MAX);
    else
        open_uplink(spec, &shape, out, &e);
    return api_return(&e);
}

void csl_uplink_close(csl_uplink *u)
{
    if (!u)
        return;
    uplink_burst_free(&u->burst);
    uplink_close(u->uplink);
    free(u);
}

void csl_uplink_reset(csl_uplink *u)
{
    if (!u)
        return;
    u->tracker = (snr_tracker){0};
    u->has_acknowledged = false;
}

int csl_uplink_get_info(const csl_uplink *u, csl_uplink_info *info)
{
    err e = {0};
    if (api_need(u, "the uplink", &e) || api_need(info, "info", &e))
        return api_return(&e);
    const uplink_info *i = uplink_info_of(u->uplink);
    *info = (csl_uplink_info){.identity = i->identity,
                              .references = i->references,
                              .symbols = i->symbols,
                              .side_bits_max = i->side_bits_max,
                              .can_fail = i->can_fail,
                              .adaptive = i->adaptive,
                              .unfair = uplink_unfair(i) != NULL};
    _Static_assert(sizeof info->name == UPLINK_SPEC_MAX, "names fit");
    memcpy(info->name, i->name, sizeof info->name);
    return CSL_OK;
}

/* Report (ue, seq): what `csilink eval` does with it (chain/eval.h). */
static int transmit_one(csl_uplink *u, const csl_air *air, uint32_t ue, uint32_t seq,
                        const csl_payload *sent, csl_payload *received, csl_arrival *arrival,
                        err *e)
{
    const uplink_info *info = uplink_info_of(u->uplink);
    if (!air->sequence)
        csl_uplink_reset(u); /* another UE, whose first report alone determines the SNR estimate */
    const payload p = api_payload_of(sent);
    /* Before the first acknowledgement, an evaluation uses the SNR in force, as chain/eval.c
     * says. */
    uplink_context ends = {.ue = ue,
                           .snr_db = u->has_acknowledged ? u->acknowledged_db : air->snr_db};
    int rc = uplink_send(u->uplink, &ends, &p, &u->burst, e);
    if (rc != ERR_NONE)
        return rc;
    arrival->bits = uplink_bits(u->uplink, &p);
    arrival->channel_uses =
        uplink_channel_uses(u->burst.symbols, uplink_charged_bits(info, &u->burst), air->snr_db);
    air_add_noise(air->seed, ue, seq, air->snr_db, u->burst.symbol, u->burst.symbols);
    double estimate = snr_track(&u->tracker, u->burst.symbol, u->burst.references);
    arrival->snr_estimated_db = u->acknowledged_db = estimate;
    u->has_acknowledged = true;
    if (air->snr_known)
        estimate = fmin(fmax(air->snr_db, UPLINK_SNR_MIN_DB), UPLINK_SNR_MAX_DB);
    bool intact;
    payload arrived = api_payload_of(received);
    uint32_t builds_on = sent->builds_on; /* `received` may be the same as `sent` */
    ends.snr_db = estimate;
    rc = uplink_receive(u->uplink, &ends, &u->burst, &arrived, &intact, e);
    arrived.builds_on = builds_on;
    if (rc == ERR_NONE)
        api_payload_to(&arrived, received);
    received->exact = 0;
    arrival->intact = rc == ERR_NONE && intact;
    return rc;
}

int csl_uplink_transmit(csl_uplink *u, const csl_air *air, uint32_t n, const csl_payload *sent,
                        csl_payload *received, csl_arrival *arrivals)
{
    err e = {0};
    if (api_need(u, "the uplink", &e) || api_need(air, "air", &e) ||
        (n && (api_need(sent, "sent", &e) || api_need(received, "received", &e) ||
               api_need(arrivals, "arrivals", &e))))
        return api_return(&e);
    if (!(air->snr_db >= -100) || (air->snr_db > 100 && !isinf(air->snr_db))) {
        err_set(&e, ERR_INVALID, "the uplink's SNR must be -100 to 100 dB or +infinity, not %g",
                air->snr_db);
        return api_return(&e);
    }
    for (uint32_t i = 0; i < n && e.code == ERR_NONE; i++) {
        uint32_t ue = air->ue + (air->sequence ? 0 : i), seq = air->seq + (air->sequence ? i : 0);
        if (api_check_payload(&sent[i], i, &u->shape, &e) == ERR_NONE &&
            api_check_room(&received[i], i, &u->shape, &e) == ERR_NONE)
            transmit_one(u, air, ue, seq, &sent[i], &received[i], &arrivals[i], &e);
    }
    return api_return(&e);
}
