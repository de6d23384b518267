/* Any bytes as one side of a codec, an ONNX file with metadata: refused in one line, or a part
 * whose facts keep to pair.h. The first byte chooses the side. Changed as a message, mostly in its
 * metadata. */
#include "fuzz.h"

#include <onnx.pb-c.h>

#include "codec/onnx/pair.h"
#include "mutate_message.h"

static void check(const onnx_info *i)
{
    require(i->nt >= 1 && i->ni >= 1 && i->codeword >= 1 && i->codeword <= ONNX_CODEWORD_MAX);
    require(memchr(i->name, '\0', sizeof i->name) && fuzz_is_line(i->name));
    require(memchr(i->precision, '\0', sizeof i->precision) && i->precision[0]);
    require(onnx_layout_name(i->layout) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    err e = {0};
    if (size == 0)
        return 0;
    codec_side side = data[0] & 1 ? CODEC_DECODER : CODEC_ENCODER;
    onnx_part *p = onnx_load(side, fuzz_file(data + 1, size - 1), NULL, &e);
    if (p)
        check(onnx_part_info(p));
    else
        fuzz_check_error(&e);
    onnx_part_free(p);
    return 0;
}

static void replace(char **text, unsigned seed)
{
    static const char *const words[] = {"",
                                        "8",
                                        "-1",
                                        "99999999999999999999",
                                        "blocks-8",
                                        "blocks-99999",
                                        "delay",
                                        "delay-angle",
                                        "none",
                                        "angle-delay",
                                        "int8-static",
                                        "float",
                                        "\x1b[2J",
                                        "0123456789abcdef:0123456789abcdef",
                                        "a/../../b",
                                        "%s%n"};
    size_t count = sizeof words / sizeof words[0];
    free(*text);
    *text = strdup(words[seed % count]);
    require(*text != NULL);
}

/* One of the metadata gets another value, or another's key. */
static size_t change_metadata(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    Onnx__ModelProto *m = onnx__model_proto__unpack(NULL, size, data);
    if (m && m->n_metadata_props) {
        Onnx__StringStringEntryProto *one = m->metadata_props[seed / 16 % m->n_metadata_props];
        if (seed & 0x1000000)
            replace(&one->value, seed);
        else if (one->value && one->value[0])
            one->value[seed % strlen(one->value)] ^= (char)(1 << seed / 4096 % 7);
        size_t packed = onnx__model_proto__get_packed_size(m);
        if (packed <= room)
            size = onnx__model_proto__pack(m, data);
    }
    if (m)
        onnx__model_proto__free_unpacked(m, NULL);
    return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t room, unsigned seed)
{
    if (size == 0)
        return LLVMFuzzerMutate(data, size, room);
    seed *= 0x9e3779b1u;
    if (seed >> 30)
        return 1 + change_metadata(data + 1, size - 1, room - 1, seed);
    return 1 + mutate_message(&onnx__model_proto__descriptor, data + 1, size - 1, room - 1, seed);
}
