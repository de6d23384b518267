/* codebook.h: what the tests of codebooks share: both ends of a codec of directions, channels of a
 * few paths, and the SGCS of a report over every subcarrier. */
#ifndef TESTS_CODEBOOK_H
#define TESTS_CODEBOOK_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "codec/codec.h"
#include "csi/metrics.h"
#include "csi/subbands.h"
#include "harness.h"
#include "payload/bits.h"

enum { CODEBOOK_NC = 208, CODEBOOK_PATHS = 5, CODEBOOK_NT_MAX = 64, CODEBOOK_SIDE_MAX = 1024 };

typedef struct codebook {
    codec *encoder, *decoder;
    codec_work *encoding, *decoding;
    const codec_info *info;
    csi_transform *transform;
    csi_view *view;
    payload payload;
    float complex *h;     /* [CODEBOOK_NC][nt] the channel to encode */
    float complex *w;     /* [subbands][nt] the precoders decoded */
    float complex *known; /* [CODEBOOK_NC][nt] conj(w) of each subcarrier's subband */
} codebook;

static inline void codebook_open(codebook *c, const char *spec)
{
    err e = {0};
    *c = (codebook){.encoder = codec_load(CODEC_ENCODER, spec, &e),
                    .decoder = codec_load(CODEC_DECODER, spec, &e)};
    if (!c->encoder || !c->decoder)
        printf("    %s\n", e.text);
    REQUIRE(c->encoder && c->decoder && codec_check_match(c->encoder, c->decoder, &e) == 0);
    c->info = codec_info_of(c->encoder);
    CHECK(c->info->flags == CODEC_GIVES_DIRECTIONS && c->info->layers == 1);
    CHECK(c->info->shape.values_max == 0 && c->info->identity != 0);
    const csi_dims dims = {
        .nt = c->info->nt, .nc = CODEBOOK_NC, .tp = c->info->nt, .ni = c->info->ni};
    c->encoding = codec_open(c->encoder, &e);
    c->decoding = codec_open(c->decoder, &e);
    c->transform = csi_transform_create(&dims, &e);
    REQUIRE(c->encoding && c->decoding && c->transform);
    c->view = csi_view_create(c->transform, &e);
    REQUIRE(c->view && payload_init(&c->payload, &c->info->shape, &e) == 0);
    c->h = calloc((size_t)CODEBOOK_NC * dims.nt, sizeof *c->h);
    c->known = calloc((size_t)CODEBOOK_NC * dims.nt, sizeof *c->known);
    c->w = calloc(codec_output_size(c->info), sizeof *c->w);
    REQUIRE(c->h && c->known && c->w && dims.nt <= CODEBOOK_NT_MAX);
    REQUIRE(c->info->shape.side_bits_max < CODEBOOK_SIDE_MAX);
}

static inline void codebook_close(codebook *c)
{
    free(c->h);
    free(c->known);
    free(c->w);
    payload_free(&c->payload);
    csi_view_free(c->view);
    csi_transform_free(c->transform);
    codec_close(c->decoding);
    codec_close(c->encoding);
    codec_unload(c->decoder);
    codec_unload(c->encoder);
}

/* c->h of paths of sines[i] (-1 .. 1), delays in samples, gains. */
static inline void codebook_paths(codebook *c, size_t paths, const double *sine,
                                  const double *delay, const double complex *gain)
{
    uint32_t nt = c->info->nt;
    for (uint32_t n = 0; n < CODEBOOK_NC; n++)
        for (uint32_t k = 0; k < nt; k++) {
            double complex sum = 0;
            for (size_t i = 0; i < paths; i++)
                sum += gain[i] * cexp(-I * M_PI * (k * sine[i] + 2 * delay[i] * n / CODEBOOK_NC));
            c->h[n * nt + k] = (float complex)sum;
        }
}

