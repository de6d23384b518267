/* A pair with memory, an LSTM and a GRU, against numpy's run of the whole sequence: files of
 * tests/data/memory, made by make.py there. Needs no Python. */
#include <stdlib.h>
#include <string.h>

#include "codec/onnx/pair.h"
#include "harness.h"
#include "io/npy.h"

enum { IMAGE = 64, CODE = 8, ROW = 2 * IMAGE + CODE, MEMORY_MAX = 64 };

static void a_sequence_is_numpys(void)
{
    err e = {0};
    mat_array rows;
    REQUIRE(npy_read_float("tests/data/memory/sequence.npy", &rows, &e) == ERR_NONE);
    REQUIRE(rows.rank == 2 && rows.dims[1] == ROW && rows.dims[0] >= 10);
    onnx_part *parts[] = {onnx_load(CODEC_ENCODER, "tests/data/memory/toy.encoder.onnx", NULL, &e),
                          onnx_load(CODEC_DECODER, "tests/data/memory/toy.decoder.onnx", NULL, &e)};
    REQUIRE(parts[0] && parts[1]);
    onnx_encoder *encoder = onnx_encoder_open(parts[0], &e);
    onnx_decoder *decoder = onnx_decoder_open(parts[1], &e);
    REQUIRE(encoder && decoder && onnx_part_info(parts[0])->memory <= MEMORY_MAX);
    float known[2][MEMORY_MAX], codeword[CODE], image[IMAGE], snr_db = 0;
    const csi_shift none = {0};
    for (int round = 0; round < 2; round++) /* the second begins with a key */
        for (size_t i = 0; i < rows.dims[0]; i++) {
            const float *x = rows.data + i * ROW, *s = x + IMAGE, *y = s + CODE;
            const float *before = i ? known[0] : NULL, *there = i ? known[1] : NULL;
            CHECK(onnx_encode_from(encoder, before, x, codeword, NULL, known[0], &e) == ERR_NONE);
            CHECK(harness_max_abs_diff(codeword, s, CODE) < 1e-5 * harness_max_abs(s, CODE));
            CHECK(onnx_decode_from(decoder, there, codeword, &snr_db, &none, image, known[1], &e) ==
                  ERR_NONE);
            CHECK(harness_max_abs_diff(image, y, IMAGE) < 1e-5);
        }
    onnx_encoder_free(encoder);
    onnx_decoder_free(decoder);
    onnx_part_free(parts[0]);
    onnx_part_free(parts[1]);
    mat_array_free(&rows);
}

int main(int argc, char **argv)
{
    const harness_test tests[] = {
        {"an LSTM and a GRU over a sequence give what numpy does", a_sequence_is_numpys},
    };
    return harness_main(argc, argv, "onnx memory (numpy)", tests, sizeof tests / sizeof tests[0]);
}
