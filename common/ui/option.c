#include "ui/option.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "base/version.h"
#include "ui/manual.h"

enum { NAME_MAX_BYTES = 64, SEEN_MAX = 128 };

int option_complain(const option_command *command, const char *format, ...)
{
    char text[512];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    err_one_line(text);
    fprintf(stderr, "%s: %s (see %s --help)\n", command->name, text, command->name);
    return OPTION_EXIT_USAGE;
}

static const option_spec *find_spec(const option_command *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->specs[i].name, name) == 0)
            return &c->specs[i];
    return NULL;
}

/* Common names of an option in scripts and papers of the field; NULL for other words. */
static const char *usual_word(const char *name)
{
    static const struct {
        const char *word, *option;
    } usual[] = {{"noise", "snr"},        {"antennas", "nt"},         {"tx", "nt"},
                 {"scenario", "channel"}, {"environment", "channel"}, {"frequency", "carrier"},
                 {"fc", "carrier"},       {"velocity", "speed"},      {"doppler", "speed"},
                 {"subcarriers", "nc"},   {"users", "ues"},           {"time", "duration"},
                 {"seconds", "duration"}, {"reduction", "cr"},        {"compression", "cr"},
                 {"dataset", "data"},     {"data-dir", "data"},       {"output", "out"},
                 {"latency", "delay"},    {"interval", "period"}};
    for (size_t i = 0; i < sizeof usual / sizeof usual[0]; i++)
        if (strcasecmp(name, usual[i].word) == 0)
            return usual[i].option;
    return NULL;
}

static int complain_unknown(const option_command *c, const char *name)
{
    const char *names[SEEN_MAX], *usual = usual_word(name);
    if (usual && find_spec(c, usual))
        return option_complain(c, "unknown option --%s; did you mean --%s?", name, usual);
    size_t n = c->count < SEEN_MAX ? c->count : SEEN_MAX;
    for (size_t i = 0; i < n; i++)
        names[i] = c->specs[i].name;
    const char *nearest = text_nearest(name, names, n);
    if (nearest)
        return option_complain(c, "unknown option --%s; did you mean --%s?", name, nearest);
    return option_complain(c, "unknown option --%s", name);
}

static bool is_choice(const char *choices, const char *text)
{
    size_t length = strlen(text);
    for (const char *p = choices; p;) {
        const char *bar = strchr(p, '|');
        size_t n = bar ? (size_t)(bar - p) : strlen(p);
        if (n == length && strncmp(p, text, n) == 0)
            return true;
        p = bar ? bar + 1 : NULL;
    }
    return false;
}

static int set_uint(const option_command *c, const option_spec *s, const char *source,
                    const char *text)
{
    uint64_t v;
    if (!text_whole(text, 0, UINT64_MAX, &v) || (double)v < s->min || (double)v > s->max)
        return option_complain(c, "%s takes a whole number from %.0f to %.0f, not '%s'", source,
                               s->min, s->max, text);
    *(uint64_t *)s->value = v;
    return -1;
}

static int set_double(const option_command *c, const option_spec *s, const char *source,
                      const char *text)
{
    double v;
    if (!text_number(text, &v) || v < s->min || v > s->max)
        return option_complain(c, "%s takes a number from %g to %g, not '%s'", source, s->min,
                               s->max, text);
    *(double *)s->value = v;
    return -1;
}

static int set_duration(const option_command *c, const option_spec *s, const char *source,
                        const char *text)
{
    double v, unit = s->argument && strcmp(s->argument, "MS") == 0 ? 1e-3 : 1;
    if (!text_duration(text, unit, &v) || v < s->min || v > s->max)
        return option_complain(c,
                               "%s takes a time from %g s to %g s, such as 2ms or 1.5s (a plain "
                               "number is in %s), not '%s'",
                               source, s->min, s->max, unit < 1 ? "ms" : "s", text);
    *(double *)s->value = v;
    return -1;
}

