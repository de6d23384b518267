#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/rng.h"
#include "bench.h"
#include "cli/ui/defaults.h"
#include "codec/models.h"
#include "codec/onnx/pair.h"
#include "nn/nn.h"

static void run_session(void *session)
{
    (void)nn_session_run(session, NULL);
}

/* Numbers like those of an image or a codeword: around 0.5, so that no path is all zeros. */
static void fill_inputs(const nn_model *m, nn_session *s)
{
    for (int k = 0; k < nn_model_inputs(m); k++) {
        nn_tensor *t = nn_session_input(s, k);
        rng r = rng_at(1, RNG_TEST, (uint32_t)k, 0);
        float *x = t->data;
        if (t->dtype != NN_FLOAT)
            continue;
        for (size_t i = 0; i < t->count; i++)
            x[i] = 0.5f + 0.1f * (float)rng_normal(&r);
    }
}

static int64_t count_macs(const nn_session *s)
{
    int64_t macs = 0;
    nn_step_info step;
    for (int i = 0; i < nn_session_steps(s); i++)
        if (nn_session_step(s, i, &step) == 0)
            macs += step.macs;
    return macs;
}

static int time_batch(bench *b, const char *name, const nn_model *m, int batch, err *e)
{
    nn_session *s = nn_session_open(m, batch, e);
    if (!s)
        return e->code;
    char title[BENCH_NAME_MAX];
    snprintf(title, sizeof title, "%.80s, batch %d", name, batch);
    fill_inputs(m, s);
    int status = nn_session_run(s, e);
    if (status == 0)
        bench_measure(b, "network", title, run_session, s, (unsigned)batch, count_macs(s) / batch);
    nn_session_free(s);
    return status;
}

static void time_file(bench *b, const char *name, const char *path)
{
    err e = {0};
    nn_model *m = nn_model_load(path, &e);
    int status = m ? time_batch(b, name, m, 1, &e) : e.code;
    /* If the file fixes its batch at 1, only that batch is timed. */
    if (status == 0 && nn_model_input(m, 0)->dims[0] < 0)
        status = time_batch(b, name, m, ONNX_BATCH_MAX, &e);
    if (status != 0)
        bench_fail(b, path, &e);
    nn_model_free(m);
}

static void time_named(bench *b, const char *model)
{
    static const char *const sides[] = {"encoder", "decoder"};
    for (int i = 0; i < 2; i++) {
        char file[NAME_MAX + 1], name[BENCH_NAME_MAX], path[PATH_MAX];
        err e = {0};
        snprintf(file, sizeof file, "%s.%s.onnx", model, sides[i]);
        snprintf(name, sizeof name, "%s %s", model, sides[i]);
        if (models_find(file, path, sizeof path, &e) == 0)
            time_file(b, name, path);
        else
            bench_fail(b, model, &e);
    }
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

void bench_networks(bench *b)
{
    time_named(b, "csilink-net-cr8-indoor");
    time_named(b, "cllwcsinet-cr8-indoor");
    if (b->encoder)
        time_file(b, file_name(b->encoder), b->encoder);
    if (b->decoder)
        time_file(b, file_name(b->decoder), b->decoder);
}
