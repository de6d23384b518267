/* Every float network of models/ in onnxruntime: both runtimes compute the same values of one
 * sample, but for the order of their float sums. Networks in int8 are in test_other_runtime.c,
 * where a value may differ by a step. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/rng.h"
#include "codec/models.h"
#include "harness.h"
#include "nn/nn.h"
#include "other_runtime.h"

static const double tolerance = 1e-4;

static char folder[] = "/tmp/csilink-test-shipped-XXXXXX";

static bool is_float_network(const char *file)
{
    size_t n = strlen(file);
    return n > 5 && strcmp(file + n - 5, ".onnx") == 0 && !strstr(file, ".int8.");
}

/* An image around 0.5, as channels have it; a codeword of unit power; an SNR in dB. */
static void fill_input(const nn_model *m, int index, nn_tensor *x)
{
    const char *name = nn_model_input(m, index)->name;
    rng r = rng_at(5, RNG_TEST, 12, (uint32_t)index);
    float *values = x->data;
    rng_normal_fill(&r, values, x->count, 1);
    for (size_t i = 0; i < x->count; i++) {
        if (strcmp(name, "snr_db") == 0)
            values[i] = 10;
        else if (x->rank == 4)
            values[i] = 0.5f + 0.05f * values[i];
    }
}

static void append_shape(char *dims, size_t size, int index, const nn_tensor *x)
{
    size_t at = strlen(dims);
    if (index > 0)
        at += (size_t)snprintf(dims + at, size - at, " / ");
    for (int d = 0; d < x->rank; d++)
        at += (size_t)snprintf(dims + at, size - at, " %lld", (long long)x->dims[d]);
}

/* Writes one sample of all inputs to the file `path`, and their shapes to `dims`. */
static bool write_sample(nn_session *s, const nn_model *m, const char *path, char *dims,
                         size_t size)
{
    static float sample[1 << 20];
    size_t count = 0;
    dims[0] = '\0';
    for (int i = 0; i < nn_model_inputs(m); i++) {
        nn_tensor *x = nn_session_input(s, i);
        REQUIRE(count + x->count <= sizeof sample / sizeof *sample);
        fill_input(m, i, x);
        append_shape(dims, size, i, x);
        memcpy(sample + count, x->data, x->count * sizeof *sample);
        count += x->count;
    }
    return write_floats(path, sample, count);
}

static int compare_network(const char *path)
{
    static float theirs[1 << 20];
    char input[256], output[256], dims[512];
    err e = {0};
    nn_model *m = nn_model_load(path, &e);
    nn_session *s = m ? nn_session_open(m, 1, &e) : NULL;
    REQUIRE(s != NULL);
    snprintf(input, sizeof input, "%s/x", folder);
    snprintf(output, sizeof output, "%s/y", folder);
    REQUIRE(write_sample(s, m, input, dims, sizeof dims) && nn_session_run(s, &e) == 0);
    const nn_tensor *y = nn_session_output(s, 0);
    REQUIRE(y->count <= sizeof theirs / sizeof *theirs);
    int status = run_elsewhere(path, dims, input, output);
    if (status != OTHER_RUNTIME_MISSING) {
        REQUIRE(status == 0 && read_floats(output, theirs, y->count));
        double apart = harness_max_abs_diff(y->data, theirs, y->count);
        if (!(apart <= tolerance))
            printf("    %s: %g apart\n", path, apart);
        CHECK(apart <= tolerance);
        CHECK(harness_max_abs(theirs, y->count) > 0.01);
    }
    nn_session_free(s);
    nn_model_free(m);
    return status;
}

static void shipped_agree(void)
{
    char path[512];
    err e = {0};
    REQUIRE(models_find("csilink-net-cr8-indoor.encoder.onnx", path, sizeof path, &e) == 0);
    char *file = strrchr(path, '/') + 1;
    *file = '\0';
    DIR *models = opendir(path);
    REQUIRE(models != NULL);
    int status = 0, networks = 0;
    for (struct dirent *d; status == 0 && (d = readdir(models));) {
        if (!is_float_network(d->d_name))
            continue;
        snprintf(file, sizeof path - (size_t)(file - path), "%s", d->d_name);
        status = compare_network(path);
        networks++;
    }
    closedir(models);
    if (status == OTHER_RUNTIME_MISSING)
        harness_skip("neither Python nor node has onnxruntime");
    else
        printf("    %d networks\n", networks);
    CHECK(networks > 0);
}

static const harness_test tests[] = {
    {"every float network of models/ gives the same values in onnxruntime", shipped_agree},
};

int main(int argc, char **argv)
{
    if (!mkdtemp(folder))
        return 1;
    int status =
        harness_main(argc, argv, "shipped networks", tests, sizeof tests / sizeof tests[0]);
    char command[300];
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return system(command) == 0 ? status : 1;
}