/* Paths of random angles, gains and whole delays below ni / 2: all their energy is in the taps. */
static inline void codebook_draw(codebook *c, uint32_t stream)
{
    rng r = rng_at(4, RNG_TEST, 1, stream);
    double sine[CODEBOOK_PATHS], delay[CODEBOOK_PATHS];
    double complex gain[CODEBOOK_PATHS];
    for (size_t i = 0; i < CODEBOOK_PATHS; i++) {
        sine[i] = 2 * rng_uniform(&r) - 1;
        delay[i] = floor(rng_uniform(&r) * c->info->ni / 2);
        double re = rng_normal(&r);
        gain[i] = (re + I * rng_normal(&r)) * exp2(-(double)i / 2);
    }
    codebook_paths(c, CODEBOOK_PATHS, sine, delay, gain);
}

static inline int codebook_encode(codebook *c, err *e)
{
    csi_view_from_frequency(c->view, c->h);
    return codec_encode(c->encoding, NULL, c->view, &c->payload, NULL, e);
}

static inline int codebook_decode(codebook *c, err *e)
{
    const codec_hint hint = {.snr_db = 10};
    return codec_decode(c->decoding, NULL, &c->payload, &hint, c->w, NULL, e);
}

/* Whether every precoder is of unit norm: finite, too. */
static inline bool codebook_is_unit(const codebook *c)
{
    for (uint32_t s = 0; s < c->info->subbands; s++)
        if (!(fabs(csi_energy(c->w + (size_t)s * c->info->nt, c->info->nt) - 1) < 1e-5))
            return false;
    return true;
}

/* The SGCS of what is in c->w against c->h, over every subcarrier. */
static inline double codebook_sgcs(codebook *c)
{
    uint32_t nt = c->info->nt, subbands = c->info->subbands;
    for (uint32_t s = 0; s < subbands; s++)
        for (uint32_t n = csi_subband_first(CODEBOOK_NC, subbands, s);
             n < csi_subband_first(CODEBOOK_NC, subbands, s + 1); n++)
            for (uint32_t k = 0; k < nt; k++)
                c->known[n * nt + k] = conjf(c->w[s * nt + k]);
    return csi_sgcs(c->h, c->known, CODEBOOK_NC, nt);
}

/* Encodes and decodes c->h. */
static inline double codebook_report(codebook *c)
{
    REQUIRE(codebook_encode(c, NULL) == ERR_NONE);
    CHECK(c->payload.values == 0 && c->payload.side_bits >= c->info->shape.side_bits_min);
    REQUIRE(codebook_decode(c, NULL) == ERR_NONE);
    CHECK(codebook_is_unit(c));
    return codebook_sgcs(c);
}

static inline double codebook_mean_sgcs(const char *spec, uint32_t samples)
{
    codebook c;
    double sum = 0;
    codebook_open(&c, spec);
    for (uint32_t i = 0; i < samples; i++) {
        codebook_draw(&c, i);
        sum += codebook_report(&c);
    }
    codebook_close(&c);
    return sum / samples;
}

static inline bool codebook_says(const err *e, const char *what)
{
    if (strstr(e->text, what))
        return true;
    printf("    \"%s\" does not say \"%s\"\n", e->text, what);
    return false;
}

typedef struct codebook_refusal {
    const char *spec, *says;
} codebook_refusal;

static inline void codebook_refuses(const codebook_refusal *wrong, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        err e = {0};
        CHECK(!codec_load(CODEC_DECODER, wrong[i].spec, &e) && e.code == ERR_INVALID);
        CHECK(codebook_says(&e, wrong[i].says));
    }
}

