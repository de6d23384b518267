/* Writes data sets to files: from memory for .mat, whose columns need all samples at once, and
 * block by block for .npy. Files have temporary names until all are complete. */
#include "data.h"

#include <cblas.h>
#include <math.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "io/file.h"
#include "io/mat.h"
#include "io/npy.h"
#include "ui/program.h"
#include "ui/progress.h"

enum { BLOCK_BYTES = 32 << 20, HF_POINTS = 257, HF_SUBCARRIERS = 125, HF_BLOCK = 64 };

typedef struct writing {
    data_job *job;
    data_part *part;
    progress progress;
    size_t before; /* samples made by earlier calls */
} writing;

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

static size_t width_of(const data_job *job)
{
    return (size_t)2 * job->generation.dims.nt * job->generation.dims.ni;
}

static size_t rows_of(const data_job *job, const data_part *part)
{
    return (size_t)part->ues * job->generation.steps;
}

static size_t hf_width(const data_job *job)
{
    return (size_t)job->generation.dims.nt * HF_SUBCARRIERS;
}

/* Bytes available without swapping; SIZE_MAX if the system does not say. */
static size_t available_memory(void)
{
    FILE *f = fopen("/proc/meminfo", "r");
    unsigned long long kilobytes = 0;
    char line[128];
    while (f && !kilobytes && fgets(line, sizeof line, f))
        if (sscanf(line, "MemAvailable: %llu kB", &kilobytes) != 1)
            kilobytes = 0;
    if (f)
        fclose(f);
    return kilobytes ? (size_t)kilobytes << 10 : SIZE_MAX;
}

int data_job_check(const data_job *job, err *e)
{
    for (size_t i = 0; i < job->parts; i++) {
        size_t rows = rows_of(job, &job->part[i]), width = width_of(job);
        size_t hf = job->part[i].hf_path[0] ? hf_width(job) : 0;
        size_t most = MAT_V5_ELEMENTS_MAX / (hf > width ? hf : width);
        if (job->format == DATA_NPY)
            continue;
        if (job->format == DATA_V5 && rows > most)
            return err_set(e, ERR_INVALID,
                           "a version 5 .mat holds up to %zu of these samples, not %zu: split "
                           "them, or use --format v7.3 or npy",
                           most, rows);
        double bytes = (double)rows * (2.0 * (double)width + 4.0 * (double)hf) * sizeof(float);
        if (bytes > 0.9 * (double)available_memory())
            return err_set(e, ERR_INVALID,
                           "a .mat file of %zu samples needs %.1f GB of memory to write, %.1f are "
                           "free: make fewer samples, or use --format npy, which needs none",
                           rows, bytes * 1e-9, (double)available_memory() * 1e-9);
    }
    return ERR_NONE;
}

static bool on_progress(void *user, size_t done)
{
    writing *w = user;
    progress_update(&w->progress, (double)(w->before + done));
    return !interrupted;
}

static int make(writing *w, uint32_t first_ue, uint32_t ues, float *images, err *e)
{
    fading_generation *g = &w->job->generation;
    g->on_progress = on_progress;
    g->user = w;
    int status = fading_generate(g, first_ue, ues, images, e);
    w->before += (size_t)ues * g->steps;
    return interrupted ? err_set(e, ERR_STATE, "interrupted: nothing was written") : status;
}

/* exp(-j 2 pi r n / 257), r < ni, n < 125. */
static float complex *hf_matrix(uint32_t ni)
{
    float complex *m = malloc((size_t)ni * HF_SUBCARRIERS * sizeof *m);
    for (size_t r = 0; m && r < ni; r++)
        for (size_t n = 0; n < HF_SUBCARRIERS; n++) {
            double turn = 2 * M_PI * (double)(r * n % HF_POINTS) / HF_POINTS;
            m[r * HF_SUBCARRIERS + n] = (float)cos(turn) - (float)sin(turn) * I;
        }
    return m;
}

