#include "label.h"

#include <stdio.h>
#include <string.h>

/* A codec's name without its size. */
typedef struct parts_of_name {
    char family[EVAL_NAME_MAX], scenario[EVAL_NAME_MAX];
    char values[EVAL_NAME_MAX]; /* "values=64", or "" */
} parts_of_name;

/* Cuts ",values=N" out of a codec's arguments. */
static void take_values(char *name, char *values)
{
    char *at = strstr(name, ",values=");
    size_t length = at ? 1 + strcspn(at + 1, ",") : 0;
    values[0] = '\0';
    if (!at)
        return;
    snprintf(values, EVAL_NAME_MAX, "%.*s", (int)length - 1, at + 1);
    memmove(at, at + length, strlen(at + length) + 1);
}

/* Splits csilink-net-cr8-indoor into "csilink-net" and "indoor", and any other name into the whole
 * name and "". */
static parts_of_name take_apart(const char *whole)
{
    parts_of_name p;
    char name[EVAL_NAME_MAX];
    snprintf(name, sizeof name, "%s", whole);
    take_values(name, p.values);
    const char *at = strstr(name, "-cr");
    size_t digits = at ? strspn(at + 3, "0123456789") : 0;
    bool sized = digits > 0 && at[3 + digits] == '-';
    snprintf(p.family, sizeof p.family, "%.*s", sized ? (int)(at - name) : (int)sizeof name - 1,
             name);
    snprintf(p.scenario, sizeof p.scenario, "%s", sized ? at + 4 + digits : "");
    return p;
}

/* True if `differ` finds a difference between any curve and the first. */
static bool any_differ(const sweep *s, bool (*differ)(const eval_case *a, const eval_case *b))
{
    for (size_t i = 1; i < s->curves; i++)
        if (differ(s->curve[0], s->curve[i]))
            return true;
    return false;
}

static bool families_differ(const eval_case *a, const eval_case *b)
{
    return strcmp(take_apart(a->model->name).family, take_apart(b->model->name).family) != 0;
}

static bool precisions_differ(const eval_case *a, const eval_case *b)
{
    return strcmp(codec_info_of(a->model->encoder)->precision,
                  codec_info_of(b->model->encoder)->precision) != 0;
}

static bool sendings_differ(const eval_case *a, const eval_case *b)
{
    return strcmp(eval_case_sending(a), eval_case_sending(b)) != 0;
}

static bool losses_differ(const eval_case *a, const eval_case *b)
{
    return a->config.loss != b->config.loss;
}

/* The bits of a named uplink are known only to the uplink. */
static const char *law_name(const eval_case *c)
{
    static const char *const names[] = {"float", "float", "uniform", "mu-law", "Rice"};
    return eval_case_names_uplink(c) ? c->sending->uplink : names[c->sending->format.law];
}

bool sweep_law_has_formats(const sweep *s, const eval_case *c)
{
    for (size_t i = 0; i < s->curves; i++)
        if (strcmp(law_name(s->curve[i]), law_name(c)) == 0 && sendings_differ(s->curve[i], c))
            return true;
    return false;
}

void sweep_series(const eval_case *c, char series[UPLINK_SPEC_MAX])
{
    char copy[UPLINK_SPEC_MAX], *rest = copy, *kind, *word;
    const char *between = ":";
    snprintf(copy, sizeof copy, "%s", eval_case_sending(c));
    kind = strsep(&rest, ":");
    snprintf(series, UPLINK_SPEC_MAX, "%s", kind);
    while ((word = strsep(&rest, ","))) {
        size_t used = strlen(series);
        if (strncmp(word, "uses=", 5) == 0 || strncmp(word, "rate=", 5) == 0)
            continue;
        snprintf(series + used, UPLINK_SPEC_MAX - used, "%s%s", between, word);
        between = ",";
    }
}

bool sweep_series_has_sizes(const sweep *s, const eval_case *c)
{
    char own[UPLINK_SPEC_MAX], other[UPLINK_SPEC_MAX];
    sweep_series(c, own);
    for (size_t i = 0; i < s->curves; i++) {
        sweep_series(s->curve[i], other);
        if (strcmp(own, other) == 0 && sendings_differ(s->curve[i], c))
            return true;
    }
    return false;
}

void sweep_label_add(char label[FIGURE_LABEL_MAX], const char *text)
{
    size_t used = strlen(label);
    snprintf(label + used, FIGURE_LABEL_MAX - used, "%s%s", used ? ", " : "", text);
}

void sweep_label(const sweep *s, const eval_case *c, int parts, char label[FIGURE_LABEL_MAX])
{
    const codec_info *info = codec_info_of(c->model->encoder);
    const parts_of_name p = take_apart(c->model->name);
    char text[2 * EVAL_NAME_MAX], series[UPLINK_SPEC_MAX];
    const char *own = fading_scenario(c->channel->path);
    label[0] = '\0';
    bool foreign = !own || strcmp(p.scenario, own) != 0;
    if (foreign || any_differ(s, families_differ)) {
        snprintf(text, sizeof text, "%s%s%s", p.family, foreign && *p.scenario ? " " : "",
                 foreign ? p.scenario : "");
        sweep_label_add(label, text);
    }
    snprintf(text, sizeof text, "CR %u", codec_ratio(info));
    if (parts & SWEEP_CR) {
        sweep_label_add(label, text);
        if (*p.values)
            sweep_label_add(label, p.values);
    }
    sweep_label_add(label, c->channel->name);
    if (any_differ(s, precisions_differ))
        sweep_label_add(label, strncmp(info->precision, "int8", 4) == 0 ? "int8" : info->precision);
    if (parts & SWEEP_LAW)
        sweep_label_add(label, law_name(c));
    if ((parts & SWEEP_SENDING) && any_differ(s, sendings_differ))
        sweep_label_add(label, eval_case_sending(c));
    if (parts & SWEEP_SERIES) {
        sweep_series(c, series);
        sweep_label_add(label, series);
    }
    if (!(parts & SWEEP_OVER_LOSS) && any_differ(s, losses_differ)) {
        snprintf(text, sizeof text, "loss %g", c->config.loss);
        sweep_label_add(label, text);
    }
    if (c->cost.unfair)
        sweep_label_add(label, c->cost.unfair);
}

void sweep_style(const sweep *s, size_t number, figure_curve *to)
{
    size_t channel = 0, first = 0;
    while (first + s->set[channel]->count <= number)
        first += s->set[channel++]->count;
    to->group = channel;
    to->kind = number - first;
}
