/* option_spec.h: what one option is, and the table of a command's options.
 *
 * ui/option parses a command line by such a table and ui/manual writes a manual page from it; both
 * build on this file. A macro for each kind makes a row:
 *
 *     OPTION_DOUBLE("snr", &snr, -30, 100, "DB", "uplink SNR in dB, or inf")
 */
#ifndef UI_OPTION_SPEC_H
#define UI_OPTION_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

typedef enum option_kind {
    OPTION_KIND_FLAG,     /* bool */
    OPTION_KIND_UINT,     /* uint64_t */
    OPTION_KIND_DOUBLE,   /* double; "inf" where max is INFINITY */
    OPTION_KIND_DURATION, /* double, in seconds; written 2ms, 500us, 1.5s, 3m; a bare number has the
                             unit that `argument` names (MS: milliseconds, else seconds) */
    OPTION_KIND_STRING,   /* const char *, into argv or the environment */
    OPTION_KIND_CHOICE,   /* const char *, one of `choices` ("ipc|tcp") */
} option_kind;

typedef struct option_spec {
    const char *name;
    option_kind kind;
    void *value; /* holds the default beforehand */
    double min, max;
    const char *choices;
    const char *argument; /* its name in --help: "DB" */
    const char *help;
    /* An option that the caller converts: `value` is a const char * for its text, NULL where it is
     * not given; the kind only serves help and manual page. `check` validates the text, with a
     * message that begins with `source` ("--snr", "CSILINK_SNR"). */
    int (*check)(const struct option_spec *spec, const char *source, const char *text, err *e);
    const void *context; /* for check */
    const char *initial; /* the default, for help; NULL: none to show */
} option_spec;

#define OPTION_OF(n, k, v, low, high, words, arg, text)                                            \
    {                                                                                              \
        .name = n, .kind = k, .value = v, .min = low, .max = high, .choices = words,               \
        .argument = arg, .help = text                                                              \
    }
#define OPTION_FLAG(n, v, text) OPTION_OF(n, OPTION_KIND_FLAG, v, 0, 0, NULL, NULL, text)
#define OPTION_UINT(n, v, low, high, arg, text)                                                    \
    OPTION_OF(n, OPTION_KIND_UINT, v, low, high, NULL, arg, text)
#define OPTION_DOUBLE(n, v, low, high, arg, text)                                                  \
    OPTION_OF(n, OPTION_KIND_DOUBLE, v, low, high, NULL, arg, text)
#define OPTION_DURATION(n, v, low, high, arg, text)                                                \
    OPTION_OF(n, OPTION_KIND_DURATION, v, low, high, NULL, arg, text)
#define OPTION_STRING(n, v, arg, text) OPTION_OF(n, OPTION_KIND_STRING, v, 0, 0, NULL, arg, text)
#define OPTION_CHOICE(n, v, words, text)                                                           \
    OPTION_OF(n, OPTION_KIND_CHOICE, v, 0, 0, words, NULL, text)

typedef struct option_command {
    const char *name;     /* "csilink eval" */
    const char *summary;  /* one sentence */
    const char *operands; /* "FILE.onnx", or NULL when there are none */
    const char *example;  /* printed below the table; may have several lines */
    const option_spec *specs;
    size_t count;
    int operands_min, operands_max;
} option_command;

#define OPTION_VARIABLE_PREFIX "CSILINK_"

/* The variable of an option, "dl-snr" to "CSILINK_DL_SNR", into `out`. */
void option_variable(const char *option, char *out, size_t size);
enum { OPTION_VARIABLE_MAX = 80 }; /* bytes of its name */

/* Whether the option takes a time or a list of times; and the rule for such options, in two
 * sentences, for --help and the manual page. */
bool option_takes_time(const option_spec *option);
extern const char option_units[];

/* The default of an option as --help prints it; false where there is none. */
bool option_default(const option_spec *option, char *text, size_t size);
enum { OPTION_DEFAULT_MAX = 256 };

#endif
