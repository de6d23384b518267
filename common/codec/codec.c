#include "codec/codec.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "codec/kind.h"
#include "codec/kinds.h"

/* The kind of a name without one. */
#define DEFAULT_KIND "onnx"

struct codec {
    const codec_kind *kind;
    codec_side side;
    codec_info info;
    void *model;
};

struct codec_work {
    const codec *codec;
    void *work;
};

enum { KINDS_MAX = 64, OUTPUT_TEXT = 64 };

/* The kind that a spec names, and the start of its arguments. NULL: unknown. */
static const codec_kind *find_kind(const char *spec, const char **arguments)
{
    size_t length = strcspn(spec, ":");
    const codec_kind *k;
    for (size_t i = 0; (k = codec_kind_at(i)); i++) {
        if (strlen(k->name) == length && strncmp(k->name, spec, length) == 0) {
            *arguments = spec + length + (spec[length] == ':');
            return k;
        }
    }
    return NULL;
}

static int refuse_kind(const char *spec, err *e)
{
    const char *names[KINDS_MAX];
    char list[ERR_TEXT_MAX / 2], asked[CODEC_KIND_MAX];
    size_t count = 0, used = 0;
    list[0] = '\0';
    const codec_kind *k;
    for (; count < KINDS_MAX && (k = codec_kind_at(count)); count++) {
        names[count] = k->name;
        if (used < sizeof list)
            used += (size_t)snprintf(list + used, sizeof list - used, "%s%s", used ? ", " : "",
                                     k->name);
    }
    snprintf(asked, sizeof asked, "%.*s", (int)strcspn(spec, ":"), spec);
    const char *nearest = text_nearest(asked, names, count);
    return err_set(e, ERR_INVALID, "unknown codec '%.64s'; %s%s%sthe kinds are %s", spec,
                   nearest ? "did you mean " : "", nearest ? nearest : "", nearest ? "? " : "",
                   list);
}

int codec_full_spec(const char *name, char spec[CODEC_SPEC_MAX], err *e)
{
    const char *arguments;
    bool whole = strchr(name, ':') || find_kind(name, &arguments);
    int n = snprintf(spec, CODEC_SPEC_MAX, "%s%s", whole ? "" : DEFAULT_KIND ":", name);
    if (n > 0 && n < CODEC_SPEC_MAX)
        return ERR_NONE;
    return err_set(e, ERR_INVALID, "the codec '%.64s...' has more than %d characters", name,
                   CODEC_SPEC_MAX - 1);
}

bool codec_exists(codec_side side, const char *name)
{
    char spec[CODEC_SPEC_MAX];
    const char *arguments;
    if (codec_full_spec(name, spec, NULL) != ERR_NONE)
        return false;
    const codec_kind *kind = find_kind(spec, &arguments);
    return kind && (!kind->exists || kind->exists(side, arguments));
}

const char *codec_usages(char text[CODEC_NAMES_MAX])
{
    size_t used = 0;
    text[0] = '\0';
    const codec_kind *k;
    for (size_t i = 0; used < CODEC_NAMES_MAX && (k = codec_kind_at(i)); i++)
        used += (size_t)snprintf(text + used, CODEC_NAMES_MAX - used, "%s%s", used ? ", " : "",
                                 k->usage);
    return text;
}

static bool sizes_fit(const payload_size *size, const payload_shape *all)
{
    return size->side_bits_min <= size->side_bits_max &&
           size->side_bits_min >= all->side_bits_min && size->side_bits_max <= all->side_bits_max &&
           size->values <= all->values_max && size->values >= all->values_min;
}

