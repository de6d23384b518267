/* uplink.h: the parts of `csilink uplink`: the digital uplink's channel code by itself. */
#ifndef CLI_UPLINK_UPLINK_H
#define CLI_UPLINK_UPLINK_H

int uplink_encode(int argc, char **argv);
int uplink_decode(int argc, char **argv);
int uplink_ber(int argc, char **argv);
int uplink_table(int argc, char **argv);

#endif