/* The same bits at any scale, by a common phase, and whatever was encoded before. */
static inline void codebook_is_blind(const char *spec)
{
    static const double complex turns[] = {0x1p100, 0x1p-120, 1e-3, I, 0.6 - 0.8 * I};
    codebook c;
    codebook_open(&c, spec);
    for (uint32_t i = 0; i < 10; i++) {
        uint8_t side[CODEBOOK_SIDE_MAX / 8];
        size_t entries = (size_t)CODEBOOK_NC * c.info->nt;
        codebook_draw(&c, i);
        REQUIRE(codebook_encode(&c, NULL) == ERR_NONE);
        uint32_t bits = c.payload.side_bits;
        memcpy(side, c.payload.side, bits_bytes(bits));
        for (size_t k = 0; k < sizeof turns / sizeof turns[0]; k++) {
            codebook_draw(&c, 100 + i);
            REQUIRE(codebook_encode(&c, NULL) == ERR_NONE);
            codebook_draw(&c, i);
            for (size_t n = 0; n < entries; n++)
                c.h[n] = (float complex)(c.h[n] * turns[k]);
            REQUIRE(codebook_encode(&c, NULL) == ERR_NONE);
            CHECK(c.payload.side_bits == bits);
            CHECK(memcmp(c.payload.side, side, bits_bytes(bits)) == 0);
        }
    }
    codebook_close(&c);
}

/* Any bits, and any number of them, give precoders of unit norm or an error; how many did. */
static inline uint32_t codebook_takes_bits(const char *spec, uint32_t trials)
{
    codebook c;
    uint32_t decoded = 0;
    codebook_open(&c, spec);
    const payload_shape *shape = &c.info->shape;
    for (uint32_t i = 0; i < trials; i++) {
        err e = {0};
        rng r = rng_at(5, RNG_TEST, 2, i);
        uint32_t range = shape->side_bits_max - shape->side_bits_min + 1;
        c.payload.side_bits = shape->side_bits_min + rng_u32(&r) % range;
        for (uint32_t k = 0; k < bits_bytes(shape->side_bits_max); k++)
            c.payload.side[k] = (uint8_t)rng_u32(&r);
        if (i % 2) { /* and good reports with a few wrong bits */
            codebook_draw(&c, i % 50);
            REQUIRE(codebook_encode(&c, NULL) == ERR_NONE);
            for (uint32_t k = 0; k < i % 4; k++) {
                uint32_t bit = rng_u32(&r) % c.payload.side_bits;
                c.payload.side[bit / 8] ^= (uint8_t)(1u << bit % 8);
            }
        }
        int rc = codebook_decode(&c, &e);
        CHECK(rc == ERR_NONE ? codebook_is_unit(&c) : rc == ERR_FORMAT && e.text[0]);
        decoded += rc == ERR_NONE;
    }
    codebook_close(&c);
    return decoded;
}

/* Channels that there is no encoding for, and one of nothing. `spec` is of few taps. */
static inline void codebook_bounds(const char *spec)
{
    codebook c;
    err e = {0};
    codebook_open(&c, spec);
    uint32_t nt = c.info->nt, ni = c.info->ni, few = c.info->subbands - 1;
    const struct {
        csi_dims dims;
        const char *says;
    } wrong[] = {{{.nt = nt, .nc = few, .tp = nt, .ni = ni}, "subbands of 12 subcarriers"},
                 {{.nt = nt, .nc = 64, .tp = nt, .ni = ni + 1}, "taps for a codec of"},
                 {{.nt = nt + 1, .nc = 64, .tp = nt + 1, .ni = ni}, "taps for a codec of"}};
    CHECK(codebook_report(&c) == 0); /* of a channel of zeros */
    c.h[7] = NAN;
    CHECK(codebook_encode(&c, &e) == ERR_FORMAT && codebook_says(&e, "not finite"));
    for (int i = 0; i < 3; i++) {
        csi_transform *t = csi_transform_create(&wrong[i].dims, NULL);
        csi_view *v = t ? csi_view_create(t, NULL) : NULL;
        REQUIRE(v != NULL);
        csi_view_from_frequency(v, c.h);
        CHECK(codec_encode(c.encoding, NULL, v, &c.payload, NULL, &e) == ERR_MISMATCH);
        CHECK(codebook_says(&e, wrong[i].says));
        csi_view_free(v);
        csi_transform_free(t);
    }
    codebook_close(&c);
}

#endif
