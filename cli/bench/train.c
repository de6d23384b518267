/* csilink bench train: measures the speed of training. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/cpu.h"
#include "base/log.h"
#include "bench.h"
#include "cli/ui/output.h"
#include "train/architecture/architecture.h"
#include "train/trainer.h"
#include "ui/option.h"
#include "uplink/noise.h"

/* Draws a pool of samples before the measurement, large enough for all of it. */
enum { POOL = 4000, REUSE = 1000000, WARM_STEPS = 2, STEPS_MIN = 3 };

static const struct {
    const char *architecture;
    uint32_t cr;
    size_t batch;
} subjects[] = {{"cllwcsinet", 4, 200}, {"csilink-net", 8, 256}};
enum { SUBJECTS = sizeof subjects / sizeof subjects[0] };

typedef struct train_bench {
    uint64_t threads, batch; /* 0: as the subject has it */
    double seconds;
    const char *channel;
    struct {
        double samples_per_s, gflops, resident_mb;
        size_t batch;
        unsigned threads;
        bool done;
    } row[SUBJECTS];
} train_bench;

static double resident_mb(void)
{
    FILE *f = fopen("/proc/self/statm", "r");
    unsigned long pages = 0;
    if (f && fscanf(f, "%*u %lu", &pages) != 1)
        pages = 0;
    if (f)
        fclose(f);
    return (double)pages * (double)sysconf(_SC_PAGESIZE) * 1e-6;
}

static int64_t count_macs(const nn_model *model)
{
    nn_session *s = nn_session_open(model, 1, NULL);
    nn_step_info step;
    int64_t macs = 0;
    for (int i = 0; s && i < nn_session_steps(s); i++)
        if (nn_session_step(s, i, &step) == 0)
            macs += step.macs;
    nn_session_free(s);
    return macs;
}

/* The number of threads among which a batch can be divided. */
static unsigned threads_for(const train_bench *b, size_t batch)
{
    long cores = b->threads ? (long)b->threads : sysconf(_SC_NPROCESSORS_ONLN);
    while (cores > 1 && (batch % (size_t)cores != 0 || cores > TRAIN_THREADS_MAX))
        cores--;
    return cores > 1 ? (unsigned)cores : 1;
}

static train_config configure(const train_bench *b, size_t batch)
{
    unsigned threads = threads_for(b, batch);
    train_config c = {
        .feed = {.dims = CSI_DIMS_DEFAULT,
                 .layout = ONNX_DELAY_ANGLE,
                 .n_sources = 1,
                 .sources = {{.channel = b->channel, .weight = 1}},
                 .pool = POOL,
                 .reuse = REUSE,
                 .threads = threads,
                 .rotate = true,
                 .seed = 1},
        .objective = {.snr_min_db = -5,
                      .snr_max_db = 40,
                      .clean = 0.2,
                      .balance = 0.5,
                      .references = CSI_REFERENCES_DEFAULT,
                      .seed = 1},
        .threads = threads,
        .batch = batch,
        .chunk = 16,
        .samples = (uint64_t)POOL * REUSE,
        .learning_rate = 1e-3,
        .final_rate = 1e-5,
        .beta1 = 0.9,
        .beta2 = 0.999,
        .epsilon = 1e-8,
        .clip = 1,
        .ema = 0.999,
        .validate_every = (uint64_t)POOL * REUSE,
        .validation = 16,
        .statistics = 16,
        .checks = 1,
        .seed = 1,
    };
    return c;
}

/* Runs steps until the time is over. The result is the median step, as everywhere in csilink bench.
 */
static int measure(trainer *t, const train_config *c, double seconds, double *samples_per_s, err *e)
{
    static uint64_t times[BENCH_CALLS_MAX];
    size_t count = 0;
    int status = ERR_NONE;
    for (int i = 0; status == ERR_NONE && i < WARM_STEPS; i++)
        status = trainer_advance(t, c->batch, e);
    uint64_t start = clock_ns(), now = start;
    while (status == ERR_NONE && count < BENCH_CALLS_MAX &&
           (count < STEPS_MIN || (double)(now - start) < seconds * 1e9)) {
        uint64_t before = now;
        status = trainer_advance(t, c->batch, e);
        now = clock_ns();
        times[count++] = now - before;
    }
    bench scratch = {0};
    const bench_row *row =
        bench_add(&scratch, "train", "", "sample", times, count, (unsigned)c->batch);
    *samples_per_s = row->median_us > 0 ? 1e6 / row->median_us : 0;
    return status;
}

