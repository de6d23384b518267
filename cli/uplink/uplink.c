#include "uplink.h"

#include "cli/ui/command.h"

static const command_choice parts[] = {
    {"encode", uplink_encode, "encode payload bits to coded bits, both as hex digits"},
    {"decode", uplink_decode, "decode coded bits to payload bits, and check the CRC"},
    {"ber", uplink_ber,
     "measure the block error rate over SNR of a code, a modulation and a list "
     "size"},
    {"table", uplink_table, "print a link adaptation: payload bits and modulation over SNR"},
};

int command_uplink(int argc, char **argv)
{
    const command_menu menu = {
        .program = "csilink uplink",
        .title = "the channel code of uplink control information, TS 38.212",
        .what = "part",
        .example = "  csilink uplink ber --bits 22 --coded 108 --modulation qpsk --snr -2:0.5:1",
        .choices = parts,
        .count = sizeof parts / sizeof parts[0]};
    return command_choose(&menu, argc, argv);
}
