/* qat_tools.h: what tests of quantization-aware training share. */
#ifndef TESTS_QAT_TOOLS_H
#define TESTS_QAT_TOOLS_H

#include <stdio.h>
#include <string.h>

#include "harness.h"
#include "onnx_builder.h"

static inline nn_model *finish(Onnx__ModelProto *m)
{
    err e = {0};
    nn_model *model = build_load(m, &e);
    build_free(m);
    if (!model)
        printf("    %s\n", e.text);
    REQUIRE(model != NULL);
    return model;
}

static inline bool says(const err *e, const char *what)
{
    if (strstr(e->text, what))
        return true;
    printf("    \"%s\" does not say \"%s\"\n", e->text, what);
    return false;
}

#endif
