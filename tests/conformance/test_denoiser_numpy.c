/* The linear denoiser of `csilink model denoiser` against numpy's solution of the same equation
 * from the same codewords. Skipped without numpy. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "denoiser_tools.h"
#include "io/npy.h"

enum { SAMPLES = 1000, RECEIVED = 50 };

static char folder[] = "/tmp/csilink-test-denoiser-numpy-XXXXXX";

static char *in_folder(const char *file)
{
    char *path = NULL;
    if (asprintf(&path, "%s/%s", folder, file) < 0)
        abort();
    return path;
}

static int keep(void *user, const float *z, uint32_t values, err *e)
{
    return values == VALUES ? npy_writer_add(user, z, 1, e)
                            : err_set(e, ERR_FORMAT, "%u values", values);
}

static void write_rows(const char *path, const float *x, size_t rows)
{
    npy_writer *w = npy_writer_open(path, rows, VALUES, NULL);
    REQUIRE(w && npy_writer_add(w, x, rows, NULL) == ERR_NONE);
    REQUIRE(npy_writer_close(w, NULL) == ERR_NONE);
}

/* Codewords of power 1 in noise, as a receiver has them; where they lie does not matter. */
static void draw(float *y)
{
    rng r = rng_at(3, RNG_CHANNEL, 1, 0);
    for (size_t i = 0; i < (size_t)RECEIVED * VALUES; i++)
        y[i] = (float)(1.5 * rng_normal(&r));
}

static void denoise(const char *file, float *y, double snr_db)
{
    codec *decoder = codec_load(CODEC_DECODER, codec_name, NULL);
    REQUIRE(decoder != NULL);
    payload_denoiser *d = payload_denoiser_load(file, codec_info_of(decoder), NULL);
    payload_denoiser_work *w = d ? payload_denoiser_open(d, NULL) : NULL;
    REQUIRE(w != NULL);
    for (size_t i = 0; i < RECEIVED; i++) {
        payload p = {.values = VALUES, .value = y + i * VALUES, .snr_db = snr_db, .power = 1};
        CHECK(payload_denoiser_apply(w, &p, NULL) == ERR_NONE);
    }
    payload_denoiser_close(w);
    payload_denoiser_free(d);
    codec_unload(decoder);
}

static void agrees_with_numpy(void)
{
    static const double snrs[] = {-10, 0, 10, 30};
    if (system("/usr/bin/python3 -c 'import numpy' 2>/dev/null") != 0) {
        harness_skip("no numpy");
        return;
    }
    char *file = in_folder("x.denoiser"), *known = in_folder("known.npy"),
         *received = in_folder("received.npy"), *estimates = in_folder("estimates.npy");
    npy_writer *w = npy_writer_open(known, SAMPLES, VALUES, NULL);
    REQUIRE(w && design_denoiser(file, SAMPLES, keep, w));
    REQUIRE(npy_writer_close(w, NULL) == ERR_NONE);
    float y[RECEIVED * VALUES], ours[RECEIVED * VALUES];
    draw(y);
    write_rows(received, y, RECEIVED);
    for (size_t i = 0; i < sizeof snrs / sizeof snrs[0]; i++) {
        char command[1024];
        mat_array theirs;
        snprintf(command, sizeof command,
                 "/usr/bin/python3 tests/conformance/denoiser.py '%s' '%s' %g '%s'", known,
                 received, snrs[i], estimates);
        REQUIRE(system(command) == 0);
        REQUIRE(npy_read_float(estimates, &theirs, NULL) == ERR_NONE);
        memcpy(ours, y, sizeof ours);
        denoise(file, ours, snrs[i]);
        double most = harness_max_abs_diff(ours, theirs.data, (size_t)RECEIVED * VALUES);
        printf("    %g dB: largest difference %.2g\n", snrs[i], most);
        CHECK(most < 1e-3); /* the file has eigenvectors of 16 bits */
        mat_array_free(&theirs);
    }
    char *const files[] = {file, known, received, estimates};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++) {
        unlink(files[i]);
        free(files[i]);
    }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"the linear denoiser is numpy's solution from the same codewords", agrees_with_numpy},
    };
    if (!mkdtemp(folder))
        return 1;
    int status = harness_main(argc, argv, "denoiser against numpy", tests, 1);
    rmdir(folder);
    return status;
}
