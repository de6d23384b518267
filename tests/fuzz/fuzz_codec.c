/* Any payload for a base station's decoder: it is refused in one line, or gives a finite channel
 * or finite precoders, whatever memory it builds on. One codec of each kind, of onnx one of each
 * alignment and one with memory, of beams one of each form of report.
 *
 * The first byte chooses the codec, the second the SNR; then come payloads, as parts (fuzz.h): two
 * bytes that say how many side bits, those bits, and the values. A payload builds on the one before
 * that was decoded. Runs in the repository's root, where models/ and tests/data/ are. */
#include "fuzz.h"

#include <math.h>

#include "codec/codec.h"
#include "payload/bits.h"

static struct {
    const char *spec;
    codec *codec;
    codec_work *work;
    void *memory[2]; /* before, after */
    payload in;
    float complex *h;
} decoders[] = {
    {.spec = "dpcm:nt=4,ni=4"},
    {.spec = "klt:klt-indoor,cr=16"},
    {.spec = "onnx:cllwcsinet-cr16-indoor"},
    {.spec = "onnx:csilink-net-cr16-outdoor"},
    {.spec = "klt:klt-indoor,bits=128"},
    {.spec = "klt:klt-indoor,cr=16,bits=512,entropy=range"},
    {.spec = "dft:nt=6,oversampling=3,polarisations=2,wideband=no,subbands=5"},
    {.spec = "beams:nt=12,oversampling=3,combination=3"},
    {.spec = "beams:nt=16,polarisations=2,combination=6,subbands=7"},
    {.spec = "beams:type=r15,nt=10,polarisations=2,beams=3,amplitudes=subband,subbands=5"},
    {.spec = "transform:bits=256"},
    {.spec = "transform:bits=64,nt=3,ni=5"},
    {.spec = "sparse:nt=8,ni=4,cr=2"},
    {.spec = "sparse:nt=4,ni=4,cr=1,matrix=gaussian,solver=amp"},
    {.spec = "sparse:nt=8,ni=4,cr=2,solver=lasso"},
    {.spec = "sparse:nt=8,ni=4,m=8,solver=fista,shrink=real"},
    {.spec = "sparse:nt=8,ni=4,cr=4,solver=tv"},
    {.spec = "vq:vq-indoor,bits=128"},
    {.spec = "delta-klt:klt-indoor,cr=16,bits=256,key-bits=512"},
    {.spec = "delta-klt:klt-indoor,cr=16"},
    {.spec = "delta-klt:klt-indoor,cr=32,rho=0.9,bits=128"},
    {.spec = "onnx:tests/data/memory/toy.decoder.onnx"},
    {.spec = "delta-net:csilink-net-cr16-outdoor,values=64"},
};
enum { DECODERS = sizeof decoders / sizeof decoders[0], PAYLOADS_MAX = 8 };

static void open_decoder(size_t i)
{
    err e = {0};
    decoders[i].codec = codec_load(CODEC_DECODER, decoders[i].spec, &e);
    if (!decoders[i].codec)
        fprintf(stderr, "%s: %s\n", decoders[i].spec, e.text);
    require(decoders[i].codec != NULL);
    const codec_info *info = codec_info_of(decoders[i].codec);
    decoders[i].work = codec_open(decoders[i].codec, &e);
    decoders[i].h = calloc(codec_output_size(info), sizeof *decoders[i].h);
    require(decoders[i].work && decoders[i].h);
    require(payload_init(&decoders[i].in, &info->shape, &e) == ERR_NONE);
    for (int k = 0; k < 2; k++)
        require((decoders[i].memory[k] = calloc(1, codec_memory_bytes(decoders[i].codec) + 1)));
}

/* As many values and side bits as the shape has, and one more of each: that is for the codec to
 * refuse, and nothing is there to be read. */
static void read_payload(const fuzz_part *part, const payload_shape *shape, payload *in)
{
    size_t told = part->size >= 2 ? (size_t)(part->data[0] | part->data[1] << 8) : 0;
    size_t left = part->size >= 2 ? part->size - 2 : 0;
    in->side_bits = (uint32_t)((told & 0x7fff) % (shape->side_bits_max + 2));
    uint32_t kept = in->side_bits < shape->side_bits_max ? in->side_bits : shape->side_bits_max;
    size_t bytes = bits_bytes(kept);
    memset(in->side, 0, bits_bytes(shape->side_bits_max));
    if (left > 0)
        memcpy(in->side, part->data + 2, left < bytes ? left : bytes);
    if (kept % 8)
        in->side[kept / 8] &= (uint8_t)((1u << kept % 8) - 1);
    left -= left < bytes ? left : bytes;
    /* The values repeat what is there, so that short inputs fill large payloads. */
    in->values = told & 0x8000 ? shape->values_max : (uint32_t)(left / sizeof(float));
    if (in->values > shape->values_max)
        in->values = shape->values_max + 1;
    size_t given = left / sizeof(float);
    const uint8_t *from = part->data + (part->size - left);
    for (size_t i = 0; i < in->values && i < shape->values_max; i++) {
        in->value[i] = 0;
        if (given)
            memcpy(&in->value[i], from + i % given * sizeof(float), sizeof(float));
        if (!isfinite(in->value[i])) /* an uplink gives none */
            in->value[i] = 0;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const double snrs_db[] = {-30, 0, 10, 100, HUGE_VAL};
    if (size < 2)
        return 0;
    size_t which = data[0] % DECODERS;
    if (!decoders[which].codec)
        open_decoder(which);
    const codec_info *info = codec_info_of(decoders[which].codec);
    const codec_hint hint = {.snr_db = snrs_db[data[1] % 5]};
    void *before = NULL;
    fuzz_part part;
    data += 2, size -= 2;
    for (int n = 0; n < PAYLOADS_MAX && fuzz_next_part(&data, &size, &part); n++) {
        void *after = decoders[which].memory[n & 1];
        err e = {0};
        read_payload(&part, &info->shape, &decoders[which].in);
        if (codec_decode(decoders[which].work, before, &decoders[which].in, &hint,
                         decoders[which].h, after, &e) != ERR_NONE) {
            fuzz_check_error(&e);
            continue;
        }
        const float *h = (const float *)decoders[which].h;
        for (size_t i = 0; i < 2 * codec_output_size(info); i++)
            require(isfinite(h[i]));
        before = info->flags & CODEC_HAS_MEMORY ? after : NULL;
    }
    return 0;
}
