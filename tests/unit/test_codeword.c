#include "payload/codeword.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "harness.h"

enum { VALUES = 512, BYTES = 4 * VALUES };

static csi_codeword_format format(const char *name)
{
    csi_codeword_format f;
    REQUIRE(csi_codeword_parse(name, &f, NULL) == 0);
    return f;
}

static const char *const quantized[] = {"u2",  "u3",  "u4",  "u5",  "u6",  "u7",  "u8",
                                        "mu2", "mu3", "mu4", "mu5", "mu6", "mu7", "mu8"};
enum { QUANTIZED = sizeof quantized / sizeof quantized[0] };
static const char *const rice[] = {"r2", "r3", "r4", "r5", "r6", "r7", "r8"};
enum { RICE = sizeof rice / sizeof rice[0] };

/* Codewords of different tails: uniform, normal, and a normal's cube with an offset. */
static void make_values(uint32_t seed, float *s, size_t n)
{
    rng r = rng_at(11, RNG_TEST, 0, seed);
    rng_normal_fill(&r, s, n, 1.0f);
    for (size_t i = 0; i < n; i++) {
        if (seed % 3 == 0)
            s[i] = (float)(rng_uniform(&r) - 0.5);
        else if (seed % 3 == 1)
            s[i] = s[i] * s[i] * s[i] + 0.3f;
    }
}

static void every_name_is_read_and_written(void)
{
    char name[CSI_CODEWORD_NAME_MAX];
    for (size_t i = 0; i < QUANTIZED; i++)
        CHECK(strcmp(csi_codeword_name(format(quantized[i]), name), quantized[i]) == 0);
    for (size_t i = 0; i < RICE; i++)
        CHECK(strcmp(csi_codeword_name(format(rice[i]), name), rice[i]) == 0);
    CHECK(strcmp(csi_codeword_name(format("float32"), name), "float32") == 0);
    CHECK(strcmp(csi_codeword_name(format("float16"), name), "float16") == 0);
    CHECK(strcmp(csi_codeword_name(format("uint8"), name), "u8") == 0);
    CHECK(strcmp(csi_codeword_name((csi_codeword_format){0}, name), "float32") == 0);
    static const char *const wrong[] = {"",        "u",     "u1",  "u9",  "u44",  "mu",
                                        "mu1",     "U4",    "u4 ", "int", "mu10", "f16",
                                        "float64", "uint4", "r1",  "r9",  "r"};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        csi_codeword_format f;
        err e = {0};
        CHECK(csi_codeword_parse(wrong[i], &f, &e) == ERR_INVALID && strstr(e.text, "mu2 to mu8"));
    }
}

/* Not a bit is wasted: n values of N bits are ceil(n N / 8) bytes, and on the air n N bits, and 64
 * for scale and offset where there are levels. */
static void sizes_are_counted_in_bits(void)
{
    for (uint32_t n = 1; n < 40; n++) {
        CHECK(csi_codeword_bits(format("float32"), n) == 32 * n);
        CHECK(csi_codeword_bits(format("float16"), n) == 16 * n);
        CHECK(csi_codeword_bytes(format("float16"), n) == 2 * (size_t)n);
        for (size_t i = 0; i < QUANTIZED; i++) {
            csi_codeword_format f = format(quantized[i]);
            CHECK(csi_codeword_bits(f, n) == n * f.bits + 64);
            CHECK(csi_codeword_bytes(f, n) == (n * f.bits + 7) / 8);
        }
    }
}

