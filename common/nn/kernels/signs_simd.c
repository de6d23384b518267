#include "base/vector.h"
#include "nn/kernels/signs_internal.h"

enum {
    ROWS = 4,                           /* outputs at a time: x is loaded once for all of them */
    PARTS = NN_SIGNS_BLOCK / VEC_LANES, /* vectors of a block */
};

/* Flips the sign of x where the word has a 1; `part` selects the bits of the word. */
VEC_INLINE vec flip_signs(vec x, uint16_t word, int part)
{
    ivec bit;
    for (int l = 0; l < VEC_LANES; l++)
        bit[l] = 1 << (part * VEC_LANES + l);
    const ivec mask = (((ivec){0} + (int32_t)word) & bit) == bit;
    return (vec)((ivec)x ^ (mask & INT32_MIN));
}

VEC_INLINE float sum_block(const vec *sums)
{
    float x[NN_SIGNS_BLOCK];
    for (int p = 0; p < PARTS; p++)
        vec_store(x + p * VEC_LANES, sums[p]);
    for (int half = NN_SIGNS_BLOCK / 2; half > 0; half /= 2)
        for (int i = 0; i < half; i++)
            x[i] += x[i + half];
    return x[0];
}

VEC_INLINE void rows_of(int64_t in, const float *x, const uint16_t *bits, float *y, const int rows)
{
    const size_t words = nn_signs_words(in), whole = (size_t)in / NN_SIGNS_BLOCK;
    vec sums[ROWS][PARTS] = {0};
    for (size_t b = 0; b < whole; b++) {
        VEC_UNROLL
        for (int p = 0; p < PARTS; p++) {
            const vec v = vec_load(x + b * NN_SIGNS_BLOCK + p * VEC_LANES);
            VEC_UNROLL
            for (int r = 0; r < rows; r++)
                sums[r][p] += flip_signs(v, bits[(size_t)r * words + b], p);
        }
    }
    if (words > whole) {
        float rest[NN_SIGNS_BLOCK] = {0};
        memcpy(rest, x + whole * NN_SIGNS_BLOCK,
               ((size_t)in - whole * NN_SIGNS_BLOCK) * sizeof *rest);
        for (int p = 0; p < PARTS; p++)
            for (int r = 0; r < rows; r++)
                sums[r][p] +=
                    flip_signs(vec_load(rest + p * VEC_LANES), bits[(size_t)r * words + whole], p);
    }
    for (int r = 0; r < rows; r++)
        y[r] = sum_block(sums[r]);
}

void SIMD(nn_signs_sums)(int64_t in, int64_t out, const float *x, const uint16_t *bits, float *y)
{
    const size_t words = nn_signs_words(in);
    int64_t o = 0;
    for (; o + ROWS <= out; o += ROWS)
        rows_of(in, x, bits + (size_t)o * words, y + o, ROWS);
    for (; o < out; o++)
        rows_of(in, x, bits + (size_t)o * words, y + o, 1);
}
