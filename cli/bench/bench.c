#include "bench.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/cpu.h"
#include "cli/ui/command.h"
#include "cli/ui/output.h"
#include "nn/nn.h"
#include "ui/option.h"

static const char *const groups = "network|csi|channel|uci|zmq|link";

static bool wants(const bench *b, const char *group)
{
    return !b->only || strcmp(b->only, group) == 0;
}

static void date_now(char *text, size_t size)
{
    time_t now = time(NULL);
    struct tm utc;
    gmtime_r(&now, &utc);
    strftime(text, size, "%Y-%m-%dT%H:%M:%SZ", &utc);
}

static void print_table(const bench *b, const char *date, double peak)
{
    printf("%s, %s, %ld cores, %s\n", cpu_model_name(), cpu_level_name(cpu_level()),
           sysconf(_SC_NPROCESSORS_ONLN), date);
    printf("peak of one core, measured: %.0f GFLOP/s in single precision\n\n", peak);
    printf("%-8s %-48s %-11s %13s %13s %10s\n", "", "", "time per", "median µs", "p99 µs",
           "GFLOP/s"); /* µ is two bytes, one letter wide */
    for (size_t i = 0; i < b->rows; i++) {
        const bench_row *r = &b->row[i];
        printf("%-8s %-48s %-11s %12.2f %12.2f", r->group, r->name, r->unit, r->median_us,
               r->p99_us);
        if (r->gflops > 0)
            printf(" %10.1f", r->gflops);
        printf("\n");
    }
}

static void print_json(const bench *b, const char *date, double peak)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "cpu", cpu_model_name());
    cJSON_AddStringToObject(root, "isa", cpu_level_name(cpu_level()));
    cJSON_AddNumberToObject(root, "cores", (double)sysconf(_SC_NPROCESSORS_ONLN));
    cJSON_AddStringToObject(root, "date", date);
    cJSON_AddNumberToObject(root, "peak_gflops", peak);
    cJSON *rows = cJSON_AddArrayToObject(root, "rows");
    for (size_t i = 0; i < b->rows; i++) {
        const bench_row *r = &b->row[i];
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "group", r->group);
        cJSON_AddStringToObject(item, "name", r->name);
        cJSON_AddStringToObject(item, "per", r->unit);
        cJSON_AddNumberToObject(item, "median_us", r->median_us);
        cJSON_AddNumberToObject(item, "p99_us", r->p99_us);
        if (r->gflops > 0)
            cJSON_AddNumberToObject(item, "gflops", r->gflops);
        cJSON_AddItemToArray(rows, item);
    }
    output_json(root);
}

static void run_all(bench *b)
{
    err e = {0};
    if (wants(b, "zmq")) {
        bench_zmq *z = bench_zmq_start(&e);
        if (z)
            bench_zmq_run(b, z);
        else
            bench_fail(b, "ZeroMQ round trip", &e);
        bench_zmq_stop(z);
    }
    if (wants(b, "network"))
        bench_networks(b);
    if (wants(b, "csi"))
        bench_csi(b);
    if (wants(b, "channel"))
        bench_channels(b);
    if (wants(b, "uci"))
        bench_uci(b);
    if (wants(b, "link"))
        bench_link(b);
}

int command_bench(int argc, char **argv)
{
    static bench b = {.seconds = 0.5};
    bool json = false;
    if (argc > 1 && strcmp(argv[1], "train") == 0)
        return bench_train(argc - 1, argv + 1);
    const option_spec specs[] = {
        OPTION_CHOICE("only", &b.only, groups, "one group of measurements"),
        OPTION_STRING("encoder", &b.encoder, "FILE", "also time this network"),
        OPTION_STRING("decoder", &b.decoder, "FILE", "also time this network"),
        OPTION_DURATION("time", &b.seconds, 0.01, 60, "S", "time for each measurement"),
        OPTION_FLAG("json", &json, "print JSON"),
    };
    const option_command command = {
        .name = "csilink bench",
        .summary = "what each stage of the link costs on this machine",
        .example = "  csilink bench --only network\n  csilink bench --json > bench.json\n  "
                   "csilink bench train   (training speed; it has its own options)",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    char date[32];
    date_now(date, sizeof date);
    run_all(&b);
    (json ? print_json : print_table)(&b, date, nn_peak_gflops());
    return b.failed ? 1 : 0;
}
