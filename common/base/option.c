#include "base/option.h"

#include <ctype.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

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

static int set_value(const option_command *c, const option_spec *s, const char *source,
                     const char *text)
{
    switch (s->kind) {
    case OPTION_KIND_FLAG:
        *(bool *)s->value = true;
        return -1;
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

static void variable_name(const char *option, char *out, size_t size)
{
    size_t n = (size_t)snprintf(out, size, "CSILINK_%s", option);
    for (size_t i = 0; i < n && i < size; i++)
        out[i] = out[i] == '-' ? '_' : (char)toupper((unsigned char)out[i]);
}

/* A flag in the environment is on for anything but "", "0", "no" and "false". */
static bool flag_text_is_off(const char *text)
{
    return !*text || strcmp(text, "0") == 0 || strcmp(text, "no") == 0 ||
           strcmp(text, "false") == 0;
}

static int set_from_environment(const option_command *c, const bool *seen)
{
    for (size_t i = 0; i < c->count; i++) {
        char name[NAME_MAX_BYTES + 16];
        variable_name(c->specs[i].name, name, sizeof name);
        const char *text = getenv(name);
        if (seen[i] || !text || !*text)
            continue;
        if (c->specs[i].kind == OPTION_KIND_FLAG && flag_text_is_off(text))
            continue;
        int status = set_value(c, &c->specs[i], name, text);
        if (status >= 0)
            return status;
    }
    return -1;
}

static void print_default(const option_spec *s)
{
    switch (s->kind) {
    case OPTION_KIND_UINT:
        if ((double)*(uint64_t *)s->value <= s->max) /* else it stands for "not given" */
            printf(" [%llu]", (unsigned long long)*(uint64_t *)s->value);
        break;
    case OPTION_KIND_DOUBLE:
        if (!isnan(*(double *)s->value))
            printf(" [%g]", *(double *)s->value);
        break;
    case OPTION_KIND_DURATION:
        if (*(double *)s->value < 1)
            printf(" [%gms]", *(double *)s->value * 1e3);
        else
            printf(" [%gs]", *(double *)s->value);
        break;
    case OPTION_KIND_STRING:
    case OPTION_KIND_CHOICE:
        if (*(const char **)s->value)
            printf(" [%s]", *(const char **)s->value);
        break;
    case OPTION_KIND_FLAG:
        break;
    }
}

static int print_help(const option_command *c)
{
    printf("%s: %s\n\nusage: %s%s%s%s\n", c->name, c->summary, c->name,
           c->count ? " [options]" : "", c->operands ? " " : "", c->operands ? c->operands : "");
    if (c->count)
        printf("\noptions (each may also be set as CSILINK_<NAME> in the environment):\n");
    for (size_t i = 0; i < c->count; i++) {
        const option_spec *s = &c->specs[i];
        char left[NAME_MAX_BYTES];
        const char *argument = s->kind == OPTION_KIND_CHOICE ? s->choices : s->argument;
        snprintf(left, sizeof left, "--%s%s%s", s->name, argument ? " " : "",
                 argument ? argument : "");
        printf("  %-28s %s", left, s->help);
        print_default(s);
        printf("\n");
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
    if (s->kind == OPTION_KIND_FLAG && value)
        return option_complain(c, "%s takes no value", source);
    if (s->kind != OPTION_KIND_FLAG && !value) {
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
