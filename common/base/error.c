#include "base/error.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

void err_one_line(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        /* terminals obey U+0080 to U+009F as they do ASCII's control characters */
        bool second_set = c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f;
        if (second_set)
            *c++ = '?';
        if (second_set || *c < ' ' || *c == 0x7f)
            *c = '?';
    }
}

/* Messages quote text from outside (files, names, messages of peers), so it is cleaned here. */
int err_set(err *e, err_code code, const char *format, ...)
{
    if (e) {
        va_list args;
        va_start(args, format);
        e->code = code;
        vsnprintf(e->text, sizeof e->text, format, args);
        va_end(args);
        err_one_line(e->text);
    }
    return code;
}

int err_prefix(err *e, const char *format, ...)
{
    if (!e)
        return ERR_INVALID;
    char inner[ERR_TEXT_MAX];
    memcpy(inner, e->text, sizeof inner);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(e->text, sizeof e->text, format, args);
    va_end(args);
    bool room = n >= 0 && (size_t)n < sizeof e->text;
    if (room && snprintf(e->text + n, sizeof e->text - (size_t)n, ": %s", inner) < 0)
        e->text[n] = '\0';
    err_one_line(e->text);
    return e->code;
}

const char *err_name(int code)
{
    switch (code) {
#define ERR_CASE(name, value, text)                                                                \
    case value:                                                                                    \
        return text;
        ERR_CODES(ERR_CASE)
#undef ERR_CASE
    default:
        return "unknown error";
    }
}
