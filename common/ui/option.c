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
#include "base/version.h"
#include "ui/manual.h"

#define VARIABLE_PREFIX "CSILINK_"

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

bool option_number(const char *text, double *value)
{
    char *end;
    if (!*text || isspace((unsigned char)*text))
        return false;
    *value = strtod(text, &end);
    return *end == '\0' && !isnan(*value);
}

bool option_duration(const char *text, double unit, double *seconds)
{
    static const struct {
        const char *suffix;
        double seconds;
    } units[] = {{"ns", 1e-9}, {"us", 1e-6}, {"ms", 1e-3}, {"s", 1}, {"m", 60}, {"h", 3600}};
    char *end;
    double v = strtod(text, &end);
    if (end == text || !isfinite(v) || isspace((unsigned char)*text))
        return false;
    if (*end == '\0') {
        *seconds = v * unit;
        return true;
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(end, units[i].suffix) == 0) {
            *seconds = v * units[i].seconds;
            return true;
        }
    }
    return false;
}

/* Levenshtein distance, for names shorter than NAME_MAX_BYTES. */
static size_t edit_distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_BYTES + 1], la = strlen(a), lb = strlen(b);
    if (la >= NAME_MAX_BYTES || lb >= NAME_MAX_BYTES)
        return NAME_MAX_BYTES;
    for (size_t j = 0; j <= lb; j++)
        row[j] = j;
    for (size_t i = 1; i <= la; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= lb; j++) {
            size_t above = row[j], best = diagonal + (a[i - 1] != b[j - 1]);
            best = above + 1 < best ? above + 1 : best;
            best = row[j - 1] + 1 < best ? row[j - 1] + 1 : best;
            diagonal = above;
            row[j] = best;
        }
    }
    return row[lb];
}

const char *option_nearest(const char *name, const char *const *names, size_t count)
{
    const char *best = NULL;
    size_t best_distance = strlen(name) / 3 + 2;
    for (size_t i = 0; i < count; i++) {
        size_t d = edit_distance(name, names[i]);
        if (d < best_distance) {
            best_distance = d;
            best = names[i];
        }
    }
    return best;
}

static const option_spec *find_spec(const option_command *c, const char *name)
{
    for (size_t i = 0; i < c->count; i++)
        if (strcmp(c->specs[i].name, name) == 0)
            return &c->specs[i];
    return NULL;
}

static int complain_unknown(const option_command *c, const char *name)
{
    const char *names[SEEN_MAX];
    size_t n = c->count < SEEN_MAX ? c->count : SEEN_MAX;
    for (size_t i = 0; i < n; i++)
        names[i] = c->specs[i].name;
    const char *nearest = option_nearest(name, names, n);
    if (nearest)
        return option_complain(c, "there is no option --%s; did you mean --%s?", name, nearest);
    return option_complain(c, "there is no option --%s", name);
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
    char *end;
    unsigned long long v = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)*text) || *end || (double)v < s->min || (double)v > s->max)
        return option_complain(c, "%s takes a whole number from %.0f to %.0f, not '%s'", source,
                               s->min, s->max, text);
    *(uint64_t *)s->value = v;
    return -1;
}

static int set_double(const option_command *c, const option_spec *s, const char *source,
                      const char *text)
{
    double v;
    if (!option_number(text, &v) || v < s->min || v > s->max)
        return option_complain(c, "%s takes a number from %g to %g, not '%s'", source, s->min,
                               s->max, text);
    *(double *)s->value = v;
    return -1;
}

static int set_duration(const option_command *c, const option_spec *s, const char *source,
                        const char *text)
{
    double v, unit = s->argument && strcmp(s->argument, "MS") == 0 ? 1e-3 : 1;
    if (!option_duration(text, unit, &v) || v < s->min || v > s->max)
        return option_complain(c,
                               "%s takes a time from %g s to %g s, such as 2ms or 1.5s, not '%s'",
                               source, s->min, s->max, text);
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

void option_variable(const char *option, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, VARIABLE_PREFIX "%s", option);
    for (size_t i = 0; i < n && i < size; i++)
        out[i] = out[i] == '-' ? '_' : (char)toupper((unsigned char)out[i]);
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

/* What is set in the environment and is no option. */
static bool is_kept(const char *variable)
{
    static const char *const kept[] = {VARIABLE_PREFIX "MODELS=", VARIABLE_PREFIX "CPU="};
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
        bool drop = strncmp(*v, VARIABLE_PREFIX, strlen(VARIABLE_PREFIX)) == 0 &&
                    length < sizeof name && !is_kept(*v);
        snprintf(name, sizeof name, "%.*s", (int)length, *v);
        if (drop && unsetenv(name) == 0)
            v = environ; /* what comes after has moved */
        else
            v++;
    }
}

bool option_default(const option_spec *s, char *text, size_t size)
{
    int n = 0;
    if (s->check)
        return s->initial && snprintf(text, size, "%s", s->initial) > 0;
    switch (s->kind) {
    case OPTION_KIND_UINT:
        if ((double)*(uint64_t *)s->value <= s->max) /* else it stands for "not given" */
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

/* Shows how a name becomes a variable's by one that has a dash, if there is one. */
static void print_heading(const option_command *c)
{
    const char *name = c->specs[0].name;
    char variable[OPTION_VARIABLE_MAX];
    for (size_t i = 0; i < c->count && !strchr(name, '-'); i++)
        if (strchr(c->specs[i].name, '-'))
            name = c->specs[i].name;
    option_variable(name, variable, sizeof variable);
    printf("\noptions (each is also a variable of the environment, --%s is %s):\n", name, variable);
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
    if (c->example)
        printf("\nexample:\n%s\n", c->example);
    return 0;
}

/* Takes argv[*i], an option; moves *i past its value. */
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
    return text[0] == '-' && text[1] && !option_number(text, &number);
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
            return option_complain(c, "'%s' is one argument too many", argv[i]);
        } else {
            argv[1 + operands++] = argv[i];
        }
    }
    if (operands < c->operands_min)
        return option_complain(c, "it needs %s", c->operands ? c->operands : "an argument");
    if (operand_count)
        *operand_count = operands;
    return set_from_environment(c, seen);
}
