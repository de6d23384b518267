/* Prints a scenario as the file that describes it. */
#include "cell/keys.h"
#include "cell/scenario.h"

static void print_top(const scenario *s, FILE *out)
{
    if (s->about[0]) {
        fputs("about: ", out);
        cell_print_text(s->about, out);
        fputc('\n', out);
    }
    for (size_t i = 0; i < cell_key_count; i++)
        if (cell_keys[i].takers & CELL_IN_FILE)
            cell_key_print(&cell_keys[i], cell_key_value(&cell_keys[i], &s->cell), "", out);
}

/* A group without its own uplink setting follows changes for all, live ones included; if it were
 * printed, it would be the group's own. */
static void print_group(const cell_group *g, FILE *out)
{
    fprintf(out, "  - name: %s\n    count: %u\n", g->name, g->ues);
    for (size_t i = 0; i < cell_key_count; i++) {
        const cell_key *k = &cell_keys[i];
        bool follows = k->flags & CELL_ON_AIR && !g->own[cell_key_setting(k)];
        if (k->flags & CELL_BY_GROUP && k->takers & CELL_IN_FILE && !follows)
            cell_key_print(k, cell_key_group_value(k, &g->has), "    ", out);
    }
}

static void print_change(const scenario *s, const timeline_change *c, FILE *out)
{
    const char *name = setting_kinds[c->name].name;
    fprintf(out, "  - {at: %.17g, ", c->course.start_s);
    if (c->who.kind == TARGET_GROUP)
        fprintf(out, "group: %s, ", s->cell.group[c->who.index].name);
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
    fputs("groups:\n", out);
    for (size_t i = 0; i < s->cell.groups; i++)
        print_group(&s->cell.group[i], out);
    if (s->timeline.count + s->restarts > 0)
        fputs("timeline:\n", out);
    for (size_t i = 0; i < s->timeline.count; i++)
        print_change(s, &s->timeline.change[i], out);
    for (size_t i = 0; i < s->restarts; i++)
        fprintf(out, "  - {at: %.17g, restart: %s, down: %.17g}\n", s->restart[i].at_s,
                restart_process_names[s->restart[i].process], s->restart[i].down_s);
}
