#include "data.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/text.h"
#include "cell/chain.h"
#include "cell/options.h"
#include "cli/ui/defaults.h"
#include "io/npy.h"
#include "ui/progress.h"

typedef struct generate_options {
    cell cell;           /* the channel, under `all`, and what it depends on */
    const char *channel; /* the cell's; NULL where none was given */
    const char *out, *split, *format;
    uint64_t samples, steps, nt, threads;
    double period_s;
    bool hf_all, names;
} generate_options;

static const cell_tweak tweaks[] = {{.key = "channel", .initial = ""}};

static const option_command command = {
    .name = "csilink data generate",
    .summary = "draws samples of a channel: HT [n x 2048] in [0,1], planes of angle x delay",
    .example = "  csilink data generate --channel cost2100-indoor --samples 100000 --out . "
               "--cost2100-names\n"
               "  csilink data generate --channel rayleigh:eva --speed 30 --samples 1000 "
               "--sequence 10 --period 5 --out moving.mat",
};

/* The shares of the parts; one part without --split. */
typedef struct shares {
    size_t count;
    double of[DATA_PARTS_MAX];
} shares;

static int parse_shares(const char *text, shares *s)
{
    double sum = 0;
    *s = (shares){0};
    for (const char *at = text;; at++) {
        char item[32];
        size_t length = strcspn(at, ",");
        double share;
        snprintf(item, sizeof item, "%.*s", (int)length, at);
        if (s->count == DATA_PARTS_MAX || length >= sizeof item || !text_number(item, &share) ||
            !(share > 0 && isfinite(share)))
            break;
        s->of[s->count++] = share;
        sum += share;
        at += length;
        if (!*at) {
            for (size_t i = 0; i < s->count; i++)
                s->of[i] /= sum;
            if (s->count > 1)
                return -1;
            break;
        }
    }
    return option_complain(&command,
                           "--split takes two or three shares (train, test; or train, val, test), "
                           "such as 0.7,0.2,0.1, not '%s'",
                           text);
}

static int check_names(const generate_options *o)
{
    struct stat st;
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): it is required */
    if (strncmp(o->channel, "cost2100-", 9) != 0)
        return option_complain(&command, "--cost2100-names is for cost2100-indoor and -outdoor");
    if (strcmp(o->format, "npy") == 0)
        return option_complain(&command, "--cost2100-names are names of .mat files");
    if (stat(o->out, &st) != 0 || !S_ISDIR(st.st_mode))
        return option_complain(
            &command, "--out: --cost2100-names needs a folder, and '%s' is not one", o->out);
    return -1;
}

/* True if a file's name has the ending of a format that csilink does not write. */
static bool is_other_format(const char *path)
{
    static const char *const others[] = {"csv", "txt", "json", "h5", "hdf5", "npz", "pt", "pkl"};
    const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');
    for (size_t i = 0; dot && i < sizeof others / sizeof others[0]; i++)
        if (strcasecmp(dot + 1, others[i]) == 0)
            return true;
    return false;
}

/* Without --format the file's name decides; with it, the two must agree. */
static int resolve_format(generate_options *o)
{
    bool npy = npy_is_named(o->out);
    if (is_other_format(o->out))
        return option_complain(&command, "--out %s: data sets are .mat or .npy files", o->out);
    if (!o->format)
        o->format = npy ? "npy" : "v5";
    if (npy != (strcmp(o->format, "npy") == 0))
        return option_complain(&command, "--out %s: its name contradicts --format %s", o->out,
                               o->format);
    return -1;
}

static int check_options(const generate_options *o)
{
    if (fading_is_file(o->channel))
        return option_complain(&command, "--channel: '%s' is a data set already", o->channel);
    if (o->steps > 1 && o->cell.all.speed_kmh == 0)
        return option_complain(&command,
                               "--sequence of UEs at rest repeats one channel: give --speed");
    if (o->samples * o->steps > UINT32_MAX)
        return option_complain(&command, "--samples times --sequence is more than %u", UINT32_MAX);
    if (o->hf_all && strcmp(o->format, "npy") == 0)
        return option_complain(&command, "--hf-all is for .mat files");
    return o->names ? check_names(o) : -1;
}

