#include "arguments.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

void arguments_add(arguments *a, const char *format, ...)
{
    if (a->count == ARGUMENTS_MAX)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(a->text[a->count], ARGUMENT_BYTES, format, args);
    va_end(args);
    a->list[a->count] = a->text[a->count];
    a->list[++a->count] = NULL;
}

void arguments_add_program(arguments *a, const char *program)
{
    char self[ARGUMENT_BYTES];
    ssize_t n = readlink("/proc/self/exe", self, sizeof self - 1);
    self[n > 0 ? n : 0] = '\0';
    char *slash = strrchr(self, '/');
    if (slash)
        *slash = '\0';
    arguments_add(a, "%.900s/%s", self, program);
}