/* images[rows][2][nt][ni] -> hf[rows][nt][125]: the delay axis zero-filled to 257 taps, its DFT,
 * the first 125 subcarriers. */
static int fill_hf(const csi_dims *d, const float *images, size_t rows, float complex *hf, err *e)
{
    size_t entries = (size_t)d->nt * d->ni;
    float complex *m = hf_matrix(d->ni), *h = malloc(HF_BLOCK * entries * sizeof *h);
    const float complex one = 1, zero = 0;
    for (size_t i = 0; m && h && i < rows; i += HF_BLOCK) {
        size_t count = rows - i < HF_BLOCK ? rows - i : HF_BLOCK;
        for (size_t k = 0; k < count * entries; k++) {
            const float *x = images + (i + k / entries) * 2 * entries + k % entries;
            h[k] = x[0] - 0.5f + (x[entries] - 0.5f) * I;
        }
        cblas_cgemm(CblasRowMajor, CblasNoTrans, CblasNoTrans, (int)(count * d->nt), HF_SUBCARRIERS,
                    (int)d->ni, &one, h, (int)d->ni, m, HF_SUBCARRIERS, &zero,
                    hf + i * d->nt * HF_SUBCARRIERS, HF_SUBCARRIERS);
    }
    bool made = m && h;
    free(m);
    free(h);
    return made ? ERR_NONE : err_set(e, ERR_NOMEM, "out of memory for HF_all");
}

static int write_hf(const writing *w, const float *images, err *e)
{
    const data_job *job = w->job;
    size_t rows = rows_of(job, w->part), width = hf_width(job);
    float complex *hf = malloc(rows * width * sizeof *hf);
    if (!hf)
        return err_set(e, ERR_NOMEM, "out of memory for HF_all");
    mat_array a = {.rank = 2,
                   .dims = {rows, width},
                   .count = rows * width,
                   .is_complex = true,
                   .data = (float *)hf};
    int status = fill_hf(&job->generation.dims, images, rows, hf, e);
    if (status == ERR_NONE)
        status = mat_write_float_as(w->part->hf_beside, "HF_all", &a,
                                    job->format == DATA_V73 ? MAT_HDF5 : MAT_PLAIN, true, e);
    free(hf);
    return status;
}

/* The attributes of a sequence: `steps` consecutive rows belong to one UE, `dt` seconds apart. */
static int write_sequence(const data_job *job, const char *name, mat_format format, err *e)
{
    float steps = (float)job->generation.steps, dt = (float)job->generation.period_s;
    mat_array a = {.rank = 2, .dims = {1, 1}, .count = 1, .data = &steps};
    int status = mat_write_float_as(name, "steps", &a, format, false, e);
    a.data = &dt;
    return status == ERR_NONE ? mat_write_float_as(name, "dt", &a, format, true, e) : status;
}

static int write_arrays(const writing *w, float *images, err *e)
{
    const data_job *job = w->job;
    size_t rows = rows_of(job, w->part), width = width_of(job);
    mat_format format = job->format == DATA_V73 ? MAT_HDF5 : MAT_PLAIN;
    mat_array a = {.rank = 2, .dims = {rows, width}, .count = rows * width, .data = images};
    const char *name = w->part->beside;
    bool sequence = job->generation.steps > 1;
    /* The small variables first, since adding a variable to a file copies the file. */
    int status = sequence ? write_sequence(job, name, format, e) : ERR_NONE;
    if (status == ERR_NONE)
        status = mat_write_float_as(name, "HT", &a, format, sequence, e);
    if (status == ERR_NONE && w->part->hf_path[0])
        status = write_hf(w, images, e);
    return status;
}

static int write_mat(writing *w, err *e)
{
    float *images = malloc(rows_of(w->job, w->part) * width_of(w->job) * sizeof *images);
    if (!images)
        return err_set(e, ERR_NOMEM, "out of memory for %zu samples", rows_of(w->job, w->part));
    int status = make(w, w->part->first_ue, w->part->ues, images, e);
    if (status == ERR_NONE)
        status = write_arrays(w, images, e);
    free(images);
    return status;
}

