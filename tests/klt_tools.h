/* klt_tools.h: what the tests of klt share: samples of a small channel with a known second moment,
 * files designed from them in a folder of the test's own. */
#ifndef TESTS_KLT_TOOLS_H
#define TESTS_KLT_TOOLS_H

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "codec/kind.h"
#include "codec/klt/file.h"
#include "harness.h"
#include "io/file.h"

enum { NT = 8, NI = 4, ENTRIES = NT * NI, REALS = 2 * ENTRIES, SAMPLES = 400 };

extern const codec_kind codec_klt;

static char folder[] = "/tmp/csilink-test-klt-XXXXXX";

static inline const char *in_folder(const char *file)
{
    static char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, file);
    return path;
}

static inline bool says(const err *e, const char *what)
{
    if (strstr(e->text, what))
        return true;
    printf("    \"%s\" does not say \"%s\"\n", e->text, what);
    return false;
}

/* --- samples ---------------------------------------------------------------------------------- */

/* Sets from here on are of channels of few paths: see make_sample. */
enum { SPARSE_SETS = 100 };

/* Sample `i` of set `set`: independent entries in an unitary basis that is not that of the entries,
 * of power 2^-k for basis vector k; a random phase comes of itself. In a sparse set all are small
 * outside a run of 4 that lies anywhere, and the power falls slowly, to keep their order. */
static inline void make_sample(uint32_t set, uint32_t i, float complex *h)
{
    rng r = rng_at(7, RNG_TEST, set, i);
    float complex a[ENTRIES];
    size_t run = set < SPARSE_SETS ? 0 : (size_t)(rng_uniform(&r) * (ENTRIES - 4));
    for (size_t k = 0; k < ENTRIES; k++) {
        float deviation = exp2f(-(float)k / (set < SPARSE_SETS ? 2 : 8));
        if (set >= SPARSE_SETS && k - run >= 4)
            deviation *= 0.02f;
        float re = deviation * (float)rng_normal(&r);
        a[k] = re + I * deviation * (float)rng_normal(&r);
    }
    for (size_t j = 0; j < ENTRIES; j++) {
        h[j] = 0;
        for (size_t k = 0; k < ENTRIES; k++)
            h[j] += a[k] * cexpf(2 * (float)M_PI * I * (float)(j * k % ENTRIES) / ENTRIES) /
                    sqrtf(ENTRIES);
    }
}

typedef struct source {
    uint32_t set, at, end;
} source;

static inline int next_samples(void *user, float complex *h, size_t room, size_t *count, err *e)
{
    source *s = user;
    (void)e;
    /* A ragged number at a time, which must not show in the result. */
    for (*count = 0; *count < room && *count < 97 && s->at < s->end; s->at++)
        make_sample(s->set, s->at, h + (*count)++ * ENTRIES);
    return ERR_NONE;
}

/* Into *made and *size. */
static inline int design_set(uint32_t set, const char *arguments, uint32_t samples, void **made,
                             size_t *size, err *e)
{
    source s = {.set = set, .end = samples};
    codec_training t = {.nr = 1,
                        .nt = NT,
                        .ni = NI,
                        .samples = samples,
                        .scenario = "test",
                        .user = &s,
                        .next = next_samples};
    char note[CODEC_NOTE_MAX];
    *made = NULL;
    return codec_klt.design(arguments, &t, made, size, note, e);
}

static inline int design_bytes(const char *arguments, uint32_t samples, void **made, size_t *size,
                               err *e)
{
    return design_set(1, arguments, samples, made, size, e);
}

static inline void design(const char *arguments, uint32_t samples, const char *name)
{
    void *made;
    size_t size;
    REQUIRE(design_bytes(arguments, samples, &made, &size, NULL) == ERR_NONE);
    REQUIRE(file_replace(in_folder(name), made, size, NULL) == ERR_NONE);
    free(made);
}

static inline void design_components(const char *arguments, uint32_t samples, klt_components *c)
{
    void *made;
    size_t size;
    REQUIRE(design_bytes(arguments, samples, &made, &size, NULL) == ERR_NONE);
    REQUIRE(klt_file_read(made, size, c, NULL) == ERR_NONE);
    free(made);
}

static inline const char *arguments_of(const char *file, const char *options)
{
    static char text[512];
    snprintf(text, sizeof text, "%s%s", in_folder(file), options);
    return text;
}

#endif