/* What every kind must provide; a violation is a bug, and this reports it clearly. */
static int check_info(const codec *c, err *e)
{
    const codec_info *i = &c->info;
    bool directions = codec_gives_directions(i);
    /* A kind may have memory with some files and not with others. */
    bool memory_fits = (i->flags & CODEC_HAS_MEMORY) == 0 ||
                       (c->kind->memory_bytes && c->kind->memory_bytes(c->model) > 0);
    bool sized = directions ? i->subbands > 0 && i->layers > 0
                            : i->ni > 0 && i->subbands == 0 && i->layers == 0;
    if (i->nr < 1 || i->nt < 1 || !sized || i->shape.side_bits_max > PAYLOAD_SIDE_BITS_MAX ||
        i->shape.side_bits_min > i->shape.side_bits_max ||
        i->shape.values_max > PAYLOAD_VALUES_MAX || i->shape.values_min > i->shape.values_max ||
        i->shape.side_bits_max + i->shape.values_max == 0 || !memory_fits ||
        (i->shape.by_kind &&
         (!sizes_fit(&i->shape.key, &i->shape) || !sizes_fit(&i->shape.innovation, &i->shape))))
        return err_set(e, ERR_STATE, "codec kind %s has an invalid description", c->kind->name);
    return ERR_NONE;
}

static int load(codec *c, const char *name, err *e)
{
    char spec[CODEC_SPEC_MAX];
    const char *arguments;
    int rc = codec_full_spec(name, spec, e);
    if (rc != ERR_NONE)
        return rc;
    c->kind = find_kind(spec, &arguments);
    if (!c->kind)
        return refuse_kind(spec, e);
    snprintf(c->info.kind, sizeof c->info.kind, "%s", c->kind->name);
    c->info.nr = 1;
    snprintf(c->info.precision, sizeof c->info.precision, "float");
    c->model = c->kind->load(c->side, arguments, &c->info, e);
    return c->model ? check_info(c, e) : e->code;
}

codec *codec_load(codec_side side, const char *spec, err *e)
{
    err local = {0};
    codec *c = calloc(1, sizeof *c);
    if (!c)
        err_set(&local, ERR_NOMEM, "out of memory for a codec");
    else
        c->side = side;
    if (c && load(c, spec, &local) == ERR_NONE)
        return c;
    codec_unload(c);
    if (e)
        *e = local;
    return NULL;
}

void codec_unload(codec *c)
{
    if (!c)
        return;
    if (c->model)
        c->kind->unload(c->model);
    free(c);
}

const codec_info *codec_info_of(const codec *c)
{
    return &c->info;
}

/* "1 x 32 x 32", or the sizes of the precoders. */
static const char *output_text(const codec_info *i, char text[OUTPUT_TEXT])
{
    if (codec_gives_directions(i))
        snprintf(text, OUTPUT_TEXT, "precoders %u x %u x %u", i->subbands, i->layers, i->nt);
    else
        snprintf(text, OUTPUT_TEXT, "%u x %u x %u", i->nr, i->nt, i->ni);
    return text;
}

static bool same_size(const payload_size *a, const payload_size *b)
{
    return a->side_bits_min == b->side_bits_min && a->side_bits_max == b->side_bits_max &&
           a->values == b->values;
}

static int check_same(const codec_info *encoder, const codec_info *decoder, err *e)
{
    char given[OUTPUT_TEXT], wanted[OUTPUT_TEXT];
    bool alike = strcmp(encoder->kind, decoder->kind) == 0 && encoder->nr == decoder->nr &&
                 encoder->nt == decoder->nt && encoder->ni == decoder->ni &&
                 codec_gives_directions(encoder) == codec_gives_directions(decoder) &&
                 encoder->subbands == decoder->subbands && encoder->layers == decoder->layers &&
                 encoder->shape.side_bits_min == decoder->shape.side_bits_min &&
                 encoder->shape.side_bits_max == decoder->shape.side_bits_max &&
                 encoder->shape.values_min == decoder->shape.values_min &&
                 encoder->shape.values_max == decoder->shape.values_max &&
                 encoder->shape.by_kind == decoder->shape.by_kind &&
                 same_size(&encoder->shape.key, &decoder->shape.key) &&
                 same_size(&encoder->shape.innovation, &decoder->shape.innovation);
    if (!alike)
        return err_set(e, ERR_MISMATCH,
                       "decoder %s does not accept the payload of encoder %s: %u side bits and %u "
                       "values for %s, against %u and %u for %s",
                       decoder->name, encoder->name, decoder->shape.side_bits_max,
                       decoder->shape.values_max, output_text(decoder, given),
                       encoder->shape.side_bits_max, encoder->shape.values_max,
                       output_text(encoder, wanted));
    if (encoder->identity != decoder->identity)
        return err_set(e, ERR_MISMATCH,
                       "encoder %s and decoder %s do not belong together: their identities are "
                       "%016llx and %016llx",
                       encoder->name, decoder->name, (unsigned long long)encoder->identity,
                       (unsigned long long)decoder->identity);
    return ERR_NONE;
}

