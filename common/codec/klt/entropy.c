#include "codec/klt/entropy.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/hash.h"
#include "payload/bits.h"
#include "payload/range_coder.h"

enum {
    CONTEXTS = 32, /* half octaves of s, from 2^-8 */
    LEAST_OCTAVE = -8,
    ESCAPE = 14, /* the symbol for all larger |q| */
    SYMBOLS = ESCAPE + 1,
    ESCAPE_BITS = 4, /* of the length of the number after an escape */
    TOTAL = 1024,    /* of a model's initial counts */
    INCREMENT = 16,
    MIXED = 2,     /* octaves of the mixture on either side */
    COST_ONE = 64, /* parts of a bit in which costs are estimated */
    FINER_TRIES = 1,
    JUMP = 8,        /* initial step of the search, to either side of its start */
    SPARE_BYTES = 8, /* by which a message may exceed its budget before encoding stops */
};

static const float theta = 0.6f;
static const float forgetting = 0.8f;      /* rho */
static const float prior_weight = 1.5f;    /* p */
static const float prior_mean = 0.6f;      /* c: E|y| / sigma of tails between Gaussian and heavy */
static const double laplace_scale = 0.55;  /* of |q|, over s */
static const double neighbour_share = 0.4; /* share of a scale one octave away in a mixture */
static const float largest = 60000;        /* |q|; fits into ESCAPE_BITS */

struct klt_entropy {
    size_t values;
    uint32_t bits;
    int32_t usual;                              /* the step at which the search starts */
    float *deviation, *inverse, *weight;        /* [values] sigma, 1 / sigma, 1 / ((B + p) c) */
    float step[KLT_STEPS], per_step[KLT_STEPS]; /* D and 1 / D, as floats that round alike */
    range_model first[CONTEXTS];
    float offset[CONTEXTS][2]; /* the centroid's position in its cell, |q| = 1 and above */
    uint8_t shift[CONTEXTS];   /* low bits of |q| that are equally likely */
    uint16_t cost[CONTEXTS][SYMBOLS];
};

struct klt_entropy_work {
    const klt_entropy *coder;
    const float *deviation, *inverse; /* [values], of the coder or in `own` */
    float *own;                       /* [2][values] */
    range_model model[CONTEXTS];
    uint32_t size;
    uint8_t *byte; /* [size] */
};

/* --- contexts ------------------------------------------------------------------------------------
 */

/* Both ends must compute the same context, on any processor: only products and sums of floats, each
 * rounded, and the logarithm from the bits of s. */
static inline unsigned context_of(const klt_entropy_work *w, size_t i, float per_step, float sum)
{
    float s =
        w->deviation[i] * per_step * ((sum + prior_weight * prior_mean) * w->coder->weight[i]);
    uint32_t bits;
    memcpy(&bits, &s, sizeof bits);
    int context = (int)(bits >> 22) - 2 * (127 + LEAST_OCTAVE);
    return (unsigned)(context < 0 ? 0 : context < CONTEXTS ? context : CONTEXTS - 1);
}

/* A after value i. */
static inline float remember(const klt_entropy_work *w, size_t i, float step, float size, float sum)
{
    float unit = step * w->inverse[i], zero = 0.25f * unit;
    return forgetting * sum + (size > 0 ? size * unit : zero < 0.175f ? zero : 0.175f);
}

/* |q| of a value, a whole number. */
static inline float quantize(float y, float per_step)
{
    float size = fabsf(y) * per_step + (1 - theta);
    return size < largest ? (float)(int32_t)size : largest;
}

/* --- the search ---------------------------------------------------------------------------------
 */

/* The cost of a message if its models did not adapt. Far beyond the budget it stops counting. */
static uint32_t estimate(const klt_entropy_work *w, const float *y, uint32_t budget, int32_t at)
{
    const klt_entropy *k = w->coder;
    float step = k->step[at], per_step = k->per_step[at], sum = 0;
    uint32_t cost = 0, most = 4 * COST_ONE * (budget + 1);
    for (size_t i = 0; i < k->values && cost <= most; i++) {
        float size = quantize(y[i], per_step);
        unsigned c = context_of(w, i, per_step, sum);
        uint32_t symbol = (uint32_t)size >> k->shift[c];
        cost += k->cost[c][symbol < ESCAPE ? symbol : ESCAPE];
        sum = remember(w, i, step, size, sum);
    }
    return cost;
}

/* The finest step with an estimate within the budget, -1 for none: brackets it around `start`, then
 * interpolates linearly between the ends, since the cost is nearly linear in k. */
static int32_t find_step(const klt_entropy_work *w, const float *y, uint32_t budget, int32_t start)
{
    int32_t fits = -1, beyond = KLT_STEPS, at = start, jump = JUMP;
    double most = COST_ONE * (double)budget, below = -1, above = -1;
    for (int round = 0; beyond - fits > 1; round++, jump *= 2) {
        double cost = estimate(w, y, budget, at);
        if (cost <= most) {
            fits = at;
            below = cost;
        } else {
            beyond = at;
            above = cost;
        }
        if (above < 0)
            at = fits + jump;
        else if (below < 0)
            at = beyond - jump;
        else if (round < 6)
            at = fits + (int32_t)((most - below) / (above - below) * (beyond - fits));
        else /* interpolation may creep along one end */
            at = (fits + beyond) / 2;
        at = at <= fits ? fits + 1 : at >= beyond ? beyond - 1 : at;
    }
    return fits;
}

