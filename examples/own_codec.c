/* A codec of one's own: the signs of the strongest taps' parts and one size for them all, in bits.
 * It is registered at run time and evaluated by the chain of `csilink eval`, over the digital
 * uplink with noise, beside a shipped codec of as many bits.
 *
 *     ./own_codec 60           taps that it keeps; each costs 12 bits
 */
#include <csilink.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    NT = 32,
    NI = 32,
    ENTRIES = NT * NI,
    PLACE_BITS = 10,
    TAP_BITS = PLACE_BITS + 2,
    SIZE_BITS = 32
};

static uint32_t kept(const char *arguments)
{
    return (uint32_t)strtoul(arguments, NULL, 10);
}

static int size(void *user, const char *arguments, csl_codec_sizes *s)
{
    (void)user;
    if (kept(arguments) < 1 || kept(arguments) > ENTRIES)
        return csl_fail(CSL_INVALID, "signs:N keeps 1 to 1024 taps");
    s->nt = NT, s->ni = NI;
    s->bits_min = s->bits_max = SIZE_BITS + TAP_BITS * kept(arguments);
    return CSL_OK;
}

/* The state of a handle is how many taps there are. */
static int open_state(void *user, const char *arguments, void **state)
{
    (void)user;
    uint32_t *n = malloc(sizeof *n);
    if (!n)
        return csl_fail(CSL_NOMEM, "out of memory for codec signs");
    *n = kept(arguments);
    *state = n;
    return CSL_OK;
}

static void close_state(void *user, void *state)
{
    (void)user;
    free(state);
}

static void put(csl_payload *p, uint32_t value, uint32_t bits)
{
    for (uint32_t k = 0; k < bits; k++, p->bits++)
        if (value >> k & 1)
            p->bit[p->bits / 8] |= (uint8_t)(1u << p->bits % 8);
}

static uint32_t get(const csl_payload *p, uint32_t *at, uint32_t bits)
{
    uint32_t value = 0;
    for (uint32_t k = 0; k < bits; k++, ++*at)
        value |= (uint32_t)(p->bit[*at / 8] >> *at % 8 & 1) << k;
    return value;
}

static int encode(void *user, void *state, const csl_complex *a, csl_payload *out)
{
    const uint32_t n = *(const uint32_t *)state;
    uint32_t place[ENTRIES], raw;
    uint8_t taken[ENTRIES] = {0};
    float sum = 0;
    (void)user;
    for (uint32_t i = 0; i < n; i++) { /* the strongest that is left */
        uint32_t best = ENTRIES;
        for (uint32_t k = 0; k < ENTRIES; k++)
            if (!taken[k] && (best == ENTRIES || cabsf(a[k]) > cabsf(a[best])))
                best = k;
        taken[place[i] = best] = 1;
        sum += fabsf(crealf(a[best])) + fabsf(cimagf(a[best]));
    }
    const float mean = sum / (float)(2 * n); /* of a part: the best one size for all */
    memcpy(&raw, &mean, sizeof raw);
    memset(out->bit, 0, (SIZE_BITS + TAP_BITS * n + 7) / 8);
    out->bits = 0;
    put(out, raw, SIZE_BITS);
    for (uint32_t i = 0; i < n; i++) {
        put(out, place[i], PLACE_BITS);
        put(out, crealf(a[place[i]]) < 0, 1);
        put(out, cimagf(a[place[i]]) < 0, 1);
    }
    return CSL_OK;
}

static int decode(void *user, void *state, const csl_payload *in, csl_complex *a)
{
    const uint32_t n = *(const uint32_t *)state;
    uint32_t at = 0, raw;
    float mean;
    (void)user;
    if (in->bits != SIZE_BITS + TAP_BITS * n) /* it comes from outside */
        return csl_fail(CSL_FORMAT, "a payload of another length");
    raw = get(in, &at, SIZE_BITS);
    memcpy(&mean, &raw, sizeof mean);
    if (!isfinite(mean) || mean < 0 || mean > 1e9f)
        return csl_fail(CSL_FORMAT, "a size that no encoder sends");
    for (uint32_t i = 0; i < n; i++) {
        uint32_t place = get(in, &at, PLACE_BITS);
        float re = get(in, &at, 1) ? -mean : mean, im = get(in, &at, 1) ? -mean : mean;
        a[place] = re + im * I;
    }
    return CSL_OK;
}

static int evaluate(const char *codec)
{
    static const double snr_db[] = {20, 10};
    csl_figures f[2];
    csl_evaluation e;
    csl_evaluation_init(&e);
    e.channel = "cost2100-indoor";
    e.codec = codec;
    e.uplink = "digital:uses=600";
    e.snr_db = snr_db, e.snrs = 2;
    e.samples = 100;
    if (csl_evaluate(&e, f) != CSL_OK)
        return 1;
    for (int i = 0; i < 2; i++)
        printf("%-20s %3g dB: NMSE %6.2f dB, SGCS %.4f, %4.0f bits, %.0f channel uses\n", codec,
               f[i].snr_db, f[i].nmse_db, f[i].sgcs, f[i].bits, f[i].channel_uses);
    return 0;
}

int main(int argc, char **argv)
{
    static const csl_codec_table table = {
        .size = size, .open = open_state, .close = close_state, .encode = encode, .decode = decode};
    char own[64], other[64];
    uint32_t taps = argc > 1 ? kept(argv[1]) : 60;
    snprintf(own, sizeof own, "signs:%u", taps);
    snprintf(other, sizeof other, "transform:bits=%u", SIZE_BITS + TAP_BITS * taps);
    if (csl_codec_register("signs", &table, NULL) == CSL_OK && evaluate(own) == 0 &&
        evaluate(other) == 0)
        return 0;
    fprintf(stderr, "own_codec: %s\n", csl_error());
    return 1;
}
