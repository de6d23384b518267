#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "codec/models.h"
#include "model.h"
#include "ui/option.h"

typedef char (*model_names)[CODEC_NAME_MAX];

static bool asked_for(const char *name, const char *beginning)
{
    return !beginning || strncmp(name, beginning, strlen(beginning)) == 0;
}

static bool contains(model_names names, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return true;
    return false;
}

/* Lists pairs that have both halves. An encoder may exist only in int8. */
static size_t list_pairs(const char *beginning)
{
    model_names decoders, plain, integer;
    size_t n = models_names(".decoder.onnx", &decoders), shown = 0;
    size_t n_plain = models_names(".encoder.onnx", &plain);
    size_t n_integer = models_names(".encoder.int8.onnx", &integer);
    for (size_t i = 0; i < n; i++) {
        const char *name = decoders[i];
        bool in_float = contains(plain, n_plain, name);
        bool in_int8 = contains(integer, n_integer, name);
        if (!asked_for(name, beginning) || (!in_float && !in_int8))
            continue;
        printf("onnx:%s%s\n", name,
               !in_int8   ? ""
               : in_float ? "  (encoder also in int8)"
                          : "  (encoder in int8 alone)");
        shown++;
    }
    free(decoders);
    free(plain);
    free(integer);
    return shown;
}

/* Lists the codecs of one file, which `csilink model KIND` designs as NAME.KIND. */
static size_t list_designed(const char *kind, const char *beginning)
{
    char ending[CODEC_NAME_MAX];
    model_names names;
    snprintf(ending, sizeof ending, ".%s", kind);
    size_t n = models_names(ending, &names), shown = 0;
    for (size_t i = 0; i < n; i++)
        if (asked_for(names[i], beginning)) {
            printf("%s:%s\n", kind, names[i]);
            shown++;
        }
    free(names);
    return shown;
}

int model_list(int argc, char **argv)
{
    const option_command command = {
        .name = "csilink model list",
        .summary =
            "list the models in $CSILINK_MODELS, ./models and models/ beside the program, as "
            "--codec takes them (--model takes the name behind onnx:)",
        .operands = "[BEGINNING]",
        .example = "  csilink model list csilink-net-xl",
        .operands_max = 1,
    };
    int operands = 0;
    int status = option_parse(&command, argc, argv, &operands);
    if (status >= 0)
        return status;
    const char *beginning = operands > 0 ? argv[1] : NULL;
    size_t shown = list_pairs(beginning);
    for (const codec_kind *const *k = codec_kinds; *k; k++)
        if ((*k)->design)
            shown += list_designed((*k)->name, beginning);
    if (shown == 0)
        fprintf(stderr, "csilink model list: found no model%s%s\n",
                beginning ? " whose name begins with " : "", beginning ? beginning : "");
    return shown > 0 ? 0 : 1;
}