static void packing_indices_loses_none(void)
{
    rng r = rng_at(1, RNG_TEST, 1, 0);
    for (unsigned bits = 1; bits <= 8; bits++) {
        for (size_t n = 0; n < 70; n++) {
            uint8_t in[70], out[70], bytes[72];
            size_t size = (n * bits + 7) / 8;
            for (size_t i = 0; i < n; i++)
                in[i] = (uint8_t)(rng_uniform(&r) * (1 << bits));
            memset(bytes, 0xa5, sizeof bytes);
            csi_indices_pack(in, n, bits, bytes);
            csi_indices_unpack(bytes, n, bits, out);
            CHECK(memcmp(in, out, n) == 0);
            CHECK(bytes[size] == 0xa5); /* and writes nothing behind them */
            for (size_t k = 0; k < n * bits; k++)
                CHECK((bytes[k / 8] >> k % 8 & 1) == (in[k / bits] >> k % bits & 1));
        }
    }
}

static void levels_are_what_the_equations_say(void)
{
    for (size_t i = 0; i < QUANTIZED; i++) {
        csi_codeword_format f = format(quantized[i]);
        const float *a = csi_codeword_levels(f);
        int count = 1 << f.bits;
        for (int q = 0; q < count; q++) {
            double y = (2.0 * q + 1 - count) / count, mu = CSI_CODEWORD_MU_LAW;
            double want =
                f.law == CSI_CODEWORD_UNIFORM ? y : copysign((pow(1 + mu, fabs(y)) - 1) / mu, y);
            CHECK_NEAR((double)a[q], want, 6e-8); /* half an ulp below 1 */
            CHECK_NEAR((double)a[count - 1 - q], -(double)a[q], 0);
            CHECK(fabsf(a[q]) < 1 && (q == 0 || a[q] > a[q - 1]));
        }
    }
}

static csi_codeword_range there_and_back(csi_codeword_format f, const float *s, float *back)
{
    static uint8_t bytes[BYTES], again[BYTES];
    csi_codeword_range r, second;
    size_t size = csi_codeword_bytes(f, VALUES);
    err e = {0};
    REQUIRE(csi_codeword_pack(f, s, VALUES, bytes, &r, &e) == 0);
    REQUIRE(csi_codeword_unpack(f, r, bytes, size, back, VALUES, &e) == 0);
    REQUIRE(csi_codeword_pack(f, s, VALUES, again, &second, &e) == 0);
    CHECK(memcmp(bytes, again, size) == 0 && memcmp(&r, &second, sizeof r) == 0);
    return r;
}

/* The rounding of offset + scale a_q, and of the threshold between two levels, is some ulp of the
 * largest number in it. */
static void every_value_goes_to_its_nearest_level(void)
{
    static float s[VALUES], back[VALUES];
    for (size_t i = 0; i < QUANTIZED; i++) {
        csi_codeword_format f = format(quantized[i]);
        const float *a = csi_codeword_levels(f);
        for (uint32_t seed = 0; seed < 6; seed++) {
            make_values(seed, s, VALUES);
            csi_codeword_range r = there_and_back(f, s, back);
            for (size_t k = 0; k < VALUES; k++) {
                double best = INFINITY, got = fabs((double)s[k] - (double)back[k]);
                for (int q = 0; q < 1 << f.bits; q++)
                    best = fmin(best, fabs((double)s[k] - (double)r.offset -
                                           (double)r.scale * (double)a[q]));
                CHECK(got <= best + 4e-7 * (fabs((double)r.offset) + (double)r.scale +
                                            fabs((double)s[k])));
            }
        }
    }
}

static void larger_values_never_get_smaller_levels(void)
{
    static float s[VALUES], back[VALUES];
    for (size_t i = 0; i < QUANTIZED; i++) {
        for (uint32_t seed = 0; seed < 3; seed++) {
            make_values(seed, s, VALUES);
            there_and_back(format(quantized[i]), s, back);
            for (size_t k = 1; k < VALUES; k++)
                CHECK(s[k] == s[0] ? back[k] == back[0]
                                   : (s[k] > s[0]) == (back[k] > back[0]) || back[k] == back[0]);
        }
    }
}

static double squared_error(csi_codeword_format f, const float *s)
{
    static float back[VALUES];
    double sum = 0;
    there_and_back(f, s, back);
    for (size_t k = 0; k < VALUES; k++)
        sum += pow((double)s[k] - (double)back[k], 2);
    return sum;
}

