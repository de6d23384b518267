#include "model.h"

#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/ui/command.h"
#include "codec/onnx/pair.h"
#include "ui/option.h"

int model_pair(int argc, char **argv)
{
    const char *encoder = NULL, *decoder = NULL, *name = NULL, *layout = NULL, *align = NULL;
    const char *out = "models", *weights = "float32";
    const option_spec specs[] = {
        OPTION_STRING("encoder", &encoder, "FILE", "the UE's network"),
        OPTION_STRING("decoder", &decoder, "FILE", "the base station's network"),
        OPTION_STRING("name", &name, "NAME", "family-crN-scenario, such as cllwcsinet-cr8-indoor"),
        OPTION_CHOICE("layout", &layout, "angle-delay|delay-angle",
                      "image rows of files that do not state them"),
        OPTION_CHOICE("align", &align, CSI_ALIGN_NAMES,
                      "how images are rolled before encoding, for files that do not state it"),
        OPTION_CHOICE("weights", &weights, "float32|float16",
                      "storage of the weights; float16 rounds them and halves the files"),
        OPTION_STRING("out", &out, "FOLDER", "folder for the two files"),
    };
    const option_command command = {
        .name = "csilink model pair",
        .summary =
            "writes an encoder and a decoder as a pair, with the metadata that the link checks",
        .example =
            "  csilink model pair --encoder enc.onnx --decoder dec.onnx --name my-cr8-indoor",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    if (!encoder || !decoder || !name)
        return option_complain(&command, "it needs --encoder, --decoder and --name");
    err e = {0};
    bool halves = strcmp(weights, "float16") == 0;
    if (onnx_make_pair(encoder, decoder, name, layout, align, halves, out, &e) != 0) {
        log_error("%s", e.text);
        return 1;
    }
    printf("%s/%s.encoder.onnx\n%s/%s.decoder.onnx\n", out, name, out, name);
    return 0;
}

int command_model(int argc, char **argv)
{
    command_choice parts[16] = {
        {"list", model_list, "list the models that are there"},
        {"info", model_info, "describe an ONNX file: inputs, outputs, layers, their cost"},
        {"run", model_run, "run any supported network on arrays of MATLAB files"},
        {"pair", model_pair, "make a pair for the link from an encoder and a decoder"},
        {"build", model_build, "write an untrained pair of an architecture"},
        {"denoiser", model_denoiser, "design a denoiser of a codec's codewords from samples"},
    };
    size_t count = 6;
    /* Handled before the menu, since a kind can have arguments after a colon. */
    if (argc > 1 && model_design_kind(argv[1]))
        return model_design(argc - 1, argv + 1);
    for (const codec_kind *const *k = codec_kinds; *k; k++)
        if ((*k)->design && count < sizeof parts / sizeof parts[0])
            parts[count++] = (command_choice){(*k)->name, model_design, (*k)->design_usage};
    const command_menu menu = {
        .program = "csilink model",
        .title = "works with networks, and with codecs that are designed from samples",
        .what = "part",
        .example = "  csilink model info models/csilink-net-cr8-indoor.encoder.onnx",
        .choices = parts,
        .count = count};
    return command_choose(&menu, argc, argv);
}
