#include "quoted.h"

#include <math.h>

void put_quoted(FILE *to, const char *text)
{
    fputc('"', to);
    for (; *text; text++)
        fprintf(to, *text == '"' ? "\"%c" : "%c", *text);
    fputc('"', to);
}

void put_figure(FILE *to, double value)
{
    fputc(',', to);
    if (!isnan(value))
        fprintf(to, "%.17g", value);
}
