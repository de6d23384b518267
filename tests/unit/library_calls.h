/* library_calls.h: what tests of libcsilink call it by. */
#ifndef LIBRARY_CALLS_H
#define LIBRARY_CALLS_H

#include <csilink.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* The public library: what include/csilink.h promises, through that header alone. */
#include "harness.h"

enum {
    NT = 32,
    NC = 1024,
    NI = 32,
    TAPS = NT * NI,
    BAND = NT * NC,
    BOTH = CSL_ENCODER | CSL_DECODER
};

static const csl_dims dims = {NT, NC, NI};

static inline csl_complex *room(size_t entries)
{
    csl_complex *h = calloc(entries, sizeof *h);
    REQUIRE(h != NULL);
    return h;
}

/* Refused with this code, and a message that has this text. */
static inline bool refused(int rc, int code, const char *text)
{
    if (rc == code && strstr(csl_error(), text))
        return true;
    printf("    %d: %s\n", rc, rc ? csl_error() : "no failure");
    return false;
}

static inline csl_channel *channel_of(const char *spec)
{
    csl_channel *c;
    if (csl_channel_open(spec, &c) != CSL_OK)
        printf("    %s\n", csl_error());
    REQUIRE(c != NULL);
    return c;
}

static inline csl_codec *codec_of(const char *spec)
{
    csl_codec *c;
    if (csl_codec_open(spec, BOTH, 0, &c) != CSL_OK)
        printf("    %s\n", csl_error());
    REQUIRE(c != NULL);
    return c;
}

static inline csl_payload *payloads_of(const csl_codec *c, uint32_t n)
{
    csl_payload *p;
    REQUIRE(csl_payloads_create(c, n, &p) == CSL_OK);
    return p;
}

static inline void draw(const char *spec, int domain, uint32_t n, csl_complex *h)
{
    csl_channel *c = channel_of(spec);
    REQUIRE(csl_channel_sample(c, domain, 1, 0, n, 2, h) == CSL_OK);
    csl_channel_close(c);
}

static inline double mean_of(const double *x, uint32_t n)
{
    double sum = 0;
    for (uint32_t i = 0; i < n; i++)
        sum += x[i];
    return sum / n;
}

static inline double nmse_db(uint32_t n, size_t entries, const csl_complex *h,
                             const csl_complex *hhat)
{
    double nmse[64];
    REQUIRE(n <= 64 && csl_nmse(n, entries, h, hhat, nmse) == CSL_OK);
    return 10 * log10(mean_of(nmse, n));
}

#endif