static int measure_subject(train_bench *b, size_t i, err *e)
{
    size_t batch = b->batch ? (size_t)b->batch : subjects[i].batch;
    train_config c = configure(b, batch);
    train_architecture_config a = {
        subjects[i].architecture, subjects[i].cr, c.feed.dims, c.feed.layout, 1, false};
    train_pair pair = {0};
    int status = train_architecture_build(&a, &pair, e);
    if (status != ERR_NONE)
        return status;
    int64_t macs = count_macs(pair.encoder) + count_macs(pair.decoder);
    trainer *t = trainer_open(&c, &pair, NULL, e);
    status = t ? measure(t, &c, b->seconds, &b->row[i].samples_per_s, e) : e->code;
    if (status == ERR_NONE) {
        /* Forward, and two products of the same size back: 3 x 2 operations for each MAC. */
        b->row[i].gflops = 6e-9 * (double)macs * b->row[i].samples_per_s;
        b->row[i].resident_mb = resident_mb();
        b->row[i].batch = batch;
        b->row[i].threads = c.threads;
        b->row[i].done = true;
    }
    trainer_free(t);
    train_pair_free(&pair);
    return status;
}

static void print_table(const train_bench *b)
{
    printf("%s, %s; noise on every codeword, samples drawn in advance\n\n", cpu_model_name(),
           cpu_level_name(cpu_level()));
    printf("%-12s %3s %6s %8s %10s %9s %12s\n", "training", "CR", "batch", "threads", "samples/s",
           "GFLOP/s", "resident MB");
    for (size_t i = 0; i < SUBJECTS; i++)
        if (b->row[i].done)
            printf("%-12s %3u %6zu %8u %10.0f %9.1f %12.0f\n", subjects[i].architecture,
                   subjects[i].cr, b->row[i].batch, b->row[i].threads, b->row[i].samples_per_s,
                   b->row[i].gflops, b->row[i].resident_mb);
}

static void print_json(const train_bench *b)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "cpu", cpu_model_name());
    cJSON_AddStringToObject(root, "isa", cpu_level_name(cpu_level()));
    cJSON *rows = cJSON_AddArrayToObject(root, "rows");
    for (size_t i = 0; i < SUBJECTS; i++) {
        if (!b->row[i].done)
            continue;
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "architecture", subjects[i].architecture);
        cJSON_AddNumberToObject(item, "cr", subjects[i].cr);
        cJSON_AddNumberToObject(item, "batch", (double)b->row[i].batch);
        cJSON_AddNumberToObject(item, "threads", b->row[i].threads);
        cJSON_AddNumberToObject(item, "samples_per_s", b->row[i].samples_per_s);
        cJSON_AddNumberToObject(item, "gflops", b->row[i].gflops);
        cJSON_AddNumberToObject(item, "resident_mb", b->row[i].resident_mb);
        cJSON_AddItemToArray(rows, item);
    }
    output_json(root);
}

int bench_train(int argc, char **argv)
{
    static train_bench b = {.seconds = 5, .channel = "rayleigh"};
    bool json = false;
    const option_spec specs[] = {
        OPTION_UINT("threads", &b.threads, 0, TRAIN_THREADS_MAX, "N", "0: one for each core"),
        OPTION_UINT("batch", &b.batch, 0, POOL, "N", "in place of 200 and 256; 0: those"),
        OPTION_STRING("channel", &b.channel, "NAME", "of the samples"),
        OPTION_DURATION("time", &b.seconds, 0.01, 600, "S", "time for each network"),
        OPTION_FLAG("json", &json, "print JSON"),
    };
    const option_command command = {
        .name = "csilink bench train",
        .summary = "how fast this machine trains: whole steps, noise layer and optimiser included",
        .example = "  csilink bench train --threads 1",
        .specs = specs,
        .count = sizeof specs / sizeof specs[0],
    };
    int status = option_parse(&command, argc, argv, NULL);
    if (status >= 0)
        return status;
    status = 0;
    for (size_t i = 0; i < SUBJECTS; i++) {
        err e = {0};
        if (measure_subject(&b, i, &e) != ERR_NONE) {
            log_error("%s CR %u: %s", subjects[i].architecture, subjects[i].cr, e.text);
            status = 1;
        }
    }
    (json ? print_json : print_table)(&b);
    return status;
}
