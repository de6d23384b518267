/* arguments.h: parses `digital:...`.
 *
 *     [SOURCE][,MODULATION][,uses=N|rate=R][,list=L][,margin=DB][,references=N]
 *
 * In this order up to the modulation, then in any order; each at most once. */
#ifndef UPLINK_DIGITAL_ARGUMENTS_H
#define UPLINK_DIGITAL_ARGUMENTS_H

#include <stdint.h>

#include "base/error.h"
#include "uplink/digital/modulation.h"
#include "uplink/digital/source.h"

typedef struct digital_arguments {
    digital_source source; /* quarters 0: to be chosen */
    modulation modulation; /* MODULATIONS: to be chosen */
    uint32_t uses;         /* data symbols; 0: from `rate` */
    double rate;           /* bits over coded bits, 0 < rate < 1; used where `uses` is 0 */
    uint32_t list, references;
    double margin_db; /* between the table's threshold and the SNR from which a row is used */
} digital_arguments;

#define DIGITAL_USAGE                                                                              \
    "digital[:SOURCE][,MODULATION][,uses=N|rate=R][,list=L][,margin=DB][,references=N]"

/* ERR_INVALID says what would be right. Sets defaults: without uses=N, r4, qpsk and rate 1/2; with
 * it, a Rice code and a modulation that fit the SNR. */
int digital_arguments_parse(const char *text, digital_arguments *a, err *e);

#endif
