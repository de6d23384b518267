/* option.h: the command line of every csilink program, from one table.
 *
 *     static const option_spec specs[] = {
 *         OPTION_UINT("ues", &ues, 1, 10000, "N", "number of virtual UEs"),
 *         OPTION_DOUBLE("snr", &snr, -30, 100, "DB", "uplink SNR in dB, or inf"),
 *     };
 *     int status = option_parse(&command, argc, argv);
 *     if (status >= 0) return status;
 *
 * Options are --name VALUE or --name=VALUE; a flag is --name, or --name=no where a variable has set
 * it; of an option given twice the last one holds. Each option that is not on the command line is
 * looked up in the environment as CSILINK_<NAME> (upper case, '-' as '_'); an empty variable counts
 * as unset, and a flag's is yes or no (true, on, 1; false, off, 0). So the command line goes before
 * the environment, and both before a file that the program reads and the default.
 * A mistyped name or an impossible value prints one line that says what would be right, and the
 * exit status is 2. --help prints the table and the example, --help=man the same for a manual page
 * (ui/manual.h), --version the version. */
#ifndef UI_OPTION_H
#define UI_OPTION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

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
    /* An option that others convert: `value` is a const char * for its text, NULL where it is not
     * given, whatever the kind, which then serves help and manual page alone. `check` judges the
     * text by a message that begins with `source` ("--snr", "CSILINK_SNR"). */
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

/* Parses argv[1..]; operands (what is not an option) are moved to argv[1..*operand_count].
 * Returns -1 to go on, or the exit status to leave with: 0 after --help and its like, 2 after a
 * mistake. */
int option_parse(const option_command *command, int argc, char **argv, int *operand_count);

/* The variable of an option, "dl-snr" to "CSILINK_DL_SNR", into `out`. */
void option_variable(const char *option, char *out, size_t size);
enum { OPTION_VARIABLE_MAX = 80 }; /* bytes of its name */

/* The default of an option as --help prints it; false where there is none to show. */
bool option_default(const option_spec *option, char *text, size_t size);
enum { OPTION_DEFAULT_MAX = 256 };

/* Takes the variables of options out of the environment; CSILINK_MODELS and CSILINK_CPU, which are
 * none, stay. For a program that starts others with options of its own choice: what is meant for
 * the one must not reach an option of the others that it leaves alone. Values that option_parse
 * gave stay valid. Not to be called beside other threads. */
void option_forget_environment(void);

/* The exit status of a usage error. */
enum { OPTION_EXIT_USAGE = 2 };

/* Prints "<command>: <message>" and a hint at --help to standard error, as one line; returns 2. */
int option_complain(const option_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* "12", "-3.5", "inf", "1e3": the whole text must be a number. */
bool option_number(const char *text, double *value);

/* A duration as in OPTION_KIND_DURATION; `unit` (seconds) is that of a bare number. */
bool option_duration(const char *text, double unit, double *seconds);

/* Of `count` names the one that is most like `name`; NULL when none is near. For "did you mean". */
const char *option_nearest(const char *name, const char *const *names, size_t count);

#endif
