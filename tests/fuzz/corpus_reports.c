#include "make_corpus.h"

#include "fuzz.h"

#include <complex.h>
#include <stdio.h>

#include "base/rng.h"
#include "codec/codec.h"
#include "payload/bits.h"

enum { ROUNDS = 3, VALUES_KEPT = 24 };

/* A beam that drifts, four random taps at each antenna, and taps here and there. */
static void draw_channel(const csi_dims *dims, uint8_t which, uint32_t round, float complex *h)
{
    rng r = rng_at(21, RNG_TEST, which, round);
    for (size_t i = 0; i < (size_t)dims->nt * dims->ni; i++) {
        float x = (float)i;
        h[i] = round == 0 ? cexpf(I * x - 0.02f * x * x) : round == 2 && i % 97 == 3;
    }
    for (uint32_t a = 0; round == 1 && a < dims->nt; a++)
        rng_normal_fill(&r, (float *)(h + (size_t)a * dims->ni), dims->ni < 4 ? 2 : 8, 1);
}

/* For a codec with memory: a channel that turns and changes a little. */
static void move_channel(const csi_dims *dims, uint8_t which, uint32_t round, float complex *h)
{
    draw_channel(dims, which, 1, h);
    for (size_t i = 0; i < (size_t)dims->nt * dims->ni; i++)
        h[i] = h[i] * cexpf(0.3f * I * (float)round) + 0.05f * (float)(round * (i % 5));
}

/* Reports of a codec as its encoder makes them, since random bits hardly ever are one.
 * `which` is its row in fuzz_codec.c. */
static void write_reports(const char *name, uint8_t which, const char *spec)
{
    uint8_t seed[1024] = {which, 2};
    size_t size = 2;
    codec *c = codec_load(CODEC_ENCODER, spec, NULL);
    require(c != NULL);
    const codec_info *info = codec_info_of(c);
    const csi_dims dims = {.nt = info->nt, .nc = 64, .tp = info->nt, .ni = info->ni};
    codec_work *w = codec_open(c, NULL);
    csi_transform *transform = csi_transform_create(&dims, NULL);
    csi_view *view = transform ? csi_view_create(transform, NULL) : NULL;
    float complex *h = calloc((size_t)dims.nt * dims.ni, sizeof *h);
    size_t memory = codec_memory_bytes(c);
    unsigned char *after = calloc(2, memory + 1);
    payload p;
    require(w && view && h && after && payload_init(&p, &info->shape, NULL) == ERR_NONE);
    for (uint32_t round = 0; round < ROUNDS; round++) {
        void *to = after + (round & 1) * memory, *from = after + (~round & 1) * memory;
        if (memory)
            move_channel(&dims, which, round, h);
        else
            draw_channel(&dims, which, round, h);
        csi_view_from_angle_delay(view, h);
        require(codec_encode(w, memory && round ? from : NULL, view, &p, to, NULL) == ERR_NONE);
        size_t bytes = bits_bytes(p.side_bits), values = p.values * sizeof p.value[0];
        bool cut = 2 + bytes + values >= 256; /* fuzz_codec.c repeats what is there */
        values = cut ? VALUES_KEPT * sizeof p.value[0] : values;
        require(size + 4 + bytes + values <= sizeof seed && 2 + bytes + values < 256);
        seed[size++] = (uint8_t)(2 + bytes + values); /* a part (fuzz.h) */
        seed[size++] = 0;
        seed[size++] = (uint8_t)p.side_bits;
        seed[size++] = (uint8_t)(p.side_bits >> 8 | (cut ? 0x80 : 0));
        memcpy(seed + size, p.side, bytes);
        memcpy(seed + size + bytes, p.value, values);
        size += bytes + values;
    }
    write_seed("fuzz_codec", name, -1, seed, size);
    payload_free(&p);
    free(h);
    free(after);
    csi_view_free(view);
    csi_transform_free(transform);
    codec_close(w);
    codec_unload(c);
}

void write_codec_reports(void)
{
    write_reports("dft", 6, "dft:nt=6,oversampling=3,polarisations=2,wideband=no,subbands=5");
    write_reports("beams-r16", 7, "beams:nt=12,oversampling=3,combination=3");
    write_reports("beams-r16-dual", 8, "beams:nt=16,polarisations=2,combination=6,subbands=7");
    write_reports("beams-r15", 9,
                  "beams:type=r15,nt=10,polarisations=2,beams=3,amplitudes=subband,subbands=5");
    write_reports("transform", 10, "transform:bits=256");
    write_reports("transform-small", 11, "transform:bits=64,nt=3,ni=5");
    write_reports("vq", 17, "vq:vq-indoor,bits=128");
    write_reports("delta-klt", 18, "delta-klt:klt-indoor,cr=16,bits=256,key-bits=512");
    write_reports("delta-klt-rho", 20, "delta-klt:klt-indoor,cr=32,rho=0.9,bits=128");
    write_reports("onnx-memory", 21, "onnx:tests/data/memory/toy.encoder.onnx");
    write_reports("delta-net", 22, "delta-net:csilink-net-cr16-outdoor,values=64");
}
