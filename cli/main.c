/* csilink: the front door. Each command is a file of its own. */
#include <stdio.h>
#include <string.h>

#include "base/log.h"
#include "base/option.h"
#include "command.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"run", command_run, "simulate a cell: UEs, channel and base station as real processes"},
    {"ctl", command_ctl, "look at and change a running simulation: SNR, loss, delay, jitter"},
    {"eval", command_eval, "NMSE, rho and SGCS of a model on a channel, without sockets"},
    {"data", command_data, "make data sets, look into them, print them as pictures"},
    {"bench", command_bench, "how fast this machine encodes, decodes, transforms and transports"},
    {"model", command_model, "look into an ONNX model, run one, make a pair of two"},
};
enum { COMMANDS = sizeof commands / sizeof commands[0] };

static void print_help(FILE *out)
{
    fprintf(out, "csilink: a CSI feedback link simulator for FDD massive MIMO\n\n"
                 "usage: csilink COMMAND [options]\n\ncommands:\n");
    for (size_t i = 0; i < COMMANDS; i++)
        fprintf(out, "  %-8s %s\n", commands[i].name, commands[i].summary);
    fprintf(out, "\nexample:\n  csilink run --ues 8 --duration 10 --snr 10\n"
                 "  csilink COMMAND --help tells each command's options\n");
}

int main(int argc, char **argv)
{
    log_init("csilink", LOG_INFO);
    if (argc < 2 || strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0) {
        print_help(argc < 2 ? stderr : stdout);
        return argc < 2 ? OPTION_EXIT_USAGE : 0;
    }
    const char *names[COMMANDS];
    for (size_t i = 0; i < COMMANDS; i++) {
        names[i] = commands[i].name;
        if (strcmp(argv[1], names[i]) == 0)
            return commands[i].run(argc - 1, argv + 1);
    }
    const char *nearest = option_nearest(argv[1], names, COMMANDS);
    fprintf(stderr, "csilink: there is no command '%s'%s%s%s (see csilink --help)\n", argv[1],
            nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
    return OPTION_EXIT_USAGE;
}
