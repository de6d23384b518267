/* Any bytes as an ONNX model: refused with a message, or opened within a small memory limit and
 * run. Seeds: the model.onnx files of the ONNX node tests. */
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "nn/nn.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MEMORY_LIMIT = 4 << 20 };
static const int64_t affordable_macs = 10000000;

static int64_t cost(const nn_session *s)
{
    int64_t macs = 0;
    nn_step_info info;
    for (int i = 0; i < nn_session_steps(s); i++)
        if (nn_session_step(s, i, &info) == 0 && __builtin_add_overflow(macs, info.macs, &macs))
            return INT64_MAX;
    return macs;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    err e = {0};
    nn_model *m = nn_model_load_memory(data, size, "fuzz", &e);
    if (!m)
        return 0;
    for (int unfused = 0; unfused < 2; unfused++) {
        nn_session_options options = {
            .batch = 2, .memory_limit = MEMORY_LIMIT, .unfused = unfused != 0};
        nn_session *s = nn_session_open_with(m, &options, &e);
        if (s && cost(s) <= affordable_macs)
            nn_session_run(s, &e);
        nn_session_free(s);
    }
    nn_model_free(m);
    return 0;
}
