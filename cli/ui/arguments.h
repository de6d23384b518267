/* arguments.h: the argument list of a child process, freed as one block. */
#ifndef CLI_UI_ARGUMENTS_H
#define CLI_UI_ARGUMENTS_H

#include <stddef.h>

enum { ARGUMENTS_MAX = 64, ARGUMENT_BYTES = 1024 };

/* Zero-initialise. The list points into `text`: the struct must not move. Too large for a stack. */
typedef struct arguments {
    char text[ARGUMENTS_MAX][ARGUMENT_BYTES];
    char *list[ARGUMENTS_MAX + 1]; /* as for execv */
    size_t count;
} arguments;

/* Adds an argument. Drops it after ARGUMENTS_MAX, and cuts it if it is too long. */
void arguments_add(arguments *a, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Adds the path of a program that is installed in this one's folder. */
void arguments_add_program(arguments *a, const char *program);

#endif