int codec_check_match(const codec *encoder, const codec *decoder, err *e)
{
    if (encoder->kind == decoder->kind && encoder->kind->check_match) {
        int rc = encoder->kind->check_match(encoder->model, decoder->model, e);
        if (rc != ERR_NONE)
            return rc;
    }
    return check_same(&encoder->info, &decoder->info, e);
}

size_t codec_memory_bytes(const codec *c)
{
    return c->info.flags & CODEC_HAS_MEMORY ? c->kind->memory_bytes(c->model) : 0;
}

bool codec_gives_directions(const codec_info *i)
{
    return (i->flags & CODEC_GIVES_DIRECTIONS) != 0;
}

uint32_t codec_ratio(const codec_info *i)
{
    bool has_one = i->shape.values_max > 0 && !codec_gives_directions(i);
    return has_one ? 2 * i->nr * i->nt * i->ni / i->shape.values_max : 0;
}

size_t codec_output_size(const codec_info *i)
{
    return codec_gives_directions(i) ? (size_t)i->subbands * i->layers * i->nt
                                     : (size_t)i->nr * i->nt * i->ni;
}

codec_work *codec_open(const codec *c, err *e)
{
    codec_work *w = calloc(1, sizeof *w);
    if (!w) {
        err_set(e, ERR_NOMEM, "out of memory for a codec's workspace");
        return NULL;
    }
    w->codec = c;
    w->work = c->kind->open(c->model, e);
    if (w->work)
        return w;
    free(w);
    return NULL;
}

void codec_close(codec_work *w)
{
    if (!w)
        return;
    w->codec->kind->close(w->work);
    free(w);
}

int codec_encode(codec_work *w, const void *before, csi_view *csi, payload *out, void *after,
                 err *e)
{
    return w->codec->kind->encode(w->work, before, csi, out, after, e);
}

/* Whether every part is finite; tests the exponent bits, which vectorises. */
static bool all_finite(const float complex *h, size_t n)
{
    uint32_t bad = 0;
    for (size_t i = 0; i < 2 * n; i++) {
        uint32_t bits;
        memcpy(&bits, (const float *)h + i, sizeof bits);
        bad |= (bits & 0x7f800000u) == 0x7f800000u;
    }
    return bad == 0;
}

int codec_decode(codec_work *w, const void *before, const payload *in, const codec_hint *hint,
                 float complex *h, void *after, err *e)
{
    const codec_info *i = &w->codec->info;
    if (in->side_bits > i->shape.side_bits_max || in->values > i->shape.values_max)
        return err_set(
            e, ERR_FORMAT, "a payload of %u side bits and %u values; %s sends at most %u and %u",
            in->side_bits, in->values, i->name, i->shape.side_bits_max, i->shape.values_max);
    int rc = w->codec->kind->decode(w->work, before, in, hint, h, after, e);
    if (rc == ERR_NONE && !all_finite(h, codec_output_size(i)))
        return err_set(e, ERR_FORMAT, "decoder %s: its reconstruction is not finite", i->name);
    return rc;
}
