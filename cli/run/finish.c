#include "finish.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "io/file.h"
#include "io/json.h"
#include "parts.h"
#include "record/events.h"
#include "summary.h"
#include "unfinished.h"

/* Reads the head. A killed run or a user may have left anything in the file, so every value is
 * checked. */
typedef struct plan {
    size_t agents;
    uint64_t every;
    record_group group[CELL_GROUPS_MAX];
    size_t groups;
} plan;

static uint32_t number_of(const cJSON *object, const char *name)
{
    double value = json_get_number(object, name);
    return value >= 0 && value <= UINT32_MAX ? (uint32_t)value : 0;
}

static int read_plan(plan *p, const cJSON *head, err *e)
{
    const cJSON *group, *groups = cJSON_GetObjectItemCaseSensitive(head, "groups");
    *p = (plan){.agents = number_of(head, "agents"), .every = number_of(head, "every")};
    if (p->agents < 1 || p->agents > RUN_AGENTS_MAX)
        return err_set(e, ERR_FORMAT, "unfinished.json: \"agents\" must be from 1 to %d",
                       RUN_AGENTS_MAX);
    cJSON_ArrayForEach(group, groups)
    {
        const char *name = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(group, "name"));
        if (!name || strlen(name) >= CELL_NAME_MAX || p->groups == CELL_GROUPS_MAX)
            return err_set(e, ERR_FORMAT,
                           "unfinished.json: \"groups\" must be up to %d, with names",
                           CELL_GROUPS_MAX);
        p->group[p->groups++] = (record_group){.name = name,
                                               .first = number_of(group, "first_ue"),
                                               .ues = number_of(group, "ues"),
                                               .cr = number_of(group, "cr"),
                                               .bits = number_of(group, "bits")};
    }
    return ERR_NONE;
}

/* Removes the sockets of processes that were killed, and only from a folder with a name that
 * run_paths_create gives: the path comes from a file. */
static void remove_sockets(const cJSON *head)
{
    const char *folder = cJSON_GetStringValue(cJSON_GetObjectItemCaseSensitive(head, "sockets"));
    char path[PATH_MAX];
    size_t prefix = strlen(RUN_SOCKETS_PREFIX);
    if (!folder || strncmp(folder, RUN_SOCKETS_PREFIX, prefix) != 0 || strchr(folder + prefix, '/'))
        return;
    DIR *list = opendir(folder);
    for (struct dirent *d; list && (d = readdir(list)) != NULL;)
        if (d->d_type == DT_SOCK) {
            snprintf(path, sizeof path, "%s/%s", folder, d->d_name);
            unlink(path);
        }
    if (list)
        closedir(list);
    rmdir(folder);
}

static void write_end_event(const char *folder, const char *reason)
{
    char path[RUN_PATH_MAX + 32];
    record_events events;
    snprintf(path, sizeof path, "%.*s/events.jsonl", RUN_PATH_MAX - 1, folder);
    if (access(path, F_OK) != 0 || record_events_mend(path, NULL) != ERR_NONE ||
        record_events_open(&events, path, NULL) != ERR_NONE)
        return;
    cJSON *event = record_event("end");
    cJSON_AddStringToObject(event, "failure", reason);
    record_events_add(&events, event);
    record_events_close(&events);
}

/* Writes the missing files, if the folder is writable. */
static int write_files(const char *folder, const plan *p, const cJSON *head,
                       const chain_tally *tally, const run_ending *ending, run_recorded *recorded,
                       err *e)
{
    char path[RUN_PATH_MAX + 32];
    if (access(folder, W_OK) != 0)
        return err_set(e, ERR_IO, "cannot write to %s: %m", folder);
    record_merge merge = {.groups = p->group, .group_count = p->groups};
    if (recorded->wanted &&
        run_merge_parts(folder, p->agents, &merge, &recorded->reports, e) != ERR_NONE)
        return e->code;
    uint64_t due = recorded->wanted ? run_lines_due(tally, recorded->every) : 0;
    recorded->missing = due > recorded->reports ? due - recorded->reports : 0;
    char *text = run_summary_json(head, tally, recorded, ending);
    snprintf(path, sizeof path, "%.*s/summary.json", RUN_PATH_MAX - 1, folder);
    int status = text ? file_replace(path, text, strlen(text), e)
                      : err_set(e, ERR_NOMEM, "out of memory for %s", path);
    free(text);
    if (status != ERR_NONE)
        return status;
    write_end_event(folder, ending->reason);
    run_remove_accounts(folder);
    remove_sockets(head);
    return ERR_NONE;
}

static int finish(const char *folder, const unfinished *u, bool at_work, bool *finished,
                  cJSON **summary, err *e)
{
    plan p;
    err own = {0};
    run_ending ending = {.complete = false};
    if (read_plan(&p, u->head, e) != ERR_NONE)
        return e->code;
    chain_tally *tally = run_collect(folder, p.agents, NULL, e);
    if (!tally)
        return e->code;
    snprintf(ending.reason, sizeof ending.reason,
             at_work ? "it is still running" : "csilink run was killed");
    run_recorded recorded = {.wanted = p.every > 0, .every = p.every};
    *finished =
        !at_work && write_files(folder, &p, u->head, tally, &ending, &recorded, &own) == ERR_NONE;
    if (!*finished) {
        char *text = run_summary_json(u->head, tally, &recorded, &ending);
        *summary = text ? json_parse("the summary", text, strlen(text), NULL) : NULL;
        free(text);
        if (!at_work)
            log_warning("the record stays unfinished: %s", own.text);
    }
    chain_tally_free(tally);
    return *finished || *summary ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for a summary");
}

int run_finish(const char *folder, bool *at_work, cJSON **summary, err *e)
{
    unfinished u = {.lock = -1};
    bool finished = false;
    char path[RUN_PATH_MAX + 32];
    *at_work = false;
    *summary = NULL;
    if (strlen(folder) >= RUN_PATH_MAX)
        return ERR_NONE; /* not a run's folder */
    snprintf(path, sizeof path, "%.*s/summary.json", RUN_PATH_MAX - 1, folder);
    if (access(path, F_OK) == 0)
        return ERR_NONE;
    snprintf(path, sizeof path, "%.*s/unfinished.json", RUN_PATH_MAX - 1, folder);
    if (access(path, F_OK) != 0)
        return ERR_NONE;
    int status = unfinished_find(&u, folder, at_work, e);
    if (status == ERR_NONE)
        status = finish(folder, &u, *at_work, &finished, summary, e);
    unfinished_end(&u, finished);
    return status;
}
