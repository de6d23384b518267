/* Any bytes as a data set to be replayed as a channel: refused in one line, or a channel that is
 * finite for every UE and report. The first byte chooses the kind of file, .npy or .mat, and
 * whether six numbers and the header's frame stand around the input (as fuzz_npy.c has it). */
#include "fuzz.h"

#include <limits.h>
#include <math.h>

#include "fading/fading.h"

enum { NT = 1, NI = 3, NC = 8 };

static char folder[] = "/tmp/csilink-fuzz-XXXXXX", path[2][FUZZ_PATH_MAX];

static void remove_folder(void)
{
    for (int i = 0; i < 2; i++)
        unlink(path[i]);
    rmdir(folder);
}

/* A channel's name tells what kind of file it is, so the file in memory needs two names. */
static const char *name_file(const void *data, size_t size, int mat)
{
    const char *file = fuzz_file(data, size);
    if (!path[0][0]) {
        require(mkdtemp(folder) != NULL);
        snprintf(path[0], sizeof path[0], "%s/set.npy", folder);
        snprintf(path[1], sizeof path[1], "%s/set.mat", folder);
        require(symlink(file, path[0]) == 0 && symlink(file, path[1]) == 0);
        atexit(remove_folder);
    }
    return path[mat];
}

static size_t wrap(const uint8_t *data, size_t size, uint8_t *file)
{
    static const float samples[] = {0.5f, 0, 1, 0.25f, 0.5f, 0.75f};
    size = size < 4000 ? size : 4000;
    memcpy(file, "\x93NUMPY\x01\0", 8);
    file[8] = (uint8_t)size;
    file[9] = (uint8_t)(size >> 8);
    memcpy(file + 10, data, size);
    memcpy(file + 10 + size, samples, sizeof samples);
    return 10 + size + sizeof samples;
}

static void replay(const fading *f, const fading_config *config)
{
    err e = {0};
    csi_transform *t = csi_transform_create(&config->dims, &e);
    float complex h[NT * NI];
    uint64_t samples = fading_samples(f);
    require(t && samples > 0 && fuzz_is_line(fading_describe(f)));
    for (uint32_t ue = 0; ue < 3; ue++) {
        fading_ue *u = fading_ue_create(f, ue, &e);
        require(u != NULL);
        for (uint32_t seq = 0; seq < 4; seq++) {
            int rc = fading_ue_angle_delay(u, t, seq ? UINT32_MAX - seq : 0, 0, h, &e);
            if (rc == ERR_UNSUPPORTED) /* a raw channel without energy in the kept taps */
                continue;
            require(rc == ERR_NONE);
            for (size_t i = 0; i < (size_t)2 * NT * NI; i++)
                require(isfinite(((float *)h)[i]));
        }
        fading_ue_free(u);
    }
    csi_transform_free(t);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static uint8_t file[4096];
    fading_config config = FADING_CONFIG_DEFAULT;
    config.dims = (csi_dims){.nt = NT, .nc = NC, .tp = NT, .ni = NI};
    if (size == 0)
        return 0;
    int mat = data[0] & 1;
    bool framed = data[0] == 'h';
    data++, size--;
    if (framed) {
        size = wrap(data, size, file);
        data = file;
    }
    err e = {0};
    fading *f = fading_open(name_file(data, size, mat), &config, &e);
    if (f)
        replay(f, &config);
    else
        fuzz_check_error(&e);
    fading_close(f);
    return 0;
}
