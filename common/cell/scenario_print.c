/* A scenario as the file that would give it. */
#include <math.h>
#include <string.h>

#include "cell/scenario.h"

/* Unicode's own line breaks (U+0085, U+2028, U+2029), which YAML would fold into a space: their
 * escape, and how many bytes they have; NULL for anything else. */
static const char *line_break(const char *c, size_t *bytes)
{
    static const char *const breaks[][2] = {
        {"\xc2\x85", "\\N"}, {"\xe2\x80\xa8", "\\L"}, {"\xe2\x80\xa9", "\\P"}};
    for (size_t i = 0; i < sizeof breaks / sizeof breaks[0]; i++) {
        *bytes = strlen(breaks[i][0]);
        if (strncmp(c, breaks[i][0], *bytes) == 0)
            return breaks[i][1];
    }
    return NULL;
}

/* Double quotes hold any text in YAML. */
static void print_text(const char *indent, const char *key, const char *text, FILE *out)
{
    fprintf(out, "%s%s: \"", indent, key);
    size_t bytes = 1;
    for (const char *c = text; *c; c += bytes) {
        const char *escape = line_break(c, &bytes);
        bytes = escape ? bytes : 1;
        if (escape)
            fputs(escape, out);
        else if (*c == '"' || *c == '\\')
            fprintf(out, "\\%c", *c);
        else if (*c == '\n' || *c == '\t')
            fputs(*c == '\n' ? "\\n" : "\\t", out);
        else
            fputc(*c, out);
    }
    fputs("\"\n", out);
}

static void print_ues(const char *indent, const scenario_ues *u, const bool *own, FILE *out)
{
    print_text(indent, "channel", u->channel, out);
    print_text(indent, "model", u->model, out);
    print_text(indent, "period", u->period, out);
    fprintf(out, "%sspeed: %.17g\n", indent, u->speed_kmh);
    if (u->precision[0])
        print_text(indent, "precision", u->precision, out);
    if (u->codeword[0])
        print_text(indent, "codeword", u->codeword, out);
    for (int i = 0; i < SETTINGS; i++)
        if (!own || own[i])
            fprintf(out, "%s%s: %.17g\n", indent, setting_kinds[i].name, u->uplink.value[i]);
}

static void print_top(const scenario *s, FILE *out)
{
    if (s->about[0])
        print_text("", "about", s->about, out);
    fprintf(out, "duration: %.17g\nseed: %llu\ntimeout: %.17g\n", s->duration_s,
            (unsigned long long)s->seed, s->timeout_s);
    fprintf(out, "dl-snr: %.17g\nestimation: %s\npilots: %s\n", s->dl_snr_db, s->estimation,
            s->pilots);
    fprintf(out, "carrier: %.17g\nbandwidth: %.17g\nnc: %llu\nreferences: %llu\ngenie: %s\n",
            s->carrier_hz, s->bandwidth_hz, (unsigned long long)s->nc,
            (unsigned long long)s->references, s->genie ? "yes" : "no");
}

static void print_measuring(const scenario *s, FILE *out)
{
    if (!isnan(s->warm_up_s))
        fprintf(out, "warm-up: %.17g\n", s->warm_up_s);
    if (isnan(s->use_after_s))
        fputs("use-after: measured\n", out);
    else
        fprintf(out, "use-after: %.17g\n", s->use_after_s);
    fprintf(out, "age-every: %llu\n", (unsigned long long)s->age_every);
}

static void print_change(const scenario *s, const timeline_change *c, FILE *out)
{
    const char *name = setting_kinds[c->name].name;
    fprintf(out, "  - {at: %.17g, ", c->course.start_s);
    if (c->who.kind == TARGET_GROUP)
        fprintf(out, "group: %s, ", s->group[c->who.index].name);
    if (c->who.kind == TARGET_UE)
        fprintf(out, "ue: %u, ", c->who.index);
    if (c->course.over_s > 0)
        fprintf(out, "ramp: {%s: [%.17g, %.17g], over: %.17g}}\n", name, c->course.from,
                c->course.to, c->course.over_s);
    else
        fprintf(out, "set: {%s: %.17g}}\n", name, c->course.to);
}

void scenario_print(const scenario *s, FILE *out)
{
    print_top(s, out);
    print_measuring(s, out);
    print_ues("", &s->all, NULL, out);
    fputs("groups:\n", out);
    for (size_t i = 0; i < s->groups; i++) {
        const scenario_group *g = &s->group[i];
        fprintf(out, "  - name: %s\n    count: %u\n", g->name, g->ues);
        print_ues("    ", &g->has, g->own, out);
    }
    if (s->timeline.count + s->restarts > 0)
        fputs("timeline:\n", out);
    for (size_t i = 0; i < s->timeline.count; i++)
        print_change(s, &s->timeline.change[i], out);
    for (size_t i = 0; i < s->restarts; i++)
        fprintf(out, "  - {at: %.17g, restart: %s, down: %.17g}\n", s->restart[i].at_s,
                restart_process_names[s->restart[i].process], s->restart[i].down_s);
}