static int write_blocks(writing *w, npy_writer *file, float *images, uint32_t block, err *e)
{
    const data_part *p = w->part;
    int status = ERR_NONE;
    for (uint32_t done = 0; status == ERR_NONE && done < p->ues; done += block) {
        uint32_t ues = p->ues - done < block ? p->ues - done : block;
        status = make(w, p->first_ue + done, ues, images, e);
        if (status == ERR_NONE)
            status = npy_writer_add(file, images, (size_t)ues * w->job->generation.steps, e);
    }
    return status;
}

static int write_npy(writing *w, err *e)
{
    const fading_generation *g = &w->job->generation;
    size_t width = width_of(w->job), ue_bytes = width * g->steps * sizeof(float);
    uint32_t shared = fading_environment_ues(g->channel);
    uint32_t block = (uint32_t)(BLOCK_BYTES / ue_bytes) / shared * shared;
    block = block > 0 ? block : shared;
    npy_writer *file = npy_writer_open(w->part->beside, rows_of(w->job, w->part), width, e);
    if (!file)
        return ERR_IO;
    float *images = malloc(block * ue_bytes);
    int status = images ? write_blocks(w, file, images, block, e)
                        : err_set(e, ERR_NOMEM, "out of memory for a block of samples");
    free(images);
    if (status == ERR_NONE)
        return npy_writer_close(file, e);
    npy_writer_drop(file);
    return status;
}

static int name_files(data_job *job, err *e)
{
    for (size_t i = 0; i < job->parts; i++) {
        data_part *p = &job->part[i];
        if (file_beside(p->path, p->beside, sizeof p->beside, e) != ERR_NONE ||
            file_beside(p->hf_path, p->hf_beside, sizeof p->hf_beside, e) != ERR_NONE)
            return e->code;
    }
    return ERR_NONE;
}

static int finish_file(const char *beside, const char *path, int status, err *e)
{
    if (status == ERR_NONE)
        return file_put_in_place(beside, path, e);
    unlink(beside);
    return status;
}

/* Gives every file its own name or, if the job failed, removes it. */
static int finish(const data_job *job, int status, err *e)
{
    for (size_t i = 0; i < job->parts; i++) {
        const data_part *p = &job->part[i];
        status = finish_file(p->beside, p->path, status, e);
        if (p->hf_path[0] && strcmp(p->path, p->hf_path) != 0)
            status = finish_file(p->hf_beside, p->hf_path, status, e);
    }
    return status;
}

int data_job_run(data_job *job, err *e)
{
    struct sigaction action = {.sa_handler = on_signal}, old_int, old_term, old_hup;
    interrupted = 0;
    if (name_files(job, e) != ERR_NONE)
        return e->code;
    sigaction(SIGINT, &action, &old_int);
    sigaction(SIGTERM, &action, &old_term);
    sigaction(SIGHUP, program_obeys_hangup() ? &action : NULL, &old_hup);
    openblas_set_num_threads(1);
    size_t rows = 0;
    for (size_t i = 0; i < job->parts; i++)
        rows += rows_of(job, &job->part[i]);
    writing w = {.job = job, .progress = progress_start(stderr, "samples", (double)rows)};
    int status = ERR_NONE;
    for (size_t i = 0; i < job->parts && status == ERR_NONE; i++) {
        w.part = &job->part[i];
        status = job->format == DATA_NPY ? write_npy(&w, e) : write_mat(&w, e);
    }
    if (status == ERR_NONE && interrupted)
        status = err_set(e, ERR_STATE, "interrupted: nothing was written");
    status = finish(job, status, e);
    progress_end(&w.progress);
    sigaction(SIGINT, &old_int, NULL);
    sigaction(SIGTERM, &old_term, NULL);
    sigaction(SIGHUP, &old_hup, NULL);
    return status;
}