/* --- tables --------------------------------------------------------------------------------------
 */

/* P(|q| >= n) for |y| / D exponential of this mean. */
static double reaches(uint32_t n, double mean)
{
    return n == 0 ? 1 : exp(-((double)n - 1 + (double)theta) / mean);
}

/* The mean of an exponential distribution within a cell of width 1. */
static double centre(double mean)
{
    return mean - 1 / expm1(1 / mean);
}

static void set_context(klt_entropy *k, int c)
{
    double weight[SYMBOLS] = {0}, moment[2] = {0}, mass[2] = {0};
    double middle = ldexp(c % 2 ? 1.73 : 1.22, c / 2 + LEAST_OCTAVE);
    /* Models resolve a quarter of s: finer differences are practically uniform. */
    int octave = c / 2 + LEAST_OCTAVE;
    unsigned shift = octave > 2 ? (unsigned)octave - 2 : 0;
    for (int m = -MIXED; m <= MIXED; m++) {
        double mean = laplace_scale * ldexp(middle, m), share = pow(neighbour_share, abs(m));
        for (uint32_t s = 0; s < SYMBOLS; s++)
            weight[s] += share * (reaches(s << shift, mean) -
                                  (s < ESCAPE ? reaches((s + 1) << shift, mean) : 0));
        double cell[2] = {reaches(1, mean) - reaches(2, mean), reaches(2, mean)};
        for (int i = 0; i < 2; i++) {
            moment[i] += share * cell[i] * centre(mean);
            mass[i] += share * cell[i];
        }
    }
    k->shift[c] = (uint8_t)shift;
    range_model_set(&k->first[c], SYMBOLS, weight, TOTAL, INCREMENT);
    for (int i = 0; i < 2; i++) /* a cell of probability 0 in the model may still occur */
        k->offset[c][i] = mass[i] > 1e-30 ? (float)(moment[i] / mass[i]) : 0;
    for (int s = 0; s < SYMBOLS; s++) {
        double bits = log2((double)TOTAL / k->first[c].count[s]) + shift + (s > 0);
        bits += s == ESCAPE ? ESCAPE_BITS + 2 : 0;
        k->cost[c][s] = (uint16_t)lrint(COST_ONE * bits);
    }
}

static uint64_t digest_of(const klt_entropy *k)
{
    uint64_t hash = hash_bytes(HASH_START, k->deviation, k->values * sizeof *k->deviation);
    hash = hash_bytes(hash, k->step, sizeof k->step);
    hash = hash_bytes(hash, k->offset, sizeof k->offset);
    return hash_bytes(hash, k->first, sizeof k->first);
}

/* Where the search usually ends for values of these deviations and with heavy tails. It only
 * affects the running time. */
static int32_t usual_step(const klt_entropy *k)
{
    static const float sizes[] = {0.1f, 1.9f, 0.3f, 0.6f};
    float *y = calloc(k->values, sizeof *y);
    int32_t at = KLT_STEPS / 4;
    klt_entropy_work w = {.coder = k, .deviation = k->deviation, .inverse = k->inverse};
    for (size_t i = 0; y && i < k->values; i++)
        y[i] = sizes[i % 4] * k->deviation[i];
    if (y)
        at = find_step(&w, y, k->bits, at);
    free(y);
    return at < 0 ? 0 : at;
}

klt_entropy *klt_entropy_create(const float *deviation, size_t values, uint32_t bits,
                                uint64_t *digest, err *e)
{
    klt_entropy *k = calloc(1, sizeof *k);
    float *table = k ? calloc(3 * values, sizeof *table) : NULL, seen = 0;
    if (!table) {
        free(k);
        err_set(e, ERR_NOMEM, "out of memory for an entropy coder of %zu values", values);
        return NULL;
    }
    k->values = values;
    k->bits = bits;
    k->deviation = table;
    k->inverse = table + values;
    k->weight = table + 2 * values;
    for (size_t i = 0; i < values; i++) {
        k->deviation[i] = deviation[i];
        k->inverse[i] = 1 / deviation[i];
        k->weight[i] = 1 / ((seen + prior_weight) * prior_mean);
        seen = forgetting * seen + 1;
    }
    for (int i = 0; i < KLT_STEPS; i++) {
        k->step[i] = (float)exp2(1 - i / 16.0);
        k->per_step[i] = 1 / k->step[i];
    }
    for (int c = 0; c < CONTEXTS; c++)
        set_context(k, c);
    k->usual = usual_step(k);
    *digest = digest_of(k);
    return k;
}

void klt_entropy_free(klt_entropy *k)
{
    if (k)
        free(k->deviation);
    free(k);
}

