#include "parts.h"

#include <stdio.h>
#include <unistd.h>

const char *run_part_path(const char *folder, size_t agent, char path[RUN_PATH_MAX + 32])
{
    snprintf(path, RUN_PATH_MAX + 32, "%.*s/reports-%zu.part", RUN_PATH_MAX - 1, folder, agent);
    return path;
}

int run_merge_parts(const char *folder, size_t agents, record_merge *merge, uint64_t *reports,
                    err *e)
{
    char parts[RUN_AGENTS_MAX][RUN_PATH_MAX + 32], path[RUN_PATH_MAX + 32];
    const char *list[RUN_AGENTS_MAX];
    merge->parts = list;
    merge->count = 0;
    for (size_t i = 0; i < agents && i < RUN_AGENTS_MAX; i++)
        if (access(run_part_path(folder, i, parts[i]), F_OK) == 0)
            list[merge->count++] = parts[i];
    snprintf(path, sizeof path, "%.*s/reports.csv", RUN_PATH_MAX - 1, folder);
    int status = record_merge_parts(merge, path, reports, e);
    if (status != ERR_NONE)
        *reports = 0;
    for (size_t i = 0; status == ERR_NONE && i < merge->count; i++)
        unlink(list[i]);
    return status;
}

uint64_t run_lines_due(const chain_tally *tally, uint64_t every)
{
    uint64_t lines = 0;
    for (size_t i = 0; i < tally->ues; i++) {
        const chain_counts *c = &tally->ue[i].counts;
        lines += (c->sent - c->unknown + every - 1) / every;
    }
    return lines;
}