/* Uniform levels from end to end leave at most (range / 2^N)^2 / 4 for each value; the refinement
 * starts there and can only do better. */
static void the_error_keeps_its_bound_and_falls_with_the_bits(void)
{
    static float s[VALUES];
    for (uint32_t seed = 0; seed < 12; seed++) {
        make_values(seed, s, VALUES);
        double sum = 0, furthest = 0;
        for (size_t k = 0; k < VALUES; k++)
            sum += (double)s[k];
        for (size_t k = 0; k < VALUES; k++)
            furthest = fmax(furthest, fabs((double)s[k] - sum / VALUES));
        for (size_t i = 0; i < QUANTIZED; i++) {
            csi_codeword_format f = format(quantized[i]);
            double error = squared_error(f, s);
            if (f.law == CSI_CODEWORD_UNIFORM) {
                double half_step = furthest / ((1 << f.bits) - 1);
                CHECK(error <= VALUES * half_step * half_step * (1 + 1e-6));
            }
            if (f.bits > 2) {
                csi_codeword_format less = {f.law, f.bits - 1};
                CHECK(error < squared_error(less, s));
            }
        }
    }
}

/* Optimal uniform quantizers of a normal source: Max (1960), error over power at 4 bits 0.01154. */
static void four_bits_are_near_the_optimum_of_a_normal_source(void)
{
    static float s[VALUES];
    double error = 0, power = 0;
    for (uint32_t seed = 0; seed < 300; seed++) {
        make_values(3 * seed + 2, s, VALUES);
        error += squared_error(format("u4"), s);
        for (size_t k = 0; k < VALUES; k++)
            power += (double)s[k] * (double)s[k];
    }
    /* The descent from the extremes ends in a nearby optimum; that costs a normal source 0.6 dB. */
    CHECK(error / power < 0.01154 * 1.2 && error / power > 0.01154 * 0.9);
}

static void a_constant_codeword_is_exact(void)
{
    static float s[VALUES], back[VALUES];
    static const float constants[] = {0, 1, -0.3f, 1e-30f, 1e30f, 1e-42f};
    for (size_t c = 0; c < sizeof constants / sizeof constants[0]; c++) {
        for (size_t k = 0; k < VALUES; k++)
            s[k] = constants[c];
        for (size_t i = 0; i < QUANTIZED; i++) {
            there_and_back(format(quantized[i]), s, back);
            CHECK(memcmp(s, back, sizeof s) == 0);
        }
        there_and_back(format("r4"), s, back);
        CHECK(memcmp(s, back, sizeof s) == 0);
    }
}

static void float32_is_the_value_itself(void)
{
    static float s[VALUES], back[VALUES];
    make_values(1, s, VALUES);
    csi_codeword_range r = there_and_back(format("float32"), s, back);
    CHECK(memcmp(s, back, sizeof s) == 0 && r.scale == 0 && r.offset == 0);
}

/* A Rice code spends its bits where a codeword's few large values are: with tails like a normal's
 * cube, those of learned codewords, it beats 2^N levels at every N; and more bits are never worse.
 */
static void a_rice_code_beats_levels_on_heavy_tails(void)
{
    static float s[VALUES];
    for (uint32_t seed = 1; seed < 30; seed += 3) {
        make_values(seed, s, VALUES);
        double before = INFINITY;
        for (size_t i = 0; i < RICE; i++) {
            csi_codeword_format f = format(rice[i]);
            csi_codeword_format u = {CSI_CODEWORD_UNIFORM, f.bits}, mu = {CSI_CODEWORD_MU, f.bits};
            double error = squared_error(f, s);
            CHECK(error < squared_error(u, s) && error < squared_error(mu, s));
            CHECK(error < before);
            before = error;
        }
    }
}

/* Whole multiples of the scale around the offset, the nearest to the value but for the fit, which
 * moves levels by less than a step. */
