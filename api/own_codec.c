/* Codecs of the caller, as kinds of common/codec.
 *
 * A kind's functions do not learn which kind they belong to, but `load` needs to know: what it
 * returns leads the other functions to the table. So each of the few slots has its own `load`. */
#include <complex.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/internal.h"
#include "base/hash.h"
#include "codec/kinds.h"

typedef struct own_kind {
    char name[CODEC_KIND_MAX];
    csl_codec_table table;
    void *user;
    codec_kind kind;
} own_kind;

/* Slots are filled in order, under the mutex, and never emptied: codecs point at them. */
static own_kind slots[CODEC_KINDS_ADDED_MAX];
static size_t filled;
static pthread_mutex_t filling = PTHREAD_MUTEX_INITIALIZER;

typedef struct own_model {
    const own_kind *of;
    char arguments[CODEC_SPEC_MAX];
    csl_codec_sizes sizes;
    payload_shape shape;
} own_model;

typedef struct own_work {
    const own_model *model;
    void *state;
} own_work;

static int check_sizes(const own_kind *k, const csl_codec_sizes *s, err *e)
{
    if (s->nt < 1 || s->nt > CSI_NT_MAX || s->ni < 1 || s->ni > CSI_NC_MAX)
        return err_set(e, ERR_INVALID, "codec %s: nt %u and ni %u; 1 to %d and 1 to %d are allowed",
                       k->name, s->nt, s->ni, CSI_NT_MAX, CSI_NC_MAX);
    if (s->subbands > CSI_NC_MAX)
        return err_set(e, ERR_INVALID, "codec %s: %u subbands; at most %d are allowed", k->name,
                       s->subbands, CSI_NC_MAX);
    if (s->bits_max > PAYLOAD_SIDE_BITS_MAX || s->values_max > PAYLOAD_VALUES_MAX ||
        s->bits_min > s->bits_max || s->bits_max + s->values_max == 0)
        return err_set(e, ERR_INVALID,
                       "codec %s: %u to %u bits and %u values; at most %d of each, and at least "
                       "one, are allowed",
                       k->name, s->bits_min, s->bits_max, s->values_max, PAYLOAD_VALUES_MAX);
    return ERR_NONE;
}

static uint64_t identity_of(const own_model *m)
{
    const csl_codec_sizes *s = &m->sizes;
    const uint32_t numbers[] = {s->nt, s->ni, s->bits_min, s->bits_max, s->values_max, s->subbands};
    uint64_t h = hash_text(hash_text(HASH_START, m->of->name), ":");
    return hash_bytes(hash_text(h, m->arguments), numbers, sizeof numbers);
}

static void *load_own(size_t slot, const char *arguments, codec_info *info, err *e)
{
    own_model *m = calloc(1, sizeof *m);
    if (!m) {
        err_set(e, ERR_NOMEM, "out of memory for a codec");
        return NULL;
    }
    m->of = &slots[slot];
    snprintf(m->arguments, sizeof m->arguments, "%s", arguments);
    csl_codec_sizes *s = &m->sizes;
    api_begin_call();
    int rc = api_end_call(m->of->table.size(m->of->user, m->arguments, s), m->of->name, e);
    if (rc != ERR_NONE || check_sizes(m->of, s, e) != ERR_NONE) {
        free(m);
        return NULL;
    }
    m->shape = (payload_shape){
        .side_bits_max = s->bits_max, .side_bits_min = s->bits_min, .values_max = s->values_max};
    snprintf(info->name, sizeof info->name, "%s%s%.*s", m->of->name, *arguments ? ":" : "",
             CODEC_NAME_MAX - CODEC_KIND_MAX - 2, arguments);
    info->shape = m->shape;
    info->nt = s->nt;
    info->ni = s->ni;
    info->subbands = s->subbands;
    info->layers = s->subbands > 0;
    /* The functions always get the SNR, whether they use it or not. */
    info->flags = CODEC_WANTS_SNR | (s->subbands ? CODEC_GIVES_DIRECTIONS : 0);
    info->identity = identity_of(m);
    return m;
}

static void *open_own(const void *model, err *e)
{
    own_work *w = calloc(1, sizeof *w);
    if (!w) {
        err_set(e, ERR_NOMEM, "out of memory for a codec's workspace");
        return NULL;
    }
    w->model = model;
    const own_kind *k = w->model->of;
    api_begin_call();
    if (!k->table.open || api_end_call(k->table.open(k->user, w->model->arguments, &w->state),
                                       k->name, e) == ERR_NONE)
        return w;
    free(w);
    return NULL;
}

static void close_own(void *work)
{
    own_work *w = work;
    const own_kind *k = w->model->of;
    if (k->table.close)
        k->table.close(k->user, w->state);
    free(w);
}

