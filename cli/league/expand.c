#include "expand.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"

enum { STEPS_MAX = 256 };

typedef struct expansion {
    const char *text; /* the whole template, for messages */
    const league_word *words;
    size_t count;
    league_specs *specs;
} expansion;

void league_specs_free(league_specs *specs)
{
    free(specs->item);
    *specs = (league_specs){0};
}

static int add_spec(const expansion *x, const char *spec, err *e)
{
    league_specs *s = x->specs;
    for (size_t i = 0; i < s->count; i++)
        if (strcmp(s->item[i], spec) == 0)
            return ERR_NONE;
    if (s->count == LEAGUE_SPECS_MAX)
        return err_set(e, ERR_INVALID, "'%.80s' stands for more than %d names", x->text,
                       LEAGUE_SPECS_MAX);
    if (!s->item && !(s->item = calloc(LEAGUE_SPECS_MAX, sizeof *s->item)))
        return err_set(e, ERR_NOMEM, "out of memory for a league's names");
    strcpy(s->item[s->count++], spec);
    return ERR_NONE;
}

static int expand_rest(const expansion *x, const char *before, const char *rest, err *e);

/* Appends all expansions of `rest` to `value`, the text so far. */
static int expand_with(const expansion *x, const char *before, const char *value, size_t length,
                       const char *rest, err *e)
{
    char spec[LEAGUE_SPEC_MAX];
    int n = snprintf(spec, sizeof spec, "%s%.*s", before, (int)length, value);
    if (n < 0 || (size_t)n >= sizeof spec)
        return err_set(e, ERR_INVALID, "'%.80s' stands for a name of more than %d characters",
                       x->text, LEAGUE_SPEC_MAX - 1);
    return expand_rest(x, spec, rest, e);
}

/* "1.25:0.25:8": the three numbers; false for anything else. */
static bool read_range(const char *at, size_t length, double value[3])
{
    char text[64];
    if (length >= sizeof text)
        return false;
    snprintf(text, sizeof text, "%.*s", (int)length, at);
    const char *rest = text_number_at(text, &value[0]);
    for (int i = 1; i < 3; i++)
        if (rest)
            rest = *rest == ':' ? text_number_at(rest + 1, &value[i]) : NULL;
    return rest && *rest == '\0';
}

static int expand_range(const expansion *x, const char *before, const double range[3],
                        const char *rest, err *e)
{
    double steps = floor((range[2] - range[0]) / range[1] + 1e-6);
    if (!(range[1] > 0) || !(steps >= 0 && steps < STEPS_MAX))
        return err_set(e, ERR_INVALID,
                       "'%.80s': the range %g:%g:%g is not LOW:STEP:HIGH with a STEP above 0 and "
                       "at most %d values",
                       x->text, range[0], range[1], range[2], STEPS_MAX);
    int rc = ERR_NONE;
    for (int i = 0; rc == ERR_NONE && i <= (int)steps; i++) {
        char value[32];
        int n = snprintf(value, sizeof value, "%.10g", range[0] + i * range[1]);
        rc = expand_with(x, before, value, (size_t)n, rest, e);
    }
    return rc;
}

/* The alternatives between two braces, `length` characters at `at`. */
static int expand_alternatives(const expansion *x, const char *before, const char *at,
                               size_t length, const char *rest, err *e)
{
    int rc = ERR_NONE;
    for (const char *end = at + length; rc == ERR_NONE;) {
        const char *bar = memchr(at, '|', (size_t)(end - at));
        size_t own = (size_t)((bar ? bar : end) - at);
        double range[3];
        if (own == 0)
            return err_set(e, ERR_INVALID, "'%.80s' has an empty alternative in its braces",
                           x->text);
        rc = read_range(at, own, range) ? expand_range(x, before, range, rest, e)
                                        : expand_with(x, before, at, own, rest, e);
        if (!bar)
            break;
        at = bar + 1;
    }
    return rc;
}

/* Expands a single alternative. It must be a known word: a misspelt one would otherwise pass as a
 * name. */
static int expand_word(const expansion *x, const char *before, const char *at, size_t length,
                       const char *rest, err *e)
{
    char known[128] = "";
    for (size_t i = 0; i < x->count; i++) {
        const league_word *w = &x->words[i];
        size_t used = strlen(known);
        int rc = ERR_NONE;
        snprintf(known + used, sizeof known - used, "%s{%s}", i ? ", " : "", w->name);
        if (strlen(w->name) != length || memcmp(w->name, at, length) != 0)
            continue;
        for (size_t k = 0; rc == ERR_NONE && k < w->count; k++)
            rc = expand_with(x, before, w->value[k], strlen(w->value[k]), rest, e);
        return rc;
    }
    return err_set(e, ERR_INVALID,
                   "'%.80s': {%.*s} is unknown here; braces hold %s%salternatives {A|B} or a range "
                   "{LOW:STEP:HIGH}",
                   x->text, (int)(length < 40 ? length : 40), at, known, *known ? ", " : "");
}

static int expand_rest(const expansion *x, const char *before, const char *rest, err *e)
{
    size_t plain = strcspn(rest, "{}"), length;
    double range[3];
    if (rest[plain] == '\0') {
        char spec[LEAGUE_SPEC_MAX];
        int n = snprintf(spec, sizeof spec, "%s%s", before, rest);
        if (n >= 0 && (size_t)n < sizeof spec)
            return add_spec(x, spec, e);
        return err_set(e, ERR_INVALID, "'%.80s' stands for a name of more than %d characters",
                       x->text, LEAGUE_SPEC_MAX - 1);
    }
    if (plain > 0) /* the text before the braces is a common prefix */
        return expand_with(x, before, rest, plain, rest + plain, e);
    length = strcspn(rest + 1, "{}");
    if (rest[0] == '}' || rest[1 + length] != '}')
        return err_set(e, ERR_INVALID, "'%.80s' has an unmatched brace", x->text);
    if (!memchr(rest + 1, '|', length) && !read_range(rest + 1, length, range))
        return expand_word(x, before, rest + 1, length, rest + length + 2, e);
    return expand_alternatives(x, before, rest + 1, length, rest + length + 2, e);
}

int league_expand(const char *text, const league_word *words, size_t count, league_specs *specs,
                  err *e)
{
    const expansion x = {text, words, count, specs};
    return expand_rest(&x, "", text, e);
}

bool league_has_word(const char *text, const char *word)
{
    char braced[64];
    snprintf(braced, sizeof braced, "{%s}", word);
    return strstr(text, braced) != NULL;
}