/* "a/b.mat" -> "a/b_train.mat", or the field's names. */
static int name_part(const generate_options *o, data_part *part, err *e)
{
    /* NOLINTNEXTLINE(clang-analyzer-core.NonNullParamChecker): it is required */
    const char *scenario = strstr(o->channel, "indoor") ? "in" : "out";
    const char *slash = strrchr(o->out, '/'), *dot = strrchr(slash ? slash : o->out, '.');
    const char *extension = strcmp(o->format, "npy") == 0 ? ".npy" : ".mat";
    size_t stem = dot && strcmp(dot, extension) == 0 ? (size_t)(dot - o->out) : strlen(o->out);
    size_t room = sizeof part->path - 32; /* for a temporary name */
    int n;
    if (o->names)
        n = snprintf(part->path, room, "%s/DATA_H%s%s.mat", o->out, part->name, scenario);
    else
        n = snprintf(part->path, room, "%.*s%s%s%s", (int)stem, o->out, *part->name ? "_" : "",
                     part->name, extension);
    if (n < 0 || (size_t)n >= room)
        return err_set(e, ERR_INVALID, "--out: the path '%.64s...' is too long", o->out);
    if (o->hf_all && !o->names)
        memcpy(part->hf_path, part->path, sizeof part->hf_path);
    if (o->hf_all && o->names && strcmp(part->name, "test") == 0)
        snprintf(part->hf_path, room, "%s/DATA_HtestF%s_all.mat", o->out, scenario);
    return ERR_NONE;
}

/* Cuts only between environments, so that no two parts share scatterers. */
static int plan_parts(const generate_options *o, const shares *s, data_job *job, err *e)
{
    static const char *const names[DATA_PARTS_MAX + 1][DATA_PARTS_MAX] = {
        {0}, {""}, {"train", "test"}, {"train", "val", "test"}};
    uint32_t shared = fading_environment_ues(job->generation.channel), begin = 0;
    double sum = 0;
    job->parts = s->count;
    for (size_t i = 0; i < s->count; i++) {
        sum += s->of[i];
        double cut = round(sum * (double)o->samples / shared) * shared;
        uint32_t end = i + 1 == s->count ? (uint32_t)o->samples : (uint32_t)cut;
        if (end <= begin || end > o->samples)
            return err_set(e, ERR_INVALID,
                           "--samples %llu are too few to split: a part needs at least %u UE%s",
                           (unsigned long long)o->samples, shared,
                           shared > 1 ? "s, which share an environment" : "");
        job->part[i] =
            (data_part){.name = names[s->count][i], .first_ue = begin, .ues = end - begin};
        if (name_part(o, &job->part[i], e) != ERR_NONE)
            return e->code;
        begin = end;
    }
    return ERR_NONE;
}

static void print_parts(const data_job *job, double seconds)
{
    const fading_generation *g = &job->generation;
    uint32_t shared = fading_environment_ues(g->channel);
    size_t rows = 0;
    for (size_t i = 0; i < job->parts; i++) {
        const data_part *p = &job->part[i];
        size_t n = (size_t)p->ues * g->steps;
        printf("%s: HT %zu x %u, UEs %u-%u", p->path, n, 2 * g->dims.nt * g->dims.ni, p->first_ue,
               p->first_ue + p->ues - 1);
        if (g->steps > 1)
            printf(", %u rows each, %g ms apart", g->steps, g->period_s * 1e3);
        if (shared > 1)
            printf(", environments %u-%u of %u UEs", p->first_ue / shared,
                   (p->first_ue + p->ues - 1) / shared, shared);
        printf("\n");
        if (p->hf_path[0])
            printf("%s: HF_all %zu x %u complex\n", p->hf_path, n, g->dims.nt * 125);
        rows += n;
    }
    char time[32];
    progress_duration(seconds, time, sizeof time);
    printf("%zu samples in %s, %.0f/s: %s\n", rows, time, (double)rows / seconds,
           fading_describe(g->channel));
}

static int generate(const generate_options *o, const shares *s, const fading_config *config, err *e)
{
    static data_job job;
    fading *channel = fading_open(o->channel, config, e);
    if (!channel)
        return err_prefix(e, "--channel");
    job.format = strcmp(o->format, "npy") == 0    ? DATA_NPY
                 : strcmp(o->format, "v7.3") == 0 ? DATA_V73
                                                  : DATA_V5;
    job.generation = (fading_generation){.channel = channel,
                                         .dims = config->dims,
                                         .threads = (unsigned)o->threads,
                                         .steps = (uint32_t)o->steps,
                                         .period_s = o->period_s};
    uint64_t start = clock_ns();
    int status = plan_parts(o, s, &job, e);
    if (status == ERR_NONE)
        status = data_job_check(&job, e);
    if (status == ERR_NONE)
        status = data_job_run(&job, e);
    if (status == ERR_NONE)
        print_parts(&job, (double)(clock_ns() - start) * 1e-9);
    fading_close(channel);
    return status;
}

