/* option.h: the command line of every csilink program, from one table.
 *
 *     static const option_spec specs[] = {
 *         OPTION_UINT("ues", &ues, 1, 10000, "N", "number of virtual UEs"),
 *         OPTION_DOUBLE("snr", &snr, -30, 100, "DB", "uplink SNR in dB, or inf"),
 *     };
 *     int status = option_parse(&command, argc, argv);
 *     if (status >= 0) return status;
 *
 * Options are --name VALUE or --name=VALUE; a flag is --name, or --name=no to undo a variable; of
 * an option given twice the last one holds. An option that is not on the command line is looked up
 * in the environment as CSILINK_<NAME> (upper case, '-' as '_'); an empty variable counts as unset,
 * and a flag's is yes or no (true, on, 1; false, off, 0). So the command line overrides the
 * environment, and both override a file that the program reads and the default. A mistyped name or
 * an impossible value prints one line that says what would be right, and the exit status is 2.
 * --help prints the table and the example, --help=man the same for a manual page (ui/manual.h),
 * --version the version. */
#ifndef UI_OPTION_H
#define UI_OPTION_H

#include "ui/option_spec.h"

/* Parses argv[1..]; operands (what is not an option) are moved to argv[1..*operand_count].
 * Returns -1 to continue, or the exit status: 0 after --help and the like, 2 after a usage
 * error. */
int option_parse(const option_command *command, int argc, char **argv, int *operand_count);

/* Removes the variables of options from the environment; CSILINK_MODELS and CSILINK_CPU, which are
 * not options, stay. For a program that starts others with its own choice of options: a variable
 * meant for it must not set an option of theirs. Values from option_parse stay valid. Not
 * thread-safe. */
void option_forget_environment(void);

/* The exit status of a usage error. */
enum { OPTION_EXIT_USAGE = 2 };

/* Prints "<command>: <message>" and a hint at --help to standard error, as one line; returns 2. */
int option_complain(const option_command *command, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
