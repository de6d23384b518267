/* csilink: the main program. Each command is in a separate file. */
#include "base/log.h"
#include "cli/ui/command.h"
#include "ui/program.h"

static const command_choice commands[] = {
    {"run", command_run, "simulate a cell: UEs, channel and base station as real processes"},
    {"show", command_show, "show the record of a run, or of several side by side"},
    {"rerun", command_rerun, "repeat a run from its record, and compare the NMSE"},
    {"ctl", command_ctl,
     "show and change the settings of a running simulation: SNR, loss, delay, "
     "jitter"},
    {"monitor", command_monitor,
     "serve a live page of a running simulation, and metrics for "
     "Prometheus"},
    {"eval", command_eval, "measure NMSE, rho and SGCS of a codec on a channel, without sockets"},
    {"sweep", command_sweep,
     "measure and plot figures over SNR, CR, channel, precision and codeword bits"},
    {"league", command_league, "compare codecs at equal bits and at equal channel uses"},
    {"reproduce", command_reproduce, "measure a paper's tables, beside the published figures"},
    {"data", command_data, "make, describe, compare and draw data sets"},
    {"train", command_train, "train an encoder and a decoder, or resume a training"},
    {"quantize", command_quantize, "make an encoder compute in 8-bit integers, and print the cost"},
    {"uplink", command_uplink,
     "use the channel code of a digital uplink: encode, decode, block error rates"},
    {"bench", command_bench,
     "measure how fast this machine encodes, decodes, transforms and "
     "transports"},
    {"health", command_health, "check whether the program of this container is serving"},
    {"keys", command_keys, "manage certificates: who may report, change the link, watch it"},
    {"model", command_model, "describe and run ONNX models, make pairs, design codecs"},
};

static int body(int argc, char **argv)
{
    log_init("csilink", LOG_INFO);
    const command_menu menu = {.program = "csilink",
                               .title = "a CSI feedback link simulator for FDD massive MIMO",
                               .what = "command",
                               .example = "  csilink run --ues 8 --duration 10 --snr 10",
                               .choices = commands,
                               .count = sizeof commands / sizeof commands[0]};
    return command_choose(&menu, argc, argv);
}

int main(int argc, char **argv)
{
    return program_run("csilink", body, argc, argv);
}
