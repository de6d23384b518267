/* The wanted tables of a list, their curves, and the verdicts on measured figures. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "reproduce.h"

bool reproduce_wants(const reproduce_options *o, const char *table)
{
    size_t length = strlen(table);
    for (const char *at = o->tables; at; at = strchr(at, ',') ? strchr(at, ',') + 1 : NULL)
        if (strncmp(at, table, length) == 0 && (!at[length] || at[length] == ','))
            return true;
    return !o->tables;
}

double reproduce_count_of(const reproduce *r, size_t table, unsigned row, reproduce_picture picture,
                          bool published)
{
    const reproduce_row *of = &r->list->tables[table].rows[row];
    const reproduce_result *result = &r->result[table][row];
    if (picture == REPRODUCE_OVER_PARAMETERS)
        return published ? of->parameters : result->parameters;
    return published ? of->macs : result->macs;
}

bool reproduce_has_picture(const reproduce *r, size_t table, reproduce_picture picture)
{
    const reproduce_table *t = &r->list->tables[table];
    bool several = t->snrs.snrs > 1;
    for (unsigned i = 0; i < t->rows_count; i++) {
        if (!t->rows[i].nmse_text)
            continue;
        if (picture == REPRODUCE_OVER_SNR
                ? several
                : !several && !isnan(reproduce_count_of(r, table, i, picture, true)))
            return true;
    }
    return false;
}

void reproduce_picture_name(const reproduce *r, size_t table, reproduce_picture picture,
                            char name[PATH_MAX])
{
    static const char *const endings[] = {"", "-parameters", "-operations"};
    snprintf(name, PATH_MAX, "%.*s-%s%s", PATH_MAX - 256, r->options->out,
             r->list->tables[table].name, endings[picture]);
}

bool reproduce_is_published(const reproduce_table *t, const reproduce_row *row)
{
    for (size_t k = 0; k < t->snrs.snrs; k++)
        if (!isnan(row->nmse_db[k]))
            return true;
    return false;
}

void reproduce_verdict_nmse(const reproduce_table *t, double published, double measured,
                            char text[REPRODUCE_VERDICT_MAX])
{
    double over = measured - published;
    if (isnan(over))
        snprintf(text, REPRODUCE_VERDICT_MAX, "%s", isnan(published) ? "" : "not measured");
    else if (fabs(over) <= t->nmse_within_db)
        snprintf(text, REPRODUCE_VERDICT_MAX, "holds");
    else
        snprintf(text, REPRODUCE_VERDICT_MAX, "%s by %.1f dB", over < 0 ? "better" : "worse",
                 fabs(over));
}

void reproduce_verdict_count(const reproduce_table *t, double published, double measured,
                             char text[REPRODUCE_VERDICT_MAX])
{
    double over = measured / published - 1;
    if (isnan(over))
        snprintf(text, REPRODUCE_VERDICT_MAX, "%s", isnan(published) ? "" : "not measured");
    else if (fabs(over) <= t->counts_within)
        snprintf(text, REPRODUCE_VERDICT_MAX, "holds");
    else
        snprintf(text, REPRODUCE_VERDICT_MAX, "differs by %+.1f %%", 100 * over);
}