static void a_rice_codes_levels_are_evenly_spaced(void)
{
    static float s[VALUES], back[VALUES];
    for (size_t i = 0; i < RICE; i++) {
        for (uint32_t seed = 0; seed < 6; seed++) {
            make_values(seed, s, VALUES);
            csi_codeword_range r = there_and_back(format(rice[i]), s, back);
            for (size_t k = 0; k < VALUES; k++) {
                double q = ((double)back[k] - (double)r.offset) / (double)r.scale;
                CHECK_NEAR(q, round(q), 1e-3); /* of floats of up to 2^13 steps */
                CHECK(fabs((double)s[k] - (double)back[k]) <= (double)r.scale);
            }
        }
    }
}

static void any_number_of_values_fits_a_rice_code(void)
{
    static float s[VALUES], back[VALUES];
    static uint8_t bytes[BYTES];
    make_values(1, s, VALUES);
    for (size_t n = 1; n < VALUES; n++) {
        for (size_t i = 0; i < RICE; i++) {
            csi_codeword_format f = format(rice[i]);
            csi_codeword_range r;
            size_t size = csi_codeword_bytes(f, n);
            memset(bytes, 0xa5, sizeof bytes);
            int status = csi_codeword_pack(f, s, n, bytes, &r, NULL);
            CHECK((status == 0) == (n * f.bits >= n + 4) && bytes[size] == 0xa5);
            if (status == 0) {
                CHECK(csi_codeword_unpack(f, r, bytes, size, back, n, NULL) == 0);
            }
        }
    }
}

/* binary16 by its definition. */
static double half_value(unsigned half)
{
    unsigned exponent = half >> 10 & 31, fraction = half & 1023;
    double magnitude = exponent == 31 ? (fraction ? NAN : INFINITY)
                       : exponent     ? ldexp(1024 + fraction, (int)exponent - 25)
                                      : ldexp(fraction, -24);
    return half & 0x8000 ? -magnitude : magnitude;
}

static void every_half_is_read_exactly_and_comes_back(void)
{
    for (unsigned half = 0; half < 65536; half++) {
        double want = half_value(half), got = (double)csi_float_from_half((uint16_t)half);
        uint16_t back = csi_half_from_float((float)got);
        if (isnan(want)) {
            CHECK(isnan(got) && (back & 0x7fff) > 0x7c00);
        } else {
            CHECK(got == want && signbit(got) == signbit(want) && back == half);
        }
    }
}

/* Between two neighbours: up to the middle the lower, from there the upper, at it the even one. */
static void floats_go_to_the_nearest_half_ties_to_even(void)
{
    for (unsigned half = 0; half < 0x7c00; half++) {
        double above = half == 0x7bff ? 65536 : half_value(half + 1);
        float middle = (float)((half_value(half) + above) / 2); /* 12 bits: exact */
        unsigned even = half + (half & 1);
        for (unsigned sign = 0; sign < 2; sign++) {
            float m = sign ? -middle : middle, out = sign ? -INFINITY : INFINITY;
            CHECK(csi_half_from_float(m) == (even | sign << 15));
            CHECK(csi_half_from_float(nextafterf(m, 0)) == (half | sign << 15));
            CHECK(csi_half_from_float(nextafterf(m, out)) == ((half + 1) | sign << 15));
        }
    }
    CHECK(csi_half_from_float(FLT_MAX) == 0x7c00 && csi_half_from_float(-INFINITY) == 0xfc00);
    CHECK(csi_half_from_float(-FLT_MIN) == 0x8000 && csi_half_from_float(FLT_TRUE_MIN) == 0);
}

