/* defaults.h: the defaults that all commands share. */
#ifndef CLI_UI_DEFAULTS_H
#define CLI_UI_DEFAULTS_H

#include "cell/choice.h"

#define DEFAULT_MODEL CHAIN_MODEL_DEFAULT
#define DEFAULT_MODEL_HELP "[" CHAIN_MODEL_FAMILY "-cr" CHAIN_MODEL_CR ", that for the channel]"
#define DEFAULT_CHANNEL_FILE "replay-cost2100-indoor.mat" /* beside the models */

#define DEFAULT_RECORD_ROWS 1000000 /* about 300 MB of reports.csv */

#define DEFAULT_MONITOR_ADDRESS "127.0.0.1"
enum { DEFAULT_MONITOR_PORT = 5620 };

enum { DEFAULT_UES = 8, DEFAULT_SEED = 1 };
#define DEFAULT_UES_TEXT "8"     /* the same, for options that accept groups */
#define DEFAULT_PERIOD_S 0.02    /* between two reports of a UE */
#define DEFAULT_PERIOD_TEXT "20" /* the same, in ms */
#define DEFAULT_DL_SNR_DB 20.0

#endif
