/* csilink: the front door. Each command is a file of its own. */
#include "base/log.h"
#include "cli/ui/command.h"
#include "ui/program.h"

static const command_choice commands[] = {
    {"run", command_run, "simulate a cell: UEs, channel and base station as real processes"},
    {"show", command_show, "the record of a run, or of several side by side"},
    {"rerun", command_rerun, "repeat a run from its record, and say whether the NMSE differs"},
    {"ctl", command_ctl, "look at and change a running simulation: SNR, loss, delay, jitter"},
    {"monitor", command_monitor, "a live page of a running simulation, and metrics for Prometheus"},
    {"eval", command_eval, "NMSE, rho and SGCS of a model on a channel, without sockets"},
    {"sweep", command_sweep,
     "figures over SNR, CR, channel, precision and codeword bits, and plots"},
    {"league", command_league, "codecs at equal bits and at equal channel uses, as one table"},
    {"reproduce", command_reproduce, "a paper's tables measured here, beside the published ones"},
    {"data", command_data, "make data sets, look into them, print them as pictures"},
    {"train", command_train, "train an encoder and a decoder, and resume it"},
    {"quantize", command_quantize, "make an encoder compute in 8-bit integers, and tell the cost"},
    {"uplink", command_uplink,
     "the channel code of a digital uplink: encode, decode, block error rates"},
    {"bench", command_bench, "how fast this machine encodes, decodes, transforms and transports"},
    {"health", command_health, "ask the program of this container whether it serves"},
    {"keys", command_keys, "certificates: who may report, change the link, watch it"},
    {"model", command_model, "look into an ONNX model, run one, make a pair; design codecs"},
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