static void what_cannot_be_packed_is_refused(void)
{
    static const char *const all[] = {"float32", "float16", "u4", "mu8"};
    static uint8_t bytes[BYTES];
    csi_codeword_range r;
    err e = {0};
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        float s[3] = {1, NAN, 2};
        CHECK(csi_codeword_pack(format(all[i]), s, 3, bytes, &r, &e) == ERR_FORMAT);
        CHECK(strstr(e.text, "codeword[1] is not finite") != NULL);
        s[1] = -INFINITY;
        CHECK(csi_codeword_pack(format(all[i]), s, 3, bytes, &r, &e) == ERR_FORMAT);
    }
    float high[3] = {0, 65519, 65520}, apart[2] = {-FLT_MAX, FLT_MAX};
    CHECK(csi_codeword_pack(format("float16"), high, 2, bytes, &r, &e) == 0);
    CHECK(csi_codeword_pack(format("float16"), high, 3, bytes, &r, &e) == ERR_FORMAT);
    CHECK(strstr(e.text, "65504") != NULL);
    CHECK(csi_codeword_pack(format("u2"), apart, 2, bytes, &r, &e) == ERR_FORMAT);
}

static int unpack(csi_codeword_format f, float scale, float offset, const uint8_t *bytes,
                  size_t size, size_t n)
{
    static float s[VALUES];
    return csi_codeword_unpack(f, (csi_codeword_range){scale, offset}, bytes, size, s, n, NULL);
}

static void hostile_bytes_are_refused(void)
{
    static const uint8_t zero[BYTES];
    csi_codeword_format u3 = format("u3"), half = format("float16"), whole = format("float32");
    CHECK(unpack(u3, 1, 0, zero, 4, 10) == 0);
    CHECK(unpack(u3, 1, 0, zero, 3, 10) == ERR_FORMAT);
    CHECK(unpack(u3, 1, 0, zero, 5, 10) == ERR_FORMAT);
    CHECK(unpack(u3, 1, 0, zero, 0, SIZE_MAX) == ERR_FORMAT);
    CHECK(unpack(u3, 1, 0, zero, BYTES, (size_t)1 << 62) == ERR_FORMAT);
    CHECK(unpack(u3, NAN, 0, zero, 4, 10) == ERR_FORMAT);
    CHECK(unpack(u3, INFINITY, 0, zero, 4, 10) == ERR_FORMAT);
    CHECK(unpack(u3, -1, 0, zero, 4, 10) == ERR_FORMAT);
    CHECK(unpack(u3, 1, -INFINITY, zero, 4, 10) == ERR_FORMAT);
    CHECK(unpack(u3, FLT_MAX, FLT_MAX, zero, 4, 10) == ERR_FORMAT);
    const uint8_t behind[4] = {0, 0, 0, 0x40}, within[4] = {0, 0, 0, 0x3f};
    CHECK(unpack(u3, 1, 0, behind, 4, 10) == ERR_FORMAT);
    CHECK(unpack(u3, 1, 0, within, 4, 10) == 0);
    const uint8_t infinite[4] = {0, 0, 0, 0x7c}, nan[4] = {1, 0, 0xc0, 0x7f};
    CHECK(unpack(half, 0, 0, infinite, 4, 2) == ERR_FORMAT);
    CHECK(unpack(half, 0, 0, zero, 3, 1) == ERR_FORMAT);
    CHECK(unpack(whole, 0, 0, nan, 4, 1) == ERR_FORMAT);
    for (unsigned bits = 0; bits < 300; bits++)
        for (int law = -1; law < 6; law++) {
            csi_codeword_format f = {(csi_codeword_law)law, bits};
            bool good = law == CSI_CODEWORD_FLOAT32 || law == CSI_CODEWORD_FLOAT16
                            ? bits == 0
                            : (law >= CSI_CODEWORD_UNIFORM && law <= CSI_CODEWORD_RICE) &&
                                  bits >= 2 && bits <= 8;
            CHECK((csi_codeword_check(f, NULL) == 0) == good);
            CHECK(good || unpack(f, 1, 0, zero, 1, 1) == ERR_FORMAT);
        }
}

/* Parameter 1 and the numbers 0, 1, 2, 3, each a unary part, a zero and a bit, in 5 bits a value.
 */
