#include "config.h"

double run_reports(const run_config *c)
{
    double reports = 0;
    for (size_t i = 0; i < c->cell->groups; i++) {
        const cell_group *g = &c->cell->group[i];
        for (uint32_t ue = g->first; ue - g->first < g->ues; ue++)
            reports += chain_schedule_reports(&c->group[i].schedule, ue);
    }
    return reports;
}
