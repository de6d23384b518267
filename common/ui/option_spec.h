/* option_spec.h: what one option is, and the table of a command's options.
 *
 * ui/option parses a command line by such a table and ui/manual writes a manual page from it; both
 * stand above this file. A macro for each kind makes a row:
 *
 *     OPTION_DOUBLE("snr", &snr, -30, 100, "DB", "uplink SNR in dB, or inf")
 */
#ifndef UI_OPTION_SPEC_H
#define UI_OPTION_SPEC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum option_kind {
    OPTION_KIND_FLAG,     /* bool */
    OPTION_KIND_UINT,     /* uint64_t */
    OPTION_KIND_DOUBLE,   /* double; "inf" where max is INFINITY */
    OPTION_KIND_DURATION, /* double, in seconds; written 2ms, 500us, 1.5s, 3m; a bare number is in
                             the unit that `argument` names (MS: milliseconds, else seconds) */
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
} option_spec;

#define OPTION_FLAG(name, value, help)                                                             \
    {                                                                                              \
        name, OPTION_KIND_FLAG, value, 0, 0, NULL, NULL, help                                      \
    }
#define OPTION_UINT(name, value, min, max, argument, help)                                         \
    {                                                                                              \
        name, OPTION_KIND_UINT, value, min, max, NULL, argument, help                              \
    }
#define OPTION_DOUBLE(name, value, min, max, argument, help)                                       \
    {                                                                                              \
        name, OPTION_KIND_DOUBLE, value, min, max, NULL, argument, help                            \
    }
#define OPTION_DURATION(name, value, min, max, argument, help)                                     \
    {                                                                                              \
        name, OPTION_KIND_DURATION, value, min, max, NULL, argument, help                          \
    }
#define OPTION_STRING(name, value, argument, help)                                                 \
    {                                                                                              \
        name, OPTION_KIND_STRING, value, 0, 0, NULL, argument, help                                \
    }
#define OPTION_CHOICE(name, value, choices, help)                                                  \
    {                                                                                              \
        name, OPTION_KIND_CHOICE, value, 0, 0, choices, NULL, help                                 \
    }

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

/* The default of an option as --help prints it; false where there is none to show. */
bool option_default(const option_spec *option, char *text, size_t size);
enum { OPTION_DEFAULT_MAX = 256 };

#endif
