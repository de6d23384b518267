#include <cjson/cJSON.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench.h"
#include "cli/ui/child.h"
#include "io/json.h"

enum { OUTPUT_MAX = 1 << 20 };

/* Runs `csilink run` and returns its standard output, NUL-terminated; the caller frees it. */
static char *read_all(int from)
{
    char *text = malloc(OUTPUT_MAX);
    size_t used = 0;
    while (text && used < OUTPUT_MAX - 1) {
        ssize_t n = read(from, text + used, OUTPUT_MAX - 1 - used);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break;
        used += (size_t)n;
    }
    if (text)
        text[used] = '\0';
    return text;
}

static char *run_link(err *e)
{
    char *arguments[] = {"csilink",  "run",    "--ues",      "8",           "--duration",
                         "10",       "--json", "--no-genie", "--transport", "ipc",
                         "--record", "none",   NULL};
    int ends[2], nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
    if (nowhere < 0 || pipe2(ends, O_CLOEXEC) != 0) {
        err_set(e, ERR_IO, "no pipe: %m");
        close(nowhere);
        return NULL;
    }
    pid_t child = child_start(arguments, ends[1], nowhere, e);
    close(ends[1]); /* otherwise the child's output would never end */
    close(nowhere);
    char *text = child > 0 ? read_all(ends[0]) : NULL;
    close(ends[0]);
    int status = child > 0 ? child_wait(child, NULL, e) : ERR_IO;
    if (text && status == ERR_NONE)
        return text;
    free(text);
    err_set(e, ERR_IO, "`csilink run` failed; run it by hand to see why");
    return NULL;
}

static double number(const cJSON *object, const char *name)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(item) ? item->valuedouble : 0;
}

static void add_stage(bench *b, const char *name, const cJSON *stage)
{
    char title[BENCH_NAME_MAX];
    snprintf(title, sizeof title, "8 UEs, ipc, no genie: %.48s", name);
    bench_row *row = bench_add(b, "link", title, "report", NULL, 0, 1);
    row->median_us = number(stage, "p50");
    row->p99_us = number(stage, "p99");
}

/* latency_us of the summary: "total", and each of "stages". */
static int add_latency(bench *b, const char *text, err *e)
{
    cJSON *root = json_parse(NULL, text, strlen(text), NULL);
    const cJSON *latency = cJSON_GetObjectItemCaseSensitive(root, "latency_us");
    const cJSON *total = cJSON_GetObjectItemCaseSensitive(latency, "total");
    const cJSON *stages = cJSON_GetObjectItemCaseSensitive(latency, "stages");
    for (const cJSON *stage = stages ? stages->child : NULL; stage; stage = stage->next)
        add_stage(b, stage->string, stage);
    if (total)
        add_stage(b, "total", total);
    cJSON_Delete(root);
    return total ? 0 : err_set(e, ERR_FORMAT, "`csilink run --json` gave no latency_us.total");
}

void bench_link(bench *b)
{
    err e = {0};
    char *text = run_link(&e);
    if (!text || add_latency(b, text, &e) != 0)
        bench_fail(b, "link", &e);
    free(text);
}
