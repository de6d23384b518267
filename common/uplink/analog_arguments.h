/* analog_arguments.h: parses `analog:...`; uplink/analog.h says what the arguments mean. */
#ifndef UPLINK_ANALOG_ARGUMENTS_H
#define UPLINK_ANALOG_ARGUMENTS_H

#include <stdint.h>

#include "base/error.h"
#include "payload/codeword.h"
#include "uplink/uplink.h"

typedef enum analog_header { ANALOG_CAPACITY, ANALOG_CODED, ANALOG_FREE } analog_header;

typedef struct analog_arguments {
    csi_codeword_format format;
    analog_header header;
    uint32_t header_uses; /* symbols of a coded header; 0: not given */
    uint32_t references;
    double outage_db; /* -INFINITY: none */
} analog_arguments;

#define ANALOG_USAGE                                                                               \
    "analog[:FORMAT][,header=coded|capacity|free][,header-uses=N][,references=N][,outage=DB]"

enum { ANALOG_HEADER_USES_MAX = UPLINK_SYMBOLS_MAX - UPLINK_REFERENCES_MAX };

/* Each at most once, the format first; the others have defaults. ERR_INVALID says what would be
 * right. */
int analog_arguments_parse(const char *text, analog_arguments *a, err *e);

#endif
