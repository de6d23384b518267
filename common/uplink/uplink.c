#include "uplink/uplink.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/decibel.h"
#include "base/hash.h"
#include "payload/bits.h"
#include "uplink/kind.h"
#include "uplink/snr.h"

struct uplink {
    const uplink_kind *kind;
    void *state;
    payload_shape shape;
    uplink_info info;
};

/* FNV-1a; never 0, which identifies no uplink. */
static uint64_t identity_of(const char *text)
{
    uint64_t h = hash_text(HASH_START, text);
    return h ? h : 1;
}

/* "a, b, c": one field of every kind. */
static void list_kinds(char *text, size_t size, bool usages)
{
    size_t used = 0;
    text[0] = 0;
    for (const uplink_kind *const *k = uplink_kinds; *k && used < size; k++)
        used += (size_t)snprintf(text + used, size - used, "%s%s", used ? ", " : "",
                                 usages ? (*k)->usage : (*k)->name);
}

const char *uplink_usages(char text[UPLINK_USAGES_MAX])
{
    list_kinds(text, UPLINK_USAGES_MAX, true);
    return text;
}

/* A kind must match whole: "analogue" is a typing error, not an analog uplink. */
static const uplink_kind *find_kind(const char *spec, err *e)
{
    size_t length = strcspn(spec, ":");
    char kinds[UPLINK_USAGES_MAX];
    for (const uplink_kind *const *k = uplink_kinds; *k; k++)
        if (strlen((*k)->name) == length && strncmp((*k)->name, spec, length) == 0)
            return *k;
    list_kinds(kinds, sizeof kinds, false);
    err_set(e, ERR_INVALID, "unknown uplink '%.40s'; the kinds are: %s", spec, kinds);
    return NULL;
}

uplink *uplink_open(const char *spec, const payload_shape *shape, err *e)
{
    if (strlen(spec) >= UPLINK_SPEC_MAX) {
        err_set(e, ERR_INVALID, "the uplink '%.40s...' has more than %d characters", spec,
                UPLINK_SPEC_MAX - 1);
        return NULL;
    }
    if (shape->side_bits_max > PAYLOAD_SIDE_BITS_MAX || shape->values_max > PAYLOAD_VALUES_MAX) {
        err_set(e, ERR_INVALID,
                "an uplink for %u side bits and %u values; at most %d and %d are allowed",
                shape->side_bits_max, shape->values_max, PAYLOAD_SIDE_BITS_MAX, PAYLOAD_VALUES_MAX);
        return NULL;
    }
    const uplink_kind *kind = find_kind(spec, e);
    uplink *u = kind ? calloc(1, sizeof *u) : NULL;
    if (!u) {
        if (kind)
            err_set(e, ERR_NOMEM, "out of memory for an uplink");
        return NULL;
    }
    u->kind = kind;
    u->shape = *shape;
    snprintf(u->info.kind, sizeof u->info.kind, "%s", kind->name);
    snprintf(u->info.name, sizeof u->info.name, "%s", spec);
    const char *colon = strchr(spec, ':');
    u->state = kind->open(colon ? colon + 1 : "", shape, &u->info, e);
    if (!u->state) {
        if (e)
            err_prefix(e, "uplink %s", spec);
        free(u);
        return NULL;
    }
    if (u->info.symbols_min == 0)
        u->info.symbols_min = u->info.symbols;
    /* Only after open: only the kind knows which of its arguments the receiver must share. */
    u->info.identity = identity_of(u->info.receiver);
    return u;
}

void uplink_close(uplink *u)
{
    if (!u)
        return;
    u->kind->close(u->state);
    free(u);
}

const uplink_info *uplink_info_of(const uplink *u)
{
    return &u->info;
}

int uplink_burst_init(uplink_burst *burst, const uplink *u, err *e)
{
    const uplink_info *info = &u->info;
    *burst = (uplink_burst){.references = info->references, .symbols = info->symbols};
    burst->symbol = calloc(info->symbols, sizeof *burst->symbol);
    burst->side = calloc((size_t)bits_bytes(info->side_bits_max) + 1, 1);
    if (burst->symbol && burst->side)
        return ERR_NONE;
    uplink_burst_free(burst);
    return err_set(e, ERR_NOMEM, "out of memory for a burst");
}

void uplink_burst_free(uplink_burst *burst)
{
    free(burst->symbol);
    free(burst->side);
    *burst = (uplink_burst){0};
}

/* Whether bits are set after the last one in use. A kind may append a field there, and bursts with
 * the same meaning must have the same bits. */
static bool has_stray_bits(const uint8_t *side, uint32_t bits)
{
    return bits % 8 && side[bits / 8] >> bits % 8;
}

/* Catch a codec's mistake here, with its own message: on the air a NaN would spread to every value,
 * since all are divided by their common rms. */