static void a_rice_code_that_is_cut_or_too_long_is_refused(void)
{
    /* bits, in order: 1000  00 01 100 101, then zeros */
    const uint8_t good[3] = {0x81, 0x29, 0}, behind[3] = {0x81, 0x29, 1};
    static uint8_t ones[BYTES];
    csi_codeword_format f = format("r5");
    float s[4];
    CHECK(csi_codeword_unpack(f, (csi_codeword_range){2, 1}, good, 3, s, 4, NULL) == 0);
    CHECK(s[0] == 1 && s[1] == -1 && s[2] == 3 && s[3] == -3);
    CHECK(unpack(f, 1, 0, behind, 3, 4) == ERR_FORMAT);
    CHECK(unpack(f, FLT_MAX / 2, 0, good, 3, 4) == 0);
    CHECK(unpack(f, FLT_MAX, 0, good, 3, 4) == ERR_FORMAT);
    CHECK(unpack(f, FLT_MAX, -FLT_MAX, good, 3, 4) == ERR_FORMAT);
    CHECK(unpack(f, 1, 0, good, 2, 4) == ERR_FORMAT);
    CHECK(unpack(format("r2"), 1, 0, good, 1, 3) == ERR_FORMAT); /* 6 bits: the third is cut */
    memset(ones, 0xff, sizeof ones);
    for (size_t n = 1; n < VALUES; n++)
        CHECK(unpack(f, 1, 0, ones, csi_codeword_bytes(f, n), n) == ERR_FORMAT);
    rng r = rng_at(2, RNG_TEST, 2, 0);
    for (int i = 0; i < 20000; i++) { /* whatever comes: an answer, and never a value too many */
        static uint8_t bytes[40];
        size_t n = 1 + (size_t)(rng_uniform(&r) * 60);
        for (size_t k = 0; k < sizeof bytes; k++)
            bytes[k] = (uint8_t)(rng_uniform(&r) * (i % 2 ? 256 : 40));
        int status = unpack(f, 1, 0, bytes, csi_codeword_bytes(f, n), n);
        CHECK(status == 0 || status == ERR_FORMAT);
    }
}

int main(int argc, char **argv)
{
    static const harness_test tests[] = {
        {"every name is read and written, and no other", every_name_is_read_and_written},
        {"a codeword's size is counted in bits, none wasted", sizes_are_counted_in_bits},
        {"packing indices loses none, least significant bit first", packing_indices_loses_none},
        {"levels are what the equations say", levels_are_what_the_equations_say},
        {"every value goes to its nearest level", every_value_goes_to_its_nearest_level},
        {"larger values never get smaller levels", larger_values_never_get_smaller_levels},
        {"the error keeps its bound and falls with the bits",
         the_error_keeps_its_bound_and_falls_with_the_bits},
        {"four bits are near the optimum of a normal source",
         four_bits_are_near_the_optimum_of_a_normal_source},
        {"a Rice code beats levels on heavy tails", a_rice_code_beats_levels_on_heavy_tails},
        {"a Rice code's levels are evenly spaced", a_rice_codes_levels_are_evenly_spaced},
        {"any number of values fits a Rice code", any_number_of_values_fits_a_rice_code},
        {"a Rice code that is cut or too long is refused",
         a_rice_code_that_is_cut_or_too_long_is_refused},
        {"a constant codeword is exact", a_constant_codeword_is_exact},
        {"float32 is the value itself", float32_is_the_value_itself},
        {"every float16 is read exactly and comes back", every_half_is_read_exactly_and_comes_back},
        {"floats go to the nearest float16, ties to even",
         floats_go_to_the_nearest_half_ties_to_even},
        {"what a format cannot hold is refused", what_cannot_be_packed_is_refused},
        {"hostile bytes are refused", hostile_bytes_are_refused},
    };
    return harness_main(argc, argv, "codeword", tests, sizeof tests / sizeof tests[0]);
}
