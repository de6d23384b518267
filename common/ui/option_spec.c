#include "ui/option_spec.h"

#include <ctype.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

void option_variable(const char *option, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, OPTION_VARIABLE_PREFIX "%s", option);
    for (size_t i = 0; i < n && i < size; i++)
        out[i] = out[i] == '-' ? '_' : (char)toupper((unsigned char)out[i]);
}

const char option_units[] = "A time has a unit: 500us, 20ms, 1.5s, 3m, 1h. Without one it is in "
                            "seconds where the option takes S, in milliseconds where it takes MS.";

bool option_takes_time(const option_spec *s)
{
    return s->kind == OPTION_KIND_DURATION ||
           (s->argument && (strcmp(s->argument, "MS") == 0 || strncmp(s->argument, "MS[", 3) == 0));
}

bool option_default(const option_spec *s, char *text, size_t size)
{
    int n = 0;
    if (s->check)
        return s->initial && snprintf(text, size, "%s", s->initial) > 0;
    switch (s->kind) {
    case OPTION_KIND_UINT:
        if ((double)*(uint64_t *)s->value <= s->max) /* larger values mean "not given" */
            n = snprintf(text, size, "%llu", (unsigned long long)*(uint64_t *)s->value);
        break;
    case OPTION_KIND_DOUBLE:
        if (!isnan(*(double *)s->value))
            n = snprintf(text, size, "%g", *(double *)s->value);
        break;
    case OPTION_KIND_DURATION:
        if (isnan(*(double *)s->value))
            break;
        if (*(double *)s->value < 1)
            n = snprintf(text, size, "%gms", *(double *)s->value * 1e3);
        else
            n = snprintf(text, size, "%gs", *(double *)s->value);
        break;
    case OPTION_KIND_STRING:
    case OPTION_KIND_CHOICE:
        if (*(const char **)s->value)
            n = snprintf(text, size, "%s", *(const char **)s->value);
        break;
    case OPTION_KIND_FLAG:
        break;
    }
    return n > 0;
}