static int run(const generate_options *o, const shares *s)
{
    err e = {0};
    csi_dims dims = cell_dims(&o->cell);
    dims.nt = dims.tp = (uint32_t)o->nt; /* no model determines it here */
    fading_config config = cell_fading(&o->cell, &o->cell.all, &dims);
    int status = generate(o, s, &config, &e);
    if (status == ERR_NONE)
        return 0;
    if (status == ERR_INVALID)
        return option_complain(&command, "%s", e.text);
    log_error("%s", e.text);
    return 1;
}

static const uint64_t not_given = UINT64_MAX; /* --samples; outside its range */

static int parse(generate_options *o, cell_options *keys, int argc, char **argv)
{
    const option_spec own[] = {
        OPTION_UINT("samples", &o->samples, 1, UINT32_MAX, "N",
                    "number of samples, each of its "
                    "own UE"),
        OPTION_STRING("out", &o->out, "FILE", "output file; with --cost2100-names a folder"),
        OPTION_STRING(
            "split", &o->split, "SHARES",
            "0.7,0.2,0.1: FILE_train, FILE_val, FILE_test, of other UEs and environments"),
        OPTION_FLAG("cost2100-names", &o->names,
                    "DATA_H{train,val,test}{in,out}.mat in --out, split 0.7,0.2,0.1 by default"),
        OPTION_UINT("sequence", &o->steps, 1, 1000000, "T", "consecutive samples of each UE"),
        OPTION_DURATION("period", &o->period_s, 1e-6, 3600, "MS", "time between them"),
        OPTION_UINT("nt", &o->nt, 1, CSI_NT_MAX, "N", "antennas of the base station"),
        OPTION_FLAG("hf-all", &o->hf_all,
                    "also write HF_all [n x nt*125], for rho (named: DATA_HtestF{in,out}_all.mat)"),
        OPTION_CHOICE("format", &o->format, "v5|v7.3|npy",
                      "format of the files [by the name of "
                      "--out]"),
        OPTION_UINT("threads", &o->threads, 1, FADING_THREADS_MAX, "N",
                    "the result does not "
                    "depend on it"),
    };
    option_spec specs[CELL_KEYS_MAX + sizeof own / sizeof own[0]];
    option_command whole = command;
    whole.count =
        cell_options_add(specs, cell_options_specs(keys, specs), own, sizeof own / sizeof own[0]);
    whole.specs = specs;
    return option_parse(&whole, argc, argv, NULL);
}

static int take_keys(generate_options *o, const cell_options *keys)
{
    err e = {0};
    cell_init(&o->cell);
    if (cell_options_apply(keys, &o->cell, &e) != ERR_NONE)
        return option_complain(&command, "%s", e.text);
    o->channel = cell_options_given(keys, "channel") ? o->cell.all.channel : NULL;
    if (!o->channel || !o->out || o->samples == not_given)
        return option_complain(&command, "it needs --channel, --samples and --out");
    return -1;
}

int data_generate(int argc, char **argv)
{
    static generate_options o; /* a cell is too large for a stack */
    static cell_options keys;
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    keys = (cell_options){
        .program = CELL_IN_DATA, .tweaks = tweaks, .tweak_count = sizeof tweaks / sizeof tweaks[0]};
    o = (generate_options){.samples = not_given,
                           .steps = 1,
                           .nt = CSI_DIMS_DEFAULT.nt,
                           .threads = cores > 0 ? (uint64_t)cores : 1,
                           .period_s = DEFAULT_PERIOD_S};
    shares s = {.count = 1, .of = {1}};
    int status = parse(&o, &keys, argc, argv);
    if (status < 0)
        status = take_keys(&o, &keys);
    if (status < 0)
        status = resolve_format(&o);
    if (status < 0)
        status = check_options(&o);
    if (status < 0 && (o.split || o.names))
        status = parse_shares(o.split ? o.split : "0.7,0.2,0.1", &s);
    return status < 0 ? run(&o, &s) : status;
}