static bool is_one_of(const char *text, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (strcasecmp(text, words[i]) == 0)
            return true;
    return false;
}

static int set_flag(const option_command *c, const option_spec *s, const char *source,
                    const char *text)
{
    static const char *const on[] = {"yes", "true", "on", "1"};
    static const char *const off[] = {"no", "false", "off", "0"};
    bool is_on = is_one_of(text, on, sizeof on / sizeof on[0]);
    if (!is_on && !is_one_of(text, off, sizeof off / sizeof off[0]))
        return option_complain(c, "%s takes yes or no, not '%s'", source, text);
    *(bool *)s->value = is_on;
    return -1;
}

static int set_checked(const option_command *c, const option_spec *s, const char *source,
                       const char *text)
{
    err e = {0};
    if (s->check(s, source, text, &e) != ERR_NONE)
        return option_complain(c, "%s", e.text);
    *(const char **)s->value = text;
    return -1;
}

static int set_value(const option_command *c, const option_spec *s, const char *source,
                     const char *text)
{
    if (s->check)
        return set_checked(c, s, source, text);
    switch (s->kind) {
    case OPTION_KIND_FLAG:
        return set_flag(c, s, source, text);
    case OPTION_KIND_UINT:
        return set_uint(c, s, source, text);
    case OPTION_KIND_DOUBLE:
        return set_double(c, s, source, text);
    case OPTION_KIND_DURATION:
        return set_duration(c, s, source, text);
    case OPTION_KIND_CHOICE:
        if (!is_choice(s->choices, text))
            return option_complain(c, "%s takes one of %s, not '%s'", source, s->choices, text);
        *(const char **)s->value = text;
        return -1;
    case OPTION_KIND_STRING:
        if (!*text)
            return option_complain(c, "%s needs a value", source);
        *(const char **)s->value = text;
        return -1;
    }
    return -1;
}

static int set_from_environment(const option_command *c, const bool *seen)
{
    for (size_t i = 0; i < c->count; i++) {
        char name[OPTION_VARIABLE_MAX];
        option_variable(c->specs[i].name, name, sizeof name);
        const char *text = getenv(name);
        if (seen[i] || !text || !*text)
            continue;
        int status = set_value(c, &c->specs[i], name, text);
        if (status >= 0)
            return status;
    }
    return -1;
}

/* Whether a variable in the environment is not an option. */
static bool is_kept(const char *variable)
{
    static const char *const kept[] = {OPTION_VARIABLE_PREFIX "MODELS=",
                                       OPTION_VARIABLE_PREFIX "CPU="};
    for (size_t i = 0; i < sizeof kept / sizeof kept[0]; i++)
        if (strncmp(variable, kept[i], strlen(kept[i])) == 0)
            return true;
    return false;
}

void option_forget_environment(void)
{
    for (char **v = environ; v && *v;) {
        char name[OPTION_VARIABLE_MAX];
        size_t length = strcspn(*v, "=");
        bool drop = strncmp(*v, OPTION_VARIABLE_PREFIX, strlen(OPTION_VARIABLE_PREFIX)) == 0 &&
                    length < sizeof name && !is_kept(*v);
        snprintf(name, sizeof name, "%.*s", (int)length, *v);
        if (drop && unsetenv(name) == 0)
            v = environ; /* later variables have moved */
        else
            v++;
    }
}

/* Shows how a name becomes a variable's by an example with a dash, if there is one. */
static void print_heading(const option_command *c)
{
    const char *name = c->specs[0].name;
    char variable[OPTION_VARIABLE_MAX];
    for (size_t i = 0; i < c->count && !strchr(name, '-'); i++)
        if (strchr(c->specs[i].name, '-'))
            name = c->specs[i].name;
    option_variable(name, variable, sizeof variable);
    printf("\noptions (each is also an environment variable, --%s is %s):\n", name, variable);
}

