/* csilink quantize: converts a float network to 8-bit integers. */
#include "quantize.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "cli/ui/command.h"
#include "cli/ui/defaults.h"
#include "cli/ui/list.h"
#include "codec/models.h"
#include "codec/onnx/pair.h"
#include "ui/option.h"

static int check(const option_command *command, quantize_options *o, char path[PATH_MAX])
{
    err e = {0};
    bool decoder = o->part ? strcmp(o->part, "decoder") == 0 : !o->encoder;
    o->part = decoder ? "decoder" : "encoder";
    if (!o->encoder)
        return option_complain(command, decoder && o->decoder
                                            ? "it needs --encoder, too, to calibrate a decoder on "
                                              "its codewords"
                                            : "it needs --encoder");
    if (decoder && !o->decoder)
        return option_complain(command, "--part decoder needs --decoder");
    if (!o->out)
        return option_complain(command, "it needs --out, the file to write");
    if (o->rule && strcmp(o->scheme, "static") != 0)
        return option_complain(command, "--range is for --scheme static: the other schemes find "
                                        "the range at run time");
    o->rule = o->rule ? o->rule : "minmax";
    if (!o->calibrate) {
        if (models_find(DEFAULT_CHANNEL_FILE, path, PATH_MAX, &e) != ERR_NONE)
            return option_complain(command, "it needs --calibrate: %s", e.text);
        o->calibrate = path;
    }
    o->test = o->test ? o->test : o->calibrate;
    return -1;
}

int command_quantize(int argc, char **argv)
{
    quantize_options o = {.scheme = "dynamic", .snr = "inf,20,10,0", .samples = 200, .seed = 1};
    char path[PATH_MAX];
    const option_spec specs[] = {
        OPTION_STRING("encoder", &o.encoder, "FILE", "the float encoder"),
        OPTION_STRING("decoder", &o.decoder, "FILE",
                      "its decoder: prints the NMSE of the pair before and after"),
        OPTION_CHOICE("part", &o.part, "encoder|decoder", "network to quantize [encoder]"),
        OPTION_CHOICE("scheme", &o.scheme, "dynamic|static|binary",
                      "ranges at run time, from calibration, or dense weights of +1 and -1"),
        OPTION_STRING("calibrate", &o.calibrate, "FILE|CHANNEL",
                      "samples to observe the layers' ranges on [" DEFAULT_CHANNEL_FILE "]"),
        OPTION_CHOICE("range", &o.rule, "minmax|percentile|mse",
                      "range for --scheme static: all values seen, all but 0.01 % at each end, or "
                      "the range of least squared error [minmax]"),
        OPTION_UINT("samples", &o.samples, 1, 100000, "N",
                    "samples to calibrate on, and to "
                    "evaluate"),
        OPTION_STRING("test", &o.test, "FILE|CHANNEL",
                      "samples to measure the NMSE on [as "
                      "--calibrate]"),
        OPTION_STRING("snr", &o.snr, "DB,...", "uplink SNRs at which to measure the NMSE"),
        OPTION_STRING("skip", &o.skip, "LAYER[,...]",
                      "layers to keep in float, by the name of node, weights or output"),
        OPTION_STRING(
            "wide", &o.wide, "LAYER[,...]",
            "layers that take their input in two parts of 8 bits: 16 bits, twice the MACs; input: "
            "those that read the network's input"),
        OPTION_CHOICE("layout", &o.layout, "angle-delay|delay-angle",
                      "image rows of files that do not state them"),
        OPTION_UINT("seed", &o.seed, 0, 9e15, "N", "seed of channels and noise"),
        OPTION_STRING("out", &o.out, "FILE", "output file: NAME.encoder.int8.onnx"),
        OPTION_FLAG("json", &o.json, "print JSON"),
    };
    const option_command command = {
        .name = "csilink quantize",
        .summary = "makes an encoder or a decoder compute in 8-bit integers, and prints the cost",
        .example = "  csilink quantize --wide input \\\n"
                   "      --encoder models/csilink-net-cr8-indoor.encoder.onnx \\\n"
                   "      --decoder models/csilink-net-cr8-indoor.decoder.onnx \\\n"
                   "      --out models/csilink-net-cr8-indoor.encoder.int8.onnx",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    chain_eval_config snrs = {0};
    int status = option_parse(&command, argc, argv, NULL);
    if (status < 0)
        status = check(&command, &o, path);
    err e = {0};
    if (status < 0 && list_snrs(o.snr, &snrs, &e) != ERR_NONE)
        status = option_complain(&command, "%s", e.text);
    if (status >= 0)
        return status;
    if (quantize_run(&o, &snrs, o.json ? quantize_print_json : quantize_print, &e) == ERR_NONE)
        return 0;
    log_error("%s", e.text);
    return 1;
}