static int check_payload(const uplink *u, const payload *p, err *e)
{
    const payload_shape *s = &u->shape;
    const payload_size *size = s->by_kind ? payload_size_of(s, p->builds_on > 0) : NULL;
    if (p->side_bits > s->side_bits_max || p->values > s->values_max)
        return err_set(e, ERR_FORMAT,
                       "a payload of %u side bits and %u values; this uplink was opened for at "
                       "most %u and %u",
                       p->side_bits, p->values, s->side_bits_max, s->values_max);
    if (size && (p->side_bits > size->side_bits_max || p->values > size->values))
        return err_set(e, ERR_FORMAT,
                       "a payload of %u side bits and %u values; %s has at most "
                       "%u and %u",
                       p->side_bits, p->values, p->builds_on > 0 ? "an innovation" : "a key",
                       size->side_bits_max, size->values);
    if (has_stray_bits(p->side, p->side_bits))
        return err_set(e, ERR_FORMAT, "bits are set after the payload's %u side bits",
                       p->side_bits);
    for (uint32_t i = 0; i < p->values; i++)
        if (!isfinite(p->value[i]))
            return err_set(e, ERR_FORMAT, "value %u of the payload is not finite", i);
    return ERR_NONE;
}

int uplink_send(uplink *u, const uplink_context *context, const payload *p, uplink_burst *burst,
                err *e)
{
    int rc = check_payload(u, p, e);
    if (rc != ERR_NONE)
        return rc;
    burst->references = u->info.references;
    burst->symbols = u->info.symbols;
    burst->side_bits = 0;
    burst->builds_on = p->builds_on;
    return u->kind->send(u->state, context, p, burst, e);
}

bool uplink_takes(const uplink_info *info, uint32_t symbols, uint32_t builds_on)
{
    if (info->by_kind)
        return symbols == (builds_on > 0 ? info->symbols_of_innovation : info->symbols_of_key);
    return symbols >= info->symbols_min && symbols <= info->symbols;
}

/* Checks that hold for every kind, so that no kind can forget one. */
static int check_burst(const uplink_info *info, const uplink_burst *b, err *e)
{
    if (!uplink_takes(info, b->symbols, b->builds_on) || b->references != info->references)
        return err_set(e, ERR_FORMAT,
                       "a burst of %u symbols, %u of them references; %s has %u and %u", b->symbols,
                       b->references, info->name, info->symbols, info->references);
    if (b->side_bits > info->side_bits_max)
        return err_set(e, ERR_FORMAT, "a burst with %u side bits; %s has at most %u", b->side_bits,
                       info->name, info->side_bits_max);
    if (has_stray_bits(b->side, b->side_bits))
        return err_set(e, ERR_FORMAT, "bits are set after the burst's %u side bits", b->side_bits);
    for (uint32_t k = 0; k < b->symbols; k++)
        if (!isfinite(crealf(b->symbol[k])) || !isfinite(cimagf(b->symbol[k])))
            return err_set(e, ERR_FORMAT, "symbol %u of the burst is not finite", k);
    return ERR_NONE;
}

int uplink_receive(uplink *u, const uplink_context *context, const uplink_burst *burst, payload *p,
                   bool *intact, err *e)
{
    int rc = check_burst(&u->info, burst, e);
    if (rc != ERR_NONE)
        return rc;
    p->snr_db = context->snr_db;
    p->power = (double)NAN;
    *intact = true; /* the default of a kind without a check */
    return u->kind->receive(u->state, context, burst, p, intact, e);
}

uint64_t uplink_digest(const uplink *u)
{
    return u->kind->digest ? u->kind->digest(u->state) : 0;
}

uint32_t uplink_bits(const uplink *u, const payload *p)
{
    return u->kind->bits(u->state, p);
}

uint32_t uplink_charged_bits(const uplink_info *info, const uplink_burst *burst)
{
    return info->side_is_free ? 0 : burst->side_bits;
}

const char *uplink_unfair(const uplink_info *info)
{
    return info->side_is_free ? "unfair: the header is free" : NULL;
}

const char *uplink_label(const uplink_info *info, char label[UPLINK_LABEL_MAX])
{
    const char *unfair = uplink_unfair(info);
    snprintf(label, UPLINK_LABEL_MAX, "%s%s%s%s", info->name, unfair ? " (" : "",
             unfair ? unfair : "", unfair ? ")" : "");
    return label;
}

double uplink_channel_uses(uint32_t symbols, uint32_t side_bits, double snr_db)
{
    /* At -20 dB a bit costs 70 uses; below, the charge would grow without bound. */
    double held = fmin(fmax(snr_db, UPLINK_SNR_MIN_DB), UPLINK_SNR_MAX_DB);
    return symbols + side_bits / log2(1 + power_of_db(held));
}