/* The rule for times in options, where a command has such an option. */
static void print_units(const option_command *c)
{
    for (size_t i = 0; i < c->count; i++)
        if (option_takes_time(&c->specs[i])) {
            printf("\n%s\n", option_units);
            return;
        }
}

static int print_help(const option_command *c)
{
    printf("%s: %s\n\nusage: %s%s%s%s\n", c->name, c->summary, c->name,
           c->count ? " [options]" : "", c->operands ? " " : "", c->operands ? c->operands : "");
    if (c->count)
        print_heading(c);
    for (size_t i = 0; i < c->count; i++) {
        const option_spec *s = &c->specs[i];
        char left[NAME_MAX_BYTES];
        const char *argument = s->kind == OPTION_KIND_CHOICE ? s->choices : s->argument;
        snprintf(left, sizeof left, "--%s%s%s", s->name, argument ? " " : "",
                 argument ? argument : "");
        char value[OPTION_DEFAULT_MAX];
        if (option_default(s, value, sizeof value))
            printf("  %-28s %s [%s]\n", left, s->help, value);
        else
            printf("  %-28s %s\n", left, s->help);
    }
    print_units(c);
    if (c->example)
        printf("\nexample:\n%s\n", c->example);
    return 0;
}

/* Reads argv[*i], an option; advances *i past its value. */
static int take_option(const option_command *c, int argc, char **argv, int *i, bool *seen)
{
    char name[NAME_MAX_BYTES];
    const char *text = argv[*i] + 2, *equals = strchr(text, '=');
    snprintf(name, sizeof name, "%.*s", (int)(equals ? (size_t)(equals - text) : strlen(text)),
             text);
    const option_spec *s = find_spec(c, name);
    if (!s)
        return complain_unknown(c, name);
    char source[NAME_MAX_BYTES + 2];
    snprintf(source, sizeof source, "--%s", name);
    const char *value = equals ? equals + 1 : NULL;
    if (s->kind == OPTION_KIND_FLAG && !value) {
        value = "yes";
    } else if (!value) {
        if (*i + 1 >= argc)
            return option_complain(c, "%s needs a value", source);
        value = argv[++*i];
    }
    seen[s - c->specs] = true;
    return set_value(c, s, source, value);
}

/* "-snr", where "--snr" was meant; a negative number is an operand. */
static bool has_one_dash(const char *text)
{
    double number;
    return text[0] == '-' && text[1] && !text_number(text, &number);
}

int option_parse(const option_command *c, int argc, char **argv, int *operand_count)
{
    bool seen[SEEN_MAX] = {false}, only_operands = false;
    int operands = 0;
    for (int i = 1; i < argc; i++) {
        if (!only_operands && strcmp(argv[i], "--") == 0) {
            only_operands = true;
        } else if (!only_operands && (!strcmp(argv[i], "--help") || !strcmp(argv[i], "-h"))) {
            return print_help(c);
        } else if (!only_operands && strcmp(argv[i], "--help=man") == 0) {
            manual_command(c);
            return 0;
        } else if (!only_operands && strcmp(argv[i], "--version") == 0) {
            printf("%s %s\n", c->name, csilink_version());
            return 0;
        } else if (!only_operands && strncmp(argv[i], "--", 2) == 0) {
            int status = take_option(c, argc, argv, &i, seen);
            if (status >= 0)
                return status;
        } else if (!only_operands && has_one_dash(argv[i])) {
            return option_complain(c, "'%s': options begin with two dashes", argv[i]);
        } else if (operands == c->operands_max) {
            return option_complain(c, "unexpected argument '%s'", argv[i]);
        } else {
            argv[1 + operands++] = argv[i];
        }
    }
    if (operands < c->operands_min)
        return option_complain(c, "missing %s", c->operands ? c->operands : "an argument");
    if (operand_count)
        *operand_count = operands;
    return set_from_environment(c, seen);
}
