#include "make_corpus.h"

#include "fuzz.h"

#include <stdio.h>

#include "base/rng.h"
#include "codec/codec.h"
#include "payload/bits.h"

/* Two reports of a codec that gives directions, as its encoder makes them: random bits hardly ever
 * are one. `which` is its row in fuzz_codec.c. */
static void write_directions(const char *name, uint8_t which, const char *spec)
{
    uint8_t seed[512] = {which, 2};
    size_t size = 2;
    codec *c = codec_load(CODEC_ENCODER, spec, NULL);
    require(c != NULL);
    const codec_info *info = codec_info_of(c);
    const csi_dims dims = {.nt = info->nt, .nc = 64, .tp = info->nt, .ni = info->ni};
    codec_work *w = codec_open(c, NULL);
    csi_transform *transform = csi_transform_create(&dims, NULL);
    csi_view *view = transform ? csi_view_create(transform, NULL) : NULL;
    float complex *h = calloc((size_t)dims.nt * dims.ni, sizeof *h);
    payload p;
    require(w && view && h && payload_init(&p, &info->shape, NULL) == ERR_NONE);
    for (uint32_t report = 0; report < 2; report++) {
        rng r = rng_at(21, RNG_TEST, which, report);
        for (uint32_t a = 0; a < dims.nt; a++) /* four taps */
            rng_normal_fill(&r, (float *)(h + (size_t)a * dims.ni), 8, 1);
        csi_view_from_angle_delay(view, h);
        require(codec_encode(w, NULL, view, &p, NULL, NULL) == ERR_NONE);
        size_t bytes = bits_bytes(p.side_bits);
        require(size + 4 + bytes <= sizeof seed && 2 + bytes < 256);
        seed[size++] = (uint8_t)(2 + bytes); /* a part (fuzz.h) */
        seed[size++] = 0;
        seed[size++] = (uint8_t)p.side_bits;
        seed[size++] = (uint8_t)(p.side_bits >> 8);
        memcpy(seed + size, p.side, bytes);
        size += bytes;
    }
    write_seed("fuzz_codec", name, -1, seed, size);
    payload_free(&p);
    free(h);
    csi_view_free(view);
    csi_transform_free(transform);
    codec_close(w);
    codec_unload(c);
}

void write_codebook_reports(void)
{
    write_directions("dft", 6, "dft:nt=6,oversampling=3,polarisations=2,wideband=no,subbands=5");
    write_directions("beams-r16", 7, "beams:nt=12,oversampling=3,combination=3");
    write_directions("beams-r16-dual", 8, "beams:nt=16,polarisations=2,combination=6,subbands=7");
    write_directions("beams-r15", 9,
                     "beams:type=r15,nt=10,polarisations=2,beams=3,amplitudes=subband,subbands=5");
}