static int encode_own(void *work, const void *before, csi_view *csi, payload *out, void *after,
                      err *e)
{
    own_work *w = work;
    const own_kind *k = w->model->of;
    csl_payload p = {.bit = out->side, .value = out->value, .snr_db = out->snr_db};
    (void)before, (void)after;
    const float complex *a = csi_view_angle_delay(csi);
    api_begin_call();
    int rc = api_end_call(k->table.encode(k->user, w->state, a, &p), k->name, e);
    if (rc != ERR_NONE)
        return rc;
    p.bit = out->side, p.value = out->value; /* the codec may fill them, not replace them */
    rc = api_check_payload(&p, 0, &w->model->shape, e);
    if (rc != ERR_NONE)
        return err_prefix(e, "codec %s", k->name);
    if (p.bits < w->model->shape.side_bits_min)
        return err_set(e, ERR_FORMAT, "codec %s: %u bits; it declared at least %u", k->name, p.bits,
                       w->model->shape.side_bits_min);
    out->side_bits = p.bits;
    out->values = p.values;
    out->exact = p.exact != 0;
    return ERR_NONE;
}

static int decode_own(void *work, const void *before, const payload *in, const codec_hint *hint,
                      float complex *h, void *after, err *e)
{
    own_work *w = work;
    const own_kind *k = w->model->of;
    const csl_payload p = {.bit = in->side,
                           .value = in->value,
                           .bits = in->side_bits,
                           .values = in->values,
                           .snr_db = hint->snr_db};
    (void)before, (void)after;
    /* Entries that the function leaves unwritten read as zeros, not as old memory. */
    const csl_codec_sizes *s = &w->model->sizes;
    memset(h, 0, (size_t)s->nt * (s->subbands ? s->subbands : s->ni) * sizeof *h);
    api_begin_call();
    return api_end_call(k->table.decode(k->user, w->state, &p, h), k->name, e);
}

#define LOAD(n)                                                                                    \
    static void *load_##n(codec_side side, const char *arguments, codec_info *info, err *e)        \
    {                                                                                              \
        (void)side;                                                                                \
        return load_own(n, arguments, info, e);                                                    \
    }
#define EIGHT(X, a, b, c, d, e, f, g, h) X(a) X(b) X(c) X(d) X(e) X(f) X(g) X(h)
#define ALL(X)                                                                                     \
    EIGHT(X, 0, 1, 2, 3, 4, 5, 6, 7)                                                               \
    EIGHT(X, 8, 9, 10, 11, 12, 13, 14, 15)                                                         \
    EIGHT(X, 16, 17, 18, 19, 20, 21, 22, 23)                                                       \
    EIGHT(X, 24, 25, 26, 27, 28, 29, 30, 31)
#define LIST(n) load_##n,
ALL(LOAD)
static void *(*const loads[CODEC_KINDS_ADDED_MAX])(codec_side, const char *, codec_info *,
                                                   err *) = {ALL(LIST)};

static int register_own(const char *kind, const csl_codec_table *table, void *user, err *e)
{
    if (strlen(kind) >= CODEC_KIND_MAX)
        return err_set(e, ERR_INVALID, "the codec kind '%.32s...' has more than %d characters",
                       kind, CODEC_KIND_MAX - 1);
    if (filled >= CODEC_KINDS_ADDED_MAX)
        return err_set(e, ERR_STATE, "%d codec kinds are registered already, the maximum",
                       CODEC_KINDS_ADDED_MAX);
    own_kind *k = &slots[filled];
    snprintf(k->name, sizeof k->name, "%s", kind);
    /* Where the name is rejected, the next caller gets this slot: until then nothing points at
     * it. */
    k->table = *table;
    k->user = user;
    k->kind = (codec_kind){.name = k->name,
                           .usage = k->name,
                           .load = loads[filled],
                           .unload = free,
                           .open = open_own,
                           .close = close_own,
                           .encode = encode_own,
                           .decode = decode_own};
    int rc = codec_kind_add(&k->kind, e);
    if (rc == ERR_NONE)
        filled++;
    return rc;
}

int csl_codec_register(const char *kind, const csl_codec_table *table, void *user)
{
    err e = {0};
    if (api_need(kind, "the kind of a codec", &e) || api_need(table, "table", &e))
        return api_return(&e);
    if (!table->size || !table->encode || !table->decode) {
        err_set(&e, ERR_INVALID, "the table of codec '%.32s' has no function `%s`", kind,
                !table->size     ? "size"
                : !table->encode ? "encode"
                                 : "decode");
        return api_return(&e);
    }
    pthread_mutex_lock(&filling);
    register_own(kind, table, user, &e);
    pthread_mutex_unlock(&filling);
    return api_return(&e);
}