klt_entropy_work *klt_entropy_open(const klt_entropy *k, err *e)
{
    klt_entropy_work *w = calloc(1, sizeof *w);
    uint32_t size = bits_bytes(k->bits) + SPARE_BYTES;
    uint8_t *byte = w ? calloc(size, 1) : NULL;
    float *own = byte ? calloc(2 * k->values, sizeof *own) : NULL;
    if (!own) {
        free(byte);
        free(w);
        err_set(e, ERR_NOMEM, "out of memory for a workspace of codec klt");
        return NULL;
    }
    *w = (klt_entropy_work){.coder = k, .own = own, .size = size, .byte = byte};
    klt_entropy_expect(w, NULL);
    return w;
}

void klt_entropy_expect(klt_entropy_work *w, const float *deviation)
{
    size_t n = w->coder->values;
    for (size_t i = 0; deviation && i < n; i++) {
        w->own[i] = deviation[i];
        w->own[n + i] = 1 / deviation[i];
    }
    w->deviation = deviation ? w->own : w->coder->deviation;
    w->inverse = deviation ? w->own + n : w->coder->inverse;
}

float klt_entropy_step(const klt_entropy *k, uint32_t step)
{
    return k->step[step];
}

void klt_entropy_close(klt_entropy_work *w)
{
    if (w) {
        free(w->byte);
        free(w->own);
    }
    free(w);
}

/* --- encoding ------------------------------------------------------------------------------------
 */

static void put_number(range_encoder *r, range_model *m, unsigned shift, uint32_t number,
                       bool negative)
{
    uint32_t symbol = number >> shift;
    range_put(r, m, symbol < ESCAPE ? symbol : ESCAPE);
    if (symbol >= ESCAPE) { /* 1 + rest, as its length and the bits after the first */
        uint32_t more = symbol - ESCAPE + 1;
        unsigned length = bits_for(more + 1) - 1;
        range_put_bits(r, length, ESCAPE_BITS);
        range_put_bits(r, more, length);
    }
    if (shift > 0)
        range_put_bits(r, number, shift);
    if (number > 0)
        range_put_bits(r, negative, 1);
}

/* The bits of the message at this step, or more than any budget where it does not fit. */
static uint32_t write_message(klt_entropy_work *w, const float *y, int32_t at)
{
    const klt_entropy *k = w->coder;
    float step = k->step[at], per_step = k->per_step[at], sum = 0;
    range_encoder r;
    memcpy(w->model, k->first, sizeof w->model);
    range_begin(&r, w->byte, w->size);
    for (size_t i = 0; i < k->values && !r.full; i++) {
        float size = quantize(y[i], per_step);
        unsigned c = context_of(w, i, per_step, sum);
        put_number(&r, &w->model[c], k->shift[c], (uint32_t)size, y[i] < 0);
        sum = remember(w, i, step, size, sum);
    }
    uint32_t bits = r.full ? 0 : range_end(&r);
    return r.full ? k->bits + 1 : bits;
}

uint32_t klt_entropy_encode(klt_entropy_work *w, const float *y, uint32_t budget, uint8_t *byte,
                            uint32_t *step)
{
    const klt_entropy *k = w->coder;
    uint32_t bits;
    /* Adaptive models mostly cost a little less than the estimate. */
    int32_t at = find_step(w, y, budget, k->usual) + FINER_TRIES;
    at = at < KLT_STEPS ? at : KLT_STEPS - 1;
    while ((bits = write_message(w, y, at)) > budget && at > 0)
        at--;
    *step = (uint32_t)at;
    if (bits > budget)
        return 0;
    memcpy(byte, w->byte, bits_bytes(bits));
    return bits;
}

/* --- decoding ------------------------------------------------------------------------------------
 */

static uint32_t get_number(range_decoder *r, range_model *m, unsigned shift)
{
    uint32_t symbol = range_get(r, m);
    if (symbol == ESCAPE) {
        unsigned length = range_get_bits(r, ESCAPE_BITS);
        symbol = ESCAPE - 1 + (1u << length) + range_get_bits(r, length);
    }
    return symbol << shift | (shift > 0 ? range_get_bits(r, shift) : 0);
}

int klt_entropy_decode(klt_entropy_work *w, uint32_t at, const uint8_t *byte, uint32_t bits,
                       float *y, err *e)
{
    const klt_entropy *k = w->coder;
    float step = k->step[at], per_step = k->per_step[at], sum = 0;
    range_decoder r;
    memcpy(w->model, k->first, sizeof w->model);
    range_open(&r, byte, bits);
    for (size_t i = 0; i < k->values; i++) {
        unsigned c = context_of(w, i, per_step, sum);
        float size = (float)get_number(&r, &w->model[c], k->shift[c]);
        float inside = theta - 1 + k->offset[c][size > 1];
        y[i] = size > 0 ? (size + inside) * step : 0;
        if (size > 0 && range_get_bits(&r, 1))
            y[i] = -y[i];
        sum = remember(w, i, step, size, sum);
    }
    if (range_is_whole(&r))
        return ERR_NONE;
    return err_set(e, ERR_FORMAT, "%u entropy-coded bits do not end with %zu values", bits,
                   k->values);
}
