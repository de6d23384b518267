/* Files as csilink's writers make them, for the fuzz targets of their readers. */
#include "make_corpus.h"

#include "fuzz.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <math.h>

#include "base/hist.h"
#include "codec/denoiser/file.h"
#include "codec/klt/file.h"
#include "codec/vq/file.h"
#include "io/mat.h"
#include "io/npy.h"
#include "measure/tally.h"
#include "record/part.h"
#include "train/checkpoint.h"

static void write_klt(void)
{
    klt_components c = {
        .nt = 2, .ni = 2, .vectors = 3, .samples = 100, .form = KLT_REAL, .scenario = "indoor"};
    void *file;
    size_t size;
    require(klt_components_allocate(&c, NULL) == ERR_NONE);
    for (uint32_t i = 0; i < c.vectors; i++) {
        c.variance[i] = 1.0f / (float)(1 + i);
        c.vector[i * 8 + i] = 1;
    }
    require(klt_file_write(&c, &file, &size, NULL) == ERR_NONE);
    write_seed("fuzz_klt", "real", -1, file, size);
    free(file);
    c.form = KLT_COMPLEX;
    c.scenario[0] = '\0';
    require(klt_file_write(&c, &file, &size, NULL) == ERR_NONE);
    write_seed("fuzz_klt", "complex", -1, file, size);
    free(file);
    klt_components_free(&c);
}

static void write_vq(void)
{
    vq_codebooks c = {.nt = 2,
                      .ni = 2,
                      .components = 2,
                      .group = 1,
                      .stages = 3,
                      .index_bits = 2,
                      .samples = 100,
                      .scenario = "indoor"};
    void *file;
    size_t size;
    require(vq_codebooks_allocate(&c, NULL) == ERR_NONE);
    for (uint32_t i = 0; i < c.components; i++)
        c.component[i * 8 + 2 * i] = 1;
    for (uint32_t s = 0; s < c.stages; s++)
        c.target[s] = (uint16_t)(s % 2);
    for (size_t i = 0; i < c.stages * vq_stage_floats(&c); i++)
        c.code[i] = 0.5f * (float)sin((double)i);
    require(vq_file_write(&c, &file, &size, NULL) == ERR_NONE);
    write_seed("fuzz_vq", "small", -1, file, size);
    free(file);
    vq_codebooks_free(&c);
}

static void write_denoiser(void)
{
    denoiser_moments m = {.values = 3, .samples = 100, .identity = 42, .codec = "klt-indoor-cr683"};
    void *file;
    size_t size;
    require(denoiser_moments_allocate(&m, NULL) == ERR_NONE);
    for (uint32_t i = 0; i < m.values; i++) {
        m.mean[i] = 0.25f - 0.5f * (float)i;
        m.variance[i] = 1.0f / (float)(1 + i);
        m.vector[i * 3 + (i + 1) % 3] = 1;
    }
    require(denoiser_file_write(&m, &file, &size, NULL) == ERR_NONE);
    write_seed("fuzz_denoiser", "small", -1, file, size);
    free(file);
    denoiser_moments_free(&m);
}

static void write_checkpoint(const char *name, const char *settings, uint64_t total)
{
    float values[CHECKPOINT_VECTORS][4] = {{0}};
    train_snapshot s = {.figures = {.network = {1, 2}, .total = total, .samples = 500},
                        .settings = settings};
    for (int i = 0; i < CHECKPOINT_VECTORS; i++) {
        s.vectors[i].values = values[i];
        s.vectors[i].count = 4;
    }
    require(train_checkpoint_write(seed_path("fuzz_checkpoint", name), &s, NULL) == ERR_NONE);
}

static void write_arrays(void)
{
    float samples[] = {0.5f, 0, 1, 0.25f, 0.5f, 0.75f, 0.5f, 0.5f, 1, 0, 0.125f, 0.5f};
    mat_array a = {.data = samples, .rank = 2, .dims = {2, 6}, .count = 12};
    require(mat_write_float(seed_path("fuzz_mat", "plain.mat"), "HT", &a, false, NULL) == ERR_NONE);
    npy_writer *w = npy_writer_open(seed_path("fuzz_npy", "plain.npy"), 2, 6, NULL);
    require(w && npy_writer_add(w, samples, 2, NULL) == ERR_NONE);
    require(npy_writer_close(w, NULL) == ERR_NONE);
    static const char header[] =
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 6), }                \n";
    write_text("fuzz_npy", "header", 'h', header);
    write_text("fuzz_dataset", "header", 'h', header);
    for (int mat = 0; mat < 2; mat++) {
        char from[PATH_MAX];
        uint8_t file[4096];
        snprintf(from, sizeof from, "%s",
                 mat ? seed_path("fuzz_mat", "plain.mat") : seed_path("fuzz_npy", "plain.npy"));
        FILE *f = fopen(from, "rb");
        require(f != NULL);
        size_t n = fread(file, 1, sizeof file, f);
        fclose(f);
        write_seed("fuzz_dataset", mat ? "mat" : "npy", mat ? '1' : '0', file, n);
    }
}

static void write_parts(void)
{
    record_report r[3];
    r[0] = record_report_of(0, 1, 1500000000, RECORD_ACKED);
    r[0].figure[RECORD_NMSE] = 0.05;
    r[0].figure[RECORD_SNR_ASKED] = 10;
    r[0].stage_ns[0] = 12345;
    r[1] = record_report_of(5, 2, 1600000000, RECORD_LOST_CHANNEL);
    r[2] = record_report_of(99, 3, 1400000000, RECORD_NEEDS_KEY);
    write_seed("fuzz_part", "reports", '.', r, sizeof r);
    write_seed("fuzz_part", "cut", '.', r, sizeof r - 5);
    write_text("fuzz_part", "no-part", '!', "CSIPART0");
}

static void write_tally(void)
{
    static hist h;
    hist_add(&h, 1200);
    hist_add(&h, 1000000);
    char *text = hist_to_text(&h);
    write_text("fuzz_tally", "histogram", -1, text);
    free(text);
    chain_tally *t = chain_tally_create(4, 0);
    require(t != NULL);
    cJSON *json = chain_tally_to_json(t);
    text = cJSON_PrintUnformatted(json);
    write_text("fuzz_tally", "tally", -1, text);
    free(text);
    cJSON_Delete(json);
    chain_tally_free(t);
}

void write_files(void)
{
    write_klt();
    write_vq();
    write_denoiser();
    write_checkpoint("same", "batch 8\nseed 1\n", 1000);
    write_checkpoint("shorter", "batch 8\nseed 1\n", 600);
    write_checkpoint("other", "batch 9\nseed 1\n", 1000);
    write_arrays();
    write_parts();
    write_tally();
}
