/* directions_codec.h: two codecs that give directions and need no training, for the tests of what
 * stands behind a decoder. A test that includes it has its own table of kinds: these two and one
 * that reconstructs channels.
 *
 *     exact:NT,SUBBANDS    the matched filter of each subband's middle subcarrier, as values
 *     beam:NT,SUBBANDS     the number of the DFT beam next to it, log2 NT side bits; NT a power of
 * 2 layers:NT,LAYERS     one subband of several layers, which no link takes
 */
#ifndef TESTS_DIRECTIONS_CODEC_H
#define TESTS_DIRECTIONS_CODEC_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "codec/kind.h"
#include "csi/metrics.h"
#include "payload/bits.h"

typedef struct pointer {
    uint32_t nt, subbands, layers;
    unsigned bits; /* of a beam's number */
} pointer;

static inline pointer *pointer_load(const char *arguments, codec_info *info, err *e)
{
    pointer *p = calloc(1, sizeof *p);
    if (!p || sscanf(arguments, "%u,%u", &p->nt, &p->subbands) != 2) {
        free(p);
        err_set(e, ERR_INVALID, "'%.32s' is not NT,SUBBANDS", arguments);
        return NULL;
    }
    p->layers = 1;
    p->bits = bits_for(p->nt);
    snprintf(info->name, sizeof info->name, "pointer-%s", arguments);
    info->identity = 1000003ull * p->nt + p->subbands;
    info->flags = CODEC_GIVES_DIRECTIONS;
    info->nt = p->nt;
    info->subbands = p->subbands;
    info->layers = 1;
    return p;
}

static inline void *exact_load(codec_side side, const char *arguments, codec_info *info, err *e)
{
    pointer *p = pointer_load(arguments, info, e);
    (void)side;
    if (p)
        info->shape.values_max = 2 * p->nt * p->subbands;
    return p;
}

static inline void *beam_load(codec_side side, const char *arguments, codec_info *info, err *e)
{
    pointer *p = pointer_load(arguments, info, e);
    (void)side;
    if (p)
        info->shape.side_bits_min = info->shape.side_bits_max = p->bits * p->subbands;
    return p;
}

static inline void *layers_load(codec_side side, const char *arguments, codec_info *info, err *e)
{
    pointer *p = exact_load(side, arguments, info, e);
    if (p) {
        p->layers = info->layers = p->subbands;
        p->subbands = info->subbands = 1;
    }
    return p;
}

/* The workspace is the model: there is nothing to work in. */
static inline void *pointer_open(const void *model, err *e)
{
    pointer *p = malloc(sizeof *p);
    if (p)
        *p = *(const pointer *)model;
    else
        err_set(e, ERR_NOMEM, "out of memory");
    return p;
}

static inline const float complex *middle_of(const pointer *p, csi_view *csi, uint32_t s)
{
    uint64_t nc = csi_view_dims(csi)->nc;
    uint64_t first = s * nc / p->subbands, next = (s + 1) * nc / p->subbands;
    return csi_view_frequency(csi) + (first + next - 1) / 2 * p->nt;
}

static inline int exact_encode(void *work, const void *before, csi_view *csi, payload *out,
                               void *after, err *e)
{
    const pointer *p = work;
    (void)before, (void)after, (void)e;
    out->side_bits = 0;
    out->values = 2 * p->nt * p->subbands;
    out->exact = true;
    for (uint32_t s = 0; s < p->subbands; s++) {
        const float complex *h = middle_of(p, csi, s);
        double norm = sqrt(csi_energy(h, p->nt));
        for (uint32_t k = 0; k < p->nt; k++) {
            float complex w = norm > 0 ? conjf(h[k]) / (float)norm : 0;
            out->value[2 * (s * p->nt + k)] = crealf(w);
            out->value[2 * (s * p->nt + k) + 1] = cimagf(w);
        }
    }
    return ERR_NONE;
}

static inline int exact_decode(void *work, const void *before, const payload *in,
                               const codec_hint *hint, float complex *h, void *after, err *e)
{
    const pointer *p = work;
    (void)before, (void)after, (void)hint;
    if (in->values != 2 * p->nt * p->subbands || in->side_bits != 0)
        return err_set(e, ERR_FORMAT, "%u values", in->values);
    for (uint32_t i = 0; i < p->nt * p->subbands; i++)
        h[i] = in->value[2 * i] + I * in->value[2 * i + 1];
    return ERR_NONE;
}

static inline float complex beam_entry(const pointer *p, uint32_t beam, uint32_t k)
{
    double angle = 2 * M_PI * (double)(k * beam % p->nt) / (double)p->nt;
    return (float complex)cexp((double complex)I * angle) / sqrtf((float)p->nt);
}

static inline int beam_encode(void *work, const void *before, csi_view *csi, payload *out,
                              void *after, err *e)
{
    const pointer *p = work;
    bit_writer to = {.byte = out->side, .room = p->bits * p->subbands};
    (void)before, (void)after, (void)e;
    for (uint32_t s = 0; s < p->subbands; s++) {
        const float complex *h = middle_of(p, csi, s);
        uint32_t best = 0;
        float most = -1;
        for (uint32_t beam = 0; beam < p->nt; beam++) {
            float complex sum = 0;
            for (uint32_t k = 0; k < p->nt; k++)
                sum += h[k] * beam_entry(p, beam, k);
            best = cabsf(sum) > most ? beam : best;
            most = fmaxf(most, cabsf(sum));
        }
        bits_put(&to, best, p->bits);
    }
    out->values = 0;
    out->side_bits = to.bits;
    return ERR_NONE;
}

static inline int beam_decode(void *work, const void *before, const payload *in,
                              const codec_hint *hint, float complex *h, void *after, err *e)
{
    const pointer *p = work;
    bit_reader from = {.byte = in->side, .size = in->side_bits};
    (void)before, (void)after, (void)hint;
    if (in->side_bits != p->bits * p->subbands || in->values != 0)
        return err_set(e, ERR_FORMAT, "%u side bits", in->side_bits);
    for (uint32_t s = 0; s < p->subbands; s++) {
        uint32_t beam = bits_get(&from, p->bits);
        for (uint32_t k = 0; k < p->nt; k++)
            h[s * p->nt + k] = beam_entry(p, beam, k);
    }
    return ERR_NONE;
}

static const codec_kind codec_exact = {.name = "exact",
                                       .usage = "exact:NT,SUBBANDS",
                                       .load = exact_load,
                                       .unload = free,
                                       .open = pointer_open,
                                       .close = free,
                                       .encode = exact_encode,
                                       .decode = exact_decode};

static const codec_kind codec_beam = {.name = "beam",
                                      .usage = "beam:NT,SUBBANDS",
                                      .load = beam_load,
                                      .unload = free,
                                      .open = pointer_open,
                                      .close = free,
                                      .encode = beam_encode,
                                      .decode = beam_decode};

static const codec_kind codec_layers = {.name = "layers",
                                        .usage = "layers:NT,LAYERS",
                                        .load = layers_load,
                                        .unload = free,
                                        .open = pointer_open,
                                        .close = free,
                                        .encode = exact_encode,
                                        .decode = exact_decode};

extern const codec_kind codec_dpcm;

/* In place of codec/registry.c, which is not linked then. */
const codec_kind *const codec_kinds[] = {&codec_exact, &codec_beam, &codec_layers, &codec_dpcm,
                                         NULL};

#endif
