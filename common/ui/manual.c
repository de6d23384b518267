#include "ui/manual.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { NUMBER_BYTES = 32 };

/* A dash must stay one that can be copied; a dot or quote at the start of a line must not be a
 * request. */
void manual_text(const char *text)
{
    bool at_start = true;
    for (const char *c = text; *c; c++) {
        if (at_start && (*c == '.' || *c == '\''))
            fputs("\\&", stdout);
        if (*c == '\\')
            fputs("\\e", stdout);
        else if (*c == '-')
            fputs("\\-", stdout);
        else if (*c == '`')
            fputs("\\(ga", stdout);
        else if (*c == '\'')
            fputs("\\(aq", stdout);
        else
            putchar(*c);
        /* A usage such as analog[:FORMAT][,outage=DB] is one word, longer than a line: allow a
         * break before an optional argument. */
        if (*c == ']' && c[1] == '[')
            fputs("\\:", stdout);
        at_start = *c == '\n';
    }
}

void manual_page_name(const char *name)
{
    for (const char *c = name; *c; c++)
        fputs(*c == ' ' || *c == '-' ? "\\-" : (char[2]){*c, '\0'}, stdout);
}

void manual_name(const char *name, const char *summary)
{
    printf(".SH NAME\n");
    manual_page_name(name);
    printf(" \\- ");
    manual_text(summary);
    printf("\n.SH SYNOPSIS\n.B ");
    manual_text(name);
    printf("\n");
}

void manual_example(const char *lines)
{
    printf(".SH EXAMPLES\n.EX\n");
    manual_text(lines);
    printf("\n.EE\n");
}

/* "2 s", "0.5", "inf"; durations in the most readable unit. */
static const char *bound(const option_spec *s, double value, char text[NUMBER_BYTES])
{
    bool time = s->kind == OPTION_KIND_DURATION;
    if (time && value != 0 && value < 1)
        snprintf(text, NUMBER_BYTES, "%g ms", value * 1e3);
    else
        snprintf(text, NUMBER_BYTES, "%.15g%s", value, time ? " s" : "");
    return text;
}

static void print_range(const option_spec *s)
{
    char low[NUMBER_BYTES], high[NUMBER_BYTES];
    if (s->kind != OPTION_KIND_UINT && s->kind != OPTION_KIND_DOUBLE &&
        s->kind != OPTION_KIND_DURATION)
        return;
    printf("\nFrom ");
    manual_text(bound(s, s->min, low));
    printf(" to ");
    manual_text(bound(s, s->max, high));
    printf(".");
}

/* The number of cores on the machine that builds the page is not a default for the reader. */
static bool counts_cores(const option_spec *s)
{
    return !s->check && s->kind == OPTION_KIND_UINT && *(uint64_t *)s->value > 0 &&
           (strcmp(s->name, "workers") == 0 || strcmp(s->name, "threads") == 0);
}

static void print_default(const option_spec *s)
{
    char text[OPTION_DEFAULT_MAX];
    if (counts_cores(s))
        printf("\nDefault: one for each core.");
    else if (option_default(s, text, sizeof text)) {
        printf("\nDefault: ");
        manual_text(text);
        printf(".");
    }
}

static void print_option(const option_spec *s)
{
    char variable[OPTION_VARIABLE_MAX];
    option_variable(s->name, variable, sizeof variable);
    printf(".TP\n\\fB\\-\\-");
    manual_text(s->name);
    printf("\\fR");
    const char *argument = s->kind == OPTION_KIND_CHOICE ? s->choices : s->argument;
    if (argument) {
        printf(" \\fI");
        manual_text(argument);
        printf("\\fR");
    }
    printf("\n");
    manual_text(s->help);
    printf("%s", strchr(".!?:", s->help[strlen(s->help) - 1]) ? "" : ".");
    print_range(s);
    print_default(s);
    printf("\nVariable: \\fB%s\\fR.\n", variable);
}

void manual_command(const option_command *c)
{
    manual_name(c->name, c->summary);
    if (c->count)
        printf("[\\fIoptions\\fR]\n");
    if (c->operands) {
        manual_text(c->operands);
        printf("\n");
    }
    if (c->count)
        printf(".SH OPTIONS\n");
    for (size_t i = 0; i < c->count; i++)
        print_option(&c->specs[i]);
    for (size_t i = 0; i < c->count; i++)
        if (option_takes_time(&c->specs[i])) {
            printf(".PP\n");
            manual_text(option_units);
            printf("\n");
            break;
        }
    if (c->example)
        manual_example(c->example);
}
